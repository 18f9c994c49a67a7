#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace tanji::node {

inline constexpr int exit_configuration = 78;

// `node.toml`, by its own names: `api.tls.mode` is config.api.tls.mode. Durations and sizes have
// their unit in the name. What all nodes must agree on is in the genesis file, not here.
struct Config {
    // A token bucket: at most `burst` at once, then `per_second`. Both 0: no limit.
    struct Rate {
        std::int64_t burst = 0;
        std::int64_t per_second = 0;

        bool operator==(const Rate&) const = default;
    };

    struct Node {
        std::string member;
        std::string name;  // the member unless given
        std::string data_dir = "/var/lib/tanji";
        std::string genesis = "/etc/tanji/genesis.json";
    } node;

    // Files. Unless given: `<name>.key` in $CREDENTIALS_DIRECTORY, else in <data_dir>/keys.
    struct Keys {
        std::string log;
        std::string cosign;
        std::string peer;
    } keys;

    struct Api {
        struct Tls {
            std::string mode = "auto";  // auto, proxy
            std::string certificate;
            std::string key;
            std::string min_version = "1.2";
        } tls;
        std::string listen = "127.0.0.1:8460";
        std::string public_url;
        std::vector<std::string> trusted_proxies;
        std::vector<std::string> cors_origins;
        std::string language = "zh-CN";
        std::int64_t threads = 2;
        std::int64_t verify_threads = 0;  // 0: one per core
        std::int64_t submit_timeout_ms = 10'000;
    } api;

    struct Peers {
        std::string listen = "0.0.0.0:8461";
    } peers;

    struct Limits {
        std::int64_t connections = 4096;
        std::int64_t connections_per_address = 64;
        std::int64_t requests = 512;
        std::int64_t uploads = 16;
        std::int64_t backlog_commands = 16'384;
        std::int64_t backlog_mb = 64;
        std::int64_t header_timeout_s = 10;
        std::int64_t body_timeout_s = 30;
        std::int64_t idle_timeout_s = 60;
    } limits;

    struct Rates {
        Rate ip{200, 50};
        Rate member{1200, 600};
        Rate signer{20, 5};
        Rate compute{20, 5};
    } rate;

    struct Admin {
        std::string listen = "127.0.0.1:8462";
    } admin;

    struct Consensus {
        std::int64_t tick_ms = 50;
        std::int64_t heartbeat_ticks = 2;
        std::int64_t election_ticks = 20;
        std::int64_t inflight_blocks = 8;
    } consensus;

    struct Certify {
        std::int64_t interval_ms = 50;
        std::int64_t refresh_s = 60;
    } certify;

    struct Storage {
        std::int64_t cache_mb = 512;
        std::int64_t flush_mb = 64;
        std::int64_t flush_s = 30;
        std::int64_t min_free_mb = 2048;
        std::int64_t log_keep_blocks = 100'000;  // 0: all
    } storage;

    struct Drain {
        std::int64_t delay_s = 5;
        std::int64_t deadline_s = 20;
    } drain;

    struct Log {
        std::string level = "info";   // debug, info, warn, error
        std::string format = "auto";  // auto, text, json
        std::string file;             // stderr unless given
        std::int64_t max_mb = 100;
        std::int64_t files = 10;
    } log;

    struct AccessLog {
        std::string file;  // <data_dir>/access.log unless given
        std::int64_t keep_days = 190;
    } access_log;

    struct Metrics {
        bool enabled = true;
    } metrics;
};

// One thing that is wrong: `node.toml:3:7`, `TANJI_API_THREADS` or `--set api.threads`, and why.
struct ConfigFault {
    std::string where;
    std::string sentence;
};

// One key as `config show --effective` prints it.
struct Setting {
    std::string key;
    std::string value;  // as TOML
    std::string from;   // `default`, `file:3:7`, or as in ConfigFault
};

struct LoadedConfig {
    Config config;
    std::vector<Setting> settings;  // every key, in the order of docs/operating.md
};

struct ConfigInput {
    std::string text;                           // of the file
    std::string source;                         // its name, for faults
    std::vector<std::string> environment = {};  // NAME=value; TANJI_<SECTION>_<KEY> counts
    std::vector<std::string> sets = {};         // section.key=value, as --set gives them
    std::string credentials = {};               // $CREDENTIALS_DIRECTORY, or empty
};

// --set before the environment before the file before the defaults. Everything that is wrong is
// reported, not only the first thing; the list is never empty then. Only a file that is no TOML at
// all stops at its first fault. Files named by keys are not looked at.
std::expected<LoadedConfig, std::vector<ConfigFault>> read_config(const ConfigInput& input);

// The same, of the file at `path` and of this process's environment.
std::expected<LoadedConfig, std::vector<ConfigFault>> load_config(
    const std::string& path, const std::vector<std::string>& sets
);

// One line per fault: what `tanjid` prints before it exits with 78.
std::string to_text(const std::vector<ConfigFault>& faults);

// A node.toml for these values: keys that differ from the default are set, the others stand there
// commented out with their default, each with its meaning.
std::string commented_node_toml(const Config& config);

// Host and port of a `listen` value, `[::1]:8460` without the brackets. REQUIRES: a value that
// read_config took.
struct ListenAddress {
    std::string host;
    std::uint16_t port = 0;
};
ListenAddress listen_address(std::string_view text);

}  // namespace tanji::node
