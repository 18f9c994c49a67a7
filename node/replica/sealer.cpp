#include "node/replica/sealer.h"

#include "ledger/command/block.h"
#include "ledger/proof/header.h"
#include "node/replica/electorate.h"

#include <algorithm>

namespace tanji::node {
namespace {

constexpr std::size_t commands_max = 4'096;
constexpr std::size_t body_bytes_soft = 1U << 20U;

}  // namespace

void Sealer::add(std::shared_ptr<const ledger::Prepared> command) {
    if (!known_.emplace(command->head.id, command->digest).second) {
        return;
    }
    ledger::Bytes stored =
        ledger::to_stored({.envelope = command->envelope, .attachment = command->attachment});
    waiting_bytes_ += stored.size();
    waiting_.push_back({.command = std::move(command), .stored = std::move(stored)});
}

void Sealer::clear() {
    waiting_.clear();
    known_.clear();
    waiting_bytes_ = 0;
}

bool Sealer::is_full() const {
    return waiting_.size() >= commands_max || waiting_bytes_ >= body_bytes_soft;
}

// A command is added only if the body stays within 1 MiB, or it is the first.
std::vector<ledger::Bytes> Sealer::take(ledger::DecodedBlock& decoded) {
    std::vector<ledger::Bytes> commands;
    std::size_t bytes = 0;
    while (!waiting_.empty() && commands.size() < commands_max) {
        Waiting& next = waiting_.front();
        const std::size_t grown = bytes + sizeof(std::uint32_t) + next.stored.size();
        if (grown > body_bytes_soft && !commands.empty()) {
            break;
        }
        bytes = grown;
        waiting_bytes_ -= next.stored.size();
        known_.erase({next.command->head.id, next.command->digest});
        decoded.commands.push_back(std::move(next.command));
        commands.push_back(std::move(next.stored));
        waiting_.pop_front();
    }
    return commands;
}

SealedBlockPtr Sealer::seal(
    const consensus::SealRequest& request, ledger::TimeMs time, const Claim& claim
) {
    const consensus::Slot& slot = request.slot;
    auto block = std::make_shared<SealedBlock>();
    std::vector<ledger::Bytes> commands;
    if (request.kind == consensus::Kind::commands) {
        commands = take(block->decoded);
    } else if (request.membership) {
        block->decoded.membership = ledger_of(*request.membership);
        commands.push_back(ledger::to_bytes(*block->decoded.membership));
    }
    ledger::BlockHeader& header = block->decoded.header;
    header.kind = static_cast<ledger::BlockKind>(request.kind);
    header.ledger = ledger_;
    header.term = slot.at.term;
    header.index = slot.at.index;
    header.time_ms = time;
    header.leader = leader_;
    header.membership = slot.membership;
    header.command_count = static_cast<std::uint32_t>(commands.size());
    for (const ledger::Bytes& command : commands) {
        header.body_bytes += static_cast<std::uint32_t>(sizeof(std::uint32_t) + command.size());
    }
    header.prev_hash.bytes = slot.prev;
    header.body_root = ledger::body_root(commands);
    header.claim_index = claim.block;
    header.claim_size = claim.size;
    header.claim_root = claim.root;
    ledger::sign_header(header, log_key_);
    block->bytes = std::make_shared<const ledger::Bytes>(ledger::encode_block(header, commands));
    block->ref = {
        .at = slot.at,
        .prev = slot.prev,
        .hash = ledger::hash_of(header).bytes,
        .kind = request.kind,
        .bytes = static_cast<std::uint32_t>(block->bytes->size()),
        .membership = request.membership,
    };
    return block;
}

}  // namespace tanji::node
