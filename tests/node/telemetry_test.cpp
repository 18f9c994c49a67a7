#include "ledger/value/json.h"
#include "node/telemetry/access_log.h"
#include "node/telemetry/logging.h"
#include "node/telemetry/metrics.h"
#include "temporary_directory.h"

#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tanji::node {
namespace {

using test::content_of;
using test::TemporaryDirectory;
using testing::HasSubstr;
using testing::Not;

constexpr ledger::TimeMs noon = 1'795'219'200'123;

// A logger whose lines and clock the test holds.
class Logging : public testing::Test {
protected:
    std::unique_ptr<Logger> open(LogFormat format, LogLevel level = LogLevel::info) {
        LoggerOptions options{.level = level, .format = format};
        options.sink = [this](std::string_view line) { lines_.emplace_back(line); };
        options.now = [this] { return now_; };
        return std::move(*Logger::open(options));
    }

    std::vector<std::string> lines_;
    ledger::TimeMs now_ = noon;
};

TEST_F(Logging, ALineIsTimeLevelPartEventAndFields) {
    const auto logger = open(LogFormat::text);
    logger->log(
        LogLevel::info, "replica", "leader.elected", {{"peer", "metro"}, {"index", 7}, {"ms", 1.5}}
    );
    ASSERT_EQ(lines_.size(), 1u);
    EXPECT_EQ(
        lines_[0],
        "2026-11-21T00:00:00.123Z info  replica leader.elected peer=metro index=7 ms=1.500"
    );
}

TEST_F(Logging, AsJsonItIsOneObject) {
    const auto logger = open(LogFormat::json);
    logger->log(
        LogLevel::warn,
        "api",
        "command.refused",
        {{"code", "id_reused"},
         {"leaf", std::uint64_t{11}},
         {"msg", "a \"quoted\" one"},
         {"ok", false}}
    );
    ASSERT_EQ(lines_.size(), 1u);
    EXPECT_EQ(
        lines_[0],
        R"({"ts":"2026-11-21T00:00:00.123Z","level":"warn","part":"api","event":"command.refused",)"
        R"("code":"id_reused","leaf":11,"msg":"a \"quoted\" one","ok":false})"
    );
}

TEST_F(Logging, NothingInAFieldEndsTheLine) {
    for (const LogFormat format : {LogFormat::text, LogFormat::json}) {
        lines_.clear();
        open(format)->log(LogLevel::info, "api", "x", {{"msg", std::string("a\nb\x01\xff\x7f")}});
        ASSERT_EQ(lines_.size(), 1u);
        EXPECT_THAT(lines_[0], Not(HasSubstr("\n")));
        EXPECT_TRUE(ledger::is_plain_text(lines_[0])) << lines_[0];
    }
}

TEST_F(Logging, BelowItsLevelItIsSilentUntilToldOtherwise) {
    const auto logger = open(LogFormat::text, LogLevel::warn);
    logger->log(LogLevel::info, "api", "x");
    EXPECT_EQ(lines_.size(), 0u);
    logger->set_level(LogLevel::debug);
    logger->log(LogLevel::debug, "api", "x");
    EXPECT_EQ(lines_.size(), 1u);
}

TEST_F(Logging, AFloodOfOneCauseIsCountedAndToldOnce) {
    const auto logger = open(LogFormat::text);
    for (int i = 0; i < 50; ++i) {
        logger->log(LogLevel::warn, "api", "command.refused", {{"code", "key_unknown"}});
    }
    logger->log(LogLevel::warn, "api", "command.refused", {{"code", "id_reused"}});
    EXPECT_EQ(lines_.size(), 11u);  // ten, and the other cause
    now_ += 10'000;
    logger->log(LogLevel::info, "api", "other");
    ASSERT_EQ(lines_.size(), 13u);
    EXPECT_THAT(lines_[11], HasSubstr("command.refused count=40"));
    logger->log(LogLevel::warn, "api", "command.refused", {{"code", "key_unknown"}});
    EXPECT_EQ(lines_.size(), 14u) << "a new ten seconds, told again";
}

TEST_F(Logging, AFloodIsToldAtTheEndToo) {
    const auto logger = open(LogFormat::text);
    for (int i = 0; i < 12; ++i) {
        logger->log(LogLevel::info, "api", "x");
    }
    logger->flush();
    ASSERT_EQ(lines_.size(), 11u);
    EXPECT_THAT(lines_.back(), HasSubstr("count=2"));
}

TEST_F(Logging, ManyCausesAtOnceDoNotGrowWithoutBound) {
    const auto logger = open(LogFormat::text);
    for (int i = 0; i < 5'000; ++i) {
        logger->log(LogLevel::info, "api", "x", {{"peer", std::to_string(i)}});
    }
    EXPECT_EQ(lines_.size(), 5'000u);
}

TEST(LogFile, IsWrittenAndRotated) {
    const TemporaryDirectory folder;
    {
        const auto logger =
            Logger::open({.file = folder / "node.log", .file_bytes_max = 2'000, .files = 2});
        ASSERT_TRUE(logger);
        for (int i = 0; i < 100; ++i) {
            (*logger)->log(LogLevel::info, "api", "x", {{"peer", i}});
        }
    }
    EXPECT_THAT(content_of(folder / "node.log"), HasSubstr("peer=99"));
    EXPECT_TRUE(std::filesystem::exists(folder / "node.1.log"));
    EXPECT_FALSE(std::filesystem::exists(folder / "node.2.log"));
    EXPECT_FALSE(Logger::open({.file = "/proc/nothing/node.log"}));
}

TEST(Addresses, AreCutBeforeTheyAreLogged) {
    EXPECT_EQ(coarse_address("203.0.113.77"), "203.0.113.0/24");
    EXPECT_EQ(coarse_address("2001:db8:7:1::5"), "2001:db8:7::/48");
    EXPECT_EQ(coarse_address("2001:db8::5"), "2001:db8::/48");
    EXPECT_EQ(coarse_address("::1"), "::/48");
}

TEST(Metrics, AreOfOneNodeOnly) {
    Metrics metro("0.1.0", "abc");
    Metrics ev("0.1.0", "abc");
    metro.set(Gauge::ledger_size, 11);
    metro.add(Counter::upload_bytes_total, 300);
    metro.observe(Distribution::log_sync_seconds, 0.0002);
    metro.observe(Distribution::block_commands, 1000);
    metro.http_request("submitCommand", "POST", 200, 0.003);
    metro.command("credit.retire", "applied");
    metro.refusal("id_reused");
    metro.grams("available", 12'840);
    const std::string text = metro.exposition();
    for (const char* line :
         {"tanji_build_info{",
          "tanji_ledger_size 11\n",
          "tanji_upload_bytes_total 300\n",
          "tanji_log_sync_seconds_bucket{le=\"0.00025\"} 1\n",
          "tanji_log_sync_seconds_count 1\n",
          "tanji_block_commands_sum 1000\n",
          "tanji_http_request_seconds_count{route=\"submitCommand\"} 1",
          "tanji_refusals_total{code=\"id_reused\"} 1\n",
          "tanji_grams{bucket=\"available\"} 12840\n",
          "# TYPE tanji_command_commit_seconds histogram\n",
          "# TYPE tanji_raft_term gauge\n"}) {
        EXPECT_THAT(text, HasSubstr(line));
    }
    EXPECT_THAT(text, HasSubstr("tanji_http_requests_total{"));
    EXPECT_THAT(ev.exposition(), HasSubstr("tanji_ledger_size 0\n"));
    EXPECT_THAT(ev.exposition(), Not(HasSubstr("id_reused")));
}

TEST(Metrics, CountFromManyThreads) {
    Metrics metrics("0.1.0", "abc");
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            for (int k = 0; k < 1000; ++k) {
                metrics.http_request("getHealth", "GET", 200, 0.001);
            }
        });
    }
    threads.clear();
    EXPECT_THAT(
        metrics.exposition(),
        HasSubstr("tanji_http_request_seconds_count{route=\"getHealth\"} 4000")
    );
}

AccessEntry entry_at(ledger::TimeMs time) {
    return {
        .time = time,
        .request_id = "r-1",
        .route = "submitCommand",
        .method = "POST",
        .status = 200,
        .bytes_in = 300,
        .bytes_out = 900,
        .ms = 2.5,
        .address = "203.0.113.0/24",
        .caller = "metro",
        .command = {},
        .code = {},
    };
}

TEST(AccessLog, IsOneObjectALineAndGoesOnAfterARestart) {
    const TemporaryDirectory folder;
    for (int run = 0; run < 2; ++run) {
        const auto log = AccessLog::open(folder / "access.log", 190);
        ASSERT_TRUE(log);
        (*log)->write(entry_at(noon));
        EXPECT_EQ((*log)->dropped(), 0u);
    }
    const std::string line =
        R"({"ts":1795219200123,"request":"r-1","route":"submitCommand","method":"POST","status":200,)"
        R"("in":300,"out":900,"ms":2.500,"address":"203.0.113.0/24","caller":"metro"})"
        "\n";
    EXPECT_EQ(content_of(folder / "access.log"), line + line);
    EXPECT_EQ(
        std::filesystem::status(folder / "access.log").permissions(), std::filesystem::perms(0600)
    );
}

TEST(AccessLog, BeginsANewFileEachDayAndForgetsOldOnes) {
    const TemporaryDirectory folder;
    test::put_content(folder / "access.log.2026-05-01", "old");
    test::put_content(folder / "access.log.2026-11-20", "yesterday");
    test::put_content(folder / "access.log.of-somebody-else", "kept");
    const auto log = AccessLog::open(folder / "access.log", 190);
    ASSERT_TRUE(log);
    (*log)->write(entry_at(noon));
    (*log)->write(entry_at(noon + ledger::ms_per_day));
    EXPECT_TRUE(std::filesystem::exists(folder / "access.log.2026-11-21"));
    EXPECT_TRUE(std::filesystem::exists(folder / "access.log.2026-11-20"));
    EXPECT_TRUE(std::filesystem::exists(folder / "access.log.of-somebody-else"));
    EXPECT_FALSE(std::filesystem::exists(folder / "access.log.2026-05-01"));
    EXPECT_EQ(std::ranges::count(content_of(folder / "access.log"), '\n'), 1);
}

TEST(AccessLog, RefusesAFileThatItCannotWrite) {
    EXPECT_FALSE(AccessLog::open("/proc/nothing/access.log", 190));
}

}  // namespace
}  // namespace tanji::node
