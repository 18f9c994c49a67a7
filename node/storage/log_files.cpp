#include "node/storage/log_files.h"

#include <cstdarg>
#include <memory>

#include <rocksdb/cache.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/listener.h>
#include <rocksdb/table.h>

namespace tanji::node::log_files {
namespace {

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

}  // namespace

ledger::Bytes block_key(ledger::BlockIndex index) {
    ledger::Bytes key(blocks_from);
    ledger::append_u64(key, index);
    return key;
}

ledger::BlockIndex index_of(ledger::ByteView key) {
    const bool is_block =
        key.size() == 1 + sizeof(ledger::BlockIndex) && key.starts_with(blocks_from);
    return is_block ? ledger::read_u64(key.substr(1)) : 0;
}

rocksdb::Options options_of(const LogOptions& options, bool create) {
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

std::unexpected<ledger::Error> foreign(const LogIdentity& found) {
    return ledger::refuse(
        ledger::ErrorCode::wrong_ledger,
        "the log is of ledger {}, node {}, format {}",
        found.ledger.hex(),
        found.node,
        found.format
    );
}

}  // namespace tanji::node::log_files
