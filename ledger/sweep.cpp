#include "ledger/sweep.h"

#include "ledger/governance/commands.h"
#include "ledger/points/lot.h"
#include "ledger/points/redemption.h"
#include "ledger/reductions/open_batch.h"

namespace tanji::ledger {
namespace {

struct Item {
    TimeMs due = 0;
    Bytes what;
};

std::vector<Item> items_due(const Reader& reader, schema::Due kind, TimeMs now, std::size_t most) {
    std::vector<Item> items;
    if (most == 0) {
        return items;
    }
    reader.scan(schema::all_due(kind), schema::due_until(kind, now), [&](ByteView key, ByteView) {
        items.push_back({.due = schema::due_time(key), .what = Bytes(schema::due_what(key))});
        return items.size() < most;
    });
    return items;
}

void book(Execution& execution, const ReductionTools& tools, schema::Due kind, const Item& item) {
    switch (kind) {
        case schema::Due::hold:
            expire_hold(execution, *CommandId::from(item.what));
            break;
        case schema::Due::mature:
            mature(execution, lot_of_key(item.what), item.due);
            break;
        case schema::Due::expire:
            expire(execution, lot_of_key(item.what));
            break;
        case schema::Due::lapse:
            lapse(execution, tools, *CommandId::from(item.what));
            break;
        case schema::Due::abandon:
            abandon_decision(execution.state, *CommandId::from(item.what));
            break;
    }
}

}  // namespace

Swept sweep(
    Execution& execution, const ReductionTools& tools, const SweepKind& kind, std::size_t most
) {
    Swept swept;
    for (const Item& item : items_due(execution.state, kind.due, execution.now, most)) {
        book(execution, tools, kind.due, item);
        ++swept.items;
        if (kind.names_objects) {
            swept.objects.push_back(*CommandId::from(item.what));
        }
    }
    execution.effects = {};  // a leaf of many objects tells the state of none of them
    return swept;
}

}  // namespace tanji::ledger
