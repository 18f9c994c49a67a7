#include "node/replica/replica.h"

#include <algorithm>
#include <utility>

// What clients of this node want, and to whom it goes.
namespace tanji::node {

namespace {

using ledger::ErrorCode;

constexpr ledger::TimeMs overdue_ms = 5'000;

}  // namespace

ledger::Result<void> Replica::may_take() const {
    if (draining_) {
        return ledger::refuse(ErrorCode::draining, "the node is shutting down");
    }
    if (is_quarantined()) {
        return ledger::refuse(ErrorCode::quarantined, "this node is quarantined");
    }
    if (certification_.is_uncertifiable()) {
        return ledger::refuse(
            ErrorCode::uncertifiable, "the members do not agree on the tree: nothing is certified"
        );
    }
    const bool leads = role_ == consensus::Role::leader;
    const std::size_t waiting = leads ? sealer_.waiting() : forwarding_.size();
    // While nobody leads, or another node does, what was taken waits in Forwarding.
    const std::uint64_t bytes = std::max(sealer_.waiting_bytes(), forwarding_.bytes());
    if (waiting >= settings_.backlog_commands || bytes >= settings_.backlog_bytes) {
        return ledger::refuse(ErrorCode::overloaded, "{} commands wait here", waiting);
    }
    return {};
}

void Replica::submit(std::shared_ptr<const ledger::Prepared> command, Waiters::Waiter waiter) {
    // The same bytes may come twice at once: the second waits for the first, however much there is
    // to do, because it may well be executed. Other bytes under the same id are sealed too, and
    // refused by the ledger.
    const Waiters::Bytes key = {command->head.id, command->digest};
    const auto may = may_take();
    const bool waits_already =
        !may && may.error().code == ErrorCode::overloaded && forwarding_.has(key);
    if (!may && !waits_already) {
        waiter.done(std::unexpected(may.error()));
        return;
    }
    waiters_.add(key, std::move(waiter));
    forwarding_.add(std::move(command), ports_.clock.now_ms() + settings_.forward_ms);
}

void Replica::await_certificate(ledger::CommandOutcome outcome, Waiters::Waiter waiter) {
    waiters_.committed(std::move(outcome), std::move(waiter), certification_.certified_size());
}

void Replica::read(Reading::Granted granted, ledger::TimeMs deadline, Reading::Wanted wanted) {
    reading_.add(std::move(granted), deadline, wanted);
}

bool Replica::transfer_to(consensus::NodeId to) {
    return raft_.transfer_to(to);
}

std::size_t Replica::overdue() const {
    return forwarding_.due_by(ports_.clock.now_ms() + settings_.forward_ms - overdue_ms);
}

void Replica::abandon() {
    waiters_.abandon();
    reading_.expire(INT64_MAX);
}

// Commands and reads go to whoever leads.
void Replica::hand_on() {
    const consensus::Status status = raft_.status();
    if (status.role == consensus::Role::leader) {
        for (auto& command : forwarding_.due_here(status.term)) {
            sealer_.add(std::move(command));
        }
        for (const consensus::Ticket ticket : reading_.to_ask_here()) {
            raft_.request_read(ticket);
        }
        return;
    }
    if (status.leader == 0) {
        return;
    }
    const ledger::TimeMs now = ports_.clock.now_ms();
    for (Forward& forward : forwarding_.due(status.term, now)) {
        ports_.wire.send(status.leader, std::move(forward));
    }
    if (const auto question = reading_.to_ask_leader(status.leader, now)) {
        ports_.wire.send(status.leader, *question);
    }
}

}  // namespace tanji::node
