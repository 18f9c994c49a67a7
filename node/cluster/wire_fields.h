#pragma once

#include "ledger/value/archive.h"
#include "node/cluster/wire.h"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

// The fields of each message's body, in their order. For wire.cpp alone.
namespace tanji::node::wire {

using ledger::BinaryReader;
using ledger::BinaryWriter;
using ledger::Bytes;
using ledger::counted;

// --- Fields that the archive does not know.
// -------------------------------------------------------

// One byte, 0 or 1: a second way to write `true` would be a second frame for one message.
struct Flag {
    bool& value;
};
inline void CEREAL_SAVE_FUNCTION_NAME(BinaryWriter& archive, const Flag& flag) {
    archive.put(static_cast<std::uint8_t>(flag.value ? 1 : 0));
}
inline void CEREAL_LOAD_FUNCTION_NAME(BinaryReader& archive, const Flag& flag) {
    const auto byte = archive.take<std::uint8_t>();
    if (byte > 1) {
        archive.fail();
    }
    flag.value = byte == 1;
}

template <std::size_t size>
struct Raw {
    std::array<std::uint8_t, size>& bytes;
};
template <std::size_t size>
void CEREAL_SAVE_FUNCTION_NAME(BinaryWriter& archive, const Raw<size>& raw) {
    std::ranges::for_each(raw.bytes, [&](std::uint8_t byte) { archive.put(byte); });
}
template <std::size_t size>
void CEREAL_LOAD_FUNCTION_NAME(BinaryReader& archive, const Raw<size>& raw) {
    std::ranges::transform(archive.take_bytes(size), raw.bytes.begin(), [](char byte) {
        return static_cast<std::uint8_t>(byte);
    });
}

// A u32 count, and each with its length as u32.
struct Commands {
    std::vector<Bytes>& list;
};
inline void CEREAL_SAVE_FUNCTION_NAME(BinaryWriter& archive, const Commands& commands) {
    archive.put(static_cast<std::uint32_t>(commands.list.size()));
    for (const Bytes& command : commands.list) {
        archive.put(static_cast<std::uint32_t>(command.size()));
        archive.put_bytes(command);
    }
}
inline void CEREAL_LOAD_FUNCTION_NAME(BinaryReader& archive, const Commands& commands) {
    const auto count = archive.take<std::uint32_t>();
    if (count > commands_per_frame) {
        archive.fail();
    }
    for (std::size_t i = 0; i < count && archive.ok(); ++i) {
        archive(counted<std::uint32_t>(commands.list.emplace_back(), command_frame_bytes));
    }
}

// A u16 count, and each with its length as u32.
struct Blocks {
    std::vector<BlockBytes>& list;
};
inline void CEREAL_SAVE_FUNCTION_NAME(BinaryWriter& archive, const Blocks& blocks) {
    archive.put(static_cast<std::uint16_t>(blocks.list.size()));
    for (const BlockBytes& block : blocks.list) {
        archive.put(static_cast<std::uint32_t>(block->size()));
        archive.put_bytes(*block);
    }
}
inline void CEREAL_LOAD_FUNCTION_NAME(BinaryReader& archive, const Blocks& blocks) {
    const auto count = archive.take<std::uint16_t>();
    if (count > blocks_per_frame) {
        archive.fail();
    }
    for (std::size_t i = 0; i < count && archive.ok(); ++i) {
        Bytes block;
        archive(counted<std::uint32_t>(block, block_frame_bytes));
        blocks.list.push_back(std::make_shared<const Bytes>(std::move(block)));
    }
}

inline auto text_of(Bytes& value, std::size_t most) {
    return counted<std::uint32_t>(value, most);
}
inline auto code_of(std::string& code) {
    return counted<std::uint8_t>(code, code_frame_bytes);
}

// --- Agreement's own.
// ------------------------------------------------------------------------------

template <typename Archive>
void fields(Archive& archive, consensus::Position& position) {
    archive(position.term, position.index);
}

template <typename Archive>
void fields(Archive& archive, consensus::TransferNow& m) {
    archive(m.term, m.from, m.to, Raw<64>{m.signature});
}

template <typename Archive>
void fields(Archive& archive, consensus::PreVote& m, Agreement& with) {
    archive(m.term);
    fields(archive, m.last);
    archive(counted<std::uint16_t>(with.last_header, header_frame_bytes));
}

template <typename Archive>
void fields(Archive& archive, consensus::PreVoteReply& m, Agreement& /*with*/) {
    archive(m.term, Flag{m.granted});
}

template <typename Archive>
void fields(Archive& archive, consensus::Vote& m, Agreement& with) {
    archive(m.term);
    fields(archive, m.last);
    bool transfer = m.transfer.has_value();
    archive(Flag{transfer});
    if (transfer) {
        if (!m.transfer) {
            m.transfer.emplace();
        }
        fields(archive, *m.transfer);
    }
    archive(counted<std::uint16_t>(with.last_header, header_frame_bytes));
}

template <typename Archive>
void fields(Archive& archive, consensus::VoteReply& m, Agreement& /*with*/) {
    archive(m.term, Flag{m.granted});
}

template <typename Archive>
void fields(Archive& archive, consensus::Append& m, Agreement& with) {
    archive(m.term);
    fields(archive, m.prev);
    archive(Raw<32>{m.prev_hash}, m.commit, Blocks{with.blocks});
    m.count = with.blocks.size();
}

template <typename Archive>
void fields(Archive& archive, consensus::AppendReply& m, Agreement& /*with*/) {
    archive(m.term, Flag{m.accepted}, m.index);
    fields(archive, m.hint);
    archive(Flag{m.conflict});
}

template <typename Archive>
void fields(Archive& archive, consensus::Heartbeat& m, Agreement& with) {
    archive(m.term, m.commit, m.read, with.clock);
}

template <typename Archive>
void fields(Archive& archive, consensus::HeartbeatReply& m, Agreement& with) {
    archive(m.term, m.read, m.commit, with.clock);
}

template <typename Archive>
void fields(Archive& archive, consensus::TransferNow& m, Agreement& /*with*/) {
    fields(archive, m);
}

// --- The others.
// -----------------------------------------------------------------------------------

template <typename Archive>
void fields(Archive& archive, Forward& m) {
    archive(m.request, Commands{m.commands});
}

template <typename Archive>
void fields(Archive& archive, ForwardReply& m) {
    archive(m.request, code_of(m.code), m.leader);
}

template <typename Archive>
void fields(Archive& archive, ReadIndex& m) {
    archive(m.request);
}

template <typename Archive>
void fields(Archive& archive, ReadIndexReply& m) {
    archive(m.request, m.index);
}

template <typename Archive>
void fields(Archive& archive, CosignRequest& m) {
    archive(m.round, m.block, text_of(m.note, note_frame_bytes));
}

template <typename Archive>
void fields(Archive& archive, CosignReply& m) {
    archive(m.round, code_of(m.code), text_of(m.line, line_frame_bytes), m.size, m.root);
}

template <typename Archive>
void fields(Archive& archive, CertificateFound& m) {
    archive(text_of(m.note, note_frame_bytes));
}

template <typename Archive>
void fields(Archive& archive, RootQuery& m) {
    archive(m.request, m.block);
}

template <typename Archive>
void fields(Archive& archive, RootReply& m) {
    archive(m.request, m.block, m.hash, m.size, m.root);
}

template <typename Archive>
void fields(Archive& archive, LeafQuery& m) {
    archive(m.request, m.size);
}

template <typename Archive>
void fields(Archive& archive, LeafReply& m) {
    archive(m.request, m.size, m.root, m.leaf);
}

template <typename Archive>
void fields(Archive& archive, ManifestQuery& m) {
    archive(m.block);
}

template <typename Archive>
void fields(Archive& archive, ManifestReply& m) {
    archive(m.block, counted<std::uint16_t>(m.manifest, header_frame_bytes));
    archive(counted<std::uint16_t>(m.header, header_frame_bytes));
    archive(text_of(m.note, note_frame_bytes), counted<std::uint8_t>(m.path, path_frame_hashes));
}

template <typename Archive>
void fields(Archive& archive, FetchChunk& m) {
    archive(m.digest, m.number);
}

template <typename Archive>
void fields(Archive& archive, Chunk& m) {
    archive(m.digest, m.number, text_of(m.bytes, chunk_frame_bytes));
    archive(counted<std::uint8_t>(m.path, path_frame_hashes));
}

template <typename Archive>
void fields(Archive& archive, Hello& m) {
    auto lane = static_cast<std::uint8_t>(m.lane);
    archive(m.protocol_min, m.protocol_max, lane, m.ledger, m.node, m.incarnation, m.process);
    m.lane = static_cast<Lane>(lane);
    fields(archive, m.marked);
    archive(m.membership, m.block_version_max);
    archive(counted<std::uint8_t>(m.program, program_frame_bytes));
}

template <typename Archive>
void fields(Archive& archive, Refused& m) {
    archive(code_of(m.code), counted<std::uint8_t>(m.sentence, sentence_frame_bytes));
}

template <typename Message>
struct Form {
    Message& message;
    template <typename Archive>
    void serialize(Archive& archive) {
        fields(archive, message);
    }
};

template <typename Message>
struct AgreementForm {
    Message& message;
    Agreement& with;
    template <typename Archive>
    void serialize(Archive& archive) {
        fields(archive, message, with);
    }
};

}  // namespace tanji::node::wire
