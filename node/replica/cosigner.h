#pragma once

#include "ledger/value/crypto.h"
#include "node/replica/electorate.h"
#include "node/replica/peer_message.h"
#include "node/replica/ports.h"

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tanji::node {

// Why this node would not cosign now, whoever asks.
struct Condition {
    bool fit = true;                        // false: recovering
    bool quarantined = false;               // for whatever reason
    std::vector<ledger::PublicKey> faulty;  // log keys of leaders whose fault this term showed
    ledger::TimeMs max_skew_ms = 2'000;
};

// A member's side of certification, the leader's own node and the public witness door included: one
// function and one memory. Says what to write into the mark before anything is signed; what was
// once cosigned is never contradicted, and neither size nor time goes back.
class Cosigner {
public:
    // `last` is what the mark says. Keeps a reference to the key.
    Cosigner(std::string name, const ledger::SigningKey& cosign, const CosignedHead& last);

    struct Answer {
        consensus::NodeId to = 0;
        CosignReply reply;
    };
    // At most one of the three. Nothing: the request is held until its block is applied here, for
    // at most two seconds.
    struct Step {
        std::optional<CosignedHead> mark;  // to be written; then marked()
        std::optional<Answer> answer;      // a refusal
        bool tree_changed = false;         // the own tree lost what it cosigned: stop the node
    };

    // `from` is who gets the answer, 0 for the witness door; a request whose block is 0 names its
    // boundary by size alone. One request of each asker is held at a time.
    Step ask(
        consensus::NodeId from,
        const CosignRequest& request,
        ledger::TimeMs now,
        const OwnTree& tree,
        const Electorate& electorate,
        const Condition& condition
    );
    // Those of the held requests that have an answer now. Call it when blocks were applied and with
    // every tick.
    std::vector<Step> retry(
        ledger::TimeMs now,
        const OwnTree& tree,
        const Electorate& electorate,
        const Condition& condition
    );
    // The mark names that head, synced: signs everything up to it.
    std::vector<Answer> marked(const CosignedHead& head);
    // Forgets whom to answer, never what was promised.
    void forget_askers();

    // The newest head that is in the mark or on its way there.
    const CosignedHead& last() const { return last_; }

private:
    struct Asked {
        consensus::NodeId from = 0;
        CosignRequest request;
        ledger::TimeMs since = 0;
    };
    struct Promised {
        consensus::NodeId to = 0;
        std::uint64_t round = 0;
        ledger::Checkpoint checkpoint;
        CosignedHead head;
    };
    struct Question;

    Step decide(const Asked& asked, const Question& question);

    std::string name_;
    const ledger::SigningKey& cosign_;
    CosignedHead last_;
    std::map<consensus::NodeId, Asked> held_;
    std::deque<Promised> promised_;
};

}  // namespace tanji::node
