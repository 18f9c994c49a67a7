#pragma once

#include "api/limits.h"
#include "api/wire.h"
#include "ledger/value/result.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace tanji::api {

// How many of the unread bytes are one whole head; 0: none came, and `refused` may say why.
struct IncomingHead {
    std::size_t bytes = 0;
    std::optional<ledger::Error> refused;
};

// Reads until a whole head is there, bounded in size and time. `idle_since` is the steady time
// while nothing of it has come, else 0.
boost::asio::awaitable<IncomingHead> read_head_bytes(
    Wire& wire, const Limits& limits, std::atomic<std::int64_t>& idle_since
);

}  // namespace tanji::api
