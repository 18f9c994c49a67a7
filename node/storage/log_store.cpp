#include "node/storage/log_store.h"

#include "ledger/proof/header.h"
#include "ledger/value/archive.h"
#include "node/storage/file.h"

#include <algorithm>
#include <atomic>
#include <cassert>
#include <cstdarg>
#include <filesystem>
#include <string_view>
#include <utility>

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/listener.h>
#include <rocksdb/options.h>
#include <rocksdb/sst_file_reader.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

namespace tanji::node {
namespace {

using ledger::BlockIndex;
using ledger::Bytes;
using ledger::ByteView;
using ledger::ErrorCode;

constexpr std::string_view promise_key = "p";
constexpr std::string_view identity_key = "i";
constexpr std::string_view base_key = "s";
constexpr std::string_view blocks_from = "b";
constexpr std::string_view blocks_until = "c";

rocksdb::Slice slice(ByteView bytes) {
    return {bytes.data(), bytes.size()};
}
ByteView view(const rocksdb::Slice& bytes) {
    return {bytes.data(), bytes.size()};
}

Bytes block_key(BlockIndex index) {
    Bytes key(blocks_from);
    ledger::append_u64(key, index);
    return key;
}

// 0 when the key is none of a block.
BlockIndex index_of(ByteView key) {
    const bool is_block = key.size() == 1 + sizeof(BlockIndex) && key.starts_with(blocks_from);
    return is_block ? ledger::read_u64(key.substr(1)) : 0;
}

class StopOnBackgroundError : public rocksdb::EventListener {
public:
    explicit StopOnBackgroundError(FailStop fail) : fail_(std::move(fail)) {}

    void OnBackgroundError(rocksdb::BackgroundErrorReason, rocksdb::Status* status) override {
        if (!status->IsShutdownInProgress()) {
            fail_("log store, in the background: " + status->ToString());
        }
    }

private:
    FailStop fail_;
};

// RocksDB's diary is a file of its own in the same folder, and on a full disk RocksDB asserts when
// that cannot be written: it gets none.
class NoDiary : public rocksdb::Logger {
public:
    using rocksdb::Logger::Logv;
    void Logv(const char*, va_list) override {}
};

// What each of these prevents is in docs/operating.md, "The log on disk".
rocksdb::Options rocks_options(const LogOptions& options, bool create) {
    rocksdb::Options made;
    made.create_if_missing = create;
    made.error_if_exists = create;
    made.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
    made.paranoid_checks = true;
    made.max_bgerror_resume_count = 0;
    made.recycle_log_file_num = 0;
    made.track_and_verify_wals_in_manifest = true;
    made.avoid_flush_during_recovery = true;
    made.allow_mmap_reads = false;
    made.allow_mmap_writes = false;
    made.enable_pipelined_write = false;
    made.unordered_write = false;
    made.manual_wal_flush = false;
    made.max_background_jobs = 2;
    made.max_open_files = 256;
    made.info_log = std::make_shared<NoDiary>();
    made.compression = rocksdb::kLZ4Compression;
    made.write_buffer_size = 32ULL << 20;
    made.max_write_buffer_number = 3;
    made.listeners.push_back(std::make_shared<StopOnBackgroundError>(options.fail));
    rocksdb::BlockBasedTableOptions table;
    table.block_cache = rocksdb::NewLRUCache(options.cache_bytes);
    table.cache_index_and_filter_blocks = true;
    table.format_version = 5;
    made.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
    return made;
}

template <typename... Args>
std::unexpected<ledger::Error> damaged(fmt::format_string<Args...> sentence, Args&&... args) {
    return ledger::refuse(ErrorCode::internal, sentence, std::forward<Args>(args)...);
}

std::unexpected<ledger::Error> foreign(const LogIdentity& found) {
    return ledger::refuse(
        ErrorCode::wrong_ledger,
        "the log is of ledger {}, node {}, format {}",
        found.ledger.hex(),
        found.node,
        found.format
    );
}

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
        const auto identity = read_row<LogIdentity>(identity_key);
        if (!identity) {
            return std::unexpected(identity.error());
        }
        if (!*identity) {
            return damaged("the log does not say whose it is");
        }
        if (**identity != expected) {
            return foreign(**identity);
        }
        auto promise = read_row<Promise>(promise_key);
        if (!promise) {
            return std::unexpected(promise.error());
        }
        promise_ = *promise;
        if (auto found = find_base(); !found) {
            return found;
        }
        return find_ends();
    }

    // Block by block: with more than three tables RocksDB asks only those that may hold it, so
    // damage in another does not matter.
    ledger::Result<std::optional<Promise>> read_leniently(
        const LogIdentity& expected, const LogStore::Visit& visit
    ) const {
        const auto identity = read_row<LogIdentity>(identity_key);
        if (identity && *identity && **identity != expected) {
            return foreign(**identity);
        }
        std::string block;
        BlockIndex next = 1;
        if (db_->Get(read_options_, slice(base_key), &block).ok()) {
            const auto header = ledger::decode_header(block);
            if (!header) {
                return damaged("the base of the log is no header");
            }
            if (!visit(header->index, block)) {
                return std::nullopt;
            }
            next = header->index + 1;
        }
        for (BlockIndex index = next;
             db_->Get(read_options_, slice(block_key(index)), &block).ok() && visit(index, block);
             ++index) {
        }
        const auto promise = read_row<Promise>(promise_key);
        return promise ? *promise : std::nullopt;
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

    template <typename Row>
    ledger::Result<std::optional<Row>> read_row(std::string_view key) const {
        std::string bytes;
        const auto status = db_->Get(read_options_, slice(key), &bytes);
        if (status.IsNotFound()) {
            return std::nullopt;
        }
        Row row;
        if (!status.ok() || !ledger::decode(bytes, row)) {
            return damaged("row `{}` of the log cannot be read: {}", key, status.ToString());
        }
        return row;
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
    const auto status =
        rocksdb::DB::Open(rocks_options(options, create), options.directory, &opened);
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

// Takes what it can get: ends at the first damage of the journal and opens whatever tables say.
rocksdb::Options lenient_options(const LogOptions& options) {
    rocksdb::Options made = rocks_options(options, false);
    made.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
    made.paranoid_checks = false;
    made.track_and_verify_wals_in_manifest = false;
    made.disable_auto_compactions = true;
    made.listeners.clear();
    return made;
}

// Without its list of tables a log opens after a repair, which makes that list anew.
ledger::Result<std::unique_ptr<rocksdb::DB>> open_damaged(const LogOptions& options) {
    const rocksdb::Options lenient = lenient_options(options);
    rocksdb::DB* opened = nullptr;
    const auto failed_now = [](const rocksdb::Status& status) {
        return status.IsIOError() && !status.IsPathNotFound();
    };
    auto status = rocksdb::DB::Open(lenient, options.directory, &opened);
    if (!status.ok() && !failed_now(status)) {
        status = rocksdb::RepairDB(options.directory, lenient);
        status = status.ok() ? rocksdb::DB::Open(lenient, options.directory, &opened) : status;
    }
    if (!status.ok()) {
        return ledger::refuse(
            failed_now(status) ? ErrorCode::storage_full : ErrorCode::internal,
            "nothing of the log can be read: {}",
            status.ToString()
        );
    }
    return std::unique_ptr<rocksdb::DB>(opened);
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

ledger::Result<std::optional<Promise>> read_damaged_log(
    const LogOptions& options, const LogStore::Visit& visit
) {
    auto opened = open_damaged(options);
    if (!opened) {
        return ledger::refusal(opened);
    }
    const RocksLog log(std::move(*opened), options.fail);
    return log.read_leniently(options.identity, visit);
}

ledger::Status check_tables(const std::string& directory) {
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
        if (entry.path().extension() != ".sst") {
            continue;
        }
        rocksdb::SstFileReader table{rocksdb::Options()};
        auto status = table.Open(entry.path().string());
        if (status.ok()) {
            status = table.VerifyChecksum();
        }
        if (!status.ok()) {
            return damaged("{}: {}", entry.path().string(), status.ToString());
        }
    }
    if (error) {
        return damaged("cannot read the directory {}: {}", directory, error.message());
    }
    return {};
}

}  // namespace tanji::node
