#pragma once

#include "ledger/governance/genesis.h"
#include "ledger/store/store.h"
#include "ledger/value/archive.h"
#include "ledger/value/ids.h"
#include "ledger/value/result.h"
#include "ledger/value/time.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

// Which nodes count. Membership 1 is that of genesis; each membership block makes the next one, and
// carries out what governance decided: learners first, then a joint phase, then the new list.
// Everything here is a function of what was applied, on every node the same.
namespace tanji::ledger {

inline constexpr std::size_t voters_max = 15;  // a note has room for 16 lines
inline constexpr std::size_t learners_max = 16;
// So long learners have to come close behind the leader; then the decision is abandoned.
inline constexpr TimeMs decision_ms_max = ms_per_day;

// One numbered list. In a joint phase everything needs a majority, and a quorum of cosignatures, of
// both lists of voters.
struct Membership {
    std::uint64_t number = 0;
    std::vector<std::uint64_t> voters;      // ascending, as the others
    std::vector<std::uint64_t> old_voters;  // empty unless joint
    std::vector<std::uint64_t> learners;
    CommandId decision;  // the command that decided it; zero for number 1

    bool is_joint() const { return !old_voters.empty(); }
    bool has_voter(std::uint64_t node) const;  // in one of the lists
    bool has(std::uint64_t node) const;        // voter or learner
    bool operator==(const Membership&) const = default;

    template <typename Archive>
    void serialize(Archive& archive) {
        archive(number, decision, counted<std::uint8_t>(voters, voters_max));
        archive(counted<std::uint8_t>(old_voters, voters_max));
        archive(counted<std::uint8_t>(learners, learners_max));
    }
};

// What a membership block holds instead of commands (docs/formats.md, "Blocks"). Refused unless
// every list ascends, some node votes, and nobody both votes and learns.
Bytes to_bytes(const Membership& membership);
Result<Membership> read_membership(ByteView bytes);

// A node that is or was named, with the keys it speaks with. Numbers are never used again.
struct NodeRow {
    std::uint64_t node = 0;
    std::string member;
    std::string address;  // host:port of the peer listener
    std::string log;      // vkey, named as the origin
    std::string cosign;   // vkey of the cosigner
    PublicKey peer;

    template <typename Archive>
    void serialize(Archive& archive) {
        archive(node, text(member), text(address), text(log), text(cosign), peer);
    }
};

struct MembershipRow {
    Membership membership;
    BlockIndex block = 1;  // that made it
    LeafIndex leaf = 0;    // likewise
    TimeMs time = 0;

    // The tree sizes whose checkpoints it certifies begin here.
    TreeSize policy_from() const { return membership.number == 1 ? 0 : leaf + 1; }

    template <typename Archive>
    void serialize(Archive& archive) {
        archive(membership, block, leaf, time);
    }
};

// What governance decided and is not carried out yet: where the lists shall end up.
struct OpenDecision {
    CommandId id;
    std::uint64_t base = 0;
    std::vector<std::uint64_t> voters;
    std::vector<std::uint64_t> learners;
    LeafIndex leaf = 0;
    TimeMs until = 0;  // abandoned then, unless a joint phase has begun

    template <typename Archive>
    void serialize(Archive& archive) {
        archive(id, base, counted<std::uint8_t>(voters, voters_max));
        archive(counted<std::uint8_t>(learners, learners_max), leaf, until);
    }
};

// All that is known of nodes and memberships at one moment.
struct Roster {
    Hash ledger;
    std::string origin;
    std::uint64_t min_cosigners = 0;
    std::vector<NodeRow> nodes;              // 1, 2, …
    std::vector<MembershipRow> memberships;  // 1, 2, …
    std::optional<OpenDecision> decision;

    const MembershipRow& newest() const { return memberships.back(); }
    // Null if there is none of that number.
    const NodeRow* node(std::uint64_t number) const;
    const MembershipRow* membership(std::uint64_t number) const;
    // The membership that the next membership block must introduce, or nothing if none may come.
    std::optional<Membership> next() const;
    // The tlog-policy that a membership makes; its version is the number.
    std::string policy(const MembershipRow& row) const;
    // The first membership that names the node, and the first after it that does not; 0: none.
    std::uint64_t from(std::uint64_t node) const;
    std::uint64_t until(std::uint64_t node) const;
};

// As genesis made it.
Roster first_roster(const Genesis& genesis);
// REQUIRES: block 1 was applied.
Roster read_roster(const Reader& reader);
Roster read_roster(const Reader& reader, const Genesis& genesis);

}  // namespace tanji::ledger
