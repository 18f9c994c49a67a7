// What a log still gives that does not open, or cannot be read to its end.
#include "ledger/proof/header.h"
#include "node/storage/log_files.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace tanji::node {
namespace {

using ledger::BlockIndex;
using ledger::ErrorCode;
using namespace log_files;

// Takes what it can get: ends at the first damage of the journal and opens whatever tables say.
rocksdb::Options lenient_options(const LogOptions& options) {
    rocksdb::Options made = options_of(options, false);
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

// Block by block: with more than three tables RocksDB asks only those that may hold it, so damage
// in another does not matter.
ledger::Result<std::optional<Promise>> read_leniently(
    rocksdb::DB& db, const LogIdentity& expected, const LogStore::Visit& visit
) {
    rocksdb::ReadOptions reading;
    reading.verify_checksums = true;
    const auto identity = read_row<LogIdentity>(db, reading, identity_key);
    if (identity && *identity && **identity != expected) {
        return foreign(**identity);
    }
    std::string block;
    BlockIndex next = 1;
    bool wanted = true;
    if (db.Get(reading, slice(base_key), &block).ok()) {
        const auto header = ledger::decode_header(block);
        if (!header) {
            return damaged("the base of the log is no header");
        }
        wanted = visit(header->index, block);
        next = header->index + 1;
    }
    while (wanted && db.Get(reading, slice(block_key(next)), &block).ok()) {
        wanted = visit(next++, block);
    }
    const auto promise = read_row<Promise>(db, reading, promise_key);
    return promise ? *promise : std::nullopt;
}

}  // namespace

ledger::Result<std::optional<Promise>> read_damaged_log(
    const LogOptions& options, const LogStore::Visit& visit
) {
    auto opened = open_damaged(options);
    if (!opened) {
        return ledger::refusal(opened);
    }
    return read_leniently(**opened, options.identity, visit);
}

// Opened for reading only, nothing is compacted, so that nothing stumbles over a damaged table.
ledger::Status check_tables(const std::string& directory) {
    rocksdb::DBOptions quiet(options_of({.directory = directory}, false));
    quiet.listeners.clear();
    std::vector<std::string> families;
    if (!rocksdb::DB::ListColumnFamilies(quiet, directory, &families).ok()) {
        return {};  // it does not open at all
    }
    std::vector<rocksdb::ColumnFamilyDescriptor> wanted;
    for (const std::string& family : families) {
        wanted.emplace_back(family, rocksdb::ColumnFamilyOptions());
    }
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    rocksdb::DB* opened = nullptr;
    auto status = rocksdb::DB::OpenForReadOnly(quiet, directory, wanted, &handles, &opened);
    const std::unique_ptr<rocksdb::DB> db(opened);
    if (status.ok()) {
        status = db->VerifyChecksum(rocksdb::ReadOptions());
    }
    for (rocksdb::ColumnFamilyHandle* handle : handles) {
        db->DestroyColumnFamilyHandle(handle);
    }
    return status.ok() ? ledger::Status{} : damaged("{}: {}", directory, status.ToString());
}

}  // namespace tanji::node
