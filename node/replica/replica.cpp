#include "node/replica/replica.h"

#include <cassert>
#include <utility>

namespace tanji::node {
namespace {

using ledger::ErrorCode;

constexpr ledger::TimeMs due_check_ms = 1'000;
constexpr ledger::TimeMs tail_patience_ms = 20'000;
constexpr consensus::Index unapplied_blocks_max = 16;

}  // namespace

Replica::Replica(
    ReplicaSettings settings,
    const consensus::Restored& restored,
    CosignerIdentity identity,
    const CosignedHead& last_cosigned,
    const ledger::Hash& ledger,
    const Ports& ports
)
    : settings_(std::move(settings)),
      roster_(settings_.roster),
      ports_(ports),
      ledger_(ledger),
      log_key_(identity.log),
      raft_(settings_.raft, restored),
      sealer_(ledger, identity.log),
      admission_(settings_.max_skew_ms),
      doubts_(settings_.doubt_ms),
      certification_(settings_.certify, std::move(identity), last_cosigned, ports),
      clocks_(settings_.max_skew_ms),
      last_header_(settings_.last_header),
      last_log_time_(settings_.last_block_time),
      last_block_time_(settings_.last_block_time),
      term_(restored.term),
      stand_in_(settings_.raft.election_ticks) {
    for (const BlockTime& found : settings_.times) {
        times_[found.index] = found;
    }
    // The core forgets at a restart that it was removed; the ledger does not.
    if (roster_ && roster_->until(settings_.raft.self) != 0) {
        quarantine(Quarantine::removed, "this node is no member any more");
    }
}

// --- what this node did ---

void Replica::tick() {
    const ledger::TimeMs now = ports_.clock.now_ms();
    waiters_.expire(now);
    forwarding_.expire(now);
    reading_.expire(now);
    if (is_quarantined()) {
        return;
    }
    clock_is_off_ = clocks_.is_off(now);
    stand_in_.tick(raft_.status().role == consensus::Role::leader, raft_.follows_a_leader());
    const bool may_lead = may_lead_ && !draining_ && has_room_to_lead();
    raft_.set_electable(may_lead && !clock_is_off_ && !is_tail_ahead(now));
    raft_.tick();
    carry_out_decision(now);
    certification_.tick(raft_.status().fit);
}

// A block that this node sealed while its clock was ahead, and that nobody took: with it at the end
// of its log it would win elections, and be refused again. Not for ever, because all clocks may
// have been set back together.
bool Replica::is_tail_ahead(ledger::TimeMs now) {
    const consensus::Status status = raft_.status();
    const bool ahead =
        status.last.index > status.committed && last_log_time_ > now + settings_.max_skew_ms;
    if (!ahead) {
        tail_ahead_since_.reset();
        return false;
    }
    if (!tail_ahead_since_ || *tail_ahead_since_ > now) {  // the clock was set back
        tail_ahead_since_ = now;
    }
    return now - *tail_ahead_since_ < tail_patience_ms;
}

void Replica::wrote(consensus::Token token) {
    raft_.wrote(token);
}

void Replica::head_marked(const CosignedHead& head) {
    certification_.head_marked(head);
}

void Replica::applied(
    const ledger::Applied& applied,
    const ledger::DecodedBlock& block,
    std::optional<ledger::TimeMs> next_due
) {
    raft_.applied(applied.block);
    if (applied.roster) {
        roster_changed(applied.roster);
    }
    if (applied.unauthorised) {
        unauthorised(block.header);
    }
    times_.erase(times_.begin(), times_.lower_bound(applied.block));
    claim_ = {.block = applied.block, .size = applied.size, .root = applied.root};
    next_due_ = next_due;
    last_block_time_ = block.header.time_ms;
    for (std::size_t i = 0; i < block.commands.size(); ++i) {
        const auto& command = block.commands[i];
        const bool never_sealed =
            !command || (!applied.outcomes[i] &&
                         applied.outcomes[i].error().code == ErrorCode::signature_invalid);
        if (never_sealed) {
            leader_fault(block.header, i);  // what was sent in may be good: the next leader gets it
        } else {
            const Waiters::Bytes key = {command->head.id, command->digest};
            forwarding_.finished(key);
            waiters_.finished(key, applied.outcomes[i], certification_.certified_size());
        }
    }
    blocks_.applied(applied.block);
    certification_.applied(
        {.block = applied.block, .size = applied.size, .root = applied.root, .time_s = 0},
        block.header
    );
}

void Replica::certified(ledger::TreeSize size) {
    ports_.observer.certified(size, certification_.kept(size));
    waiters_.certified(size);
}

// --- blocks of its own ---

// Quiet nights: holds end and batches lapse though nobody sends anything, and ledger time never
// trails the clock by more than max_step_ms.
bool Replica::is_time_for_empty_block(ledger::TimeMs now) const {
    const bool due = next_due_ && *next_due_ <= now && now >= last_block_time_ + due_check_ms;
    return due || now >= last_block_time_ + settings_.max_step_ms;
}

// A command is sealed at once if no block awaits the disk; else commands gather.
void Replica::seal_what_waits() {
    const auto slot = raft_.open_slot();
    if (!slot || room_ == Room::none) {
        return;
    }
    const consensus::Status status = raft_.status();
    if (status.last.index - status.applied >= unapplied_blocks_max) {
        return;  // the ledger has to catch up: what waits is bounded, and so is what was sealed
    }
    const bool disk_idle = status.durable == status.last.index;
    const bool commands = !sealer_.empty() && (disk_idle || sealer_.is_full());
    const bool empty = disk_idle && status.applied == status.last.index &&
                       is_time_for_empty_block(ports_.clock.now_ms());
    if (commands || empty) {
        seal({.slot = *slot, .kind = consensus::Kind::commands, .membership = {}});
    }
}

void Replica::seal(const consensus::SealRequest& request) {
    // A clock that was set back, or is behind the last leader's, must not make ledger time fall.
    const ledger::TimeMs time = std::max(ports_.clock.now_ms(), last_log_time_);
    SealedBlockPtr block = sealer_.seal(request, time, claim_);
    ports_.observer.sealed(block->decoded.commands.size(), block->bytes->size());
    const consensus::BlockRef ref = block->ref;
    // Before it is proposed: the core sends it in the same breath.
    arrived_[ref.hash] = std::move(block);
    const bool proposed = raft_.propose(ref);
    assert(proposed);
    (void)proposed;
}

// --- what the core wants done ---

void Replica::carry_out(consensus::Ready ready) {
    for (const consensus::Notice& each : ready.notices) {
        if (each.what == consensus::Noticed::conflict || each.what == consensus::Noticed::fork) {
            report_fork(each);  // while the block that is cut is still at hand
        }
    }
    if (ready.write) {
        write(*ready.write);
    }
    for (const consensus::Send& each : ready.sends) {
        send(each);
    }
    if (ready.seal) {
        seal(*ready.seal);
    }
    apply(ready.apply);
    for (const consensus::ReadGranted& read : ready.reads) {
        answer_read(read.ticket, read.index);
    }
    for (const consensus::Ticket ticket : ready.reads_dropped) {
        answer_read(ticket, 0);
    }
    for (const consensus::NodeId node : ready.snapshots) {
        ports_.wire.needs_snapshot(node);
    }
    for (const consensus::Notice& each : ready.notices) {
        notice(each);
    }
}

void Replica::write(const consensus::Write& write) {
    DiskWrite disk = {
        .token = write.token,
        .blocks = {},
        .promise = write.promise,
        .mark = write.mark,
    };
    for (const consensus::BlockRef& ref : write.blocks) {
        const SealedBlockPtr& block = arrived_.at(ref.hash);
        blocks_.put(block);
        admission_.took(block->decoded.header);
        times_.erase(times_.lower_bound(ref.at.index), times_.end());
        times_[ref.at.index] = {
            .index = ref.at.index,
            .hash = ref.hash,
            .time = block->decoded.header.time_ms,
        };
        disk.blocks.push_back(block);
    }
    if (!disk.blocks.empty()) {
        header_before_ = std::move(last_header_);
        last_header_ = disk.blocks.back()->bytes->substr(0, ledger::header_bytes);
        last_log_time_ = disk.blocks.back()->decoded.header.time_ms;
    }
    ports_.disk.write(std::move(disk));
}

void Replica::send(const consensus::Send& send) {
    if (is_quarantined()) {
        return;  // what waited for the disk, too
    }
    if (const auto* append = std::get_if<consensus::Append>(&send.message)) {
        send_blocks(send.to, *append);
        return;
    }
    Agreement agreement;
    agreement.message = send.message;
    if (auto* order = std::get_if<consensus::TransferNow>(&agreement.message)) {
        sign_transfer(*order, ledger_, log_key_);
    }
    if (const auto* asks = std::get_if<consensus::PreVote>(&send.message)) {
        agreement.last_header = header_at(asks->last);
    } else if (const auto* stands = std::get_if<consensus::Vote>(&send.message)) {
        agreement.last_header = header_at(stands->last);
    }
    agreement.clock = ports_.clock.now_ms();
    ports_.wire.send(send.to, std::move(agreement));
}

// What a candidate shows of the block it claims. In one burst it may have asked first and then
// taken more blocks.
ledger::Bytes Replica::header_at(const consensus::Position& claimed) const {
    const auto shows = [&](ledger::ByteView bytes) {
        const auto header = ledger::decode_header(bytes.substr(0, ledger::header_bytes));
        return header && header->term == claimed.term && header->index == claimed.index;
    };
    if (shows(header_before_)) {
        return header_before_;
    }
    for (const auto& [hash, block] : arrived_) {
        if (block->ref.at == claimed) {
            return block->bytes->substr(0, ledger::header_bytes);
        }
    }
    return last_header_;
}

// Of what a follower close behind needs, everything is in memory; of what others need, nothing.
void Replica::send_blocks(consensus::NodeId to, const consensus::Append& append) {
    std::vector<BlockBytes> blocks;
    for (std::uint64_t i = 1; i <= append.count; ++i) {
        BlockBytes bytes = blocks_.bytes(append.prev.index + i);
        if (!bytes) {
            break;
        }
        blocks.push_back(std::move(bytes));
    }
    if (blocks.size() == append.count) {
        send_with_blocks(to, append, std::move(blocks));
        return;
    }
    // What is not on disk yet is asked for again when it is.
    const consensus::Index durable = raft_.status().durable;
    if (durable <= append.prev.index) {
        return;
    }
    ports_.disk.read(
        append.prev.index + 1,
        std::min<std::uint64_t>(append.count, durable - append.prev.index),
        settings_.raft.limits.bytes_per_append,
        [this, to, append](std::vector<BlockBytes> found) {
            if (append.term == raft_.status().term && !found.empty() && !is_quarantined()) {
                send_with_blocks(to, append, std::move(found));
            }
        }
    );
}

void Replica::send_with_blocks(
    consensus::NodeId to, const consensus::Append& append, std::vector<BlockBytes> blocks
) {
    Agreement agreement;
    consensus::Append message = append;
    message.count = blocks.size();
    if (!blocks.empty()) {
        const auto first = ledger::decode_header(blocks.front()->substr(0, ledger::header_bytes));
        assert(first.has_value());  // it was admitted, or followed at the start
        message.prev_hash = first->prev_hash.bytes;
    }
    agreement.message = std::move(message);
    agreement.blocks = std::move(blocks);
    agreement.clock = ports_.clock.now_ms();
    ports_.wire.send(to, std::move(agreement));
}

void Replica::apply(const consensus::ApplyRange& range) {
    for (consensus::Index index = range.first; index <= range.last; ++index) {
        ports_.applier.apply(index, blocks_.unapplied(index));
    }
}

void Replica::answer_read(consensus::Ticket ticket, consensus::Index index) {
    if (const auto answer = reading_.answered(ticket, index)) {
        ports_.wire.send(answer->to, answer->reply);
    }
}

void Replica::run() {
    for (;;) {
        raft_.cosigned(certification_.floor());
        hand_on();
        seal_what_waits();
        consensus::Ready ready = raft_.take_ready();
        if (ready.empty()) {
            break;
        }
        carry_out(std::move(ready));
    }
    arrived_.clear();
    notice_role();
    reading_.applied(raft_.status().applied);
    certification_.run(waiters_.wants_certificate(certification_.certified_size()));
    if (certification_.is_halted() && !is_quarantined()) {
        quarantine_ = Quarantine::divergent;
    }
}

void Replica::notice_role() {
    const consensus::Status status = raft_.status();
    if (status.role == role_ && status.term == term_ && status.leader == leader_) {
        return;
    }
    const bool leads = status.role == consensus::Role::leader;
    if (leads != (role_ == consensus::Role::leader) || status.term != term_) {
        certification_.lead(leads);
    }
    if (!leads) {
        sealer_.clear();  // whoever took these commands sends them to the next leader
    }
    role_ = status.role;
    term_ = status.term;
    leader_ = status.leader;
    ports_.observer.role_changed(status);
}

}  // namespace tanji::node
