#pragma once

#include "node/replica/peer_message.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <utility>
#include <vector>

namespace tanji::node {

inline constexpr std::size_t control_queue_bytes = 1U << 20U;
inline constexpr std::size_t bulk_queue_bytes = 32U << 20U;

// What waits to be sent on one lane to one node, bounded in bytes. Any thread. What does not fit,
// or comes while nothing can be sent, is dropped and counted: agreement asks again.
class Outbox {
public:
    struct Figures {
        bool open = false;
        std::uint64_t queued_bytes = 0;
        std::uint64_t dropped = 0;
    };

    explicit Outbox(std::size_t bytes_max) : bytes_max_(bytes_max) {}

    // `weight` is about what the message is in bytes.
    void put(PeerMessage message, std::size_t weight);
    void drop();  // a message that nobody would take

    // From now on something can be sent. `wake` is called by whoever puts the first message into
    // an empty outbox.
    void open(std::function<void()> wake);
    // And now no more: what waits is dropped.
    void close();

    // The oldest messages, in order: as many as weigh `weight` together, one at least if there are
    // any.
    std::vector<PeerMessage> take(std::size_t weight);

    Figures figures() const;

private:
    const std::size_t bytes_max_;
    mutable std::mutex mutex_;
    bool open_ = false;
    std::function<void()> wake_;
    std::deque<std::pair<PeerMessage, std::size_t>> waiting_;
    std::size_t bytes_ = 0;
    std::uint64_t dropped_ = 0;
};

}  // namespace tanji::node
