#pragma once

#include "consensus/types.h"
#include "ledger/value/time.h"

#include <map>
#include <optional>

namespace tanji::node {

// How far this node's clock is from the others', as heartbeats and their answers tell it. Order
// never depends on it; but a leader whose blocks are ahead of everybody's clock commits nothing.
class ClockWatch {
public:
    explicit ClockWatch(ledger::TimeMs max_skew_ms) : max_skew_ms_(max_skew_ms) {}

    // That node's clock as it was on the wire a moment ago.
    void heard(consensus::NodeId node, ledger::TimeMs theirs, ledger::TimeMs own);
    // Own clock less the median of the others'; nothing while nobody was heard of late.
    std::optional<ledger::TimeMs> offset(ledger::TimeMs now) const;
    // Own clock less that of each node that was heard of late.
    std::map<consensus::NodeId, ledger::TimeMs> offsets(ledger::TimeMs now) const;
    // Whether the offset has been too large for ten seconds.
    bool is_off(ledger::TimeMs now);

private:
    struct Heard {
        ledger::TimeMs offset = 0;
        ledger::TimeMs at = 0;
    };
    ledger::TimeMs max_skew_ms_;
    std::map<consensus::NodeId, Heard> heard_;
    std::optional<ledger::TimeMs> off_since_;
};

}  // namespace tanji::node
