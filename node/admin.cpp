#include "node/admin.h"

#include "node/ask.h"

#include <algorithm>
#include <functional>
#include <string>
#include <thread>

namespace tanji::node {
namespace {

using ledger::ErrorCode;
using ledger::refuse;

constexpr auto transfer_patience = std::chrono::seconds(5);
constexpr auto look_every = std::chrono::milliseconds(20);
constexpr auto loop_patience = std::chrono::seconds(1);
constexpr auto hearing_patience = std::chrono::milliseconds(500);

void await(std::chrono::milliseconds patience, const std::function<bool()>& holds) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (!holds() && std::chrono::steady_clock::now() < deadline) {
        std::this_thread::sleep_for(look_every);
    }
}

// The node that an operator means; 0: any.
ledger::Result<consensus::NodeId> target_of(const api::ClusterState& state, std::string_view to) {
    if (to.empty()) {
        return 0;
    }
    const auto found = std::ranges::find_if(state.nodes, [&](const api::NodeState& node) {
        return node.member == to || std::to_string(node.node) == to;
    });
    if (found == state.nodes.end()) {
        return refuse(ErrorCode::not_found, "no member or node {:?} takes part", to);
    }
    if (found->node == state.node) {
        return refuse(ErrorCode::bad_request, "{} leads already", to);
    }
    if (!found->voter) {
        return refuse(ErrorCode::bad_request, "{} does not vote", to);
    }
    if (!found->connected) {
        return refuse(ErrorCode::bad_request, "{} is not connected", to);
    }
    return found->node;
}

}  // namespace

void hand_over(Replica& replica, WorkThread& loop, std::chrono::milliseconds patience) {
    const auto leads = [&replica] {
        const consensus::Status status = replica.status();
        return status.role == consensus::Role::leader && status.membership.voters.size() > 1;
    };
    const auto asked = ask(
        loop,
        [&replica, leads] {
            replica.set_electable(false);
            return leads() && replica.transfer_to(0);
        },
        loop_patience
    );
    if (!asked.value_or(false)) {
        return;
    }
    // Where nobody can take over, a leader that hears no majority ends by itself.
    await(patience, [&] { return !ask(loop, leads, loop_patience).value_or(false); });
    const auto knows = [&replica] { return replica.status().leader != 0; };
    await(hearing_patience, [&] { return ask(loop, knows, loop_patience).value_or(true); });
}

ledger::Result<api::Operator::NewLeader> NodeOperator::transfer(std::string_view to) {
    const api::ClusterState before = parts_.cluster.state();
    if (before.leader != before.node) {
        const api::NodeState* leader = before.find(before.leader);
        return leader == nullptr ? refuse(ErrorCode::no_leader, "no leader is known here")
                                 : refuse(
                                       ErrorCode::no_leader,
                                       "this node does not lead: ask {} (node {})",
                                       leader->member,
                                       leader->node
                                   );
    }
    const auto target = target_of(before, to);
    if (!target) {
        return std::unexpected(target.error());
    }
    const auto begun = ask(
        parts_.loop,
        [this, node = *target] { return parts_.replica.transfer_to(node); },
        loop_patience
    );
    if (!begun.value_or(false)) {
        return refuse(ErrorCode::no_leader, "not now: nobody else votes, or one is under way");
    }
    return await_leader(before);
}

ledger::Result<api::Operator::NewLeader> NodeOperator::await_leader(const api::ClusterState& before
) {
    const auto deadline = std::chrono::steady_clock::now() + transfer_patience;
    while (std::chrono::steady_clock::now() < deadline) {
        const api::ClusterState now = parts_.cluster.state();
        const api::NodeState* leader = now.find(now.leader);
        if (now.leader != before.node && leader != nullptr) {
            return NewLeader{.node = leader->node, .member = leader->member, .term = now.term};
        }
        std::this_thread::sleep_for(look_every);
    }
    return refuse(ErrorCode::outcome_unknown, "nobody took over within 5 s: this node goes on");
}

void NodeOperator::drain() {
    parts_.service.drain();
    parts_.logger.log(LogLevel::info, "node", "node.draining", {{"msg", "asked by an operator"}});
    hand_over(parts_.replica, parts_.loop, transfer_patience);
}

ledger::Status NodeOperator::set_log_level(std::string_view level) {
    const auto found = log_level_of(level);
    if (!found) {
        return refuse(ErrorCode::bad_request, "a level is debug, info, warn or error");
    }
    parts_.logger.set_level(*found);
    parts_.logger.log(LogLevel::info, "node", "log.level", {{"msg", level}});
    return {};
}

}  // namespace tanji::node
