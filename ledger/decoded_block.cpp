#include "ledger/decoded_block.h"

#include "ledger/value/crypto.h"

namespace tanji::ledger {
namespace {

struct Parts {
    BlockHeader header;
    std::vector<ByteView> commands;
};

Result<Parts> split_block(ByteView block) {
    if (block.size() < header_bytes) {
        return refuse(ErrorCode::command_malformed, "a block of {} bytes", block.size());
    }
    auto header = decode_header(block.substr(0, header_bytes));
    if (!header) {
        return refusal(header);
    }
    const ByteView body = block.substr(header_bytes);
    if (body.size() != header->body_bytes) {
        return refuse(ErrorCode::command_malformed, "the body has {} bytes", body.size());
    }
    auto commands = split_body(body, header->command_count);
    if (!commands) {
        return refusal(commands);
    }
    return Parts{.header = *header, .commands = std::move(*commands)};
}

}  // namespace

Result<DecodedBlock> decode_block(ByteView block, const Hash& ledger) {
    auto parts = split_block(block);
    if (!parts) {
        return refusal(parts);
    }
    if (body_root(parts->commands) != parts->header.body_root) {
        return refuse(ErrorCode::command_malformed, "the body has another root");
    }
    DecodedBlock decoded;
    decoded.header = parts->header;
    if (decoded.header.kind == BlockKind::genesis) {
        decoded.genesis_file = parts->commands.empty() ? Bytes{} : Bytes(parts->commands.front());
        return decoded;
    }
    if (decoded.header.kind == BlockKind::membership) {
        auto membership =
            read_membership(parts->commands.size() == 1 ? parts->commands.front() : ByteView());
        if (!membership) {
            return refusal(membership);
        }
        if (membership->number != decoded.header.membership) {
            return refuse(
                ErrorCode::command_malformed,
                "the header names membership {}, the body {}",
                decoded.header.membership,
                membership->number
            );
        }
        decoded.membership = std::move(*membership);
        return decoded;
    }
    for (const ByteView command : parts->commands) {
        auto stored = read_stored(command);
        auto prepared = stored ? prepare(std::move(*stored), ledger)
                               : Result<std::shared_ptr<Prepared>>(nullptr);
        decoded.commands.push_back(prepared ? std::move(*prepared) : nullptr);
    }
    return decoded;
}

Bytes encode_block(const BlockHeader& header, std::span<const Bytes> commands) {
    Bytes block = encode_header(header);
    block.append(to_body(commands));
    return block;
}

Bytes genesis_block(ByteView genesis_file, TimeMs time) {
    const std::array<Bytes, 1> commands = {Bytes(genesis_file)};
    BlockHeader header;
    header.kind = BlockKind::genesis;
    header.ledger = sha256(genesis_file);
    header.index = 1;
    header.time_ms = time;
    header.membership = 1;
    header.command_count = 1;
    header.body_bytes = static_cast<std::uint32_t>(to_body(commands).size());
    header.prev_hash = header.ledger;
    header.body_root = body_root(commands);
    header.claim_root = sha256({});
    return encode_block(header, commands);
}

std::optional<Bytes> command_in_block(ByteView block, std::uint32_t position) {
    const auto parts = split_block(block);
    if (!parts || position >= parts->commands.size()) {
        return std::nullopt;
    }
    return Bytes(parts->commands[position]);
}

std::shared_ptr<const DecodedBatch> batch_in_block(ByteView block, std::uint32_t position) {
    const auto command = command_in_block(block, position);
    return command ? batch_in_command(*command) : nullptr;
}

std::shared_ptr<const DecodedBatch> batch_in_command(ByteView command) {
    const auto stored = read_stored(command);
    if (!stored || stored->attachment.empty()) {
        return nullptr;
    }
    auto batch = decode_batch(stored->attachment);
    return batch ? *batch : nullptr;
}

}  // namespace tanji::ledger
