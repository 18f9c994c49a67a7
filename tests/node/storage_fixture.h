#pragma once

#include "ledger/proof/header.h"
#include "ledger/value/crypto.h"
#include "node/storage/startup.h"
#include "temporary_directory.h"

#include <algorithm>
#include <expected>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tanji::node::test {

// An honest history that grows on demand: block 1, then no-ops of term 1 with some bytes behind the
// header. A history with another `flavour` has other blocks.
class History {
public:
    explicit History(std::uint64_t term = 1, std::size_t body = 0) : term_(term), body_(body) {
        chain_.push_back(first());
    }

    static ledger::Hash ledger() { return ledger::sha256("a genesis file"); }
    const ledger::SigningKey& key() const { return key_; }

    // Block `index` of the history.
    const ledger::BlockHeader& header(ledger::BlockIndex index) {
        while (chain_.size() < index) {
            ledger::BlockHeader next = first();
            next.kind = ledger::BlockKind::no_op;
            next.term = term_;
            next.index = chain_.size() + 1;
            next.leader = key_.id();
            next.prev_hash = ledger::hash_of(chain_.back());
            ledger::sign_header(next, key_);
            chain_.push_back(next);
        }
        return chain_[index - 1];
    }
    ledger::Bytes bytes(ledger::BlockIndex index) {
        ledger::Bytes whole = ledger::encode_header(header(index));
        if (index > 1) {
            for (std::size_t i = 0; i < body_ * (1 + index % 7); ++i) {
                whole += static_cast<char>((index * 131 + i * i * 31) % 251);
            }
        }
        return whole;
    }
    ledger::Hash hash(ledger::BlockIndex index) { return ledger::hash_of(header(index)); }
    FirstBlock first_block() { return {bytes(1), hash(1)}; }

    // What follows `last` is of that term, at that time: another leader's.
    void fork(ledger::BlockIndex last, std::uint64_t term, ledger::TimeMs time = 0) {
        header(last);
        chain_.resize(last);
        term_ = term;
        time_ = time;
    }

private:
    ledger::BlockHeader first() const {
        ledger::BlockHeader header;
        header.kind = ledger::BlockKind::genesis;
        header.ledger = ledger();
        header.index = 1;
        header.membership = 1;
        header.prev_hash = ledger();
        header.time_ms = chain_.empty() ? 0 : time_;
        return header;
    }

    ledger::SigningKey key_ = ledger::SigningKey::from_seed(ledger::Bytes(32, '\3'));
    std::uint64_t term_;
    std::size_t body_;
    ledger::TimeMs time_ = 0;
    std::vector<ledger::BlockHeader> chain_;
};

// What the log writer does with one block: the block, with the promise beside it, then the mark.
inline void append_block(
    Storage& storage, History& history, ledger::BlockIndex index, bool mark = true
) {
    const ledger::Bytes content = history.bytes(index);
    const StoredBlock block{index, content};
    const std::uint64_t term = std::max<std::uint64_t>(1, history.header(index).term);
    const Promise promise{term, 1, storage.mark.next_seq()};
    ASSERT_TRUE(storage.log->append({&block, 1}, promise));
    if (mark) {
        Mark next = storage.mark.current();
        next.term = term;
        next.vote = 1;
        next.block_term = term;
        next.block_index = index;
        next.block_hash = history.hash(index);
        ASSERT_TRUE(storage.mark.write(next));
    }
}

inline void append_blocks(
    Storage& storage,
    History& history,
    ledger::BlockIndex from,
    ledger::BlockIndex to,
    bool mark = true
) {
    for (auto index = from; index <= to; ++index) {
        append_block(storage, history, index, mark);
    }
}

// The newest write-ahead file that holds anything.
inline std::string journal_of(const std::string& log) {
    std::string newest;
    for (const auto& entry : std::filesystem::directory_iterator(log)) {
        const bool holds_data = entry.path().extension() == ".log" && entry.file_size() > 0;
        newest = holds_data ? std::max(newest, entry.path().string()) : newest;
    }
    return newest;
}

// Every file of a folder with its content; the folders below too.
inline std::map<std::string, std::string> contents(const std::string& folder) {
    std::map<std::string, std::string> found;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
        if (entry.is_regular_file()) {
            found[std::filesystem::relative(entry.path(), folder).string()] =
                content_of(entry.path().string());
        }
    }
    return found;
}

// A node that has been initialised and can be given blocks.
class StorageTest : public testing::Test {
protected:
    // In memory, where a sync costs nothing: no test here needs a real one.
    explicit StorageTest(std::size_t body = 0) : folder_(memory_folder()), history_(1, body) {
        identity_ = {.ledger = History::ledger(), .node = 1, .log_key = history_.key().id()};
        const auto made = create_storage(directory_, identity_, history_.first_block());
        EXPECT_TRUE(made) << made.error().detail;
    }

    std::expected<Storage, StartRefused> start_alone() {
        return open_storage(directory_, identity_, {});
    }
    std::expected<Storage, StartRefused> start() {
        return open_storage(
            directory_, identity_, {.has_peers = true, .first = history_.first_block()}
        );
    }

    // Starts, takes blocks up to `to`, and is killed.
    void run(ledger::BlockIndex to, bool mark = true) {
        auto storage = start();
        ASSERT_TRUE(storage) << storage.error().sentence;
        append_blocks(*storage, history_, storage->last + 1, to, mark);
    }

    // Every block up to `last` with the bytes of the history, nothing behind it.
    void expect_blocks(const Storage& storage, ledger::BlockIndex last) {
        EXPECT_EQ(storage.last, last);
        ASSERT_EQ(storage.log->last(), last);
        for (ledger::BlockIndex index = 1; index <= last; ++index) {
            ASSERT_EQ(storage.log->block(index).value(), history_.bytes(index)) << index;
        }
        EXPECT_EQ(storage.log->block(last + 1).value(), std::nullopt);
    }

    void expect_fit(ledger::BlockIndex last) {
        const auto storage = start();
        ASSERT_TRUE(storage) << storage.error().sentence;
        EXPECT_FALSE(storage->recovering);
        expect_blocks(*storage, last);
        EXPECT_EQ(storage->mark.current().block_index, last);
        EXPECT_EQ(storage->mark.current().block_hash, history_.hash(last));
    }

    // Recovering from `last` on, with block `marked` as its claim.
    void expect_recovering(ledger::BlockIndex last, ledger::BlockIndex marked) {
        const auto storage = start();
        ASSERT_TRUE(storage) << storage.error().sentence;
        EXPECT_TRUE(storage->recovering);
        expect_blocks(*storage, last);
        EXPECT_EQ(storage->mark.current().block_index, marked);
        EXPECT_EQ(storage->mark.current().block_hash, history_.hash(marked));
        EXPECT_FALSE(storage->notes.empty());
    }

    // As the other nodes do: from the block that is missing to the end. The mark stays until the
    // marked block is there.
    void refill(ledger::BlockIndex to) {
        auto storage = start();
        ASSERT_TRUE(storage) << storage.error().sentence;
        const auto marked = storage->mark.current().block_index;
        for (auto index = storage->last + 1; index <= to; ++index) {
            append_block(*storage, history_, index, index >= marked);
        }
    }

    void expect_refused_alone(const char* words) {
        const auto storage = start_alone();
        ASSERT_FALSE(storage);
        EXPECT_EQ(storage.error().exit_code, 74);
        EXPECT_THAT(storage.error().sentence, testing::HasSubstr(words));
    }

    std::vector<std::string> kept_aside() const {
        std::vector<std::string> names;
        for (const auto& entry : std::filesystem::directory_iterator(directory_.path)) {
            const std::string name = entry.path().filename().string();
            if (name.contains(".damaged-")) {
                names.push_back(name);
            }
        }
        std::ranges::sort(names);
        return names;
    }

    TemporaryDirectory folder_;
    DataDirectory directory_{folder_ / "data"};
    History history_;
    NodeIdentity identity_;
};

}  // namespace tanji::node::test
