#pragma once

#include "ledger/proof/policy.h"
#include "node/replica/rounds.h"
#include "tests/node/small_alliance.h"

#include <optional>
#include <string>

namespace tanji::node::small {

// Metro (node 1) leads an alliance; what the others answer is made by hand.
struct Leader {
    explicit Leader(std::size_t nodes, std::size_t min_cosigners = 0)
        : alliance(nodes, min_cosigners),
          rounds(Rounds::Pace{}, alliance.log(1), 0) {
        tree.add({"a", "b"});
        rounds.lead(true);
        rounds.applied(tree.head());
    }

    std::optional<CosignRequest> open(bool awaited = false) {
        auto request = rounds.open(now, awaited, alliance.electorate());
        if (request) {
            round = request->round;
        }
        return request;
    }
    void grow(const std::string& leaf) {
        tree.add({leaf});
        rounds.applied(tree.head());
    }
    Rounds::Heard hears(consensus::NodeId from, const CosignReply& reply) {
        return rounds.answered(from, reply, now, alliance.electorate());
    }
    CosignReply good(consensus::NodeId node) const {
        return {
            .round = round,
            .code = {},
            .line = alliance.line(
                node, tree.size(), tree.root(), static_cast<std::uint64_t>(now / 1000)
            ),
            .size = tree.size(),
            .root = tree.root(),
        };
    }
    Rounds::Heard cosigns(consensus::NodeId node) { return hears(node, good(node)); }
    Rounds::Heard refuses(consensus::NodeId node, std::string code) {
        ledger::Hash other;
        other.bytes.fill(7);
        return hears(
            node, {.round = round, .code = std::move(code), .line = {}, .size = 3, .root = other}
        );
    }
    ledger::Standing standing(const std::string& note) const {
        return ledger::check_note(note, alliance.electorate().pinned).value().standing;
    }

    Alliance alliance;
    Tree tree;
    Rounds rounds;
    ledger::TimeMs now = noon;
    std::uint64_t round = 0;
};

}  // namespace tanji::node::small
