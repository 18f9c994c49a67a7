#include "tests/consensus/scenario_cluster.h"

#include <algorithm>

// The duties of a driver (docs/consensus.md, "The driver loop"), without threads and sockets.
namespace tanji::consensus::scenario {
namespace {

constexpr std::size_t turns_max = 1'000;  // of one core without news from outside; more is a loop
constexpr std::uint64_t max_skew_ms = 2'000;

}  // namespace

void Cluster::pump(Member& member) {
    for (std::size_t turn = 0; member.runs() && pump_once(member); ++turn) {
        if (turn > turns_max) {
            throw Broken("member " + std::to_string(member.id) + " has work without end");
        }
    }
    checker_.observe(member);
}

bool Cluster::pump_once(Member& member) {
    const Ready ready = member.raft->take_ready();
    if (ready.empty()) {
        return false;
    }
    if (ready.write) {
        store(member, *ready.write);
    }
    checker_.observe(member);
    for (const Send& each : ready.sends) {
        leave(member, each);
    }
    if (ready.seal) {
        seal(member, *ready.seal);
    }
    apply(member, ready.apply);
    for (const ReadGranted& granted : ready.reads) {
        OpenRead& read = reads_.at(tickets_.at(granted.ticket - 1));
        if (granted.index < read.needed) {
            throw Broken("a read misses block " + std::to_string(read.needed));
        }
        read.state = Read::granted;
        read.index = granted.index;
    }
    for (const Ticket ticket : ready.reads_dropped) {
        reads_.at(tickets_.at(ticket - 1)).state = Read::dropped;
    }
    for (const NodeId follower : ready.snapshots) {
        trace_.remark(member.id, "sends a snapshot to " + std::to_string(follower));
        send_snapshot(member, follower);
    }
    for (const Notice& notice : ready.notices) {
        member.notices.emplace(notice.what, notice.from);
        convict(member, notice);
    }
    if (ready.write && !member.slow) {
        const Token done = member.disk.sync(member.disk.unsynced());
        checker_.synced(member);
        member.raft->wrote(done);
    }
    return true;
}

void Cluster::store(Member& member, const Write& write) {
    std::vector<BlockPtr> blocks;
    for (const BlockRef& ref : write.blocks) {
        const auto found = contents_.find(ref.hash);
        if (found == contents_.end() || !(found->second->ref == ref)) {
            throw Broken("the core writes a block that nobody sealed: " + text_of(ref.at));
        }
        blocks.push_back(found->second);
    }
    const Log& log = member.disk.log();
    if (!blocks.empty()) {
        const Index from = blocks.front()->ref.at.index;
        const bool cuts = from <= log.last();
        if (from > log.last() + 1 ||
            (cuts && from <= std::max(log.first(), member.disk.applied()))) {
            throw Broken("the core writes at " + std::to_string(from) + ", which is no place");
        }
    }
    member.disk.write(write, blocks);
    for (const BlockPtr& block : blocks) {
        checker_.appended(member, block);
    }
    if (write.mark && !member.disk.log().holds(*write.mark)) {
        throw Broken("the mark names a block that is not there: " + text_of(write.mark->at));
    }
}

void Cluster::leave(Member& member, const Send& send) {
    checker_.leaves(member, send.to, send.message);
    const auto peer = members_.find(send.to);
    if (peer == members_.end() || !knows(member, *peer->second)) {
        return;  // there is no connection
    }
    Envelope envelope = addressed(member, *peer->second);
    envelope.content = send.message;
    Message& message = std::get<Message>(envelope.content);
    if (auto* append = std::get_if<Append>(&message)) {
        fill(member, *append, envelope.blocks);
    } else if (auto* order = std::get_if<TransferNow>(&message)) {
        order->signature = signed_by(member.id, order->term, order->to);
    }
    if (member.lies.any) {
        lie(member, envelope);
    }
    this->send(std::move(envelope));
}

Envelope Cluster::addressed(const Member& from, const Member& to) {
    Envelope envelope;
    envelope.from = from.id;
    envelope.to = to.id;
    envelope.sender = from.incarnation;
    envelope.receiver = to.incarnation;
    return envelope;
}

void Cluster::send(Envelope envelope) {
    const Envelope copy = envelope;
    if (!network_.send(std::move(envelope))) {
        trace_.lost(copy);
    }
}

void Cluster::fill(const Member& member, Append& append, std::vector<BlockPtr>& blocks) const {
    const Log& log = member.disk.log();
    const BlockPtr prev = log.at(append.prev.index);
    const BlockPtr next = log.at(append.prev.index + 1);
    if ((!prev && !next) || (prev && prev->ref.at != append.prev)) {
        throw Broken("an append follows a block that is not there: " + text_of(append.prev));
    }
    const Hash hash = prev ? prev->ref.hash : next->ref.prev;
    if (append.prev_hash != Hash{} && append.prev_hash != hash) {
        throw Broken("an append names another hash than its prev has");
    }
    append.prev_hash = hash;
    for (Index index = append.prev.index + 1; index <= append.prev.index + append.count; ++index) {
        const BlockPtr block = log.at(index);
        if (!block) {
            throw Broken("an append carries block " + std::to_string(index) + ", not there");
        }
        blocks.push_back(block);
        append.blocks.push_back(block->ref);
    }
}

void Cluster::seal(Member& member, const SealRequest& request) {
    Block block;
    block.ref.at = request.slot.at;
    block.ref.prev = request.slot.prev;
    block.ref.kind = request.kind;
    block.ref.membership = request.membership;
    block.leader = member.id;
    block.time_ms = time_at(member, request.slot);
    const BlockPtr sealed_block = sealed(std::move(block));
    contents_[sealed_block->ref.hash] = sealed_block;
    if (!member.raft->propose(sealed_block->ref)) {
        throw Broken("the core refused the block that it asked for");
    }
}

// Never before the previous block.
std::uint64_t Cluster::time_at(const Member& member, const Slot& slot) {
    const BlockPtr before = member.disk.log().at(slot.at.index - 1);
    const auto now = static_cast<std::int64_t>(++time_ms_) + member.clock_ms;
    return std::max(
        before ? before->time_ms : 0, static_cast<std::uint64_t>(std::max<std::int64_t>(0, now))
    );
}

BlockPtr Cluster::sealed_for(const Member& member, const Slot& slot, const std::string& text) {
    Block block;
    block.ref.at = slot.at;
    block.ref.prev = slot.prev;
    block.ref.kind = Kind::commands;
    block.leader = member.id;
    block.text = text;
    block.time_ms = time_at(member, slot);
    const BlockPtr sealed_block = sealed(std::move(block));
    contents_[sealed_block->ref.hash] = sealed_block;
    return sealed_block;
}

void Cluster::apply(Member& member, const ApplyRange& range) {
    if (range.empty()) {
        return;
    }
    if (range.first != member.disk.applied() + 1) {
        throw Broken("block " + std::to_string(range.first) + " is applied out of order");
    }
    for (Index index = range.first; index <= range.last; ++index) {
        checker_.applies(member, index);
        const std::string& text = member.disk.log().at(index)->text;
        if (!text.empty()) {
            applied_.insert(text);
        }
    }
    member.disk.apply_to(range.last);
    member.raft->applied(range.last);
}

void Cluster::send_snapshot(Member& member, NodeId to) {
    const auto peer = members_.find(to);
    if (peer == members_.end() || !knows(member, *peer->second)) {
        return;
    }
    if (!member.snapshot) {
        take_snapshot(member.id);
    }
    Envelope envelope = addressed(member, *peer->second);
    envelope.content = *member.snapshot;
    send(std::move(envelope));
}

void Cluster::install(Member& member, const Snapshot& snapshot) {
    sync(member.id, member.disk.unsynced());
    const Status status = member.raft->status();
    const Index index = snapshot.block->ref.at.index;
    if (index > status.committed) {
        member.disk.install(snapshot, status.fit);
        member.snapshot = snapshot;
        checker_.synced(member);
    }
    member.raft->snapshot_installed(snapshot.block->ref, snapshot.membership);
    pump(member);
}

void Cluster::meet_all() {
    for (const auto& [id, one] : members_) {
        for (auto after = members_.upper_bound(id); after != members_.end(); ++after) {
            Member& other = *after->second;
            const bool reachable =
                !network_.is_cut({id, other.id}) && !network_.is_cut({other.id, id});
            if (one->runs() && other.runs() && reachable) {
                meet(*one, other);
            }
        }
    }
}

bool Cluster::knows(const Member& member, const Member& peer) {
    const auto known = member.known.find(peer.id);
    return member.runs() && peer.runs() && known != member.known.end() &&
           known->second.process == peer.process;
}

void Cluster::meet(Member& one, Member& other) {
    for (const auto& [member, peer] : {std::pair{&one, &other}, std::pair{&other, &one}}) {
        const auto known = member->known.find(peer->id);
        if (known != member->known.end() && known->second.process != peer->process &&
            known->second.incarnation >= peer->incarnation) {
            crash(peer->id, true);
            peer->refused = "rolled_back";
            trace_.remark(peer->id, "was rolled back");
            return;
        }
    }
    if (knows(one, other) && knows(other, one)) {
        return;
    }
    introduce(one, other);
    introduce(other, one);
    pump(one);
    pump(other);
}

void Cluster::introduce(Member& member, const Member& peer) {
    member.known[peer.id] = {.incarnation = peer.incarnation, .process = peer.process};
    member.raft->peer_joined(peer.id, peer.incarnation);
}

void Cluster::arrive(Envelope envelope) {
    Member& member = at(envelope.to);
    if (!member.runs() || member.incarnation != envelope.receiver) {
        trace_.lost(envelope);
        return;
    }
    trace_.arrived(envelope);
    if (const auto* snapshot = std::get_if<Snapshot>(&envelope.content)) {
        install(member, *snapshot);
        return;
    }
    const Message& message = std::get<Message>(envelope.content);
    if (accepts(member, envelope, message)) {
        member.raft->step(envelope.from, envelope.sender, message);
    }
    pump(member);
}

bool Cluster::accepts(Member& member, const Envelope& envelope, const Message& message) {
    if (const auto* order = std::get_if<TransferNow>(&message)) {
        return order->signature == signed_by(envelope.from, order->term, order->to);
    }
    if (const auto* vote = std::get_if<Vote>(&message); vote != nullptr && vote->transfer) {
        const TransferNow& order = *vote->transfer;
        return order.signature == signed_by(order.from, order.term, order.to);
    }
    if (const auto* append = std::get_if<Append>(&message)) {
        return accepts_blocks(member, *append, envelope);
    }
    return true;
}

bool Cluster::accepts_blocks(Member& member, const Append& append, const Envelope& envelope) {
    Hash before = append.prev_hash;
    Position at = append.prev;
    const auto own_clock = static_cast<std::int64_t>(time_ms_) + member.clock_ms;
    const BlockPtr prev = member.disk.log().at(append.prev.index);
    std::uint64_t time = prev ? prev->time_ms : 0;
    for (const BlockPtr& block : envelope.blocks) {
        const BlockRef& ref = block->ref;
        const auto latest = static_cast<std::uint64_t>(
            std::max<std::int64_t>(0, own_clock + static_cast<std::int64_t>(max_skew_ms))
        );
        const bool chained = ref.prev == before && ref.at.index == at.index + 1 &&
                             ref.at.term >= at.term && ref.at.term <= append.term;
        const bool from_the_future = ref.at.term == append.term && ref.at.index > append.commit &&
                                     block->time_ms > std::max(time, latest);
        if (!is_sound(*block) || !chained || from_the_future) {
            trace_.remark(member.id, "refuses block " + text_of(ref.at));
            refuse_blocks(member, append, envelope.from);
            return false;
        }
        before = ref.hash;
        at = ref.at;
        time = block->time_ms;
        remember(member, block);
    }
    return true;
}

// No hint: the leader probes again with its next heartbeat.
void Cluster::refuse_blocks(Member& member, const Append& append, NodeId to) {
    const Term term = member.raft->status().term;
    if (append.term < term) {
        return;
    }
    AppendReply reply;
    reply.term = append.term;
    reply.index = append.prev.index;
    leave(member, {.to = to, .message = reply});
}

// The other header is asked for at the member that named it.
void Cluster::convict(Member& member, const Notice& notice) {
    const auto own = contents_.find(notice.own.hash);
    const auto other = contents_.find(notice.other.hash);
    const bool same_place =
        notice.own.at == notice.other.at && notice.own.hash != notice.other.hash;
    if (same_place && own != contents_.end() && other != contents_.end() &&
        own->second->leader == other->second->leader) {
        member.convicted.insert(own->second->leader);
    }
}

// Two headers of one key at one place are evidence, whatever becomes of them.
void Cluster::remember(Member& member, const BlockPtr& block) {
    const auto [known, is_new] = member.seen.try_emplace(block->ref.at, block->ref.hash);
    if (known->second != block->ref.hash) {
        member.convicted.insert(block->leader);
        trace_.remark(member.id, "keeps two headers at " + text_of(block->ref.at));
    }
    contents_.try_emplace(block->ref.hash, block);
}

}  // namespace tanji::consensus::scenario
