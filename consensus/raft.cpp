#include "consensus/raft.h"

#include <cassert>
#include <utility>

namespace tanji::consensus {

Raft::Raft(Settings settings, Restored restored)
    : settings_(std::move(settings)),
      term_(restored.term),
      vote_(restored.vote),
      last_(restored.last),
      durable_(restored.last.at.index),
      committed_(restored.applied),
      applied_(restored.applied),
      uncommitted_(restored.tail.begin(), restored.tail.end()) {
    assert(settings_.voters.size() == 1 && settings_.voters.front() == settings_.self);
    assert(restored.applied + restored.tail.size() == restored.last.at.index);
}

// Alone there is nobody to hear from first, so the first tick is enough.
void Raft::tick() {
    if (role_ == Role::follower) {
        stand_for_election();
    }
}

void Raft::stand_for_election() {
    role_ = Role::candidate;
    ++term_;
    vote_ = settings_.self;
    promise_token_ = next_token();
    ready_.promise = WritePromise{.token = promise_token_, .term = term_, .vote = vote_};
}

// The vote for itself is durable: that is a majority of one.
void Raft::lead() {
    role_ = Role::leader;
    const Slot slot = {
        .at = {.term = term_, .index = last_.at.index + 1},
        .prev = last_.hash,
    };
    ready_.seal = SealRequest{.slot = slot, .kind = Kind::no_op};
}

std::optional<Slot> Raft::open_slot() const {
    const bool opened = first_of_term_ != 0 && committed_ >= first_of_term_;
    const bool room = uncommitted_.size() < settings_.limits.inflight_blocks &&
                      uncommitted_bytes_ < settings_.limits.inflight_bytes;
    if (role_ != Role::leader || !opened || !room) {
        return std::nullopt;
    }
    return Slot{.at = {.term = term_, .index = last_.at.index + 1}, .prev = last_.hash};
}

bool Raft::propose(const BlockRef& block) {
    const Position expected = {.term = term_, .index = last_.at.index + 1};
    if (role_ != Role::leader || block.at != expected || block.prev != last_.hash) {
        return false;
    }
    if (first_of_term_ == 0) {
        first_of_term_ = block.at.index;
    }
    last_ = block;
    uncommitted_.push_back(block);
    uncommitted_bytes_ += block.bytes;
    if (!ready_.blocks) {
        ready_.blocks = WriteBlocks{.token = next_token(), .cut_from = 0, .refs = {}};
    }
    ready_.blocks->refs.push_back(block);
    durable_.writing(block.at.index, ready_.blocks->token);
    return true;
}

void Raft::wrote(Token token) {
    if (role_ == Role::candidate && token >= promise_token_) {
        lead();
    }
    durable_.wrote(token);
    advance_commit();
}

// A majority of one: what is durable here and of the own term is committed, and with it everything
// before. Blocks of older terms wait for the no-op.
void Raft::advance_commit() {
    if (role_ != Role::leader || first_of_term_ == 0 || durable_.index() < first_of_term_) {
        return;
    }
    committed_ = durable_.index();
    while (!uncommitted_.empty() && uncommitted_.front().at.index <= committed_) {
        // Blocks found at the start were never counted.
        uncommitted_bytes_ -=
            uncommitted_.front().at.index >= first_of_term_ ? uncommitted_.front().bytes : 0;
        unqueued_.push_back(uncommitted_.front());
        uncommitted_.pop_front();
    }
}

void Raft::applied(Index index) {
    assert(index >= applied_ && index <= committed_);
    applied_ = index;
}

void Raft::request_read(Ticket ticket) {
    waiting_reads_.push_back(ticket);
}

Ready Raft::take_ready() {
    for (const BlockRef& block : unqueued_) {
        ready_.apply.push_back(block);
    }
    unqueued_.clear();
    const bool readable = first_of_term_ != 0 && committed_ >= first_of_term_;
    if (role_ == Role::leader && readable) {
        for (const Ticket ticket : waiting_reads_) {
            ready_.reads.push_back({.ticket = ticket, .index = committed_});
        }
        waiting_reads_.clear();
    }
    return std::exchange(ready_, Ready{});
}

Status Raft::status() const {
    return {
        .role = role_,
        .term = term_,
        .leader = role_ == Role::leader ? settings_.self : 0,
        .last = last_.at.index,
        .durable = durable_.index(),
        .committed = committed_,
        .applied = applied_,
    };
}

}  // namespace tanji::consensus
