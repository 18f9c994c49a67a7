#include "tests/consensus/scenario_disk.h"

#include <algorithm>
#include <cassert>

namespace tanji::consensus::scenario {

BlockPtr Log::at(Index index) const {
    if (index < first() || index > last()) {
        return nullptr;
    }
    return blocks[index - first()];
}

bool Log::holds(const BlockId& block) const {
    const BlockPtr own = at(block.at.index);
    return own && id_of(own->ref) == block;
}

Membership Log::membership_at(Index index) const {
    Membership found = membership;
    for (Index each = first(); each <= index; ++each) {
        if (const auto& introduced = at(each)->ref.membership) {
            found = *introduced;
        }
    }
    return found;
}

std::vector<Position> Log::starts_to(Index index) const {
    std::vector<Position> found = starts;
    for (Index each = first(); each <= index; ++each) {
        const Position here = at(each)->ref.at;
        if (found.empty() || found.back().term != here.term) {
            found.push_back(here);
        }
    }
    return found;
}

Disk::Disk(const BlockPtr& genesis) {
    kept_.log.membership = *genesis->ref.membership;
    kept_.log.blocks = {genesis};
    kept_.log.starts = {genesis->ref.at};
    kept_.marks[0].block = id_of(genesis->ref);
    image_ = kept_;
    seen_ = kept_.log;
}

void Disk::replace(Log& log, const std::vector<BlockPtr>& blocks) {
    if (blocks.empty()) {
        return;
    }
    const Index from = blocks.front()->ref.at.index;
    assert(from > log.first() && from <= log.last() + 1);
    log.blocks.resize(from - log.first());
    log.blocks.insert(log.blocks.end(), blocks.begin(), blocks.end());
}

void Disk::write(const Write& write, const std::vector<BlockPtr>& blocks) {
    writes_.push_back({.write = write, .blocks = blocks});
    replace(seen_, blocks);
}

void Disk::store(const Pending& pending) {
    undo_ = {.from = 0, .blocks = {}, .promise = kept_.promise, .promise_seq = kept_.promise_seq};
    if (!pending.blocks.empty()) {
        undo_.from = pending.blocks.front()->ref.at.index;
        const auto cut = static_cast<std::ptrdiff_t>(undo_.from - kept_.log.first());
        undo_.blocks.assign(kept_.log.blocks.begin() + cut, kept_.log.blocks.end());
    }
    replace(kept_.log, pending.blocks);
    kept_.promise = pending.write.promise.value_or(kept_.promise);
    kept_.promise_seq = mark().seq + 1;
}

Token Disk::sync(std::size_t writes) {
    Token done;
    for (; writes > 0 && !writes_.empty(); --writes) {
        const Pending pending = std::move(writes_.front());
        writes_.pop_front();
        store(pending);
        Mark next = mark();
        next.promise = kept_.promise;
        next.block = pending.write.mark.value_or(next.block);
        put_mark(next);
        done = pending.write.token;
    }
    return done;
}

void Disk::put_mark(Mark next) {
    next.seq = mark().seq + 1;
    kept_.newest = next.seq % 2;
    kept_.marks[kept_.newest] = next;
    valid_[kept_.newest] = true;
}

void Disk::cosign(Index block) {
    Mark next = mark();
    next.cosigned = block;
    put_mark(next);
}

Snapshot Disk::snapshot() const {
    return {
        .block = seen_.at(applied_),
        .membership = seen_.membership_at(applied_),
        .starts = seen_.starts_to(applied_),
    };
}

void Disk::install(const Snapshot& snapshot, bool fit) {
    assert(writes_.empty());
    if (!seen_.holds(id_of(snapshot.block->ref))) {
        kept_.log = {
            .starts = snapshot.starts,
            .membership = snapshot.membership,
            .blocks = {snapshot.block},
        };
        undo_ = {
            .from = 0, .blocks = {}, .promise = kept_.promise, .promise_seq = kept_.promise_seq
        };
        seen_ = kept_.log;
        Mark next = mark();
        if (fit || next.block.at.index <= snapshot.block->ref.at.index) {
            next.block = id_of(snapshot.block->ref);
        }
        put_mark(next);
    }
    applied_ = snapshot.block->ref.at.index;
    kept_.applied = applied_;
}

void Disk::compact(Index first) {
    assert(first <= applied_);
    kept_.applied = applied_;
    for (Log* log : {&seen_, &kept_.log}) {
        if (first > log->first() && first <= log->last()) {
            log->starts = log->starts_to(first);
            log->membership = log->membership_at(first);
            const auto gone = static_cast<std::ptrdiff_t>(first - log->first());
            log->blocks.erase(log->blocks.begin(), log->blocks.begin() + gone);
        }
    }
    undo_ = {.from = 0, .blocks = {}, .promise = kept_.promise, .promise_seq = kept_.promise_seq};
}

void Disk::crash(bool unsynced) {
    if (!unsynced && !writes_.empty()) {
        // The writer had merged what waited into one batch.
        Pending all = std::move(writes_.front());
        writes_.pop_front();
        const Log before = kept_.log;
        for (const Pending& more : writes_) {
            replace(kept_.log, all.blocks);
            all.blocks = more.blocks;
            all.write.promise = more.write.promise ? more.write.promise : all.write.promise;
        }
        store(all);
        undo_.from = before.first() + 1;
        undo_.blocks.assign(before.blocks.begin() + 1, before.blocks.end());
    }
    writes_.clear();
    seen_ = kept_.log;
    applied_ = kept_.applied;
}

bool Disk::read_log() {
    std::vector<BlockPtr>& blocks = kept_.log.blocks;
    const Index base = image_.log.first() > 0 ? blocks.front()->ref.at.index : 0;
    std::size_t good = 0;
    while (good < blocks.size()) {
        const Block& block = *blocks[good];
        const bool follows = good == 0 || block.ref.prev == blocks[good - 1]->ref.hash;
        if (!is_sound(block) || block.ref.at.index != base + good || !follows) {
            break;
        }
        ++good;
    }
    blocks.resize(good);
    return good > 0;
}

std::expected<Started, std::string> Disk::start() {
    if (lost_) {
        return std::unexpected("absent");
    }
    if (!valid_[0] && !valid_[1]) {
        return std::unexpected("lost");
    }
    if (!valid_[kept_.newest]) {
        kept_.newest = 1 - kept_.newest;
    }
    if (kept_.promise_seq > mark().seq + 1) {
        return std::unexpected("rolled_back");
    }
    if (!read_log()) {
        return std::unexpected("log_unreadable");
    }
    // A ledger ahead of its log is put aside and made again.
    kept_.applied = std::min(kept_.applied, kept_.log.last());
    applied_ = kept_.applied;
    const Kept before = kept_;
    Mark next = mark();
    next.incarnation += 1;
    next.promise = kept_.promise_seq > next.seq ? kept_.promise : next.promise;
    put_mark(next);
    kept_.promise = next.promise;
    image_ = before;
    seen_ = kept_.log;
    return Started{.incarnation = next.incarnation, .restored = restored(next.promise)};
}

constexpr NodeId nobody = ~NodeId{0};

Restored Disk::restored(const Promise& promise) const {
    // From the ledger's block or the cosigned one, whichever is higher and there.
    const Index last = seen_.last();
    Index from = std::max(seen_.first(), std::min(last, applied_));
    if (mark().cosigned > from && mark().cosigned <= last) {
        from = mark().cosigned;
    }
    Restored found;
    found.term = promise.term;
    found.vote = promise.vote;
    found.marked = mark().block;
    found.first = seen_.first();
    found.starts = seen_.starts_to(from);
    for (Index index = from; index <= last; ++index) {
        found.log.push_back(seen_.at(index)->ref);
    }
    // A damaged mark may know less than the blocks say: then no vote is left in that term.
    if (const Term reached = found.log.back().at.term; reached > found.term) {
        found.term = reached;
        found.vote = nobody;
    }
    found.membership = seen_.membership_at(from);
    found.applied = applied_;
    found.floor = mark().cosigned;
    return found;
}

void Disk::damage_block(Index index, Damage damage) {
    std::vector<BlockPtr>& blocks = kept_.log.blocks;
    const std::size_t at = index - kept_.log.first();
    assert(at < blocks.size() && (damage != Damage::swap || at + 1 < blocks.size()));
    Block bad = *blocks[at];
    switch (damage) {
        case Damage::flip:
            bad.time_ms ^= 1U;
            blocks[at] = std::make_shared<const Block>(bad);
            break;
        case Damage::zero:
            bad = Block{};
            bad.ref.at.index = index;
            blocks[at] = std::make_shared<const Block>(bad);
            break;
        case Damage::swap:
            std::swap(blocks[at], blocks[at + 1]);
            break;
    }
    seen_ = kept_.log;
}

void Disk::tear_last_write() {
    if (undo_.from > 0) {
        kept_.log.blocks.resize(undo_.from - kept_.log.first());
        kept_.log.blocks.insert(kept_.log.blocks.end(), undo_.blocks.begin(), undo_.blocks.end());
    }
    kept_.promise = undo_.promise;
    kept_.promise_seq = undo_.promise_seq;
    seen_ = kept_.log;
}

void Disk::roll_back() {
    rolled_back_ = true;
    kept_ = image_;
    seen_ = kept_.log;
    applied_ = kept_.applied;
}

void Disk::roll_back_mark() {
    rolled_back_ = true;
    kept_.marks = image_.marks;
    kept_.newest = image_.newest;
}

}  // namespace tanji::consensus::scenario
