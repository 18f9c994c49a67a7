#include "node/cluster/wire.h"
#include "tests/fuzz/fuzz.h"

#include <algorithm>
#include <array>

using namespace tanji;
using tanji::fuzz::require;

namespace {

constexpr std::array lanes{node::Lane::greeting, node::Lane::control, node::Lane::bulk};

// A frame that was understood is the only way to say so.
void check_message(std::uint8_t type, ledger::ByteView frame, ledger::ByteView body) {
    if (const auto message = node::decode_message(type, body)) {
        const node::FrameHead head = node::read_frame_head(frame.substr(0, 5));
        require(node::fault_of(head, node::lane_of(*message)).empty());
        require(node::weight_of(*message) >= body.size() / 2);
        const auto again = node::encode_frame(*message);
        require(again && *again == frame);
    }
}

void check_greeting(node::FrameType type, ledger::ByteView frame, ledger::ByteView body) {
    if (const auto hello = node::decode_hello(body); hello && type == node::FrameType::hello) {
        require(node::encode_frame(*hello) == frame);
    }
    const auto refused = node::decode_refused(body);
    if (refused && type == node::FrameType::refused) {
        require(node::encode_frame(*refused) == frame);
    }
}

}  // namespace

// What comes from another node: frames, one after the other.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    ledger::ByteView left = fuzz::bytes_of(data, size);
    while (left.size() >= node::frame_head_bytes) {
        const node::FrameHead head = node::read_frame_head(left.substr(0, node::frame_head_bytes));
        const bool may_come = std::ranges::any_of(lanes, [&](node::Lane lane) {
            return node::fault_of(head, lane).empty();
        });
        if (!may_come) {
            break;
        }
        require(head.length >= 1 && head.length <= node::bulk_frame_max);
        const ledger::ByteView frame = left.substr(0, 4 + std::size_t{head.length});
        const ledger::ByteView body = frame.substr(node::frame_head_bytes);
        if (frame.size() == 4 + std::size_t{head.length}) {
            check_message(head.type, frame, body);
            check_greeting(static_cast<node::FrameType>(head.type), frame, body);
        }
        left.remove_prefix(frame.size());
    }
    return 0;
}
