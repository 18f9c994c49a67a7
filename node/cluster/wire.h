#pragma once

#include "ledger/value/bytes.h"
#include "ledger/value/ids.h"
#include "node/replica/peer_message.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// The bytes between nodes. Frame: u32 length of the rest | u8 type | body, integers big-endian.
// Every count and text has a limit of its own, and bytes after the last field are an error. Terms,
// indexes and the order of fields' values are the core's to judge.
namespace tanji::node {

// What a connection carries. A greeting is what both sides say before anything else.
enum class Lane : std::uint8_t { greeting = 0, control = 1, bulk = 2 };

// Never changed, never used again for something else.
enum class FrameType : std::uint8_t {
    hello = 1,
    refused = 2,
    pre_vote = 16,
    pre_vote_reply = 17,
    vote = 18,
    vote_reply = 19,
    append_reply = 20,
    heartbeat = 21,
    heartbeat_reply = 22,
    transfer_now = 23,
    read_index = 24,
    read_index_reply = 25,
    forward_reply = 26,
    cosign_request = 27,
    cosign_reply = 28,
    certificate = 29,
    root_query = 30,
    root_reply = 31,
    manifest_query = 32,
    manifest_reply = 33,
    leaf_query = 34,
    leaf_reply = 35,
    append = 64,
    forward = 65,
    fetch_chunk = 66,
    chunk = 67,
};

inline constexpr std::size_t frame_head_bytes = 5;
inline constexpr std::size_t greeting_frame_max = 4U << 10U;  // of the rest, as all three
inline constexpr std::size_t control_frame_max = 256U << 10U;
inline constexpr std::size_t bulk_frame_max = 9U << 20U;
inline constexpr std::size_t blocks_per_frame = 64;
inline constexpr std::size_t block_frame_bytes = (8U << 20U) + 4096;  // a body and its header
inline constexpr std::size_t commands_per_frame = 4096;
inline constexpr std::size_t command_frame_bytes = (4U << 20U) + (64U << 10U);  // with attachment
inline constexpr std::size_t header_frame_bytes = 512;
inline constexpr std::size_t note_frame_bytes = 64U << 10U;
inline constexpr std::size_t chunk_frame_bytes = 4U << 20U;
inline constexpr std::size_t path_frame_hashes = 63;
inline constexpr std::size_t line_frame_bytes = 4096;
inline constexpr std::size_t code_frame_bytes = 32;
inline constexpr std::size_t sentence_frame_bytes = 200;
inline constexpr std::size_t program_frame_bytes = 64;

// The first thing that both sides of a connection say.
struct Hello {
    std::uint16_t protocol_min = 1;
    std::uint16_t protocol_max = 1;
    Lane lane = Lane::control;  // what the dialler will send here; the answer repeats it
    ledger::Hash ledger;
    consensus::NodeId node = 0;
    consensus::Incarnation incarnation = 0;
    std::uint64_t process = 0;  // drawn at each start: tells two processes of one incarnation apart
    consensus::Position marked;
    std::uint64_t membership = 0;  // the number in force there
    std::uint16_t block_version_max = 1;
    std::string program;  // version, printable ASCII

    bool operator==(const Hello&) const = default;
};

// The last thing that a side says.
struct Refused {
    std::string code;      // [a-z_]+
    std::string sentence;  // printable ASCII

    bool operator==(const Refused&) const = default;
};

struct FrameHead {
    std::uint32_t length = 0;  // of type and body
    std::uint8_t type = 0;
};

// The lane that a message is sent on, so that a big block never delays a heartbeat.
Lane lane_of(const PeerMessage& message);

// About how many bytes a message is in a queue and on the wire.
std::size_t weight_of(const PeerMessage& message);

// The whole frame. Nothing when the message exceeds a limit: no receiver would take it.
std::optional<ledger::Bytes> encode_frame(PeerMessage message);
ledger::Bytes encode_frame(Hello hello);
ledger::Bytes encode_frame(Refused refused);  // what does not fit is cut off

// REQUIRES: frame_head_bytes bytes.
FrameHead read_frame_head(ledger::ByteView bytes);
// Why such a frame may not come on that lane: `frame_unknown`, `frame_malformed`,
// `frame_too_large`; empty if it may.
// Asked before a byte of the body is read. `refused` may come on every lane.
std::string_view fault_of(FrameHead head, Lane lane);

// Nothing unless the bytes are exactly one body of that type.
std::optional<PeerMessage> decode_message(std::uint8_t type, ledger::ByteView body);
std::optional<Hello> decode_hello(ledger::ByteView body);
std::optional<Refused> decode_refused(ledger::ByteView body);

}  // namespace tanji::node
