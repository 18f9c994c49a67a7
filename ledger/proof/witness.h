#pragma once

#include "ledger/proof/checkpoint.h"
#include "ledger/proof/note.h"
#include "ledger/value/bytes.h"
#include "ledger/value/result.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// C2SP tlog-witness: what a witness looks at before it cosigns. Deciding only: the caller puts
// (size, root, time) on disk before a signature leaves, and does both in one step per origin.
namespace tanji::ledger {

inline constexpr std::size_t add_checkpoint_bytes_max = 65'536;

struct AddCheckpoint {
    TreeSize old_size = 0;
    std::vector<Hash> proof;
    std::string note;
};

// `old N LF`, b64 hashes one a line, empty line, the note. Also the answer of /log/consistency.
std::string to_text(const AddCheckpoint& request);
Result<AddCheckpoint> parse_add_checkpoint(ByteView body);

// A log that is watched, and what was cosigned last for it.
struct WitnessedLog {
    std::vector<NoteKey> keys;  // its log keys
    TreeSize size = 0;          // 0 if nothing was cosigned yet
    Hash root;                  // of that size; not looked at when it is 0

    // For the own ledger: its root at a size, or nothing when it is not applied up to there yet.
    std::function<std::optional<Hash>(TreeSize)> own_root;
};

struct WitnessAnswer {
    int status = 200;
    std::string body;                     // for 409: the latest size and LF
    std::string content_type;             // for 409: text/x.tlog.size
    std::string detail;                   // one sentence, for people
    bool diverged = false;                // the own root differs: raise the alarm
    std::optional<Checkpoint> to_cosign;  // for 200
    std::string note;                     // for 200: the note as it came
};

// Null from `find` means that the origin is unknown.
WitnessAnswer decide_add_checkpoint(
    ByteView body, const std::function<const WitnessedLog*(std::string_view origin)>& find
);

}  // namespace tanji::ledger
