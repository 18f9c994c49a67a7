#pragma once

#include "ledger/value/archive.h"
#include "node/storage/log_store.h"

#include <string>
#include <string_view>
#include <utility>

#include <rocksdb/db.h>
#include <rocksdb/options.h>
#include <rocksdb/slice.h>

// How a log lies in RocksDB. For log_store.cpp and damaged_log.cpp alone.
namespace tanji::node::log_files {

inline constexpr std::string_view promise_key = "p";
inline constexpr std::string_view identity_key = "i";
inline constexpr std::string_view base_key = "s";
inline constexpr std::string_view blocks_from = "b";
inline constexpr std::string_view blocks_until = "c";

inline rocksdb::Slice slice(ledger::ByteView bytes) {
    return {bytes.data(), bytes.size()};
}
inline ledger::ByteView view(const rocksdb::Slice& bytes) {
    return {bytes.data(), bytes.size()};
}

ledger::Bytes block_key(ledger::BlockIndex index);
// 0 when the key is none of a block.
ledger::BlockIndex index_of(ledger::ByteView key);

// What each of these prevents is in docs/operating.md, "The log on disk".
rocksdb::Options options_of(const LogOptions& options, bool create);

template <typename... Args>
std::unexpected<ledger::Error> damaged(fmt::format_string<Args...> sentence, Args&&... args) {
    return ledger::refuse(ledger::ErrorCode::internal, sentence, std::forward<Args>(args)...);
}
std::unexpected<ledger::Error> foreign(const LogIdentity& found);

// Nothing when there is no such row.
template <typename Row>
ledger::Result<std::optional<Row>> read_row(
    rocksdb::DB& db, const rocksdb::ReadOptions& options, std::string_view key
) {
    std::string bytes;
    const auto status = db.Get(options, slice(key), &bytes);
    if (status.IsNotFound()) {
        return std::nullopt;
    }
    Row row;
    if (!status.ok() || !ledger::decode(bytes, row)) {
        return damaged("row `{}` of the log cannot be read: {}", key, status.ToString());
    }
    return row;
}

}  // namespace tanji::node::log_files
