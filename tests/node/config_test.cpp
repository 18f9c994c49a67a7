#include "node/config.h"

#include "temporary_directory.h"

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tanji::node {
namespace {

using testing::HasSubstr;

std::string faults_of(const ConfigInput& input) {
    const auto loaded = read_config(input);
    return loaded ? "" : to_text(loaded.error());
}

std::string faults_of(const std::string& text) {
    return faults_of(ConfigInput{.text = text, .source = "node.toml"});
}

Config config_of(const ConfigInput& input) {
    const auto loaded = read_config(input);
    EXPECT_TRUE(loaded) << to_text(loaded.error());
    return loaded ? loaded->config : Config{};
}

const Setting& setting_of(const LoadedConfig& loaded, std::string_view key) {
    const auto found = std::ranges::find(loaded.settings, key, &Setting::key);
    EXPECT_NE(found, loaded.settings.end()) << key;
    return *found;
}

TEST(Config, NeedsOnlyTheMember) {
    const Config config =
        config_of({.text = "[node]\nmember = \"metro\"\n", .source = "node.toml"});
    EXPECT_EQ(config.node.name, "metro");
    EXPECT_EQ(config.node.data_dir, "/var/lib/tanji");
    EXPECT_EQ(config.keys.log, "/var/lib/tanji/keys/log.key");
    EXPECT_EQ(config.api.listen, "127.0.0.1:8460");
    EXPECT_EQ(config.rate.member, (Config::Rate{1200, 600}));
    EXPECT_EQ(config.storage.cache_mb, 512);
    EXPECT_EQ(config.access_log.file, "/var/lib/tanji/access.log");
}

TEST(Config, KeysComeFromTheCredentialsOfTheService) {
    const Config config = config_of(
        {.text = "[node]\nmember = \"metro\"\n[keys]\npeer = \"/k/peer.pem\"",
         .source = "node.toml",
         .credentials = "/run/credentials/tanjid.service"}
    );
    EXPECT_EQ(config.keys.log, "/run/credentials/tanjid.service/log.key");
    EXPECT_EQ(config.keys.peer, "/k/peer.pem");
}

// One fault each: what is read, and what is said.
struct Row {
    const char* text;
    const char* fault;
};

const std::vector<Row>& rows() {
    static const std::vector<Row> table{
        {"", "node.toml: `node.member` is required"},
        {"[node]\nmember = \"metro\"\nmembers = 1", "node.toml:3:1: no such key: `node.members`"},
        {"[node]\nmember = \"Metro\"", "node.toml:2:10: `node.member` must be the slug of a member"
        },
        {"[node]\nmember = \"alliance\"", "node.toml:2:10: `node.member` must be"},
        {"[node]\nmember = 7", "node.toml:2:10: `node.member` must be the slug of a member"},
        {"node = 1", "node.toml:1:8: `node` is a section"},
        {"[nodes]\nmember = \"metro\"", "node.toml:1:2: no such key: `nodes`"},
        {"[node]\nmember = \"metro\"\ndata_dir = \"\"",
         "node.toml:3:12: `node.data_dir` must be the path of a file or directory"},
        {"[api]\nthreads = 0", "node.toml:2:11: `api.threads` must be 1 to 256, not 0"},
        {"[api]\nthreads = 1.5", "node.toml:2:11: `api.threads` must be a whole number, 1 to 256"},
        {"[api]\nthreads = \"2\"", "node.toml:2:11: `api.threads` must be a whole number"},
        {"[api]\nlisten = \"8460\"", "node.toml:2:10: `api.listen` must be host:port"},
        {"[api]\nlisten = \"127.0.0.1:70000\"", "node.toml:2:10: `api.listen` must be host:port"},
        {"[api]\nlisten = \"::1:8460\"", "node.toml:2:10: `api.listen` must be host:port"},
        {"[api]\nlisten = \"0.0.0.0:8460\"",
         "node.toml:2:10: without a certificate the API listens on a loopback address only"},
        {"[api]\ntls.mode = \"none\"", "node.toml:2:12: `api.tls.mode` must be one of auto, proxy"},
        {"[api.tls]\ncertificate = \"/c.pem\"",
         "node.toml:2:15: `api.tls.certificate` and `api.tls.key` are given together"},
        {"[api.tls]\nmin_version = \"1.1\"",
         "node.toml:2:15: `api.tls.min_version` must be one of 1.2, 1.3"},
        {"[api]\npublic_url = \"tanji.example\"",
         "node.toml:2:14: `api.public_url` must be an http or https URL"},
        {"[api]\ntrusted_proxies = [\"10.0.0.0/8\", \"10.0.0.0/33\"]",
         "node.toml:2:19: `api.trusted_proxies` element 2 must be an address or a network"},
        {"[api]\ntrusted_proxies = [\"10.0.0.0/-0\"]",
         "node.toml:2:19: `api.trusted_proxies` element 1 must be an address or a network"},
        {"[api]\ntrusted_proxies = \"10.0.0.0/8\"",
         "node.toml:2:19: `api.trusted_proxies` must be a list of texts"},
        {"[api]\ncors_origins = [1]", "node.toml:2:16: `api.cors_origins` element 1 must be"},
        {"[limits]\nuploads = -1", "node.toml:2:11: `limits.uploads` must be 1 to 1024, not -1"},
        {"[limits]\nconnections = 10",
         "limits.connections_per_address: `limits.connections_per_address` exceeds"},
        {"[rate]\nip = [200]", "node.toml:2:6: `rate.ip` must be [burst, per second]"},
        {"[rate]\nip = [0, 5]", "node.toml:2:6: `rate.ip` must be [burst, per second]"},
        {"[rate]\nip = 5", "node.toml:2:6: `rate.ip` must be [burst, per second]"},
        {"[consensus]\nelection_ticks = 9",
         "node.toml:2:18: `consensus.election_ticks` must be at least five times"},
        {"[storage]\nflush_s = 9223372036854775807",
         "node.toml:2:11: `storage.flush_s` must be 1 to 3600"},
        {"[storage]\ncache_mb = true", "node.toml:2:12: `storage.cache_mb` must be a whole number"},
        {"[log]\nlevel = \"loud\"",
         "node.toml:2:9: `log.level` must be one of debug, info, warn, error"},
        {"[metrics]\nenabled = 1", "node.toml:2:11: `metrics.enabled` must be true or false"},
        {"[admin]\nlisten = \"127.0.0.1:8460\"",
         "node.toml:2:10: `admin.listen` and `api.listen` must differ"},
        {"[admin]\nlisten = \"0.0.0.0:8462\"",
         "node.toml:2:10: `admin.listen` must be a loopback address"},
        {"[api\nthreads = 2", "node.toml:1:5: "},
        {"[api]\nthreads = 2\nthreads = 3", "node.toml:3:"},
        {"[api]\nlisten = \"127.0.0.1", "node.toml:2:"},
    };
    return table;
}

TEST(Config, SaysWhereAndWhatIsWrong) {
    for (const Row& row : rows()) {
        EXPECT_THAT(faults_of(row.text), HasSubstr(row.fault)) << row.text;
    }
}

TEST(Config, ReportsAllFaultsAtOnce) {
    const std::string faults = faults_of(
        "[node]\n"
        "member = \"metro\"\n"
        "colour = \"red\"\n"
        "[api]\n"
        "threads = 0\n"
        "listen = 8460\n"
        "[storage]\n"
        "flush_s = \"30\"\n"
    );
    EXPECT_EQ(std::ranges::count(faults, '\n'), 4) << faults;
    for (const char* where :
         {"node.toml:3:1:", "node.toml:5:11:", "node.toml:6:10:", "node.toml:8:11:"}) {
        EXPECT_THAT(faults, HasSubstr(where));
    }
}

TEST(Config, TheFlagComesBeforeTheEnvironmentBeforeTheFile) {
    const auto loaded = read_config(
        {.text =
             "[node]\nmember = \"metro\"\n[api]\nthreads = 3\nverify_threads = 3\n[log]\nfiles = 3",
         .source = "node.toml",
         .environment = {"PATH=/bin", "TANJI_API_THREADS=4", "TANJI_API_VERIFY_THREADS=4"},
         .sets = {"api.threads=5"}}
    );
    ASSERT_TRUE(loaded) << to_text(loaded.error());
    EXPECT_EQ(loaded->config.api.threads, 5);
    EXPECT_EQ(loaded->config.api.verify_threads, 4);
    EXPECT_EQ(loaded->config.log.files, 3);
    EXPECT_EQ(setting_of(*loaded, "api.threads").from, "--set api.threads");
    EXPECT_EQ(setting_of(*loaded, "api.verify_threads").from, "TANJI_API_VERIFY_THREADS");
    EXPECT_EQ(setting_of(*loaded, "log.files").from, "node.toml:7:9");
    EXPECT_EQ(setting_of(*loaded, "log.files").value, "3");
    EXPECT_EQ(setting_of(*loaded, "log.level").from, "default");
    EXPECT_EQ(setting_of(*loaded, "rate.ip").value, "[200, 50]");
}

TEST(Config, ValuesFromOutsideTheFileHaveAllTypes) {
    const Config config = config_of(
        {.text = "",
         .source = "node.toml",
         .environment =
             {"TANJI_NODE_MEMBER=metro",
              "TANJI_API_TLS_MODE=proxy",
              "TANJI_METRICS_ENABLED=false",
              "TANJI_ACCESS_LOG_KEEP_DAYS=7"},
         .sets =
             {"rate.ip=[0,0]",
              "api.cors_origins=[\"https://a.example\"]",
              "api.listen=\"[::]:80\"",
              "log.file=/var/log/a \"b\".log"}}
    );
    EXPECT_EQ(config.node.member, "metro");
    EXPECT_EQ(config.api.tls.mode, "proxy");
    EXPECT_FALSE(config.metrics.enabled);
    EXPECT_EQ(config.access_log.keep_days, 7);
    EXPECT_EQ(config.rate.ip, (Config::Rate{0, 0}));
    EXPECT_EQ(config.api.cors_origins, (std::vector<std::string>{"https://a.example"}));
    EXPECT_EQ(config.api.listen, "[::]:80");
    EXPECT_EQ(config.log.file, "/var/log/a \"b\".log");
}

TEST(Config, FaultsOutsideTheFileNameTheirSource) {
    const std::string faults = faults_of(
        {.text = "[node]\nmember = \"metro\"",
         .source = "node.toml",
         .environment = {"TANJI_API_THREADS=many", "TANJI_STORAGE_CASH_MB=1", "TANJI_SHARED=/x"},
         .sets = {"api.thread=1", "api.threads", "log.max_mb=0", "rate.ip=[1"}}
    );
    EXPECT_THAT(faults, HasSubstr("TANJI_API_THREADS: `many` is no TOML value"));
    EXPECT_THAT(faults, HasSubstr("TANJI_STORAGE_CASH_MB: no such key"));
    EXPECT_THAT(faults, testing::Not(HasSubstr("TANJI_SHARED")));
    EXPECT_THAT(faults, HasSubstr("--set api.thread: no such key"));
    EXPECT_THAT(faults, HasSubstr("--set api.threads: must be section.key=value"));
    EXPECT_THAT(faults, HasSubstr("--set log.max_mb: `log.max_mb` must be 1 to 65536, not 0"));
    EXPECT_THAT(faults, HasSubstr("--set rate.ip: `[1` is no TOML value"));
}

TEST(Config, AFlagSetsOneKeyOnly) {
    EXPECT_THAT(
        faults_of(
            {.text = "[node]\nmember = \"metro\"",
             .source = "node.toml",
             .sets = {"api.threads=2\nother = 3"}}
        ),
        HasSubstr("is more than one TOML value")
    );
}

TEST(Config, TheWrittenFileReadsBackAsWritten) {
    Config config;
    config.node.member = "metro";
    config.node.data_dir = "/srv/tanji \"1\"";
    config.api.listen = "127.0.0.1:9000";
    config.rate.ip = {0, 0};
    const std::string text = commented_node_toml(config);
    const auto loaded = read_config({.text = text, .source = "node.toml"});
    ASSERT_TRUE(loaded) << to_text(loaded.error()) << text;
    EXPECT_EQ(loaded->config.node.data_dir, config.node.data_dir);
    EXPECT_EQ(loaded->config.api.listen, config.api.listen);
    EXPECT_EQ(loaded->config.rate.ip, config.rate.ip);
    EXPECT_EQ(
        std::ranges::count_if(
            loaded->settings, [](const Setting& setting) { return setting.from != "default"; }
        ),
        4
    );
    EXPECT_THAT(text, HasSubstr("\n# threads = 2\n"));
}

// Whoever removes a `#` gets a file that still reads.
TEST(Config, EveryCommentedDefaultIsAValueOfItsKey) {
    Config config;
    config.node.member = "metro";
    std::string text = commented_node_toml(config);
    for (std::size_t at = 0; (at = text.find("\n# ", at)) != std::string::npos; ++at) {
        const auto line = text.substr(at + 3, text.find('\n', at + 1) - at - 3);
        if (line.find(" = ") != std::string::npos) {
            text.erase(at + 1, 2);
        }
    }
    const auto loaded = read_config({.text = text, .source = "node.toml"});
    ASSERT_TRUE(loaded) << to_text(loaded.error()) << text;
    for (const Setting& setting : loaded->settings) {
        EXPECT_THAT(setting.from, HasSubstr("node.toml:")) << setting.key;
    }
}

TEST(Config, AFileThatIsNotThereIsAFault) {
    const test::TemporaryDirectory folder;
    const auto absent = load_config(folder / "node.toml", {});
    ASSERT_FALSE(absent);
    EXPECT_THAT(to_text(absent.error()), HasSubstr("there is no such file"));
    test::put_content(folder / "node.toml", "[node]\nmember = \"metro\"\n");
    const auto loaded = load_config(folder / "node.toml", {"log.level=debug"});
    ASSERT_TRUE(loaded) << to_text(loaded.error());
    EXPECT_EQ(loaded->config.log.level, "debug");
}

TEST(Config, SplitsAListenAddress) {
    EXPECT_EQ(listen_address("127.0.0.1:8460").host, "127.0.0.1");
    EXPECT_EQ(listen_address("127.0.0.1:8460").port, 8460);
    EXPECT_EQ(listen_address("[::1]:65535").host, "::1");
    EXPECT_EQ(listen_address("[::1]:65535").port, 65535);
}

}  // namespace
}  // namespace tanji::node
