#include "node/cluster/handshake.h"

#include <algorithm>

#include <fmt/format.h>

namespace tanji::node {
namespace {

constexpr std::size_t processes_remembered = 8;  // per node

}  // namespace

std::string_view Incarnations::meet(
    consensus::NodeId node, consensus::Incarnation incarnation, std::uint64_t process
) {
    Known& known = nodes_[node];
    if (incarnation <= known.refused_up_to) {
        return "rolled_back";
    }
    const auto met = std::ranges::find_if(known.processes, [&](const Process& one) {
        return one.incarnation == incarnation && one.process == process;
    });
    if (met != known.processes.end()) {
        return met + 1 == known.processes.end() ? "" : "old_incarnation";
    }
    if (!known.processes.empty() && incarnation <= known.processes.back().incarnation) {
        return "rolled_back";
    }
    if (known.processes.size() == processes_remembered) {
        known.processes.erase(known.processes.begin());
    }
    known.processes.push_back({.incarnation = incarnation, .process = process});
    return "";
}

void Incarnations::turn_away(consensus::NodeId node, consensus::Incarnation incarnation) {
    consensus::Incarnation& most = nodes_[node].refused_up_to;
    most = std::max(most, incarnation);
}

consensus::Incarnation Incarnations::newest(consensus::NodeId node) const {
    const auto found = nodes_.find(node);
    return found == nodes_.end() || found->second.processes.empty()
               ? 0
               : found->second.processes.back().incarnation;
}

std::optional<Refused> check_hello(
    const Hello& theirs, const Hello& own, const KeyDirectory::Holder& holder
) {
    if (theirs.ledger != own.ledger) {
        return Refused{"wrong_ledger", fmt::format("this is ledger {}", own.ledger.hex())};
    }
    if (theirs.node != holder.node) {
        return Refused{
            "wrong_node", fmt::format("that key is node {}'s, not {}'s", holder.node, theirs.node)
        };
    }
    if (theirs.protocol_min > own.protocol_max || own.protocol_min > theirs.protocol_max) {
        return Refused{
            "version",
            fmt::format("protocols {} to {} are spoken here", own.protocol_min, own.protocol_max)
        };
    }
    if (holder.removed) {
        return Refused{"removed", fmt::format("node {} is a member no more", holder.node)};
    }
    return std::nullopt;
}

Refused refused_incarnation(
    std::string_view code, const Hello& theirs, consensus::Incarnation newest
) {
    return {
        .code = std::string(code),
        .sentence = fmt::format(
            "node {} comes as incarnation {}, and came as {} before",
            theirs.node,
            theirs.incarnation,
            newest
        ),
    };
}

}  // namespace tanji::node
