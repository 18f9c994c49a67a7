#include "ledger/store/rocks_store.h"

#include "temporary_directory.h"

#include <csignal>
#include <random>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <sys/resource.h>

namespace tanji::ledger {
namespace {

using node::test::TemporaryDirectory;
using Rows = std::vector<std::pair<Bytes, Bytes>>;

std::unique_ptr<Store> open(const TemporaryDirectory& folder) {
    auto store =
        open_rocks_store(folder / "ledger", {.cache_bytes = 8 << 20, .flush_bytes = 8 << 20});
    EXPECT_TRUE(store) << store.error().detail;
    return store ? std::move(*store) : nullptr;
}

Rows up(const Reader& reader, ByteView from, ByteView until, std::size_t most = 1'000'000) {
    Rows rows;
    reader.scan(from, until, [&](ByteView key, ByteView value) {
        rows.emplace_back(key, value);
        return rows.size() < most;
    });
    return rows;
}

Rows down(const Reader& reader, ByteView from, ByteView until, std::size_t most = 1'000'000) {
    Rows rows;
    reader.scan_back(from, until, [&](ByteView key, ByteView value) {
        rows.emplace_back(key, value);
        return rows.size() < most;
    });
    return rows;
}

// Keys around the letter of the tags, so that ranges begin, end and cross there.
class Chance {
public:
    explicit Chance(std::uint64_t seed) : engine_(seed) {}

    std::size_t below(std::size_t bound) {
        return std::uniform_int_distribution<std::size_t>(0, bound - 1)(engine_);
    }

    Bytes key() {
        static constexpr std::string_view first = "abdeeefgz\xff";
        Bytes made(1, first[below(first.size())]);
        for (std::size_t i = below(4); i > 0; --i) {
            made += static_cast<char>(below(3) * 127);
        }
        return made;
    }

    Changes changes() {
        Changes made;
        for (std::size_t i = below(20); i > 0; --i) {
            const bool removes = below(4) == 0;
            made[key()] = removes ? std::nullopt : std::optional(Bytes(below(300), 'v') + key());
        }
        return made;
    }

private:
    std::mt19937_64 engine_;
};

void expect_same(const Reader& disk, const Reader& memory, Chance& chance) {
    Bytes from = chance.below(4) == 0 ? Bytes() : chance.key();
    Bytes until = chance.below(4) == 0 ? Bytes() : chance.key();
    if (!until.empty() && until < from) {
        std::swap(from, until);
    }
    const std::size_t most = 1 + chance.below(30);
    EXPECT_EQ(up(disk, from, until, most), up(memory, from, until, most));
    EXPECT_EQ(down(disk, from, until, most), down(memory, from, until, most));
    const Bytes key = chance.key();
    EXPECT_EQ(disk.get(key), memory.get(key));
}

TEST(RocksStore, AnswersAsAnOrderedMapDoes) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        SCOPED_TRACE(testing::Message() << "seed " << seed);
        const TemporaryDirectory folder;
        auto disk = open(folder);
        const auto memory = make_memory_store();
        Chance chance(seed);
        for (int step = 0; step < 400; ++step) {
            const Changes changes = chance.changes();
            disk->write(changes);
            memory->write(changes);
            expect_same(*disk, *memory, chance);
            if (chance.below(50) == 0) {
                disk->flush();
            }
            if (chance.below(100) == 0) {
                disk->flush();
                disk.reset();
                disk = open(folder);
            }
        }
        EXPECT_EQ(up(*disk, {}, {}), up(*memory, {}, {}));
        EXPECT_EQ(down(*disk, {}, {}), down(*memory, {}, {}));
        if (HasFailure()) {
            return;
        }
    }
}

TEST(RocksStore, ARangeThatEndsBeforeItBeginsIsEmpty) {
    const TemporaryDirectory folder;
    const auto store = open(folder);
    store->write({{"a", "1"}, {"e", "2"}, {"g", "3"}});
    for (const auto& [from, until] : Rows{{"g", "a"}, {"f", "e"}, {"e", "a"}, {"e", "e"}}) {
        EXPECT_EQ(up(*store, from, until), Rows{}) << from << until;
        EXPECT_EQ(down(*store, from, until), Rows{}) << from << until;
    }
}

TEST(RocksStore, ASnapshotDoesNotSeeLaterWrites) {
    const TemporaryDirectory folder;
    const auto store = open(folder);
    store->write({{"a", "old"}, {"e1", "old"}});
    {
        const auto before = store->snapshot();
        store->write({{"a", "new"}, {"e1", std::nullopt}, {"e2", "new"}});
        store->flush();
        EXPECT_EQ(before->get("a"), "old");
        EXPECT_EQ(up(*before, {}, {}), (Rows{{"a", "old"}, {"e1", "old"}}));
    }
    EXPECT_EQ(up(*store, {}, {}), (Rows{{"a", "new"}, {"e2", "new"}}));
}

TEST(RocksStore, LosesOnlyWhatWasWrittenAfterTheLastFlush) {
    const TemporaryDirectory folder;
    {
        const auto store = open(folder);
        store->write({{"applied", "1"}, {"e-first", ""}});
        store->flush();
        store->write({{"applied", "2"}, {"e-second", ""}});
    }
    const auto store = open(folder);
    EXPECT_EQ(store->get("applied"), "1");
    EXPECT_TRUE(store->get("e-first"));
    EXPECT_FALSE(store->get("e-second"));
}

TEST(RocksStore, TagsAndTheRestReachTheDiskTogether) {
    const TemporaryDirectory folder;
    {
        const auto store = open(folder);
        // Memory fills by itself many times, mostly with tags, sometimes with the rest.
        for (int block = 1; block <= 60; ++block) {
            Changes changes{{"applied", std::to_string(block)}};
            for (int i = 0; i < 2000; ++i) {
                changes["e" + std::to_string(block * 7919 + i * 104'729)] = std::to_string(block);
            }
            changes["big"] = Bytes(block % 10 == 0 ? 3'000'000 : 10, 'x');
            changes["e-last"] = std::to_string(block);
            store->write(changes);
        }
    }  // no flush() of ours
    const auto store = open(folder);
    EXPECT_EQ(store->get("applied"), store->get("e-last"));
}

// The disk takes no file of more than a megabyte.
void flush_to_a_full_disk(const TemporaryDirectory& folder) {
    const auto store = open(folder);
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{1 << 20, 1 << 20};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    std::mt19937_64 engine(1);
    Changes changes;
    for (int i = 0; i < 200'000; ++i) {
        changes["e" + std::to_string(engine())] = std::to_string(engine());
    }
    store->write(changes);
    store->flush();
}

TEST(RocksStoreDeathTest, AFailedFlushEndsTheProcess) {
    testing::FLAGS_gtest_death_test_style = "threadsafe";
    const TemporaryDirectory folder;
    EXPECT_EXIT(
        flush_to_a_full_disk(folder), testing::ExitedWithCode(74), "storage.failed: ledger store"
    );
}

TEST(RocksStore, RefusesADirectoryThatItCannotRead) {
    const TemporaryDirectory folder;
    {
        const auto store = open(folder);
        store->write({{"a", "1"}});
        store->flush();
    }
    node::test::put_content(folder / "ledger/CURRENT", "MANIFEST-000999\n");
    EXPECT_FALSE(open_rocks_store(folder / "ledger", {}));
}

}  // namespace
}  // namespace tanji::ledger
