#pragma once

#include "ledger/command/effect.h"
#include "ledger/command/record.h"
#include "ledger/methodology/methodology.h"
#include "ledger/store/state.h"

#include <optional>

// No source event and no interval of a subject counts twice: the first record in ledger order takes
// it, every later one is told who was first. Names are opaque here: keyed tags.
namespace tanji::ledger {

// Which record of which batch (by the leaf of its submission) took an event.
struct TakenBy {
    LeafIndex leaf = 0;
    std::uint32_t index = 0;

    bool operator==(const TakenBy&) const = default;

    template <typename Archive>
    void serialize(Archive& archive) {
        archive(leaf, index);
    }
};

// A taken interval ends here; its start is in its key.
struct TakenInterval {
    TimeS end = 0;
    TakenBy by;

    template <typename Archive>
    void serialize(Archive& archive) {
        archive(end, by);
    }
};

// The part of a record's interval that it takes: tolerance is cut off both ends, and if nothing is
// left, the second that begins in its middle.
struct Interval {
    TimeS start = 0;
    TimeS end = 0;
};
Interval interval_taken(TimeS start, TimeS end, std::int64_t tolerance_s);

// Takes what the record names, or says who has it. REQUIRES: the record's source is the
// methodology's.
std::optional<Conflict> take(
    State& state, const Methodology& methodology, const Record& record, const TakenBy& by
);

// Frees it again. REQUIRES: `by` took it.
void free_taken(
    State& state, const Methodology& methodology, const Record& record, const TakenBy& by
);

}  // namespace tanji::ledger
