#pragma once

#include "node/config.h"

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace tanji::node {

// What subcommands say when they fail: `tanjid: …` on stderr. Returns the status.
int say(int status, std::string_view sentence);

// The configuration of a file, or the exit status after its faults were printed.
std::expected<LoadedConfig, int> configured(
    const std::string& file, const std::vector<std::string>& sets
);

// The subcommands that need no running node. Each prints and returns the exit status.
int run_config_check(const std::string& file, const std::vector<std::string>& sets);
int run_config_show(const std::string& file, const std::vector<std::string>& sets);
int run_fsck(const std::string& data_dir, bool json);

struct TokenOptions {
    std::string data_dir = "/var/lib/tanji";
    std::string member;
    std::string id;
    std::vector<std::string> scopes = {"read"};
    std::int64_t days = 90;

    std::string file() const { return data_dir + "/tokens"; }
};
int run_token_add(const TokenOptions& options);
int run_token_list(const TokenOptions& options);
int run_token_revoke(const TokenOptions& options);

}  // namespace tanji::node
