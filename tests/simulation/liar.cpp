#include "tests/simulation/liar.h"

#include "ledger/decoded_block.h"
#include "ledger/proof/checkpoint.h"

#include <utility>

namespace tanji::simulation {

using ledger::Bytes;

Liar::Liar(World& world, Member& member)
    : world_(world),
      draw_(world.seed, "liar"),
      keys_(world.alliance.keys(member.id())) {
    member.set_twist([this](NodeId to, const MessagePtr& message) { return twist(to, message); });
}

std::vector<MessagePtr> Liar::twist(NodeId to, const MessagePtr& message) {
    const Lie lie = world_.weather.lie;
    const bool certifies = std::holds_alternative<node::CosignReply>(*message) ||
                           std::holds_alternative<node::CertificateFound>(*message);
    if (lie == Lie::withhold && certifies) {
        ++told_;
        return {};
    }
    if (const auto* agreement = std::get_if<node::Agreement>(message.get())) {
        return {std::make_shared<const node::PeerMessage>(twist(to, *agreement))};
    }
    const auto* request = std::get_if<node::CosignRequest>(message.get());
    if (request != nullptr && lie == Lie::wrong_root && draw_.coin()) {
        return {std::make_shared<const node::PeerMessage>(ask_for_another_root(*request))};
    }
    return {message};
}

node::Agreement Liar::twist(NodeId to, node::Agreement agreement) {
    const Lie lie = world_.weather.lie;
    if (auto* append = std::get_if<consensus::Append>(&agreement.message)) {
        const bool shows = lie == Lie::fork ? to % 2 == 0 : true;
        if (shows) {
            twist_blocks(to, agreement, *append);
        }
        if (lie == Lie::false_commit) {
            ++told_;
            append->commit = append->prev.index + append->count;
        }
    } else if (auto* heartbeat = std::get_if<consensus::Heartbeat>(&agreement.message)) {
        if (lie == Lie::false_commit) {
            heartbeat->commit += draw_.below(100);
        }
    } else if (lie == Lie::long_log) {
        if (auto* asks = std::get_if<consensus::PreVote>(&agreement.message)) {
            claim_more(asks->last, agreement.last_header);
        } else if (auto* votes = std::get_if<consensus::Vote>(&agreement.message)) {
            claim_more(votes->last, agreement.last_header);
        }
    }
    return agreement;
}

void Liar::twist_blocks(NodeId, node::Agreement& agreement, consensus::Append& append) {
    ledger::Hash prev;
    prev.bytes = append.prev_hash;
    if (const auto other = branch_.find(prev); other != branch_.end()) {
        append.prev_hash = other->second.hash.bytes;
    }
    for (node::BlockBytes& bytes : agreement.blocks) {
        if (const Forged* forged = forge(branch_, bytes)) {
            bytes = forged->bytes;
        }
    }
}

// The block that stands in the other history for this one; null: this one itself.
const Liar::Forged* Liar::forge(Branch& branch, const node::BlockBytes& bytes) {
    auto header = ledger::decode_header(bytes->substr(0, ledger::header_bytes));
    if (!header || header->leader != keys_.log.id()) {
        return nullptr;
    }
    const ledger::Hash hash = ledger::hash_of(*header);
    if (const auto known = branch.find(hash); known != branch.end()) {
        return &known->second;
    }
    std::vector<Bytes> commands;
    if (const auto body = ledger::split_body(
            ledger::ByteView(*bytes).substr(ledger::header_bytes), header->command_count
        )) {
        for (const ledger::ByteView command : *body) {
            commands.emplace_back(command);
        }
    }
    if (const auto before = branch.find(header->prev_hash); before != branch.end()) {
        header->prev_hash = before->second.hash;
    } else if (!change(*header, commands)) {
        seen_.insert(seen_.end(), commands.begin(), commands.end());
        return nullptr;
    }
    ++told_;
    header->command_count = static_cast<std::uint32_t>(commands.size());
    header->body_bytes = static_cast<std::uint32_t>(ledger::to_body(commands).size());
    header->body_root = ledger::body_root(commands);
    ledger::sign_header(*header, keys_.log);
    return &branch
                .emplace(
                    hash,
                    Forged{
                        .bytes =
                            std::make_shared<const Bytes>(ledger::encode_block(*header, commands)),
                        .hash = ledger::hash_of(*header),
                    }
                )
                .first->second;
}

// False: it is left as it is.
bool Liar::change(ledger::BlockHeader& header, std::vector<Bytes>& commands) {
    if (!draw_.chance(200'000)) {
        return false;
    }
    switch (world_.weather.lie) {
        case Lie::fork:
            header.time_ms += 1;
            return true;
        case Lie::clock_ahead:
            header.time_ms += 3'600'000;
            return true;
        case Lie::wrong_root:
            header.claim_root = ledger::sha256("a lie");
            return true;
        case Lie::forged_command: {
            if (!commands.empty() && draw_.coin()) {  // or somebody's, with one bit another
                Bytes& edited = commands.at(draw_.below(commands.size()));
                const auto bit = draw_.below(8 * edited.size());
                edited.at(bit / 8) = static_cast<char>(edited.at(bit / 8) ^ (1 << (bit % 8)));
                return true;
            }
            Wish wish;
            wish.number = 1'000'000 + draw_.below(100);
            wish.account = draw_.below(world_.weather.accounts);
            wish.not_after = founded_ms + ledger::ms_per_day;
            ledger::StoredCommand command = world_.alliance.command(wish);
            command.envelope.signatures.front().sig.bytes[0] ^= 1U;
            header.kind = ledger::BlockKind::commands;
            commands.push_back(ledger::to_stored(command));
            return true;
        }
        case Lie::replay:
            if (seen_.empty()) {
                return false;
            }
            header.kind = ledger::BlockKind::commands;
            commands.push_back(seen_.at(draw_.below(seen_.size())));
            return true;
        case Lie::none:
        case Lie::false_commit:
        case Lie::withhold:
        case Lie::long_log:
            break;
    }
    return false;
}

// A header that nobody ever saw, at a place that nobody reached; signed, as the others demand.
void Liar::claim_more(consensus::Position& last, Bytes& header) {
    auto shown = ledger::decode_header(header);
    if (!shown || !draw_.coin()) {
        return;
    }
    ++told_;
    last.index += draw_.between(1, 50);
    shown->kind = ledger::BlockKind::no_op;
    shown->index = last.index;
    shown->leader = keys_.log.id();
    shown->ledger = world_.alliance.ledger();
    shown->membership = 1;
    ledger::sign_header(*shown, keys_.log);
    header = ledger::encode_header(*shown);
}

node::CosignRequest Liar::ask_for_another_root(const node::CosignRequest& request) {
    const auto note = ledger::parse_note(request.note);
    auto checkpoint = note ? ledger::parse_checkpoint(note->text)
                           : ledger::Result<ledger::Checkpoint>(ledger::Checkpoint{});
    if (!note || !checkpoint) {
        return request;
    }
    ++told_;
    checkpoint->root = ledger::sha256("another lie");
    node::CosignRequest asked = request;
    asked.note = ledger::to_text(ledger::Note{
        .text = ledger::to_text(*checkpoint),
        .lines = {ledger::sign_checkpoint(*checkpoint, keys_.log)},
    });
    return asked;
}

}  // namespace tanji::simulation
