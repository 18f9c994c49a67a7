#include "node/config_keys.h"

#include "ledger/value/ids.h"

#include <algorithm>
#include <charconv>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace tanji::node {
namespace {

bool anything(std::string_view) {
    return true;
}
bool something(std::string_view text) {
    return !text.empty();
}

bool is_listen(std::string_view text) {
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos || colon == 0) {
        return false;
    }
    const std::string_view host = text.substr(0, colon);
    const bool bracketed = host.front() == '[' && host.back() == ']' && host.size() > 2;
    if (!bracketed && host.find_first_of(":[] \t") != std::string_view::npos) {
        return false;
    }
    const std::string_view digits = text.substr(colon + 1);
    std::uint16_t port = 0;
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    return read.ec == std::errc{} && read.ptr == digits.data() + digits.size();
}

bool is_url(std::string_view text) {
    return text.empty() || (text.starts_with("https://") && text.size() > 8) ||
           (text.starts_with("http://") && text.size() > 7);
}

// `10.0.0.0/8`, `2001:db8::/32`, or one address.
bool is_network(std::string_view text) {
    const std::string address(text.substr(0, text.find('/')));
    unsigned char raw[sizeof(in6_addr)];
    const int bits = ::inet_pton(AF_INET, address.c_str(), raw) == 1    ? 32
                     : ::inet_pton(AF_INET6, address.c_str(), raw) == 1 ? 128
                                                                        : -1;
    if (bits < 0 || address.size() == text.size()) {
        return bits >= 0;
    }
    const std::string_view digits = text.substr(address.size() + 1);
    unsigned length = 0;
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), length);
    return read.ec == std::errc{} && read.ptr == digits.data() + digits.size() &&
           length <= static_cast<unsigned>(bits);
}

constexpr TextForm any_text{"text", anything};
constexpr TextForm path{"the path of a file or directory", something};
constexpr TextForm member{"the slug of a member", ledger::is_member_slug};
constexpr TextForm listen{"host:port", is_listen};
constexpr TextForm url{"an http or https URL", is_url};
constexpr TextForm network{"an address or a network like 10.0.0.0/8", is_network};
constexpr TextForm origin{"an http or https origin", is_url};

#define AT(member) [](Config& config) -> auto& { return config.member; }

WholeKey whole(std::int64_t least, std::int64_t most, std::int64_t& (*at)(Config&)) {
    return {least, most, at};
}

std::vector<ConfigKey> make_keys() {
    return {
        {"node.member",
         "Which member of the alliance runs this node. Required.",
         TextKey{member, AT(node.member)}},
        {"node.name",
         "Its name in the log; the member's unless given.",
         TextKey{any_text, AT(node.name)}},
        {"node.data_dir",
         "Bound to the ledger and the log key when it is made.",
         TextKey{path, AT(node.data_dir)}},
        {"node.genesis", "The file that every member agreed to.", TextKey{path, AT(node.genesis)}},

        {"keys.log",
         "Signs blocks and checkpoints. Default: log.key in $CREDENTIALS_DIRECTORY, "
         "else in <data_dir>/keys.",
         TextKey{any_text, AT(keys.log)}},
        {"keys.cosign",
         "Cosigns checkpoints that this node has re-executed.",
         TextKey{any_text, AT(keys.cosign)}},
        {"keys.peer", "Identifies this node to the others.", TextKey{any_text, AT(keys.peer)}},

        {"api.tls.mode",
         "auto: TLS with a certificate, plain on a loopback address, else no start. proxy: a proxy "
         "in front ends TLS.",
         WordKey{{"auto", "proxy"}, AT(api.tls.mode)}},
        {"api.tls.certificate",
         "PEM, with its chain; read again on SIGHUP.",
         TextKey{any_text, AT(api.tls.certificate)}},
        {"api.tls.key", "PEM; read again on SIGHUP.", TextKey{any_text, AT(api.tls.key)}},
        {"api.tls.min_version",
         "The oldest version of TLS.",
         WordKey{{"1.2", "1.3"}, AT(api.tls.min_version)}},
        {"api.listen", "Where the REST API answers.", TextKey{listen, AT(api.listen)}},
        {"api.public_url", "Goes into links and receipts.", TextKey{url, AT(api.public_url)}},
        {"api.trusted_proxies",
         "Networks whose X-Forwarded-For counts, its last hop.",
         TextsKey{network, AT(api.trusted_proxies)}},
        {"api.cors_origins",
         "Origins of browsers for routes that need a token.",
         TextsKey{origin, AT(api.cors_origins)}},
        {"api.language",
         "Of texts for people when a caller names none.",
         WordKey{{"zh-CN", "en"}, AT(api.language)}},
        {"api.threads", "Threads for sockets.", whole(1, 256, AT(api.threads))},
        {"api.verify_threads",
         "Threads for signatures; 0: one per core.",
         whole(0, 256, AT(api.verify_threads))},
        {"api.submit_timeout_ms",
         "How long a write waits before it answers outcome_unknown.",
         whole(100, 600'000, AT(api.submit_timeout_ms))},

        {"peers.listen",
         "Where the other members' nodes connect to.",
         TextKey{listen, AT(peers.listen)}},
        {"limits.connections", "Open at once.", whole(1, 1'000'000, AT(limits.connections))},
        {"limits.connections_per_address",
         "Of them from one address (of IPv6, one /64); a trusted proxy has no such limit.",
         whole(1, 1'000'000, AT(limits.connections_per_address))},
        {"limits.requests", "In work at once.", whole(1, 65'536, AT(limits.requests))},
        {"limits.uploads", "Of them uploads.", whole(1, 1024, AT(limits.uploads))},
        {"limits.backlog_commands",
         "Commands that may wait here.",
         whole(1, 1'000'000, AT(limits.backlog_commands))},
        {"limits.backlog_mb", "Megabytes of them.", whole(1, 4096, AT(limits.backlog_mb))},
        {"limits.header_timeout_s",
         "Until the headers are there.",
         whole(1, 600, AT(limits.header_timeout_s))},
        {"limits.body_timeout_s",
         "Until the body is there.",
         whole(1, 3600, AT(limits.body_timeout_s))},
        {"limits.idle_timeout_s", "Between two requests.", whole(1, 3600, AT(limits.idle_timeout_s))
        },

        {"rate.ip",
         "[burst, per second] of an anonymous address; [0, 0]: no limit.",
         RateKey{AT(rate.ip)}},
        {"rate.member", "Of a member.", RateKey{AT(rate.member)}},
        {"rate.signer", "Of an account's key.", RateKey{AT(rate.signer)}},
        {"rate.compute", "Of recompute and estimate.", RateKey{AT(rate.compute)}},

        {"admin.listen",
         "Metrics, health in detail, transfer and drain; on a loopback address only.",
         TextKey{listen, AT(admin.listen)}},

        {"consensus.tick_ms",
         "The clock of the agreement; safety never depends on it.",
         whole(5, 1000, AT(consensus.tick_ms))},
        {"consensus.heartbeat_ticks", "", whole(1, 100, AT(consensus.heartbeat_ticks))},
        {"consensus.election_ticks",
         "At least five heartbeats.",
         whole(5, 1000, AT(consensus.election_ticks))},
        {"consensus.inflight_blocks",
         "Blocks that may be under way at once.",
         whole(1, 1024, AT(consensus.inflight_blocks))},

        {"certify.interval_ms",
         "Between two rounds of cosignatures.",
         whole(1, 60'000, AT(certify.interval_ms))},
        {"certify.refresh_s",
         "A head that stands still is cosigned again.",
         whole(1, 86'400, AT(certify.refresh_s))},

        {"storage.cache_mb",
         "Cache of both stores together.",
         whole(16, 1'048'576, AT(storage.cache_mb))},
        {"storage.flush_mb",
         "The ledger store goes to disk after that much.",
         whole(1, 4096, AT(storage.flush_mb))},
        {"storage.flush_s", "And after that long.", whole(1, 3600, AT(storage.flush_s))},
        {"storage.min_free_mb",
         "With less free space writes answer storage_full and others lead; "
         "below half of that, 256 MiB at most, no blocks are taken.",
         whole(0, 1'048'576, AT(storage.min_free_mb))},
        {"storage.log_keep_blocks",
         "Blocks that stay when older ones are pruned; 0: all of them.",
         whole(0, 1'000'000'000'000, AT(storage.log_keep_blocks))},

        {"drain.delay_s",
         "Goes on serving after a stop signal, so that balancers notice.",
         whole(0, 600, AT(drain.delay_s))},
        {"drain.deadline_s", "For what is in flight.", whole(0, 3600, AT(drain.deadline_s))},

        {"log.level",
         "Changed by SIGHUP too.",
         WordKey{{"debug", "info", "warn", "error"}, AT(log.level)}},
        {"log.format",
         "auto: text on a terminal, else JSON.",
         WordKey{{"auto", "text", "json"}, AT(log.format)}},
        {"log.file", "stderr unless given.", TextKey{any_text, AT(log.file)}},
        {"log.max_mb", "Of one file.", whole(1, 65'536, AT(log.max_mb))},
        {"log.files", "Kept.", whole(1, 1000, AT(log.files))},

        {"access_log.file",
         "<data_dir>/access.log unless given.",
         TextKey{any_text, AT(access_log.file)}},
        {"access_log.keep_days",
         "The law wants six months.",
         whole(1, 36'500, AT(access_log.keep_days))},

        {"metrics.enabled", "On the admin listener only.", TruthKey{AT(metrics.enabled)}},
    };
}

#undef AT

struct ValueText {
    Config& config;

    std::string operator()(const WholeKey& key) const { return std::to_string(key.at(config)); }
    std::string operator()(const TruthKey& key) const { return key.at(config) ? "true" : "false"; }
    std::string operator()(const TextKey& key) const { return quoted(key.at(config)); }
    std::string operator()(const WordKey& key) const { return quoted(key.at(config)); }
    std::string operator()(const TextsKey& key) const {
        std::vector<std::string> texts;
        for (const std::string& text : key.at(config)) {
            texts.push_back(quoted(text));
        }
        return fmt::format("[{}]", fmt::join(texts, ", "));
    }
    std::string operator()(const RateKey& key) const {
        const Config::Rate& rate = key.at(config);
        return fmt::format("[{}, {}]", rate.burst, rate.per_second);
    }
};

}  // namespace

std::span<const ConfigKey> config_keys() {
    static const std::vector<ConfigKey> keys = make_keys();
    return keys;
}

std::string value_text(const ConfigKey& key, const Config& config) {
    Config copy = config;  // the table leads to places that can be written
    return std::visit(ValueText{copy}, key.kind);
}

std::string quoted(std::string_view text) {
    std::string made = "\"";
    for (const char letter : text) {
        if (letter == '"' || letter == '\\') {
            made += '\\';
            made += letter;
        } else if (static_cast<unsigned char>(letter) < 0x20 || letter == 0x7f) {
            made += fmt::format("\\u{:04x}", static_cast<unsigned>(letter));
        } else {
            made += letter;
        }
    }
    return made + '"';
}

std::string_view section_of(std::string_view name) {
    return name.substr(0, name.find('.'));
}

std::string_view rest_of(std::string_view name) {
    return name.substr(name.find('.') + 1);
}

}  // namespace tanji::node
