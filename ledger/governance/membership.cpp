#include "ledger/governance/membership.h"

#include "ledger/proof/policy.h"
#include "ledger/store/schema.h"
#include "ledger/store/state.h"

#include <algorithm>
#include <cassert>

namespace tanji::ledger {
namespace {

using Numbers = std::vector<std::uint64_t>;

bool ascends(const Numbers& list) {
    return std::ranges::adjacent_find(list, std::greater_equal()) == list.end() &&
           (list.empty() || list.front() != 0);
}

bool contains(const Numbers& list, std::uint64_t node) {
    return std::ranges::binary_search(list, node);
}

Numbers joined(const Numbers& a, const Numbers& b) {
    Numbers both;
    std::ranges::set_union(a, b, std::back_inserter(both));
    return both;
}

Numbers without(const Numbers& list, const Numbers& gone) {
    Numbers left;
    std::ranges::set_difference(list, gone, std::back_inserter(left));
    return left;
}

// The lists that the next change leads to: who shall vote learns first, unless it does already.
Membership target_of(const Membership& now, const OpenDecision& decision) {
    Membership target = now;
    const Numbers known = joined(now.voters, now.learners);
    if (without(decision.voters, known).empty()) {
        target.voters = decision.voters;
        target.learners = decision.learners;
    } else {
        const Numbers coming = without(joined(decision.voters, decision.learners), known);
        target.learners = joined(now.learners, coming);
    }
    return target;
}

}  // namespace

bool Membership::has_voter(std::uint64_t node) const {
    return contains(voters, node) || contains(old_voters, node);
}

bool Membership::has(std::uint64_t node) const {
    return has_voter(node) || contains(learners, node);
}

Bytes to_bytes(const Membership& membership) {
    return encode(membership);
}

Result<Membership> read_membership(ByteView bytes) {
    Membership read;
    if (!decode(bytes, read)) {
        return refuse(ErrorCode::command_malformed, "the membership is cut or too long");
    }
    Numbers twice;
    std::ranges::set_intersection(read.voters, read.learners, std::back_inserter(twice));
    const bool sound = ascends(read.voters) && ascends(read.old_voters) && ascends(read.learners) &&
                       twice.empty() && !read.voters.empty() && read.number >= 2;
    if (!sound) {
        return refuse(ErrorCode::command_malformed, "no membership has such lists");
    }
    return read;
}

const NodeRow* Roster::node(std::uint64_t number) const {
    return number >= 1 && number <= nodes.size() ? &nodes[number - 1] : nullptr;
}

const MembershipRow* Roster::membership(std::uint64_t number) const {
    return number >= 1 && number <= memberships.size() ? &memberships[number - 1] : nullptr;
}

std::optional<Membership> Roster::next() const {
    const Membership& now = newest().membership;
    Membership next = now;
    if (now.is_joint()) {
        next.old_voters.clear();
    } else if (decision) {
        next = target_of(now, *decision);
        next.old_voters = now.voters;
        next.decision = decision->id;
    } else {
        return std::nullopt;
    }
    next.number = now.number + 1;
    return next;
}

std::string Roster::policy(const MembershipRow& row) const {
    const auto voters_of = [&](const Numbers& list) {
        std::vector<PolicyVoter> voters;
        for (const std::uint64_t number : list) {
            const NodeRow& named = *node(number);
            voters.push_back({
                .member = named.member,
                .log = *parse_vkey(named.log),
                .cosign = *parse_vkey(named.cosign),
            });
        }
        return voters;
    };
    return policy_text(
        row.membership.number,
        row.policy_from(),
        voters_of(row.membership.voters),
        voters_of(row.membership.old_voters),
        min_cosigners
    );
}

std::uint64_t Roster::from(std::uint64_t node) const {
    const auto found = std::ranges::find_if(memberships, [&](const MembershipRow& row) {
        return row.membership.has(node);
    });
    return found == memberships.end() ? 0 : found->membership.number;
}

std::uint64_t Roster::until(std::uint64_t node) const {
    const std::uint64_t first = from(node);
    if (first == 0 || newest().membership.has(node)) {
        return 0;
    }
    const auto gone = std::find_if(
        memberships.begin() + static_cast<std::ptrdiff_t>(first),
        memberships.end(),
        [&](const MembershipRow& row) { return !row.membership.has(node); }
    );
    assert(gone != memberships.end());
    return gone->membership.number;
}

Roster first_roster(const Genesis& genesis) {
    Roster roster;
    roster.ledger = genesis.ledger;
    roster.origin = genesis.origin;
    roster.min_cosigners = genesis.min_cosigners.value_or(0);
    MembershipRow first;
    first.membership.number = 1;
    first.time = genesis.time;
    for (const GenesisNode& node : genesis.nodes) {
        roster.nodes.push_back({
            .node = node.node,
            .member = node.member,
            .address = node.address,
            .log = node.log,
            .cosign = node.cosign,
            .peer = node.peer,
        });
        (node.voter ? first.membership.voters : first.membership.learners).push_back(node.node);
    }
    roster.memberships.push_back(std::move(first));
    return roster;
}

Roster read_roster(const Reader& reader) {
    const auto genesis = read_genesis(*reader.get(schema::genesis()));
    assert(genesis.has_value());
    return read_roster(reader, *genesis);
}

Roster read_roster(const Reader& reader, const Genesis& genesis) {
    Roster roster = first_roster(genesis);
    reader.scan(schema::all_nodes, schema::end_of(schema::all_nodes), [&](ByteView, ByteView row) {
        roster.nodes.push_back(decoded<NodeRow>(row));
        return true;
    });
    const Bytes end = schema::end_of(schema::all_memberships);
    reader.scan(schema::all_memberships, end, [&](ByteView, ByteView row) {
        roster.memberships.push_back(decoded<MembershipRow>(row));
        return true;
    });
    roster.decision = load<OpenDecision>(reader, schema::open_decision());
    return roster;
}

}  // namespace tanji::ledger
