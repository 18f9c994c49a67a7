#pragma once

#include "consensus/types.h"
#include "ledger/governance/membership.h"
#include "ledger/proof/note.h"
#include "ledger/proof/policy.h"
#include "ledger/rows.h"
#include "ledger/value/ids.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

// What certification rests on: whose keys count, and what this node's own ledger says.
namespace tanji::node {

struct CosignVoter {
    consensus::NodeId node = 0;
    ledger::NoteKey log;
    ledger::NoteKey cosign;
};

// A node that is no voter of the newest membership: a leader stays a little longer than its vote.
struct OtherLog {
    consensus::NodeId node = 0;
    ledger::NoteKey log;
    std::uint64_t first = UINT64_MAX;  // the first membership whose blocks it could seal
    std::uint64_t last = UINT64_MAX;   // and the last

    bool left = false;  // removed: nobody comes back

    bool sealed_in(std::uint64_t membership) const {
        return membership >= first && membership <= last;
    }
};

// Of the newest membership that is applied here.
struct Electorate {
    std::uint64_t membership = 1;     // its number
    std::vector<CosignVoter> voters;  // in node order; in a joint phase those of both lists
    std::vector<OtherLog> others;     // all other nodes; some voted before
    ledger::Pinned pinned;            // origin, ledger, and the policy of every size

    // Null if that node is no voter.
    const CosignVoter* voter(consensus::NodeId node) const;
    // The key under which that node signs as a log, now, before or soon; null if it never does.
    const ledger::NoteKey* log_of(consensus::NodeId node) const;
    // The log key with that id, if its holder may seal blocks of that membership, else null. Of one
    // that is not applied here it may be any key that is known: who votes there, the log tells.
    const ledger::NoteKey* sealer(const ledger::KeyId& log, std::uint64_t membership) const;
    // Whose log key that is, if nothing that is applied here lets its holder seal blocks of that
    // membership; nothing for all others, and for a key that is not known.
    std::optional<consensus::NodeId> newcomer(const ledger::KeyId& log, std::uint64_t membership)
        const;
    // The policy in force at that size; null if none is known.
    const ledger::Policy* policy_at(ledger::TreeSize size) const;
};

// What the applied ledger says of it.
Electorate electorate_of(const ledger::Roster& roster);
// The same lists as the core knows them, and as a block holds them.
consensus::Membership core_of(const ledger::Membership& membership);
ledger::Membership ledger_of(const consensus::Membership& membership);

// The checkpoint of a note and the voters whose log keys signed it. Refused when it is no
// checkpoint of this origin, when no voter's log key signed it, or when one did so badly.
struct LogSigned {
    ledger::Checkpoint checkpoint;
    std::vector<ledger::PublicKey> logs;
};
ledger::Result<LogSigned> read_log_signed(std::string_view note, const Electorate& electorate);

// The ledger of this node at one moment.
struct OwnTree {
    ledger::BlockIndex block = 0;  // the newest one applied
    ledger::TreeSize size = 0;     // after it
    // Of an applied block; nothing where a snapshot began later.
    std::function<std::optional<ledger::BlockRow>(ledger::BlockIndex)> row;
    // REQUIRES: at most `size`.
    std::function<ledger::Hash(ledger::TreeSize)> root_at;
    // The hash of a leaf. REQUIRES: below `size`.
    std::function<ledger::Hash(ledger::LeafIndex)> leaf_at;

    // The first block after which the tree has exactly that size.
    std::optional<ledger::BlockIndex> boundary(ledger::TreeSize size) const;
};

}  // namespace tanji::node
