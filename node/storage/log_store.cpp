#include "node/storage/log_store.h"

#include "ledger/proof/header.h"
#include "ledger/value/archive.h"
#include "node/storage/file.h"
#include "node/storage/log_files.h"

#include <algorithm>
#include <atomic>
#include <cassert>
#include <string_view>
#include <utility>

#include <rocksdb/db.h>
#include <rocksdb/options.h>
#include <rocksdb/write_batch.h>

namespace tanji::node {
namespace {

using ledger::BlockIndex;
using ledger::Bytes;
using ledger::ByteView;
using ledger::ErrorCode;
using namespace log_files;

class RocksLog : public LogStore {
public:
    RocksLog(std::unique_ptr<rocksdb::DB> db, FailStop fail)
        : db_(std::move(db)),
          fail_(std::move(fail)) {
        read_options_.verify_checksums = true;
        write_options_.sync = true;
        write_options_.protection_bytes_per_key = protection_bytes;
    }

    ledger::Status write_identity(const LogIdentity& identity) {
        rocksdb::WriteBatch batch = new_batch();
        return commit(batch, batch.Put(slice(identity_key), slice(ledger::encode(identity))));
    }

    ledger::Status load(const LogIdentity& expected) {
        const auto identity = read_row<LogIdentity>(*db_, read_options_, identity_key);
        if (!identity) {
            return std::unexpected(identity.error());
        }
        if (!*identity) {
            return damaged("the log does not say whose it is");
        }
        if (**identity != expected) {
            return foreign(**identity);
        }
        auto promise = read_row<Promise>(*db_, read_options_, promise_key);
        if (!promise) {
            return std::unexpected(promise.error());
        }
        promise_ = *promise;
        if (auto found = find_base(); !found) {
            return found;
        }
        return find_ends();
    }

    ledger::Status append(
        std::span<const StoredBlock> blocks, const std::optional<Promise>& promise
    ) override {
        rocksdb::WriteBatch batch = new_batch();
        auto filled = fill(batch, blocks);
        if (filled.ok() && promise) {
            filled = batch.Put(slice(promise_key), slice(ledger::encode(*promise)));
        }
        if (auto committed = commit(batch, filled); !committed) {
            return committed;
        }
        if (!blocks.empty()) {
            if (first_ == 0) {
                first_ = blocks.front().index;
            }
            last_ = blocks.back().index;
            stored_last_ = last_;
        }
        if (promise) {
            promise_ = promise;
        }
        return {};
    }

    ledger::Result<std::optional<Bytes>> block(BlockIndex index) const override {
        if (index == 0 || index < first_ || index > last_) {
            return std::nullopt;
        }
        rocksdb::PinnableSlice value;
        const auto status =
            db_->Get(read_options_, db_->DefaultColumnFamily(), slice(block_key(index)), &value);
        if (status.IsNotFound() && index < first_) {
            return std::nullopt;  // pruned in this moment
        }
        if (!status.ok()) {
            return damaged("block {} cannot be read: {}", index, status.ToString());
        }
        return Bytes(view(value));
    }

    ledger::Status scan(BlockIndex first, BlockIndex last, const Visit& visit) const override {
        rocksdb::ReadOptions options = read_options_;
        options.fill_cache = false;
        options.readahead_size = 1ULL << 20;
        const std::unique_ptr<rocksdb::Iterator> at(db_->NewIterator(options));
        at->Seek(slice(block_key(first)));
        for (BlockIndex expected = first; expected <= last; ++expected, at->Next()) {
            if (!at->Valid() || index_of(view(at->key())) != expected) {
                if (at->status().ok() && expected < first_) {
                    return {};
                }
                return damaged(
                    "block {} cannot be read: {}",
                    expected,
                    at->status().ok() ? "it is not there" : at->status().ToString()
                );
            }
            if (!visit(expected, view(at->value()))) {
                return {};
            }
        }
        return {};
    }

    void end_at(BlockIndex last) override {
        assert(last + 1 >= first_ && last <= last_);
        last_ = last;
    }

    ledger::Status begin_after(ByteView header) override {
        const auto decoded = ledger::decode_header(header);
        assert(decoded.has_value());
        rocksdb::WriteBatch batch = new_batch();
        auto filled = batch.DeleteRange(slice(blocks_from), slice(blocks_until));
        filled = filled.ok() ? batch.Put(slice(base_key), slice(header)) : filled;
        if (auto committed = commit(batch, filled); !committed) {
            return committed;
        }
        base_ = Bytes(header);
        first_ = decoded->index + 1;
        last_ = decoded->index;
        stored_last_ = last_;
        return {};
    }

    ledger::Status prune(BlockIndex first) override {
        assert(first >= first_ && first <= last_);
        if (first == first_) {
            return {};
        }
        const auto before = block(first - 1);
        if (!before) {
            return std::unexpected(before.error());
        }
        Bytes base = (*before)->substr(0, ledger::header_bytes);
        rocksdb::WriteBatch batch = new_batch();
        auto filled = batch.DeleteRange(slice(blocks_from), slice(block_key(first)));
        filled = filled.ok() ? batch.Put(slice(base_key), slice(base)) : filled;
        first_ = first;  // before they are gone: who reads one then knows why
        if (auto committed = commit(batch, filled); !committed) {
            return committed;
        }
        base_ = std::move(base);
        return {};
    }

    std::optional<Bytes> base() const override { return base_; }
    BlockIndex first() const override { return first_; }
    BlockIndex last() const override { return last_; }
    std::optional<Promise> promise() const override { return promise_; }

    std::uint64_t bytes_on_disk() const override {
        std::uint64_t tables = 0;
        db_->GetIntProperty(rocksdb::DB::Properties::kTotalSstFilesSize, &tables);
        std::vector<std::unique_ptr<rocksdb::LogFile>> logs;
        if (db_->GetSortedWalFiles(logs).ok()) {
            for (const auto& log : logs) {
                tables += log->SizeFileBytes();
            }
        }
        return tables;
    }

private:
    static constexpr std::size_t protection_bytes = 8;

    static rocksdb::WriteBatch new_batch() {
        return rocksdb::WriteBatch(0, 0, protection_bytes, 0);
    }

    rocksdb::Status fill(rocksdb::WriteBatch& batch, std::span<const StoredBlock> blocks) const {
        rocksdb::Status status;
        for (const StoredBlock& block : blocks) {
            assert(block.index >= 1);
            assert(&block == &blocks.front() || block.index == (&block - 1)->index + 1);
            status = batch.Put(slice(block_key(block.index)), slice(block.bytes));
            if (!status.ok()) {
                return status;
            }
        }
        if (blocks.empty() || last_ == 0) {
            return status;
        }
        assert(blocks.front().index >= first_ && blocks.front().index <= last_ + 1);
        for (BlockIndex cut = blocks.back().index + 1; cut <= stored_last_ && status.ok(); ++cut) {
            status = batch.Delete(slice(block_key(cut)));
        }
        return status;
    }

    ledger::Status commit(rocksdb::WriteBatch& batch, const rocksdb::Status& filled) {
        const auto status = filled.ok() ? db_->Write(write_options_, &batch) : filled;
        if (!status.ok()) {
            const std::string what = "log store, writing: " + status.ToString();
            fail_(what);
            return damaged("{}", what);
        }
        return {};
    }

    ledger::Status find_base() {
        std::string bytes;
        const auto status = db_->Get(read_options_, slice(base_key), &bytes);
        if (status.ok() && ledger::decode_header(bytes)) {
            base_ = std::move(bytes);
        } else if (!status.IsNotFound()) {
            return damaged("the base of the log cannot be read: {}", status.ToString());
        }
        return {};
    }

    ledger::Status find_ends() {
        const std::unique_ptr<rocksdb::Iterator> at(db_->NewIterator(read_options_));
        at->Seek(slice(blocks_from));
        first_ = at->Valid() ? index_of(view(at->key())) : 0;
        if (at->status().ok()) {
            at->SeekForPrev(slice(blocks_until));
            last_ = at->Valid() ? index_of(view(at->key())) : 0;
        }
        if (!at->status().ok()) {
            return damaged("the blocks cannot be read: {}", at->status().ToString());
        }
        if (first_ == 0 || last_ == 0) {
            first_ = 0;
            last_ = 0;
        }
        if (base_) {
            const BlockIndex before = ledger::decode_header(*base_)->index;
            if (first_ != 0 && first_ != before + 1) {
                return damaged(
                    "the log has a base at block {}, its blocks begin at {}", before, first_.load()
                );
            }
            first_ = before + 1;
            last_ = std::max(before, last_.load());
        }
        stored_last_ = last_;
        return {};
    }

    std::unique_ptr<rocksdb::DB> db_;
    FailStop fail_;
    rocksdb::ReadOptions read_options_;
    rocksdb::WriteOptions write_options_;
    std::atomic<BlockIndex> first_ = 0;
    std::atomic<BlockIndex> last_ = 0;
    BlockIndex stored_last_ = 0;  // later than last_ after end_at()
    std::optional<Promise> promise_;
    std::optional<Bytes> base_;
};

ledger::Result<std::unique_ptr<RocksLog>> open_database(const LogOptions& options, bool create) {
    rocksdb::DB* opened = nullptr;
    const auto status = rocksdb::DB::Open(options_of(options, create), options.directory, &opened);
    if (!status.ok()) {
        return ledger::refuse(
            status.IsNoSpace() ? ErrorCode::storage_full : ErrorCode::internal,
            "the log {} does not open: {}",
            options.directory,
            status.ToString()
        );
    }
    return std::make_unique<RocksLog>(std::unique_ptr<rocksdb::DB>(opened), options.fail);
}

}  // namespace

ledger::Result<std::unique_ptr<LogStore>> LogStore::create(const LogOptions& options) {
    if (auto made = make_directory(options.directory); !made) {
        return ledger::refusal(made);
    }
    auto log = open_database(options, true);
    if (!log) {
        return ledger::refusal(log);
    }
    if (auto written = (*log)->write_identity(options.identity); !written) {
        return ledger::refusal(written);
    }
    return std::move(*log);
}

ledger::Result<std::unique_ptr<LogStore>> LogStore::open(const LogOptions& options) {
    auto log = open_database(options, false);
    if (!log) {
        return ledger::refusal(log);
    }
    if (auto loaded = (*log)->load(options.identity); !loaded) {
        return ledger::refusal(loaded);
    }
    return std::move(*log);
}

}  // namespace tanji::node
