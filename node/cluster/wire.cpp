#include "node/cluster/wire.h"

#include "node/cluster/wire_fields.h"

#include <algorithm>
#include <cassert>
#include <numeric>
#include <utility>

namespace tanji::node {
namespace {

using ledger::Bytes;
using ledger::ByteView;
using wire::AgreementForm;
using wire::Form;

// --- Frames.
// ---------------------------------------------------------------------------------------

// clang-format off
FrameType type_of(const consensus::PreVote&) { return FrameType::pre_vote; }
FrameType type_of(const consensus::PreVoteReply&) { return FrameType::pre_vote_reply; }
FrameType type_of(const consensus::Vote&) { return FrameType::vote; }
FrameType type_of(const consensus::VoteReply&) { return FrameType::vote_reply; }
FrameType type_of(const consensus::Append&) { return FrameType::append; }
FrameType type_of(const consensus::AppendReply&) { return FrameType::append_reply; }
FrameType type_of(const consensus::Heartbeat&) { return FrameType::heartbeat; }
FrameType type_of(const consensus::HeartbeatReply&) { return FrameType::heartbeat_reply; }
FrameType type_of(const consensus::TransferNow&) { return FrameType::transfer_now; }
FrameType type_of(const Forward&) { return FrameType::forward; }
FrameType type_of(const ForwardReply&) { return FrameType::forward_reply; }
FrameType type_of(const ReadIndex&) { return FrameType::read_index; }
FrameType type_of(const ReadIndexReply&) { return FrameType::read_index_reply; }
FrameType type_of(const CosignRequest&) { return FrameType::cosign_request; }
FrameType type_of(const CosignReply&) { return FrameType::cosign_reply; }
FrameType type_of(const CertificateFound&) { return FrameType::certificate; }
FrameType type_of(const RootQuery&) { return FrameType::root_query; }
FrameType type_of(const RootReply&) { return FrameType::root_reply; }
FrameType type_of(const LeafQuery&) { return FrameType::leaf_query; }
FrameType type_of(const LeafReply&) { return FrameType::leaf_reply; }
FrameType type_of(const ManifestQuery&) { return FrameType::manifest_query; }
FrameType type_of(const ManifestReply&) { return FrameType::manifest_reply; }
FrameType type_of(const FetchChunk&) { return FrameType::fetch_chunk; }
FrameType type_of(const Chunk&) { return FrameType::chunk; }
// clang-format on
FrameType type_of(const Agreement& agreement) {
    return std::visit([](const auto& m) { return type_of(m); }, agreement.message);
}

Bytes frame_of(FrameType type, ByteView body) {
    Bytes frame;
    frame.reserve(frame_head_bytes + body.size());
    ledger::append_u32(frame, static_cast<std::uint32_t>(body.size() + 1));
    frame.push_back(static_cast<char>(type));
    frame.append(body);
    return frame;
}

template <typename Message>
Bytes body_of(Message& message) {
    return ledger::encode(Form<Message>{message});
}
Bytes body_of(Agreement& agreement) {
    return std::visit(
        [&]<typename Message>(Message& message) {
            return ledger::encode(AgreementForm<Message>{message, agreement});
        },
        agreement.message
    );
}

std::size_t size_of_all(const std::vector<Bytes>& list) {
    return std::accumulate(list.begin(), list.end(), 0UL, [](std::size_t sum, const Bytes& each) {
        return sum + 4 + each.size();
    });
}

bool fits(const Agreement& agreement) {
    const bool blocks_fit = agreement.blocks.size() <= blocks_per_frame &&
                            std::ranges::all_of(agreement.blocks, [](const BlockBytes& block) {
                                return block != nullptr && block->size() <= block_frame_bytes;
                            });
    return blocks_fit && agreement.last_header.size() <= header_frame_bytes;
}
bool fits(const Forward& forward) {
    return forward.commands.size() <= commands_per_frame &&
           std::ranges::all_of(forward.commands, [](const Bytes& command) {
               return command.size() <= command_frame_bytes;
           });
}
bool fits(const ForwardReply& reply) {
    return reply.code.size() <= code_frame_bytes;
}
bool fits(const CosignRequest& request) {
    return request.note.size() <= note_frame_bytes;
}
bool fits(const CosignReply& reply) {
    return reply.code.size() <= code_frame_bytes && reply.line.size() <= line_frame_bytes;
}
bool fits(const CertificateFound& found) {
    return found.note.size() <= note_frame_bytes;
}
bool fits(const ManifestReply& reply) {
    return reply.manifest.size() <= header_frame_bytes &&
           reply.header.size() <= header_frame_bytes && reply.note.size() <= note_frame_bytes &&
           reply.path.size() <= path_frame_hashes;
}
bool fits(const Chunk& chunk) {
    return chunk.bytes.size() <= chunk_frame_bytes && chunk.path.size() <= path_frame_hashes;
}
template <typename Message>
bool fits(const Message& /*of fixed size*/) {
    return true;
}

std::size_t most_on(Lane lane) {
    switch (lane) {
        case Lane::greeting:
            return greeting_frame_max;
        case Lane::control:
            return control_frame_max;
        case Lane::bulk:
            return bulk_frame_max;
    }
    return 0;
}

// The lane of a type; nothing for one that nobody knows.
std::optional<Lane> lane_of_type(std::uint8_t type) {
    if (type >= static_cast<std::uint8_t>(FrameType::hello) &&
        type <= static_cast<std::uint8_t>(FrameType::refused)) {
        return Lane::greeting;
    }
    if (type >= static_cast<std::uint8_t>(FrameType::pre_vote) &&
        type <= static_cast<std::uint8_t>(FrameType::leaf_reply)) {
        return Lane::control;
    }
    if (type >= static_cast<std::uint8_t>(FrameType::append) &&
        type <= static_cast<std::uint8_t>(FrameType::chunk)) {
        return Lane::bulk;
    }
    return std::nullopt;
}

template <typename Message>
std::optional<PeerMessage> decode_as(ByteView body) {
    Message message;
    Form<Message> form{message};
    if (!ledger::decode(body, form)) {
        return std::nullopt;
    }
    return PeerMessage(std::move(message));
}

template <typename Message>
std::optional<PeerMessage> decode_agreement(ByteView body) {
    Agreement agreement;
    Message message;
    AgreementForm<Message> form{message, agreement};
    if (!ledger::decode(body, form)) {
        return std::nullopt;
    }
    agreement.message = std::move(message);
    return PeerMessage(std::move(agreement));
}

bool is_printable(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

bool is_code(std::string_view text) {
    return !text.empty() &&
           std::ranges::all_of(text, [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
}

}  // namespace

Lane lane_of(const PeerMessage& message) {
    const FrameType type = std::visit([](const auto& m) { return type_of(m); }, message);
    const auto lane = lane_of_type(static_cast<std::uint8_t>(type));
    assert(lane && *lane != Lane::greeting);
    return *lane;
}

std::size_t weight_of(const PeerMessage& message) {
    constexpr std::size_t fixed = 256;  // about what a queued message takes beside its texts
    if (const auto* agreement = std::get_if<Agreement>(&message)) {
        std::size_t sum = fixed + agreement->last_header.size();
        for (const BlockBytes& block : agreement->blocks) {
            sum += 4 + (block ? block->size() : 0);
        }
        return sum;
    }
    if (const auto* forward = std::get_if<Forward>(&message)) {
        return fixed + size_of_all(forward->commands);
    }
    if (const auto* request = std::get_if<CosignRequest>(&message)) {
        return fixed + request->note.size();
    }
    if (const auto* found = std::get_if<CertificateFound>(&message)) {
        return fixed + found->note.size();
    }
    if (const auto* reply = std::get_if<CosignReply>(&message)) {
        return fixed + reply->line.size();
    }
    if (const auto* reply = std::get_if<ManifestReply>(&message)) {
        return fixed + reply->manifest.size() + reply->header.size() + reply->note.size() +
               ledger::Hash::length * reply->path.size();
    }
    if (const auto* chunk = std::get_if<Chunk>(&message)) {
        return fixed + chunk->bytes.size() + ledger::Hash::length * chunk->path.size();
    }
    return fixed;
}

std::optional<Bytes> encode_frame(PeerMessage message) {
    if (!std::visit([](const auto& m) { return fits(m); }, message)) {
        return std::nullopt;
    }
    const Lane lane = lane_of(message);
    if (weight_of(message) > most_on(lane)) {  // not copied only to be found too large
        return std::nullopt;
    }
    const FrameType type = std::visit([](const auto& m) { return type_of(m); }, message);
    const Bytes body = std::visit([](auto& m) { return body_of(m); }, message);
    return frame_of(type, body);
}

Bytes encode_frame(Hello hello) {
    hello.program.resize(std::min(hello.program.size(), program_frame_bytes));
    return frame_of(FrameType::hello, body_of(hello));
}

Bytes encode_frame(Refused refused) {
    refused.code.resize(std::min(refused.code.size(), code_frame_bytes));
    refused.sentence.resize(std::min(refused.sentence.size(), sentence_frame_bytes));
    return frame_of(FrameType::refused, body_of(refused));
}

FrameHead read_frame_head(ByteView bytes) {
    assert(bytes.size() == frame_head_bytes);
    return {.length = ledger::read_u32(bytes), .type = static_cast<std::uint8_t>(bytes[4])};
}

std::string_view fault_of(FrameHead head, Lane lane) {
    const auto own = lane_of_type(head.type);
    const bool last_word = head.type == static_cast<std::uint8_t>(FrameType::refused);
    if (!own || (*own != lane && !last_word)) {
        return "frame_unknown";
    }
    if (head.length == 0) {
        return "frame_malformed";
    }
    return head.length > most_on(*own) ? "frame_too_large" : "";
}

std::optional<PeerMessage> decode_message(std::uint8_t type, ByteView body) {
    switch (static_cast<FrameType>(type)) {
        case FrameType::pre_vote:
            return decode_agreement<consensus::PreVote>(body);
        case FrameType::pre_vote_reply:
            return decode_agreement<consensus::PreVoteReply>(body);
        case FrameType::vote:
            return decode_agreement<consensus::Vote>(body);
        case FrameType::vote_reply:
            return decode_agreement<consensus::VoteReply>(body);
        case FrameType::append:
            return decode_agreement<consensus::Append>(body);
        case FrameType::append_reply:
            return decode_agreement<consensus::AppendReply>(body);
        case FrameType::heartbeat:
            return decode_agreement<consensus::Heartbeat>(body);
        case FrameType::heartbeat_reply:
            return decode_agreement<consensus::HeartbeatReply>(body);
        case FrameType::transfer_now:
            return decode_agreement<consensus::TransferNow>(body);
        case FrameType::read_index:
            return decode_as<ReadIndex>(body);
        case FrameType::read_index_reply:
            return decode_as<ReadIndexReply>(body);
        case FrameType::forward:
            return decode_as<Forward>(body);
        case FrameType::forward_reply:
            return decode_as<ForwardReply>(body);
        case FrameType::cosign_request:
            return decode_as<CosignRequest>(body);
        case FrameType::cosign_reply:
            return decode_as<CosignReply>(body);
        case FrameType::certificate:
            return decode_as<CertificateFound>(body);
        case FrameType::root_query:
            return decode_as<RootQuery>(body);
        case FrameType::root_reply:
            return decode_as<RootReply>(body);
        case FrameType::leaf_query:
            return decode_as<LeafQuery>(body);
        case FrameType::leaf_reply:
            return decode_as<LeafReply>(body);
        case FrameType::manifest_query:
            return decode_as<ManifestQuery>(body);
        case FrameType::manifest_reply:
            return decode_as<ManifestReply>(body);
        case FrameType::fetch_chunk:
            return decode_as<FetchChunk>(body);
        case FrameType::chunk:
            return decode_as<Chunk>(body);
        case FrameType::hello:
        case FrameType::refused:
            break;
    }
    return std::nullopt;
}

std::optional<Hello> decode_hello(ByteView body) {
    Hello hello;
    Form<Hello> form{hello};
    const bool decoded = ledger::decode(body, form);
    const bool sends = hello.lane == Lane::control || hello.lane == Lane::bulk;
    return decoded && sends && is_printable(hello.program) ? std::optional(std::move(hello))
                                                           : std::nullopt;
}

std::optional<Refused> decode_refused(ByteView body) {
    Refused refused;
    Form<Refused> form{refused};
    const bool decoded = ledger::decode(body, form);
    return decoded && is_code(refused.code) && is_printable(refused.sentence)
               ? std::optional(std::move(refused))
               : std::nullopt;
}

}  // namespace tanji::node
