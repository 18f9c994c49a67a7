#pragma once

#include "ledger/value/bytes.h"
#include "ledger/value/ids.h"
#include "ledger/value/result.h"
#include "node/storage/fail_stop.h"

#include <cstdint>
#include <optional>
#include <string>

namespace tanji::node {

// What this node has promised, and may therefore never forget. Written after the blocks it names
// are on disk and before anybody hears of them (docs/formats.md, "The mark").
struct Mark {
    ledger::Hash ledger;
    std::uint64_t node = 0;
    std::uint64_t incarnation = 0;  // one more at every start
    std::uint64_t seq = 0;
    std::uint64_t term = 0;
    std::uint64_t vote = 0;  // a node, or 0
    std::uint64_t block_term = 0;
    ledger::BlockIndex block_index = 0;  // the last durable block
    ledger::Hash block_hash;
    ledger::BlockIndex cosigned_block = 0;  // the last head this node cosigned
    ledger::TreeSize cosigned_size = 0;
    ledger::Hash cosigned_root;
    std::uint64_t cosigned_time = 0;  // Unix seconds, as in the cosignature

    bool operator==(const Mark&) const = default;

    template <typename Archive>
    void serialize(Archive& archive) {
        archive(ledger, node, incarnation, seq, term, vote, block_term, block_index, block_hash);
        archive(cosigned_block, cosigned_size, cosigned_root, cosigned_time);
    }
};

inline constexpr std::size_t mark_slot_bytes = 4096;

// One slot: the 184 bytes of the mark, their SHA-256, zeros.
ledger::Bytes encode_mark(const Mark& mark);
// Nothing unless the slot is exactly what encode_mark writes.
std::optional<Mark> decode_mark(ledger::ByteView slot);

// The file: two slots, the next mark always overwrites the older one, so a torn write leaves the
// other. Not for several threads.
class MarkFile {
public:
    // Both slots valid, on disk, directory synced. Refused when the file exists.
    static ledger::Result<MarkFile> create(
        const std::string& path, const Mark& mark, FailStop fail = stop_process
    );
    // Refused when the file is absent, has another length, or neither slot is valid. One invalid
    // slot is written anew at once, one incarnation later: no start repeats the number of another.
    static ledger::Result<MarkFile> open(const std::string& path, FailStop fail = stop_process);

    MarkFile(MarkFile&& other) noexcept;
    MarkFile& operator=(MarkFile&& other) noexcept;
    ~MarkFile();

    const Mark& current() const { return current_; }
    // The number that the next write will give its mark, for LogStore's promise.
    std::uint64_t next_seq() const { return current_.seq + 1; }
    // Whether open() found one slot invalid.
    bool was_repaired() const { return repaired_; }

    // Gives `mark` the next number and is on disk when this returns. Calls `fail` otherwise.
    ledger::Status write(Mark mark);

private:
    MarkFile(int file, const Mark& current, FailStop fail);

    int file_ = -1;
    Mark current_;
    bool repaired_ = false;
    FailStop fail_;
};

}  // namespace tanji::node
