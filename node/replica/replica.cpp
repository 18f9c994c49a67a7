#include "node/replica/replica.h"

#include <cassert>

namespace tanji::node {
namespace {

constexpr ledger::TimeMs due_check_ms = 1'000;
constexpr consensus::Index unapplied_blocks_max = 16;

}  // namespace

Replica::Replica(
    ReplicaSettings settings,
    consensus::Restored restored,
    CosignerIdentity identity,
    const CosignedHead& last_cosigned,
    const ledger::Hash& ledger,
    const Ports& ports
)
    : settings_(std::move(settings)),
      ports_(ports),
      raft_(settings_.raft, std::move(restored)),
      sealer_(ledger, identity.log),
      certifier_(std::move(identity), last_cosigned),
      last_block_time_(settings_.last_block_time) {
    // A clock that was set back meanwhile must not make ledger time fall.
    sealer_.note_time(last_block_time_);
}

void Replica::submit(std::shared_ptr<const ledger::Prepared> command, Waiters::Waiter waiter) {
    const bool full = sealer_.waiting() >= settings_.backlog_commands ||
                      sealer_.waiting_bytes() >= settings_.backlog_bytes;
    if (draining_ || full) {
        waiter.done(ledger::refuse(
            draining_ ? ledger::ErrorCode::draining : ledger::ErrorCode::overloaded,
            "{} commands wait here",
            sealer_.waiting()
        ));
        return;
    }
    // The same bytes may come twice at once: the second waits for the first. Other bytes under the
    // same id are sealed too, and refused by the ledger.
    waiters_.add({command->head.id, command->digest}, std::move(waiter));
    sealer_.add(std::move(command));
}

void Replica::read(
    std::function<void(ledger::Result<ledger::BlockIndex>)> granted, ledger::TimeMs deadline
) {
    const consensus::Ticket ticket = ++last_ticket_;
    reads_[ticket] = {.granted = std::move(granted), .deadline = deadline, .index = {}};
    raft_.request_read(ticket);
}

void Replica::tick() {
    raft_.tick();
    const ledger::TimeMs now = ports_.clock.now_ms();
    waiters_.expire(now);
    expire_reads(now);
}

void Replica::wrote(consensus::Token token) {
    raft_.wrote(token);
}

void Replica::head_marked() {
    if (const auto certificate = certifier_.head_marked()) {
        ports_.applier.keep(*certificate);
    }
}

void Replica::applied(
    const ledger::Applied& applied,
    const ledger::DecodedBlock& block,
    std::optional<ledger::TimeMs> next_due
) {
    raft_.applied(applied.block);
    claim_ = {.block = applied.block, .size = applied.size, .root = applied.root};
    certifier_.applied(
        {.block = applied.block, .size = applied.size, .root = applied.root, .time_s = 0}
    );
    next_due_ = next_due;
    last_block_time_ = block.header.time_ms;
    sealer_.note_time(block.header.time_ms);
    for (std::size_t i = 0; i < block.commands.size(); ++i) {
        if (block.commands[i]) {
            waiters_.finished(
                {block.commands[i]->head.id, block.commands[i]->digest},
                applied.outcomes[i],
                certifier_.certified_size()
            );
        }
    }
}

void Replica::certified(ledger::TreeSize size) {
    certifier_.kept(size);
    ports_.observer.certified(size, ports_.clock.now_ms() - certifier_.opened_at());
    waiters_.certified(size);
}

void Replica::abandon() {
    waiters_.abandon();
    expire_reads(INT64_MAX);
}

void Replica::expire_reads(ledger::TimeMs now) {
    for (auto at = reads_.begin(); at != reads_.end();) {
        if (at->second.deadline > now) {
            ++at;
            continue;
        }
        at->second.granted(
            ledger::refuse(ledger::ErrorCode::no_leader, "no leader confirmed the read in time")
        );
        at = reads_.erase(at);
    }
}

// Quiet nights: holds end and batches lapse though nobody sends anything, and ledger time never
// trails the clock by more than max_step_ms.
bool Replica::is_time_for_empty_block(ledger::TimeMs now) const {
    const bool due = next_due_ && *next_due_ <= now && now >= last_block_time_ + due_check_ms;
    return due || now >= last_block_time_ + settings_.max_step_ms;
}

// A command is sealed at once if no block awaits the disk; else commands gather.
void Replica::seal_what_waits() {
    const auto slot = raft_.open_slot();
    if (!slot) {
        return;
    }
    const consensus::Status status = raft_.status();
    if (status.last - status.applied >= unapplied_blocks_max) {
        return;  // the ledger has to catch up: what waits is bounded, and so is what was sealed
    }
    const bool disk_idle = status.durable == status.last;
    if (!sealer_.empty() && (disk_idle || sealer_.is_full())) {
        seal(*slot, consensus::Kind::commands);
    } else if (disk_idle && status.applied == status.last &&
               is_time_for_empty_block(ports_.clock.now_ms())) {
        seal(*slot, consensus::Kind::commands);
    }
}

void Replica::seal(const consensus::Slot& slot, consensus::Kind kind) {
    SealedBlockPtr block = sealer_.seal(slot, kind, ports_.clock.now_ms(), claim_);
    ports_.observer.sealed(block->decoded.commands.size(), block->bytes.size());
    const bool proposed = raft_.propose(block->ref);
    assert(proposed);
    (void)proposed;
    in_flight_[block->ref.at.index] = std::move(block);
}

void Replica::carry_out(consensus::Ready ready) {
    if (ready.blocks) {
        std::vector<SealedBlockPtr> blocks;
        for (const consensus::BlockRef& ref : ready.blocks->refs) {
            blocks.push_back(in_flight_.at(ref.at.index));
        }
        ports_.disk.write(ready.blocks->token, std::move(blocks), ready.promise);
    } else if (ready.promise) {
        ports_.disk.write(ready.promise->token, {}, ready.promise);
    }
    if (ready.seal) {
        seal(ready.seal->slot, ready.seal->kind);
    }
    for (const consensus::BlockRef& ref : ready.apply) {
        auto block = in_flight_.extract(ref.at.index);
        ports_.applier.apply(ref, block ? std::move(block.mapped()) : nullptr);
    }
    for (const consensus::ReadGranted& read : ready.reads) {
        const auto waiting = reads_.find(read.ticket);
        if (waiting != reads_.end()) {  // it may have waited too long
            waiting->second.index = read.index;
        }
    }
}

void Replica::grant_reads(consensus::Index applied) {
    for (auto at = reads_.begin(); at != reads_.end();) {
        if (at->second.index && *at->second.index <= applied) {
            at->second.granted(applied);
            at = reads_.erase(at);
        } else {
            ++at;
        }
    }
}

void Replica::run() {
    for (;;) {
        seal_what_waits();
        consensus::Ready ready = raft_.take_ready();
        if (ready.empty()) {
            break;
        }
        carry_out(std::move(ready));
    }
    const consensus::Status status = raft_.status();
    grant_reads(status.applied);
    const auto head = certifier_.open_round(
        ports_.clock.now_ms(),
        waiters_.wants_certificate(certifier_.certified_size()),
        settings_.certify
    );
    if (head) {
        ports_.disk.mark_head(*head);
    }
    if (status.role != role_) {
        role_ = status.role;
        ports_.observer.role_changed(status);
    }
}

}  // namespace tanji::node
