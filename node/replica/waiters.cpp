#include "node/replica/waiters.h"

#include "node/replica/deadline.h"

#include <utility>

namespace tanji::node {
namespace {

ledger::Result<Reply> unknown() {
    return ledger::refuse(
        ledger::ErrorCode::outcome_unknown,
        "the outcome is not known yet; sending the same bytes again is safe"
    );
}

}  // namespace

void Waiters::add(const Bytes& command, Waiter waiter) {
    waiting_.emplace(command, std::move(waiter));
}

void Waiters::finished(
    const Bytes& command,
    const ledger::Result<ledger::CommandOutcome>& outcome,
    ledger::TreeSize certified_size
) {
    const auto [first, last] = waiting_.equal_range(command);
    for (auto at = first; at != last; ++at) {
        Waiter& waiter = at->second;
        if (outcome) {
            committed(*outcome, std::move(waiter), certified_size);
        } else {
            waiter.done(std::unexpected(outcome.error()));
        }
    }
    waiting_.erase(first, last);
}

void Waiters::committed(
    ledger::CommandOutcome outcome, Waiter waiter, ledger::TreeSize certified_size
) {
    const bool is_certified = outcome.leaf < certified_size;
    if (is_certified || !waiter.until_certified) {
        waiter.done(Reply{.outcome = std::move(outcome), .certified = is_certified});
        return;
    }
    const ledger::LeafIndex leaf = outcome.leaf;
    committed_.emplace(leaf, Committed{.outcome = std::move(outcome), .waiter = std::move(waiter)});
}

void Waiters::certified(ledger::TreeSize size) {
    const auto end = committed_.lower_bound(size);
    for (auto at = committed_.begin(); at != end; ++at) {
        Committed& each = at->second;
        each.waiter.done(Reply{.outcome = std::move(each.outcome), .certified = true});
    }
    committed_.erase(committed_.begin(), end);
}

void Waiters::expire(ledger::TimeMs now) {
    for (auto at = waiting_.begin(); at != waiting_.end();) {
        if (is_over(at->second.deadline, now)) {
            at->second.done(unknown());
            at = waiting_.erase(at);
        } else {
            ++at;
        }
    }
    for (auto at = committed_.begin(); at != committed_.end();) {
        if (is_over(at->second.waiter.deadline, now)) {
            at->second.waiter.done(Reply{.outcome = at->second.outcome, .certified = false});
            at = committed_.erase(at);
        } else {
            ++at;
        }
    }
}

void Waiters::abandon() {
    expire(INT64_MAX);
}

bool Waiters::wants_certificate(ledger::TreeSize certified_size) const {
    return !committed_.empty() && committed_.rbegin()->first >= certified_size;
}

}  // namespace tanji::node
