#pragma once

#include "ledger/governance/membership.h"
#include "ledger/parties/execution.h"
#include "ledger/value/json.h"

#include <array>
#include <string_view>
#include <vector>

namespace tanji::ledger {

// A node that shall take part, as `tanjid init --join` writes it: each of its keys signs that this
// member of this ledger uses it for this purpose.
struct JoiningNode {
    NodeRow row;
    bool voter = true;  // as soon as it has caught up
    Signature log_proof;
    Signature cosign_proof;
    Signature peer_proof;

    static JoiningNode read(JsonReader& entry);
    // Whether the keys may be registered and all three proofs are good.
    bool is_proven(const Hash& ledger) const;
};
// What a key proof signs.
Bytes key_proof_bytes(
    const Hash& ledger, std::string_view member, std::string_view purpose, const PublicKey& key
);
// The entry as it stands in the command.
void write(JsonWriter& out, const JoiningNode& node);

// Governance says who shall count: the leader carries it out by itself, by membership blocks.
struct MembershipDecide {
    std::uint64_t base = 0;               // the newest membership, that this one starts from
    std::vector<JoiningNode> nodes;       // new ones, numbers ascending
    std::vector<std::uint64_t> promoted;  // learners that shall vote
    std::vector<std::uint64_t> removed;   // voters and learners

    static MembershipDecide read(JsonReader& body);
    bool is_sealed(const Reader&) const { return false; }
    void write_public(JsonWriter&, const Reader&, const Salt&) const {}
    Status apply(Execution& execution) const;

    // All tests that need no more than the roster, in the order of the contract.
    Status check(const Roster& roster) const;
    // Where the lists shall end up. REQUIRES: check() passed.
    OpenDecision decision(const Roster& roster, const CommandId& id, LeafIndex leaf, TimeMs now)
        const;
};

// The block introduces that membership: kept, with what it means for the open decision. False, and
// nothing is changed, if nobody decided it. `row.leaf` is the one it will make.
bool carry_out(Roster& roster, const MembershipRow& row);
void store_change(State& state, const Roster& before, const Roster& after);
// The decision whose learners did not come close in time.
void abandon_decision(State& state, const CommandId& id);

// `public` of a membership.change leaf.
JsonValue public_change(const Roster& roster, const MembershipRow& row);

}  // namespace tanji::ledger
