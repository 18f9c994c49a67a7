#pragma once

#include "ledger/command/envelope.h"
#include "ledger/command_outcome.h"
#include "ledger/proof/witness.h"
#include "ledger/value/result.h"
#include "ledger/view.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tanji::api {

// A signed command on its way in.
struct Submission {
    ledger::Envelope envelope;
    ledger::Bytes attachment;      // the records of a batch as in docs/formats.md §2.6, or empty
    bool until_certified = false;  // reply when the leaf is certified, not only committed
    std::int64_t wait_ms = 10'000;
    bool dry_run = false;
    // Asked once, when the signatures were found good and before anything follows from it; what it
    // refuses is the answer. Not asked when the answer needs no signatures: a known id.
    std::function<ledger::Status()> verified = {};
};

// What became of it. A refusal that was executed is an outcome too: `outcome.error` says why.
struct Submitted {
    ledger::CommandOutcome outcome;
    bool certified = false;
    bool simulated = false;             // a dry run: no leaf, no index
    bool signatures_unchecked = false;  // a dry run without signatures
};

// A member's read token, local to this node (docs/api.md, "Reads").
struct MemberToken {
    std::string id;       // 8 hex digits
    ledger::Hash secret;  // SHA-256 of the secret
    std::string member;
    std::vector<std::string> scopes;
    std::int64_t expires_ms = 0;
};

struct Check {
    std::string name;
    bool ok = false;
    std::string detail;
};

// A node of the ledger, as the one that was asked knows it.
struct NodeState {
    std::uint64_t node = 0;
    std::string member;
    bool voter = true;
    bool connected = false;    // both can talk; of the asked one itself: true
    std::string program = {};  // version; empty: never heard
    // All blocks up to this one are durable there; only the leader knows.
    std::optional<ledger::BlockIndex> match = {};
    std::optional<std::int64_t> clock_offset_ms = {};  // own clock less this one's
    ledger::TreeSize cosigned_size = 0;                // of certificates seen here
};

// The agreement as one node sees it.
struct ClusterState {
    std::uint64_t node = 0;    // the one that was asked
    std::uint64_t leader = 0;  // 0: none known
    std::string_view role = "follower";
    std::uint64_t term = 0;
    ledger::BlockIndex last = 0;
    ledger::BlockIndex durable = 0;
    ledger::BlockIndex committed = 0;
    ledger::BlockIndex applied = 0;
    bool recovering = false;
    std::string quarantine = {};  // why it takes no part: divergent, conflict, …; empty: it does
    std::string quarantine_detail = {};  // a sentence
    std::uint64_t membership = 1;        // number of the newest one
    bool joint = false;                  // it is the joint phase of a change
    std::vector<NodeState> nodes = {};   // all, ascending

    const NodeState* find(std::uint64_t number) const {
        const auto found = std::ranges::find(nodes, number, &NodeState::node);
        return found == nodes.end() ? nullptr : &*found;
    }
};

// All the API asks of a node. Every function may be called from any thread.
class Service {
public:
    virtual ~Service() = default;

    // Calls `done` exactly once, from any thread: with the outcome, or with the reason why the
    // command was not taken: nothing of it is on the ledger then, except after outcome_unknown.
    // That is said of this call; the same bytes may be under way from an earlier one.
    using Done = std::function<void(ledger::Result<Submitted>)>;
    virtual void submit(Submission submission, Done done) = 0;

    // Tests 1 and 4 of a command before its records are read: form, ledger id, signatures.
    virtual ledger::Status check_signatures(const ledger::Envelope& envelope) = 0;

    // Calls `done` exactly once, from any thread, with the state after every write acknowledged
    // before the call, unless `barrier` is false, and not before block `least`. No thread waits
    // meanwhile. Refuses with no_leader, or with behind when `least` is not here after two seconds.
    struct Recent {
        ledger::BlockIndex least = 0;
        bool barrier = true;
    };
    using Opened = std::function<void(ledger::Result<std::shared_ptr<const ledger::View>>)>;
    virtual void latest(Recent wanted, Opened done) = 0;
    // The state now; may lag.
    virtual std::shared_ptr<const ledger::View> local() = 0;

    // A checkpoint of the tree at that size, signed with this node's log key only.
    // REQUIRES: size ≤ local()->head().size.
    virtual std::string sign_checkpoint(const ledger::View& view, ledger::TreeSize size) = 0;
    // The tlog-witness door: the whole answer to an add-checkpoint body.
    virtual ledger::WitnessAnswer add_checkpoint(ledger::ByteView body) = 0;
    // The last checkpoint cosigned for the origin with that hash (64 hex digits), or nothing.
    virtual std::optional<std::string> cosigned_checkpoint(std::string_view origin_hash) = 0;

    // --- about the node ---
    virtual std::vector<Check> readiness() = 0;
    virtual ClusterState cluster() = 0;
    virtual bool is_demo() const = 0;
    virtual bool is_draining() const = 0;
    virtual std::string member() const = 0;
    virtual std::vector<MemberToken> tokens() const = 0;
    virtual std::vector<std::pair<std::string, ledger::Bytes>> evidence() const = 0;
    virtual std::string metrics() = 0;  // Prometheus text 0.0.4
    virtual std::int64_t now_ms() const = 0;
    virtual void log_access(
        std::string_view credential,
        std::string_view route,
        std::string_view object,
        std::string_view purpose
    ) = 0;
};

}  // namespace tanji::api
