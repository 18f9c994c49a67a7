#include "node/replica/electorate.h"

#include "ledger/governance/commands.h"
#include "ledger/value/crypto.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace tanji::node {

using ledger::ErrorCode;
using ledger::refuse_because;

const CosignVoter* Electorate::voter(consensus::NodeId node) const {
    const auto found = std::ranges::find(voters, node, &CosignVoter::node);
    return found == voters.end() ? nullptr : &*found;
}

const ledger::NoteKey* Electorate::log_of(consensus::NodeId node) const {
    if (const CosignVoter* found = voter(node)) {
        return &found->log;
    }
    const auto found = std::ranges::find(others, node, &OtherLog::node);
    return found == others.end() ? nullptr : &found->log;
}

const ledger::NoteKey* Electorate::sealer(const ledger::KeyId& log, std::uint64_t number) const {
    for (const CosignVoter& voter : voters) {
        if (ledger::key_id(voter.log.key) == log) {
            return &voter.log;
        }
    }
    for (const OtherLog& other : others) {
        const bool may_seal = other.sealed_in(number) || (number > membership && !other.left);
        if (may_seal && ledger::key_id(other.log.key) == log) {
            return &other.log;
        }
    }
    return nullptr;
}

std::optional<consensus::NodeId> Electorate::newcomer(
    const ledger::KeyId& log, std::uint64_t number
) const {
    for (const OtherLog& other : others) {
        if (!other.sealed_in(number) && ledger::key_id(other.log.key) == log) {
            return other.node;
        }
    }
    return std::nullopt;
}

const ledger::Policy* Electorate::policy_at(ledger::TreeSize size) const {
    const ledger::PinnedPolicy* chosen = nullptr;
    for (const ledger::PinnedPolicy& candidate : pinned.policies) {
        if (candidate.from <= size && (chosen == nullptr || candidate.from > chosen->from)) {
            chosen = &candidate;
        }
    }
    return chosen == nullptr ? nullptr : &chosen->policy;
}

namespace {

bool votes(const ledger::MembershipRow& row, std::uint64_t node) {
    return row.membership.has_voter(node);
}

// Who is removed seals what follows its last joint phase, until others lead. REQUIRES: does not
// vote now.
OtherLog voted_once(const ledger::Roster& roster, std::uint64_t node, const ledger::NoteKey& log) {
    OtherLog other = {.node = node, .log = log};
    for (const ledger::MembershipRow& row : roster.memberships) {
        if (votes(row, node)) {
            other.first = std::min(other.first, row.membership.number);
            other.last = row.membership.number + 1;
        }
    }
    return other;
}

}  // namespace

Electorate electorate_of(const ledger::Roster& roster) {
    const ledger::Membership& now = roster.newest().membership;
    Electorate electorate;
    electorate.membership = now.number;
    electorate.pinned = {.origin = roster.origin, .ledger = roster.ledger, .policies = {}};
    for (const ledger::MembershipRow& row : roster.memberships) {
        auto policy = ledger::Policy::parse(roster.policy(row));
        assert(policy.has_value());
        electorate.pinned.policies.push_back(
            {.from = row.policy_from(), .policy = std::move(*policy)}
        );
    }
    for (const ledger::NodeRow& node : roster.nodes) {
        const ledger::NoteKey log = *ledger::parse_vkey(node.log);
        if (now.has_voter(node.node)) {
            electorate.voters.push_back(
                {.node = node.node, .log = log, .cosign = *ledger::parse_vkey(node.cosign)}
            );
            continue;
        }
        OtherLog other = voted_once(roster, node.node, log);
        other.left = roster.until(node.node) != 0;
        electorate.others.push_back(std::move(other));
    }
    return electorate;
}

consensus::Membership core_of(const ledger::Membership& membership) {
    return {
        .number = membership.number,
        .voters = membership.voters,
        .old_voters = membership.old_voters,
        .learners = membership.learners,
        .decision = membership.decision.bytes,
    };
}

ledger::Membership ledger_of(const consensus::Membership& membership) {
    ledger::Membership made;
    made.number = membership.number;
    made.voters = membership.voters;
    made.old_voters = membership.old_voters;
    made.learners = membership.learners;
    made.decision.bytes = membership.decision;
    return made;
}

ledger::Result<LogSigned> read_log_signed(std::string_view text, const Electorate& electorate) {
    auto note = ledger::parse_note(text);
    if (!note) {
        return refusal(note);
    }
    auto checkpoint = ledger::parse_checkpoint(note->text);
    if (!checkpoint) {
        return refusal(checkpoint);
    }
    if (checkpoint->origin != electorate.pinned.origin) {
        return refuse_because(
            ErrorCode::bad_request, "origin", "a checkpoint of {}", checkpoint->origin
        );
    }
    LogSigned read{.checkpoint = std::move(*checkpoint), .logs = {}};
    for (const ledger::NoteLine& line : note->lines) {
        for (const CosignVoter& voter : electorate.voters) {
            if (!line.is_by(voter.log)) {
                continue;
            }
            if (!ledger::is_good(line, voter.log, note->text)) {
                return refuse_because(
                    ErrorCode::bad_request, "signature", "a log signature is not good"
                );
            }
            read.logs.push_back(voter.log.key);
        }
    }
    if (read.logs.empty()) {
        return refuse_because(ErrorCode::bad_request, "log", "no voter's log key signed it");
    }
    return read;
}

std::optional<ledger::BlockIndex> OwnTree::boundary(ledger::TreeSize wanted) const {
    ledger::BlockIndex low = 1;
    ledger::BlockIndex high = block + 1;  // the first one that reaches `wanted` is in [low, high]
    while (low < high) {
        const ledger::BlockIndex middle = low + (high - low) / 2;
        const auto found = row(middle);
        if (found && found->size >= wanted) {
            high = middle;
        } else {
            low = middle + 1;  // rows from before a snapshot are of smaller trees
        }
    }
    const auto found = low <= block ? row(low) : std::nullopt;
    return found && found->size == wanted ? std::optional(low) : std::nullopt;
}

}  // namespace tanji::node
