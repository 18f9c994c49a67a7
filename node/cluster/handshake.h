#pragma once

#include "node/cluster/tls.h"
#include "node/cluster/wire.h"

#include <map>
#include <optional>
#include <string_view>
#include <vector>

// Who may talk to whom. The dialler says Hello first, the other answers with its own; either may
// answer `Refused` instead, and closes. All within handshake_ms.
//
// Codes of a greeting, in the order in which they are tested: `wrong_ledger`, `wrong_node`,
// `version`, `removed`, `too_soon` (a node that broke the rules is let in again after a while),
// `old_incarnation` (a process that another one has followed), `rolled_back` (a new process of an
// incarnation that is not above the one remembered: its disk went back in time).
// Before it: `unknown_key`, `tls`. After it: `frame_unknown`, `frame_too_large`, `frame_malformed`.
namespace tanji::node {

inline constexpr std::uint32_t handshake_ms = 5'000;

// The newest process of each node that this process has met. An incarnation is only ever spoken
// for by one process, and grows with each: whoever comes with less forgot what it promised.
class Incarnations {
public:
    // Why this process may not speak for its node; empty if it may, and is remembered.
    std::string_view meet(consensus::NodeId node, consensus::Incarnation, std::uint64_t process);
    // Up to this incarnation the node is refused as `rolled_back`.
    void turn_away(consensus::NodeId node, consensus::Incarnation incarnation);
    consensus::Incarnation newest(consensus::NodeId node) const;  // 0: never met

private:
    struct Process {
        consensus::Incarnation incarnation = 0;
        std::uint64_t process = 0;
    };
    struct Known {
        std::vector<Process> processes;  // the newest last; a few
        consensus::Incarnation refused_up_to = 0;
    };
    std::map<consensus::NodeId, Known> nodes_;
};

// Why that greeting is not accepted by the node that says `own`, from whoever holds the key that
// was proven, before incarnations are looked at.
std::optional<Refused> check_hello(
    const Hello& theirs, const Hello& own, const KeyDirectory::Holder& holder
);

// A sentence for each code of meet().
Refused refused_incarnation(std::string_view code, const Hello& theirs, consensus::Incarnation);

}  // namespace tanji::node
