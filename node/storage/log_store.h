#pragma once

#include "ledger/value/bytes.h"
#include "ledger/value/ids.h"
#include "ledger/value/result.h"
#include "node/storage/fail_stop.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace tanji::node {

struct StoredBlock {
    ledger::BlockIndex index = 0;
    ledger::ByteView bytes;
};

// Term and vote as they stand beside the blocks, with the number of the mark that follows the
// write: a mark file that was put back alone is noticed.
struct Promise {
    std::uint64_t term = 0;
    std::uint64_t vote = 0;  // a node, or 0
    std::uint64_t mark_seq = 0;

    bool operator==(const Promise&) const = default;

    template <typename Archive>
    void serialize(Archive& archive) {
        archive(term, vote, mark_seq);
    }
};

// Whose log it is.
struct LogIdentity {
    ledger::Hash ledger;
    std::uint64_t node = 0;
    std::uint32_t format = 1;

    bool operator==(const LogIdentity&) const = default;

    template <typename Archive>
    void serialize(Archive& archive) {
        archive(ledger, node, format);
    }
};

struct LogOptions {
    std::string directory;
    LogIdentity identity = {};
    std::uint64_t cache_bytes = 32ULL << 20;
    FailStop fail = stop_process;
};

// The blocks of this node, and its promise beside them. Every append is one synced write: when it
// returns, its blocks are on disk. One thread appends; any thread reads.
//
// A damaged log refuses to open, or a read of it is refused; which of them nobody can promise, and
// a torn end may vanish silently. The mark tells what must be there (startup.h).
class LogStore {
public:
    // Makes an empty log. Refused when there is one already.
    static ledger::Result<std::unique_ptr<LogStore>> create(const LogOptions& options);
    // Refused with wrong_ledger when it belongs to another ledger or node, with storage_full when
    // there is no room to open it, with internal when there is none or it is damaged.
    static ledger::Result<std::unique_ptr<LogStore>> open(const LogOptions& options);

    virtual ~LogStore() = default;

    // Blocks follow one another without a gap, the first one at most one behind the last block
    // here; whatever stood at its place or after it is replaced, in the same synced write. The
    // promise, if given, too. Calls `fail` when the disk does not take it.
    // REQUIRES: the order above; the caller has checked the blocks.
    virtual ledger::Status append(
        std::span<const StoredBlock> blocks, const std::optional<Promise>& promise
    ) = 0;

    // The bytes of a block; nothing outside first()..last(). Refused when the disk gives other
    // bytes than were written.
    virtual ledger::Result<std::optional<ledger::Bytes>> block(ledger::BlockIndex index) const = 0;

    // Visits blocks first..last in ascending order until `visit` answers false, or the next one is
    // pruned. Cheaper than block() for each; refused as block() is.
    using Visit = std::function<bool(ledger::BlockIndex index, ledger::ByteView bytes)>;
    virtual ledger::Status scan(
        ledger::BlockIndex first, ledger::BlockIndex last, const Visit& visit
    ) const = 0;

    // From now on the log ends at `last`, whatever stands behind: it is not served, stays on disk,
    // and goes with the next append. REQUIRES: first() <= last + 1, last <= last().
    virtual void end_at(ledger::BlockIndex last) = 0;

    // The log goes on after the block of that header: whatever stood here goes, in the same synced
    // write. Calls `fail` when the disk does not take it. REQUIRES: a header that decodes.
    virtual ledger::Status begin_after(ledger::ByteView header) = 0;
    // Blocks below `first` go; of the last of them the header stays, as the base. Who reads them
    // meanwhile finds nothing. Calls `fail` as append does. REQUIRES: first() <= first <= last().
    virtual ledger::Status prune(ledger::BlockIndex first) = 0;
    // The header of the block before first(), where the blocks up to it are not here; nothing in a
    // log that has or awaits block 1. On the thread that appends, or before there is one.
    virtual std::optional<ledger::Bytes> base() const = 0;

    // 0 and 0 while there is no block; after a base without blocks, the next index and the base's.
    virtual ledger::BlockIndex first() const = 0;
    virtual ledger::BlockIndex last() const = 0;

    // Nothing before the first append that gave one.
    virtual std::optional<Promise> promise() const = 0;

    // Bytes in files.
    virtual std::uint64_t bytes_on_disk() const = 0;

protected:
    LogStore() = default;
    LogStore(const LogStore&) = delete;
    LogStore& operator=(const LogStore&) = delete;
};

// What a log that does not open, or cannot be read to its end, still gives: visits its blocks from
// block 1 on until one is missing or unreadable, or `visit` answers false; in a log with a base,
// the header of the base first, then the blocks that follow it. Gives its promise, if that can be
// read. Changes the files: REQUIRES a copy that nobody else needs. Refused with wrong_ledger as
// LogStore::open, with storage_full when the disk does not take what is written for it, with
// internal when nothing can be read at all.
ledger::Result<std::optional<Promise>> read_damaged_log(
    const LogOptions& options, const LogStore::Visit& visit
);

// Reads every table that a RocksDB store counts as its own against its checksums, and changes
// nothing: what a killed process left of a table that was being written is nobody's. Refused when
// one does not agree; a store that does not open at all is left to whoever opens it.
ledger::Status check_tables(const std::string& directory);

}  // namespace tanji::node
