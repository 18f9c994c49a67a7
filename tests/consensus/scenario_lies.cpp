#include "tests/consensus/scenario_cluster.h"

// What members that lie make of the messages of their honest cores.
namespace tanji::consensus::scenario {
namespace {

void set_longer(Message& message, Index more) {
    if (auto* vote = std::get_if<Vote>(&message)) {
        vote->last.index += more;
    } else if (auto* question = std::get_if<PreVote>(&message)) {
        question->last.index += more;
    }
}

void set_committed(Message& message, Index last) {
    if (auto* heartbeat = std::get_if<Heartbeat>(&message)) {
        heartbeat->commit = last;
    } else if (auto* append = std::get_if<Append>(&message)) {
        append->commit = append->prev.index + append->count;
    }
}

}  // namespace

void Cluster::lie(Member& member, Envelope& envelope) {
    const Lies& lies = member.lies;
    Message& message = std::get<Message>(envelope.content);
    if (lies.term) {
        std::visit([&](auto& one) { one.term = *lies.term; }, message);
    }
    if (lies.longer) {
        set_longer(message, *lies.longer);
    }
    if (lies.commit) {
        set_committed(message, member.disk.log().last());
    }
    auto* append = std::get_if<Append>(&message);
    if (append == nullptr) {
        return;
    }
    if (lies.forge) {
        forge(*append, envelope);
    } else if (lies.fork && envelope.to % 2 == 1) {
        fork(member, *append, envelope);
    }
}

// The header stays, the command is another one.
void Cluster::forge(Append& append, Envelope& envelope) {
    for (std::size_t i = 0; i < envelope.blocks.size(); ++i) {
        Block block = *envelope.blocks[i];
        if (!block.text.empty()) {
            block.text += "'";
            envelope.blocks[i] = std::make_shared<const Block>(block);
            append.blocks[i] = block.ref;
        }
    }
}

// A second history, each block of it as sound as its twin.
void Cluster::fork(Member& member, Append& append, Envelope& envelope) {
    auto& forks = member.lies.forks;
    if (const auto twin = forks.find(append.prev_hash); twin != forks.end()) {
        append.prev_hash = twin->second->ref.hash;
    }
    for (BlockPtr& each : envelope.blocks) {
        const auto before = forks.find(each->ref.prev);
        const bool own = each->leader == member.id && !each->text.empty();
        if (before == forks.end() && !own) {
            continue;
        }
        Block block = *each;
        if (before != forks.end()) {
            block.ref.prev = before->second->ref.hash;
        }
        if (own) {
            block.text += "'";
        }
        const auto [twin, is_new] = forks.try_emplace(each->ref.hash, sealed(std::move(block)));
        contents_.try_emplace(twin->second->ref.hash, twin->second);
        each = twin->second;
    }
    for (std::size_t i = 0; i < envelope.blocks.size(); ++i) {
        append.blocks[i] = envelope.blocks[i]->ref;
    }
}

}  // namespace tanji::consensus::scenario
