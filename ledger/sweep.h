#pragma once

#include "ledger/parties/execution.h"
#include "ledger/reductions/commands.h"
#include "ledger/store/schema.h"

#include <array>
#include <string>
#include <string_view>
#include <vector>

// What falls due by time, booked at the start of a block. Whether a lot or a hold is still usable
// is never asked of a sweep but of ledger time, so a backlog lets nothing expired through.
namespace tanji::ledger {

inline constexpr std::size_t sweep_items_max = 1'000;  // of all kinds, in one block

// The kinds in the order in which they are swept, with the types of their leaves.
struct SweepKind {
    schema::Due due;
    std::string_view type;
    bool names_objects;  // ids of redemptions, batches or decisions; lots are not public
};
inline constexpr std::array<SweepKind, 5> sweep_kinds = {{
    {schema::Due::hold, "redemption.expire", true},
    {schema::Due::mature, "points.mature", false},
    {schema::Due::expire, "points.expire", false},
    {schema::Due::lapse, "activity.lapse", true},
    {schema::Due::abandon, "membership.abandon", true},
}};

// Books at most `most` items of the kind that are due at or before the time of the execution, in
// the order of (due time, key). How many there were.
struct Swept {
    std::size_t items = 0;
    std::vector<CommandId> objects;
};
Swept sweep(
    Execution& execution, const ReductionTools& tools, const SweepKind& kind, std::size_t most
);

}  // namespace tanji::ledger
