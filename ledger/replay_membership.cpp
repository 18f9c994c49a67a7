// What the public leaves say of nodes and memberships.
#include "ledger/governance/commands.h"
#include "ledger/replay.h"
#include "ledger/replay_leaf.h"
#include "ledger/value/crypto.h"

#include <algorithm>
#include <cassert>

namespace tanji::ledger {

Status Replay::feed_decision(const Leaf& leaf) {
    if (auto governed = require_governed(genesis_, leaf, "membership"); !governed) {
        return governed;
    }
    const auto decide = read_body<MembershipDecide>(leaf);
    if (!decide) {
        return std::unexpected(decide.error());
    }
    if (auto checked = decide->check(roster_); !checked) {
        return lie("its decision was to be refused: {}", checked.error().detail);
    }
    OpenDecision open = decide->decision(roster_, leaf.id, leaves_, leaf.time);
    for (const JoiningNode& node : decide->nodes) {
        const auto is_member = [&](const Member& each) { return each.member == node.row.member; };
        if (std::ranges::none_of(genesis_.members, is_member)) {
            return lie("node {} belongs to no member", node.row.node);
        }
        roster_.nodes.push_back(node.row);
    }
    roster_.decision = std::move(open);
    return {};
}

Status Replay::feed_change(const Leaf& leaf) {
    const auto next = roster_.next();
    if (!next) {
        return lie("nobody decided that the membership changes");
    }
    const MembershipRow row = {
        .membership = *next,
        .block = leaf.block,
        .leaf = leaves_,
        .time = leaf.time,
    };
    const bool carried_out = carry_out(roster_, row);
    assert(carried_out);
    (void)carried_out;
    if (to_canonical_text(leaf.public_part) != to_canonical_text(public_change(roster_, row))) {
        return lie("membership {} is not what was decided", next->number);
    }
    Effects effects;
    effects.membership = next->number;
    effects.policy = PolicyEffect{.version = next->number, .digest = sha256(roster_.policy(row))};
    if (!(leaf.effects == effects)) {
        return lie("the policy that it names does not follow from membership {}", next->number);
    }
    return {};
}

Status Replay::feed_abandon(const Leaf& leaf) {
    const auto& open = roster_.decision;
    if (!open || roster_.newest().membership.is_joint() || leaf.time < open->until) {
        return lie("no decision on the membership had run out");
    }
    const JsonValue* objects = leaf.public_part.find("objects");
    const bool names_it = objects != nullptr && objects->array() != nullptr &&
                          objects->array()->size() == 1 &&
                          objects->array()->front().string() != nullptr &&
                          *objects->array()->front().string() == open->id.hex();
    if (!names_it || !(leaf.effects == Effects{})) {
        return lie("it abandons another decision than {}", open->id.hex());
    }
    roster_.decision.reset();
    return {};
}

}  // namespace tanji::ledger
