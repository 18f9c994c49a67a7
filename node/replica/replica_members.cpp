#include "consensus/quorum.h"
#include "node/replica/foreseen_roster.h"
#include "node/replica/replica.h"

#include <algorithm>

#include <fmt/format.h>

// How a decision of governance on the membership is carried out, and what follows from each step.
namespace tanji::node {
namespace {

// No step is begun so close to the end of a decision's time: the block that abandons it might come
// before the one that carries it out.
constexpr ledger::TimeMs margin_ms = 60'000;

}  // namespace

void Replica::roster_changed(const std::shared_ptr<const ledger::Roster>& roster) {
    roster_ = roster;
    certification_.set_electorate(electorate_of(*roster), core_of(roster->newest().membership));
}

// Whoever leads goes on where the ledger stands; the core begins a joint phase and ends it by
// itself, and refuses who is not close behind.
void Replica::carry_out_decision(ledger::TimeMs now) {
    const consensus::Status status = raft_.status();
    if (!roster_ || !roster_->decision || status.role != consensus::Role::leader || draining_) {
        return;
    }
    const ledger::Membership& newest = roster_->newest().membership;
    const bool in_step = status.membership.number == newest.number && !newest.is_joint();
    const bool in_time = std::max(now, last_log_time_) + margin_ms < roster_->decision->until;
    if (!in_step || !in_time) {
        return;
    }
    consensus::Membership target = core_of(*roster_->next());
    target.old_voters.clear();
    raft_.change_membership(target);
}

// Whether a block can be judged here. What a leader calls committed is not, for that.
bool Replica::may_follow(
    const SealedBlock& block,
    const consensus::Append& append,
    std::span<const SealedBlockPtr> before
) const {
    const bool fresh = block.decoded.header.index > raft_.status().committed;
    return !fresh || !roster_ ||
           (may_be_sealed(block, append, before) && may_be_introduced(block, append, before));
}

// In a membership that is not applied here somebody may lead who votes in none that is: the log
// brought it. A leader that is let go stays a little longer.
bool Replica::may_be_sealed(
    const SealedBlock& block,
    const consensus::Append& append,
    std::span<const SealedBlockPtr> before
) const {
    const ledger::BlockHeader& header = block.decoded.header;
    const auto newcomer = certification_.electorate().newcomer(header.leader, header.membership);
    if (!newcomer) {
        return true;
    }
    const auto votes = [&](const consensus::Membership& membership) {
        return consensus::is_voter(membership, *newcomer);
    };
    const auto lets_vote = [&](const SealedBlockPtr& earlier) {
        const auto& introduced = earlier->decoded.membership;
        return introduced && introduced->has_voter(*newcomer);
    };
    return std::ranges::any_of(memberships_before(append), votes) ||
           std::ranges::any_of(before, lets_vote);
}

// A joint block is in force as soon as it is appended. One of the present term is taken when the
// decision it carries out is applied here. One of an older term may be needed to commit that
// decision: it is taken, too, when the blocks that are not applied yet bring it.
bool Replica::may_be_introduced(
    const SealedBlock& block,
    const consensus::Append& append,
    std::span<const SealedBlockPtr> before
) const {
    const auto& introduced = block.decoded.membership;
    if (!introduced || !introduced->is_joint() || roster_->next() == *introduced) {
        return true;  // what ends a joint phase follows from it
    }
    return block.decoded.header.term < raft_.status().term &&
           is_foreseen(*introduced, append, before);
}

// From the committed one to the one in force where these blocks begin to add to the log; none if
// they do not follow from it.
std::vector<consensus::Membership> Replica::memberships_before(const consensus::Append& append
) const {
    const consensus::Index committed = raft_.status().committed;
    if (append.prev.index < committed) {
        const auto held = raft_.held(committed);
        return held ? raft_.memberships_until(consensus::id_of(*held))
                    : std::vector<consensus::Membership>();
    }
    return raft_.memberships_until({.at = append.prev, .hash = append.prev_hash});
}

bool Replica::is_foreseen(
    const ledger::Membership& joint,
    const consensus::Append& append,
    std::span<const SealedBlockPtr> before
) const {
    ForeseenRoster foreseen(*roster_);
    for (consensus::Index i = raft_.status().applied + 1; i <= append.prev.index; ++i) {
        const SealedBlockPtr block = in_tail(i);
        if (!block) {
            return true;  // found at the start: only the ledger will read it
        }
        foreseen.take(block->decoded);
    }
    for (const SealedBlockPtr& block : before) {
        foreseen.take(block->decoded);
    }
    return foreseen.leads_to(joint);
}

// A block of the log that is not applied; null if it was found on disk at the start.
SealedBlockPtr Replica::in_tail(consensus::Index index) const {
    const auto held = raft_.held(index);
    if (!held) {
        return nullptr;
    }
    if (const auto known = arrived_.find(held->hash); known != arrived_.end()) {
        return known->second;
    }
    SealedBlockPtr block = blocks_.unapplied(index);
    return block && block->ref.hash == held->hash ? block : nullptr;
}

// Who may seal follows from the number in the header, so it has to be the one in force there. What
// follows an unknown block is none of the core's matter either.
Admitted<void> Replica::check_memberships(
    const consensus::Append& append, std::span<const SealedBlockPtr> blocks
) const {
    const auto in_force = memberships_before(append);
    if (in_force.empty()) {
        return {};
    }
    const consensus::Index committed = raft_.status().committed;
    std::uint64_t number = in_force.back().number;
    for (const SealedBlockPtr& block : blocks) {
        if (block->decoded.header.index <= committed) {
            continue;
        }
        if (block->decoded.membership) {
            ++number;
        }
        if (block->decoded.header.membership != number) {
            return std::unexpected(Inadmissible{
                .code = "membership_wrong",
                .sentence = fmt::format(
                    "block {} names membership {}, in force is {}",
                    block->decoded.header.index,
                    block->decoded.header.membership,
                    number
                ),
            });
        }
    }
    return {};
}

// All nodes apply the same blocks: those that decided nothing of the kind have a leader that lied,
// and a majority that took it.
void Replica::unauthorised(const ledger::BlockHeader& header) {
    for (const CosignVoter& voter : certification_.electorate().voters) {
        if (ledger::key_id(voter.log.key) == header.leader) {
            certification_.fault_of(voter.log.key);
        }
    }
    raft_.leave_term(header.term);
    quarantine(
        Quarantine::unauthorised_membership,
        fmt::format(
            "block {} introduces membership {}, which nobody decided",
            header.index,
            header.membership
        )
    );
}

}  // namespace tanji::node
