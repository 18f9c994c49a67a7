#pragma once

#include "ledger/value/crypto.h"
#include "node/replica/electorate.h"
#include "node/replica/peer_message.h"
#include "node/replica/ports.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>

namespace tanji::node {

// The leader's side of certification: asks every voter, itself among them, to cosign its newest
// head, and makes a certificate of their answers. One round is open at a time, always over the
// newest block boundary. Decides only: the caller sends, marks and keeps.
class Rounds {
public:
    struct Pace {
        ledger::TimeMs interval_ms = 50;     // between rounds that nobody waits for
        ledger::TimeMs refresh_ms = 60'000;  // between rounds over a tree that stands still
        ledger::TimeMs patience_ms = 2'000;  // a round without a quorum is given up
        ledger::TimeMs despair_ms = 60'000;  // of so much divergence that no quorum is possible
    };

    // `cosigned` is what the mark says this node cosigned last: no round is ever below it. Keeps a
    // reference to the key.
    Rounds(const Pace& pace, const ledger::SigningKey& log, ledger::TreeSize cosigned);

    // Leadership comes or goes. What was under way is dropped; cosignatures given stay given.
    void lead(bool leads);
    // The newest block boundary that this node applied.
    void applied(const CosignedHead& head) { newest_ = head; }
    // A certificate of that size is kept, from wherever it came.
    void certified(ledger::TreeSize size) { certified_ = std::max(certified_, size); }

    // The request to send to every voter, this node included, if a round is due: this node leads,
    // something new is applied (or the refresh is over), no round is open (or it had its time), and
    // the interval has passed or somebody waits.
    std::optional<CosignRequest> open(
        ledger::TimeMs now, bool awaited, const Electorate& electorate
    );

    // Another root at that size, as a voter found it.
    struct Dissent {
        consensus::NodeId node = 0;
        ledger::TreeSize size = 0;
        ledger::Hash root;
    };
    struct Heard {
        bool counted = false;  // a good, new cosignature of the voter that sent it
        // At the quorum; and once more, fuller, when every voter has answered after it.
        std::optional<ledger::CheckpointCertificate> certificate;
        std::optional<Dissent> dissent;
    };
    // An answer from that node. Whatever is not a cosignature of its own key over the text of a
    // round that is still collected counts for nothing.
    Heard answered(
        consensus::NodeId from,
        const CosignReply& reply,
        ledger::TimeMs now,
        const Electorate& electorate
    );

    // Whether for `despair_ms` so many voters have answered `divergent` that those who are left are
    // no quorum. Voters that are merely absent do not count as divergent.
    bool is_uncertifiable(ledger::TimeMs now) const;

    ledger::TreeSize certified_size() const { return certified_; }
    ledger::TimeMs opened_at() const { return opened_at_; }

private:
    struct Round {
        std::uint64_t number = 0;
        CosignedHead head;
        ledger::Checkpoint checkpoint;
        ledger::NoteLine log;
        std::map<consensus::NodeId, ledger::NoteLine> lines;
        std::set<std::string, std::less<>> witnesses;  // as the policy names the signers of `lines`
        std::set<consensus::NodeId> fresh;             // have cosigned in this very round
        std::set<consensus::NodeId> refused;
        std::size_t certified_with = 0;  // cosignatures, when it was certified last
    };

    bool is_due(ledger::TimeMs now, bool awaited) const;
    Round* find(std::uint64_t number);
    bool count(
        Round& round, consensus::NodeId from, std::string_view text, const Electorate& electorate
    );
    std::optional<ledger::CheckpointCertificate> settle(Round& round, const Electorate& electorate);
    void weigh(ledger::TimeMs now, const Electorate& electorate);

    Pace pace_;
    const ledger::SigningKey& log_;
    bool leads_ = false;
    bool fresh_ = true;  // no round of this leadership has ended
    CosignedHead newest_;
    ledger::TreeSize floor_ = 0;
    ledger::TreeSize certified_ = 0;  // and kept
    ledger::TreeSize settled_ = 0;    // certified by a round of this node
    std::uint64_t number_ = 0;
    ledger::TimeMs opened_at_ = 0;
    std::optional<Round> open_;
    std::optional<Round> closed_;                       // certified, and still collecting
    std::map<consensus::NodeId, std::uint64_t> times_;  // of the last cosignature counted
    std::set<consensus::NodeId> divergent_;             // by their last answer
    std::optional<ledger::TimeMs> hopeless_since_;
};

}  // namespace tanji::node
