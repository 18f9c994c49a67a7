#pragma once

#include "api/exchange.h"

#include <cstdint>
#include <string_view>

namespace tanji::api {

// What the API reports: the node turns it into metrics and log lines. Called from any thread; must
// not block. Every default does nothing.
class Observer {
public:
    virtual ~Observer() = default;

    struct Answered {
        std::string_view route;  // operationId, or "none"
        std::string_view method;
        int status = 0;
        std::uint64_t microseconds = 0;
        std::uint64_t bytes_in = 0;
        std::uint64_t bytes_out = 0;
        std::string_view trace_id;
    };
    virtual void answered(const Answered&) {}
    // A request that no route saw: reason is `framing`, `timeout`, `connections`, `overloaded`, …
    virtual void rejected(std::string_view reason) { static_cast<void>(reason); }
    virtual void rate_limited(std::string_view bucket) { static_cast<void>(bucket); }
    virtual void connections(std::size_t open) { static_cast<void>(open); }
    virtual void event_streams(std::size_t open) { static_cast<void>(open); }
    virtual void events_sent(std::size_t count) { static_cast<void>(count); }

    // Something went wrong inside: the sentence is for the operator's log.
    virtual void failed(std::string_view what, std::string_view trace_id) {
        static_cast<void>(what);
        static_cast<void>(trace_id);
    }
};

}  // namespace tanji::api
