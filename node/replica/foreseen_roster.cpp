#include "node/replica/foreseen_roster.h"

#include "ledger/governance/commands.h"
#include "ledger/prepared.h"

#include <variant>

namespace tanji::node {

void ForeseenRoster::take(const ledger::DecodedBlock& block) {
    for (const auto& command : block.commands) {
        if (command && std::holds_alternative<ledger::MembershipDecide>(command->body)) {
            decisions_[command->head.id] = {.command = command, .time = block.header.time_ms};
        }
    }
    if (block.membership && leads_to(*block.membership)) {
        ledger::carry_out(roster_, {.membership = *block.membership});
    }
}

bool ForeseenRoster::leads_to(const ledger::Membership& joint) {
    if (roster_.next() == joint) {
        return true;
    }
    const auto seen = decisions_.find(joint.decision);
    if (seen == decisions_.end()) {
        return false;
    }
    // The one that was open may have been abandoned on the way.
    ledger::Roster after = roster_;
    after.decision.reset();
    const ledger::Prepared& command = *seen->second.command;
    const auto& decide = std::get<ledger::MembershipDecide>(command.body);
    if (!decide.check(after)) {
        return false;
    }
    for (const ledger::JoiningNode& node : decide.nodes) {
        after.nodes.push_back(node.row);
    }
    after.decision = decide.decision(after, command.head.id, 0, seen->second.time);
    if (after.next() != joint) {
        return false;
    }
    roster_ = std::move(after);
    return true;
}

}  // namespace tanji::node
