#include "tests/tools/desk_fixture.h"
#include "tests/tools/small_log.h"
#include "tools/subcommands.h"

#include <gmock/gmock.h>

namespace tanji::tools {
namespace {

using testing::HasSubstr;

class AuditTest : public DeskTest {
protected:
    void SetUp() override {
        log.save(path("log"));
        options.source = path("log");
        options.jobs = 1;
    }
    void pin() { ASSERT_TRUE(add_trust(tool, {write("genesis.json", log.genesis_file())})); }

    SmallLog log;
    AuditOptions options;
    static constexpr std::array<const char*, 3> files{
        "log/checkpoint", "log/tile/entries/000.p/7", "log/tile/0/000.p/7"
    };
};

TEST_F(AuditTest, ASavedLogIsProven) {
    pin();
    const auto audited = audit(tool, options);
    EXPECT_TRUE(audited) << audited.error().sentence;
    EXPECT_THAT(out.str(), HasSubstr("audit: ok"));
    EXPECT_THAT(out.str(), HasSubstr(std::string(SmallLog::batch_class)));
    EXPECT_THAT(err.str(), HasSubstr("pinned ledger"));
}

TEST_F(AuditTest, WithoutAPinItSaysThatItTrustedTheLogItself) {
    EXPECT_TRUE(audit(tool, options));
    EXPECT_THAT(err.str(), HasSubstr("nothing is pinned"));
}

TEST_F(AuditTest, ACopyOfAnAuditedLogCanBeAuditedAgain) {
    options.save = path("copy");
    ASSERT_TRUE(audit(tool, options));
    AuditOptions again;
    again.source = path("copy");
    EXPECT_TRUE(audit(tool, again));
}

TEST_F(AuditTest, APinOfAnotherLedgerIsAFailure) {
    tool.policy_file = golden_file("genesis.json");
    const auto audited = audit(tool, options);
    ASSERT_FALSE(audited);
    EXPECT_EQ(audited.error().exit, Exit::unproven);
}

TEST_F(AuditTest, NoByteOfTheLogCanChangeUnnoticed) {
    pin();
    for (const char* file : files) {
        const std::string good = read(path(file));
        ASSERT_FALSE(good.empty()) << file;
        const std::size_t step = std::max<std::size_t>(1, good.size() / 400);
        for (std::size_t i = 0; i < good.size(); i += step) {
            std::string bad = good;
            bad[i] = static_cast<char>(bad[i] ^ (1 << (i % 8)));
            write(file, bad);
            const auto audited = audit(tool, options);
            ASSERT_FALSE(audited) << file << " byte " << i;
            EXPECT_EQ(audited.error().exit, Exit::unproven) << audited.error().sentence;
        }
        write(file, good);
    }
    EXPECT_TRUE(audit(tool, options));
}

TEST_F(AuditTest, ADifferenceIsNamedByFileAndBytes) {
    pin();
    std::string bundle = read(path(files[1]));
    bundle[bundle.size() - 20] = static_cast<char>(bundle[bundle.size() - 20] ^ 1);
    write(files[1], bundle);
    const auto audited = audit(tool, options);
    ASSERT_FALSE(audited);
    EXPECT_THAT(audited.error().sentence, HasSubstr("leaf 6: bytes "));
    EXPECT_THAT(audited.error().sentence, HasSubstr("tile/entries/000.p/7"));
    EXPECT_THAT(audited.error().sentence, HasSubstr("bytes 192-223 of tile/0/000.p/7"));
}

TEST_F(AuditTest, AMissingFileIsNotProven) {
    pin();
    std::filesystem::remove(path(files[2]));
    const auto audited = audit(tool, options);
    ASSERT_FALSE(audited);
    EXPECT_EQ(audited.error().exit, Exit::unproven);
    EXPECT_THAT(audited.error().sentence, HasSubstr("is missing"));
}

// The whole log is signed again over a lie: only the replay can find it.
TEST_F(AuditTest, AWellSignedLieIsFoundByReplaying) {
    log.leaves[5].effects.credits[0].amount = 932;
    log.save(path("log"));
    const auto audited = audit(tool, options);
    ASSERT_FALSE(audited);
    EXPECT_EQ(audited.error().exit, Exit::unproven);
    EXPECT_THAT(audited.error().sentence, HasSubstr("leaf 5 (credit.retire) cannot be true"));
}

}  // namespace
}  // namespace tanji::tools
