#include "node/replica/reading.h"

#include "node/replica/deadline.h"

#include <algorithm>
#include <utility>

namespace tanji::node {
namespace {

constexpr ledger::TimeMs question_ms = 500;  // then it counts as lost
constexpr ledger::TimeMs behind_ms = 2'000;
constexpr std::size_t remote_max = 4'096;

}  // namespace

void Reading::add(Granted granted, ledger::TimeMs deadline, Wanted wanted) {
    reads_[++last_ticket_] = {
        .granted = std::move(granted),
        .deadline = deadline,
        .least = wanted.least,
        .index = wanted.barrier ? std::nullopt : std::optional<consensus::Index>(0),
        .behind_since = {},
        .asked_here = false,
        .asked_in = 0,
    };
}

std::vector<consensus::Ticket> Reading::to_ask_here() {
    std::vector<consensus::Ticket> tickets;
    is_asking_ = false;
    for (auto& [ticket, read] : reads_) {
        if (!read.index && !read.asked_here) {
            read.asked_here = true;
            tickets.push_back(ticket);
        }
    }
    return tickets;
}

consensus::Ticket Reading::remote(consensus::NodeId from, std::uint64_t request) {
    if (remote_.size() >= remote_max) {
        remote_.erase(remote_.begin());  // it will ask again
    }
    remote_[++last_ticket_] = {.from = from, .request = request};
    return last_ticket_;
}

std::optional<Reading::Answer> Reading::answered(consensus::Ticket ticket, consensus::Index index) {
    if (const auto asker = remote_.extract(ticket)) {
        const Remote& remote = asker.mapped();
        return Answer{
            .to = remote.from,
            .reply = {.request = remote.request, .index = index},
        };
    }
    // It may have waited too long.
    if (const auto read = reads_.find(ticket); read != reads_.end()) {
        read->second.asked_here = false;
        if (index != 0) {
            read->second.index = index;
        }
    }
    return std::nullopt;
}

std::optional<ReadIndex> Reading::to_ask_leader(consensus::NodeId leader, ledger::TimeMs now) {
    // A clock that was set back makes nobody wait longer.
    const bool is_early = now < ask_again_at_ && ask_again_at_ - now <= question_ms;
    if (is_asking_ && asked_ == leader && is_early) {
        return std::nullopt;
    }
    bool any = false;
    for (auto& [ticket, read] : reads_) {
        if (!read.index) {
            read.asked_in = question_ + 1;
            any = true;
        }
    }
    if (!any) {
        return std::nullopt;
    }
    is_asking_ = true;
    asked_ = leader;
    ask_again_at_ = now + question_ms;
    return ReadIndex{.request = ++question_};
}

void Reading::heard(const ReadIndexReply& reply) {
    if (!is_asking_ || reply.request != question_) {
        return;  // an older question: it confirms nothing that came later
    }
    if (reply.index == 0) {
        return;  // not the leader, or it lost its place: asked again when the time is over
    }
    is_asking_ = false;
    for (auto& [ticket, read] : reads_) {
        if (!read.index && read.asked_in == reply.request) {
            read.index = reply.index;
        }
    }
}

void Reading::applied(consensus::Index index) {
    applied_ = index;
    for (auto at = reads_.begin(); at != reads_.end();) {
        const Read& read = at->second;
        if (read.index && std::max(*read.index, read.least) <= index) {
            at->second.granted(index);
            at = reads_.erase(at);
        } else {
            ++at;
        }
    }
}

// Whether only `least` is missing, and has been for too long.
bool Reading::is_behind(Read& read, ledger::TimeMs now) const {
    if (!read.index || *read.index > applied_) {
        return false;
    }
    if (!read.behind_since || *read.behind_since > now) {  // the clock was set back
        read.behind_since = now;
    }
    return now - *read.behind_since >= behind_ms;
}

void Reading::expire(ledger::TimeMs now) {
    for (auto at = reads_.begin(); at != reads_.end();) {
        Read& read = at->second;
        const bool late = is_over(read.deadline, now);
        if (is_behind(read, now) || (late && read.index)) {
            read.granted(ledger::refuse(
                ledger::ErrorCode::behind,
                "block {} is not applied here yet, only {}",
                std::max(read.least, read.index.value_or(0)),
                applied_
            ));
        } else if (late) {
            read.granted(
                ledger::refuse(ledger::ErrorCode::no_leader, "no leader confirmed the read in time")
            );
        } else {
            ++at;
            continue;
        }
        at = reads_.erase(at);
    }
}

}  // namespace tanji::node
