#include "tests/ledger/script.h"

#include <gtest/gtest.h>

namespace tanji::ledger::test {
namespace {

// Takes so many writes. What comes later is lost, as in a crash.
class CrashingStore : public Store {
public:
    CrashingStore(Store& disk, std::size_t writes) : disk_(disk), left_(writes) {}

    bool is_down() const { return left_ == 0; }

    void write(const Changes& changes) override {
        if (!is_down()) {
            --left_;
            disk_.write(changes);
        }
    }
    std::optional<Bytes> get(ByteView key) const override { return disk_.get(key); }
    void scan(ByteView from, ByteView until, const Visit& visit) const override {
        disk_.scan(from, until, visit);
    }
    void scan_back(ByteView from, ByteView until, const Visit& visit) const override {
        disk_.scan_back(from, until, visit);
    }
    std::unique_ptr<const Reader> snapshot() const override { return disk_.snapshot(); }
    void flush() override { disk_.flush(); }

private:
    Store& disk_;
    std::size_t left_;
};

// From where the store stands.
void apply_the_rest(Store& store, const World& world, const std::function<bool()>& is_down) {
    Ledger ledger(store, [&](BlockIndex index) {
        return std::optional(world.blocks()[index - 1]);
    });
    const std::vector<Bytes>& blocks = world.blocks();
    while (!is_down() && ledger.head().block < blocks.size()) {
        ledger.apply(*decode_block(blocks[ledger.head().block], ledger.head().ledger));
    }
}

TEST(Crash, AfterAnyWriteNoBlockIsSkippedAndNoneIsAppliedTwice) {
    Script script;
    script.line("use city.world");
    script.line("scheme sz-ph reserve_ppm 20000");
    script.given("szmetro submit B1 ride G1 u1 21414 m, G2 u2 8570 m, G3 u3 3210 m");
    script.line("later 2 days");
    script.given("verico attest B1 accept_except 2");
    script.given("u1 assign 300 metro to rideco");
    World& world = script.world();
    const auto expected = dump(world.store());
    for (std::size_t writes = 1; writes <= world.blocks().size(); ++writes) {
        const auto disk = make_memory_store();
        CrashingStore crashing(*disk, writes);
        apply_the_rest(crashing, world, [&] { return crashing.is_down(); });
        apply_the_rest(*disk, world, [] { return false; });
        EXPECT_TRUE(dump(*disk) == expected) << "a crash after write " << writes;
    }
}

}  // namespace
}  // namespace tanji::ledger::test
