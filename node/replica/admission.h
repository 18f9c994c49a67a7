#pragma once

#include "node/replica/electorate.h"
#include "node/replica/ports.h"

#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tanji::node {

// What a message of agreement must satisfy before the core sees it (docs/consensus.md, "Received
// blocks").

// Why not: a stable name and a sentence.
struct Inadmissible {
    std::string_view code;
    std::string sentence;
    // Of two leaders in one term: what shows it. It convicts neither alone.
    std::optional<ledger::BlockFork> headers = {};
};
template <typename Value>
using Admitted = std::expected<Value, Inadmissible>;

// The part that needs no state and may be dear: blocks decode within bounds, belong to this ledger,
// hold what their header says, and are signed by the log key of a voter of their membership; what
// stands before the first one of a membership that is not known here yet is admitted; so is the
// header that a candidate shows, and it stands where the candidate claims to end; an order to take
// over is signed by the leader that gives it.
Admitted<std::vector<SealedBlockPtr>> admit(
    const Agreement& agreement, const ledger::Hash& ledger, const Electorate& electorate
);

// What the core knows of a block. `bytes`: header and body.
consensus::BlockRef ref_of(const ledger::BlockHeader& header, std::size_t bytes);
consensus::BlockRef ref_of(const ledger::DecodedBlock& block, std::size_t bytes);

// What a leader signs when it hands over, and whether it did.
void sign_transfer(
    consensus::TransferNow& order, const ledger::Hash& ledger, const ledger::SigningKey& log
);

// The part that remembers: one log key leads the present term, else both headers are in the refusal
// (of older terms the hashes decide); time does not fall; a block of the present term is not ahead
// of this node's clock, unless it is committed already.
class Admission {
public:
    explicit Admission(ledger::TimeMs max_skew_ms) : max_skew_ms_(max_skew_ms) {}

    // `previous`: time of the block that the first one follows. Nothing if this node does not have
    // exactly that block: then the core may be given none of these.
    Admitted<void> check(
        const consensus::Append& append,
        const std::vector<SealedBlockPtr>& blocks,
        std::optional<ledger::TimeMs> previous,
        consensus::Term own_term,
        ledger::TimeMs now
    ) const;
    // The core has taken that block: its key leads its term.
    void took(const ledger::BlockHeader& header);

private:
    ledger::TimeMs max_skew_ms_;
    std::map<consensus::Term, ledger::BlockHeader> led_;  // the first block taken of each
};

// A leader whose blocks are refused here is not heard for a while either: heartbeats would keep it
// in its place for ever, though nobody takes what it seals. If a majority refuses them, somebody
// else is elected; if only this node does, it hears the leader again when the time is over.
class Doubts {
public:
    explicit Doubts(ledger::TimeMs for_ms) : for_ms_(for_ms) {}

    void begin(consensus::NodeId leader, consensus::Term term, ledger::TimeMs now) {
        leader_ = leader;
        term_ = term;
        until_ = now + for_ms_;
    }
    bool has(consensus::NodeId leader, consensus::Term term, ledger::TimeMs now) const {
        return leader == leader_ && term == term_ && now < until_ && until_ - now <= for_ms_;
    }

private:
    ledger::TimeMs for_ms_;
    consensus::NodeId leader_ = 0;
    consensus::Term term_ = 0;
    ledger::TimeMs until_ = 0;
};

}  // namespace tanji::node
