#include "ledger/rows.h"
#include "ledger/store/schema.h"
#include "ledger/store/state.h"
#include "node/ledger_store.h"
#include "storage_fixture.h"

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <random>

#include <rocksdb/db.h>
#include <rocksdb/options.h>

// One bit of any file of a stopped node is another: the next start repairs it, recovers with what
// is left, or refuses and says why. It never gives another byte, and never forgets what it
// promised. TANJI_FLIP_ROUNDS and TANJI_SEED choose other runs than the quick one.
namespace tanji::node {
namespace {

namespace fs = std::filesystem;
using test::contents;

std::uint64_t number_from(const char* name, std::uint64_t otherwise) {
    const char* text = std::getenv(name);
    return text == nullptr ? otherwise : std::stoull(text);
}

constexpr ledger::BlockIndex marked = 50;
constexpr int state_keys = 3'000;

ledger::Bytes state_key(int i) {
    return (i % 3 == 0 ? "e" : "m") + ledger::sha256(std::to_string(i)).hex();
}

// Blocks 1 to 20 in one table, to 40 in another, to 50 in a journal, 51 there too but unmarked; a
// state with tables of both kinds.
class BitFlip : public test::StorageTest {
protected:
    BitFlip() : test::StorageTest(60) {
        run(20);
        make_tables();
        run(40);
        make_tables();
        run(marked);
        run(marked + 1, false);
        write_state();
        fs::rename(directory_.path, folder_ / "template");
        before_ = MarkFile::open(folder_ / "template/mark")->current();
        for (const auto& [name, content] : contents(folder_ / "template")) {
            if (!content.empty()) {
                files_.emplace_back(name, content.size());
            }
        }
    }

    void make_tables() {
        rocksdb::DB* opened = nullptr;
        ASSERT_TRUE(rocksdb::DB::Open({}, directory_.log(), &opened).ok());
        const std::unique_ptr<rocksdb::DB> db(opened);
        ASSERT_TRUE(db->Flush({}).ok());
    }

    void write_state() {
        auto store = ledger::open_rocks_store(directory_.ledger(), {});
        ledger::Head head;
        head.ledger = identity_.ledger;
        head.block = marked - 2;
        head.block_hash = history_.hash(marked - 2);
        ledger::Changes changes;
        changes[ledger::schema::head()] = ledger::encode(head);
        for (int i = 0; i < state_keys; ++i) {
            changes[state_key(i)] = std::to_string(i);
        }
        (*store)->write(changes);
        (*store)->flush();
    }

    void round(std::mt19937_64& random);
    void expect_promises(const Storage& storage) const;
    void expect_state(const Storage& storage);

    Mark before_;
    std::vector<std::pair<std::string, std::size_t>> files_;
    std::map<std::string, int> outcomes_;
};

// Nothing that was promised is forgotten.
void BitFlip::expect_promises(const Storage& storage) const {
    const Mark& mark = storage.mark.current();
    EXPECT_GE(std::pair(storage.term, storage.vote), std::pair(before_.term, before_.vote));
    EXPECT_GE(mark.block_index, before_.block_index);
    EXPECT_GT(mark.incarnation, before_.incarnation);
    if (storage.recovering) {
        EXPECT_LT(storage.last, before_.block_index);
        EXPECT_EQ(mark.block_hash, before_.block_hash);
        EXPECT_FALSE(storage.notes.empty());
    } else {
        EXPECT_GE(storage.last, before_.block_index);
        EXPECT_EQ(mark.block_index, storage.last);
    }
}

// Whole, or made anew and saying so, or what it was before its last write: RocksDB takes a record
// of its MANIFEST that seems to go on after the end of the file for one that a crash cut, and drops
// it. Then the head is of that time, too, and the blocks are applied from there.
void BitFlip::expect_state(const Storage& storage) {
    const auto opened = open_ledger_store(directory_, {}, *storage.log);
    ASSERT_TRUE(opened) << opened.error().detail;
    const bool is_before = !opened->store->get(ledger::schema::head());
    const bool anew = is_before || !opened->notes.empty();
    EXPECT_TRUE(anew || storage.last >= marked - 2);
    int read = 0;
    for (int i = 0; i < state_keys; ++i) {
        const auto value = opened->store->get(state_key(i));
        read += value ? 1 : 0;
        EXPECT_TRUE(!value || *value == std::to_string(i)) << i;
    }
    EXPECT_EQ(read, anew ? 0 : state_keys);
    EXPECT_EQ(is_before, anew) << "no state has a head of another time";
    outcomes_["state made anew"] += opened->notes.empty() ? 0 : 1;
    outcomes_["state of before"] += anew && opened->notes.empty() ? 1 : 0;
}

void BitFlip::round(std::mt19937_64& random) {
    const auto& [name, bytes] = files_[random() % files_.size()];
    const std::size_t at = random() % bytes;
    const int bit = static_cast<int>(random() % 8);
    const bool alone = random() % 4 == 0;
    SCOPED_TRACE(fmt::format("{}, byte {} of {}, bit {}, alone {}", name, at, bytes, bit, alone));
    fs::remove_all(directory_.path);
    fs::copy(folder_ / "template", directory_.path, fs::copy_options::recursive);
    const std::string path = directory_.path + "/" + name;
    std::string content = test::content_of(path);
    content[at] = static_cast<char>(content[at] ^ (1 << bit));
    test::put_content(path, content);

    bool recovering = false;
    {
        const auto storage = alone ? start_alone() : start();
        if (!storage) {
            EXPECT_TRUE(storage.error().exit_code == 74 || storage.error().exit_code == 78);
            EXPECT_GT(storage.error().sentence.size(), 30u);
            EXPECT_TRUE(alone || name == "identity") << storage.error().sentence;
            ++outcomes_["refused"];
            return;
        }
        recovering = storage->recovering;
        ++outcomes_[recovering ? "recovering" : kept_aside().empty() ? "fit" : "rebuilt, fit"];
        EXPECT_FALSE(alone && recovering);
        expect_promises(*storage);
        expect_blocks(*storage, storage->last);
        expect_state(*storage);
    }
    if (recovering) {
        refill(marked);
    }
    const auto storage = start();
    ASSERT_TRUE(storage) << storage.error().sentence;
    EXPECT_FALSE(storage->recovering);
    EXPECT_GE(storage->last, marked);
    expect_blocks(*storage, storage->last);
}

TEST_F(BitFlip, InAnyFileIsRepairedOrRecoveredFromOrRefused) {
    const std::uint64_t rounds = number_from("TANJI_FLIP_ROUNDS", 60);
    const std::uint64_t seed = number_from("TANJI_SEED", std::random_device{}());
    std::cout << "TANJI_SEED=" << seed << " TANJI_FLIP_ROUNDS=" << rounds << "\n";
    std::mt19937_64 random(seed);
    for (std::uint64_t i = 0; i < rounds; ++i) {
        round(random);
        ASSERT_FALSE(HasFailure()) << "round " << i << ", TANJI_SEED=" << seed;
    }
    for (const auto& [outcome, count] : outcomes_) {
        std::cout << outcome << ": " << count << "\n";
    }
    EXPECT_GT(outcomes_["fit"], 0);
}

}  // namespace
}  // namespace tanji::node
