#include "node/replica/waiters.h"

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
        if (!outcome) {
            waiter.done(std::unexpected(outcome.error()));
        } else if (waiter.until_certified && outcome->leaf >= certified_size) {
            committed_.emplace(
                outcome->leaf, Committed{.outcome = *outcome, .waiter = std::move(waiter)}
            );
        } else {
            waiter.done(Reply{.outcome = *outcome, .certified = outcome->leaf < certified_size});
        }
    }
    waiting_.erase(first, last);
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
        if (at->second.deadline <= now) {
            at->second.done(unknown());
            at = waiting_.erase(at);
        } else {
            ++at;
        }
    }
    for (auto at = committed_.begin(); at != committed_.end();) {
        if (at->second.waiter.deadline <= now) {
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
