#include "node/replica/forwarding.h"

#include "ledger/command/block.h"
#include "node/replica/deadline.h"

#include <algorithm>
#include <utility>

namespace tanji::node {
namespace {

constexpr std::size_t message_bytes_max = 1U << 20U;
constexpr std::size_t message_commands_max = 4'096;
constexpr ledger::TimeMs first_wait_ms = 1'000;
constexpr ledger::TimeMs soon_ms = 50;
constexpr ledger::TimeMs last_wait_ms = 4'000;

std::uint64_t bytes_of(const ledger::Prepared& command) {
    constexpr std::uint64_t signature_bytes = 96;  // with the id of its key
    return command.envelope.payload.size() + command.attachment.size() +
           signature_bytes * command.envelope.signatures.size();
}

}  // namespace

bool Forwarding::add(std::shared_ptr<const ledger::Prepared> command, ledger::TimeMs until) {
    const Waiters::Bytes key = {.id = command->head.id, .digest = command->digest};
    const auto [entry, is_new] = taken_.try_emplace(key);
    entry->second.until = std::max(entry->second.until, until);
    if (is_new) {
        bytes_ += bytes_of(*command);
        entry->second.command = std::move(command);
        new_.push_back(key);
    }
    return is_new;
}

void Forwarding::expire(ledger::TimeMs now) {
    for (auto entry = taken_.begin(); entry != taken_.end();) {
        entry = is_over(entry->second.until, now) ? forget(entry) : std::next(entry);
    }
}

void Forwarding::finished(const Waiters::Bytes& command) {
    if (const auto found = taken_.find(command); found != taken_.end()) {
        forget(found);
    }
}

Forwarding::Taken::iterator Forwarding::forget(Taken::iterator entry) {
    bytes_ -= bytes_of(*entry->second.command);
    return taken_.erase(entry);
}

std::size_t Forwarding::due_by(ledger::TimeMs until) const {
    return static_cast<std::size_t>(std::ranges::count_if(taken_, [&](const auto& entry) {
        return entry.second.until <= until;
    }));
}

std::vector<Forward> Forwarding::due(consensus::Term term, ledger::TimeMs now) {
    std::vector<Waiters::Bytes> keys = std::exchange(new_, {});
    if (term != looked_in_ || is_over(look_again_at_, now, last_wait_ms)) {
        looked_in_ = term;
        look_again_at_ = now + first_wait_ms / 4;
        keys.clear();
        for (const auto& [key, entry] : taken_) {
            if (entry.sent_in != term || is_over(entry.again_at, now, last_wait_ms)) {
                keys.push_back(key);
            }
        }
    }
    std::vector<Forward> messages;
    std::size_t bytes = message_bytes_max;
    for (const Waiters::Bytes& key : keys) {
        const auto found = taken_.find(key);
        if (found == taken_.end()) {
            continue;  // finished meanwhile
        }
        Entry& entry = found->second;
        ledger::Bytes stored = ledger::to_stored(
            {.envelope = entry.command->envelope, .attachment = entry.command->attachment}
        );
        if (messages.empty() || bytes + stored.size() > message_bytes_max ||
            messages.back().commands.size() >= message_commands_max) {
            messages.push_back({.request = ++request_, .commands = {}});
            bytes = 0;
        }
        bytes += stored.size();
        messages.back().commands.push_back(std::move(stored));
        const bool again = entry.sent_in == term && entry.wait > 0;
        entry.wait = again ? std::min(2 * entry.wait, last_wait_ms) : first_wait_ms;
        entry.again_at = now + entry.wait;
        entry.sent_in = term;
        entry.request = request_;
        ++entry.times_sent;
    }
    return messages;
}

std::vector<std::shared_ptr<const ledger::Prepared>> Forwarding::due_here(consensus::Term term) {
    std::vector<std::shared_ptr<const ledger::Prepared>> commands;
    const auto take = [&](Entry& entry) {
        if (entry.sent_in != term) {
            entry.sent_in = term;
            ++entry.times_sent;
            commands.push_back(entry.command);
        }
    };
    if (std::exchange(looked_in_, term) != term) {
        new_.clear();
        for (auto& [key, entry] : taken_) {
            take(entry);
        }
        return commands;
    }
    for (const Waiters::Bytes& key : std::exchange(new_, {})) {
        if (const auto found = taken_.find(key); found != taken_.end()) {
            take(found->second);
        }
    }
    return commands;
}

std::vector<Waiters::Bytes> Forwarding::of(std::uint64_t request) const {
    std::vector<Waiters::Bytes> keys;
    for (const auto& [key, entry] : taken_) {
        if (entry.request == request) {
            keys.push_back(key);
        }
    }
    return keys;
}

bool Forwarding::was_sent_once(const Waiters::Bytes& command) const {
    const auto found = taken_.find(command);
    return found != taken_.end() && found->second.times_sent <= 1;
}

void Forwarding::again_soon(const Waiters::Bytes& command, ledger::TimeMs now) {
    if (const auto found = taken_.find(command); found != taken_.end()) {
        found->second.again_at = now + soon_ms;
        found->second.wait = 0;
        look_again_at_ = std::min(look_again_at_, now + soon_ms);
    }
}

}  // namespace tanji::node
