// One flipped bit anywhere in the files of a log that has full tiles, partial ones and an upper
// level: the audit ends with 4 and says in which file or at which leaf. Receipts are flipped in
// verify_test.cpp, a log of one partial tile in audit_test.cpp, the proofs themselves in
// tests/proof/tampering_test.cpp.
#include "ledger/proof/merkle.h"
#include "tests/tools/desk_fixture.h"
#include "tests/tools/small_log.h"
#include "tools/subcommands.h"

#include <gmock/gmock.h>

namespace tanji::tools {
namespace {

using testing::AnyOf;
using testing::HasSubstr;

constexpr std::size_t leaves = 260;
constexpr std::string_view full_bundle = "log/tile/entries/000";
constexpr std::string_view partial_bundle = "log/tile/entries/001.p/4";
constexpr std::string_view full_tile = "log/tile/0/000";
constexpr std::string_view partial_tile = "log/tile/0/001.p/4";
constexpr std::string_view upper_tile = "log/tile/1/000.p/1";

class FlipTest : public DeskTest {
protected:
    void SetUp() override {
        SmallLog log;
        while (log.leaves.size() < leaves) {
            ledger::Leaf leaf = log.open_leaf("credit.retire", R"({"account":"bike"})", {"bike"});
            leaf.applied = false;
            leaf.code = "insufficient_credits";
            log.append(std::move(leaf));
        }
        log.save(path("log"));
        ASSERT_TRUE(add_trust(tool, {write("genesis.json", log.genesis_file())}));
        options_.source = path("log");
        options_.jobs = 1;
        options_.from = leaves;  // opening every leaf each time is not what is tested
        ASSERT_TRUE(audit(tool, options_)) << audit(tool, options_).error().sentence;
    }

    // Flips the lowest bit, and another one that moves along, of these bytes of a file.
    void expect_found(std::string_view file, const std::vector<std::size_t>& places) {
        const std::string good = read(path(std::string(file)));
        const std::string name(file.substr(file.find('/') + 1));
        for (const std::size_t at : places) {
            for (const int bit : {0, 1 + static_cast<int>(at % 7)}) {
                std::string bad = good;
                bad.at(at) = static_cast<char>(static_cast<unsigned char>(bad[at]) ^ (1U << bit));
                write(std::string(file), bad);
                const auto audited = audit(tool, options_);
                ASSERT_FALSE(audited) << file << " byte " << at << " bit " << bit;
                EXPECT_EQ(audited.error().exit, Exit::unproven) << audited.error().sentence;
                EXPECT_THAT(audited.error().sentence, AnyOf(HasSubstr(name), HasSubstr("leaf ")))
                    << file << " byte " << at;
                ++flips_;
            }
        }
        write(std::string(file), good);
    }
    // Every byte from `first` on.
    static std::vector<std::size_t> every(std::size_t first, std::size_t count) {
        std::vector<std::size_t> places(count);
        for (std::size_t i = 0; i < count; ++i) {
            places[i] = first + i;
        }
        return places;
    }
    // One byte in each stretch, a different one every time.
    std::vector<std::size_t> spread(std::string_view file, std::size_t stretch) const {
        const std::size_t size = read(path(std::string(file))).size();
        std::vector<std::size_t> places;
        for (std::size_t at = 0; at + stretch <= size; at += stretch) {
            places.push_back(at + (at / stretch * 7) % stretch);
        }
        return places;
    }

    AuditOptions options_;
    std::size_t flips_ = 0;
};

TEST_F(FlipTest, EveryHashOfAFullTileIsLookedAt) {
    expect_found(full_tile, every(0, 32));
    expect_found(full_tile, every(255 * ledger::Hash::length, 32));
    expect_found(full_tile, spread(full_tile, ledger::Hash::length));
    EXPECT_EQ(flips_, 2U * (32 + 32 + 256));
}

TEST_F(FlipTest, EveryHashOfAPartialAndOfAnUpperTileIsLookedAt) {
    expect_found(partial_tile, every(3 * ledger::Hash::length, 32));
    expect_found(partial_tile, spread(partial_tile, ledger::Hash::length));
    expect_found(upper_tile, every(0, 32));
}

TEST_F(FlipTest, EveryEntryOfABundleIsLookedAt) {
    const std::string bundle = read(path(std::string(partial_bundle)));
    const std::size_t second =
        2 + static_cast<std::uint8_t>(bundle[0]) * 256U + static_cast<std::uint8_t>(bundle[1]);
    expect_found(partial_bundle, every(0, 2));            // a length
    expect_found(partial_bundle, every(second, 2));       // the next one
    expect_found(partial_bundle, every(second + 2, 64));  // and its entry
    expect_found(partial_bundle, every(bundle.size() - 16, 16));
    expect_found(full_bundle, spread(full_bundle, 1'009));
}

TEST_F(FlipTest, NoByteOfTheCheckpointMayChange) {
    const std::string file = "log/checkpoint";
    const std::string good = read(path(file));
    for (std::size_t at = 0; at < good.size(); ++at) {
        for (const int bit : {0, 1 + static_cast<int>(at % 7)}) {
            std::string bad = good;
            bad[at] = static_cast<char>(static_cast<unsigned char>(bad[at]) ^ (1U << bit));
            write(file, bad);
            const auto audited = audit(tool, options_);
            ASSERT_FALSE(audited) << "byte " << at << " bit " << bit;
            EXPECT_EQ(audited.error().exit, Exit::unproven) << audited.error().sentence;
            EXPECT_THAT(audited.error().sentence, HasSubstr("checkpoint")) << "byte " << at;
        }
    }
}

}  // namespace
}  // namespace tanji::tools
