#include "node/offline.h"

#include "node/fsck.h"
#include "node/tokens.h"

#include <chrono>
#include <iostream>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace tanji::node {
namespace {

constexpr int exit_differs = 4;

ledger::TimeMs now_ms() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::system_clock::now().time_since_epoch()
    )
        .count();
}

}  // namespace

int say(int status, std::string_view sentence) {
    std::cerr << "tanjid: " << sentence << "\n";
    return status;
}

std::expected<LoadedConfig, int> configured(
    const std::string& file, const std::vector<std::string>& sets
) {
    auto loaded = load_config(file, sets);
    if (!loaded) {
        std::cerr << to_text(loaded.error());
        return std::unexpected(exit_configuration);
    }
    return std::move(*loaded);
}

int run_config_check(const std::string& file, const std::vector<std::string>& sets) {
    const auto loaded = configured(file, sets);
    if (!loaded) {
        return loaded.error();
    }
    std::cout << file << ": ok\n";
    return 0;
}

int run_config_show(const std::string& file, const std::vector<std::string>& sets) {
    const auto loaded = configured(file, sets);
    if (!loaded) {
        return loaded.error();
    }
    for (const Setting& setting : loaded->settings) {
        std::cout << setting.key << " = " << setting.value << "  # " << setting.from << "\n";
    }
    return 0;
}

int run_fsck(const std::string& data_dir, bool json) {
    const auto report = fsck(data_dir, [&](std::uint64_t block, std::uint64_t last) {
        std::cerr << "fsck  block " << block << " of " << last << "\n";
    });
    if (!report) {
        return say(exit_differs, "fsck: " + report.error().detail);
    }
    if (json) {
        std::cout << fmt::format(
            "{{\"first\":{},\"blocks\":{},\"leaves\":{},\"keys\":{},\"certificates\":{},\"root\":"
            "\"{}\"}}\n",
            report->first,
            report->blocks,
            report->leaves,
            report->keys,
            report->certificates,
            report->root
        );
    } else {
        if (report->first > 1) {
            std::cerr << "fsck: earlier blocks are pruned: block " << report->first
                      << " and all after it were executed again, over the own snapshot\n";
        }
        std::cout << fmt::format(
            "fsck: ok  {} blocks  {} leaves  {} keys equal  {} certificates  root {}\n",
            report->blocks,
            report->leaves,
            report->keys,
            report->certificates,
            report->root
        );
    }
    return 0;
}

int run_token_add(const TokenOptions& options) {
    const auto token = add_token(
        options.file(), options.member, options.scopes, now_ms() + options.days * 86'400'000
    );
    if (!token) {
        return say(1, token.error().detail);
    }
    std::cout << *token << "\n";
    std::cerr << "shown once; send SIGHUP to the node so that it reads its tokens again\n";
    return 0;
}

int run_token_list(const TokenOptions& options) {
    const auto tokens = read_tokens(options.file());
    if (!tokens) {
        return say(1, tokens.error().detail);
    }
    for (const auto& token : *tokens) {
        std::cout << fmt::format(
            "{}  {}  {}  until {}\n",
            token.id,
            token.member,
            fmt::join(token.scopes, ","),
            token.expires_ms
        );
    }
    return 0;
}

int run_token_revoke(const TokenOptions& options) {
    if (const auto revoked = revoke_token(options.file(), options.id); !revoked) {
        return say(1, revoked.error().detail);
    }
    return 0;
}

}  // namespace tanji::node
