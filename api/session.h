#pragma once

#include "api/gate.h"
#include "api/observer.h"
#include "api/stream.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <boost/asio/any_io_executor.hpp>

namespace tanji::api {

// What every connection of a server shares. Outlives them all.
struct SessionEnvironment {
    Gate& gate;
    Observer& observer;
    std::function<void(std::function<void()>)> run_on_worker;  // for whatever blocks
};

// One connection: bounded reading, deadlines, replies in the order of the requests. Lives as long
// as its serve() runs.
class Session {
public:
    virtual ~Session() = default;

    // Milliseconds of the steady clock since which it waits for a request; 0 while it works.
    virtual std::int64_t idle_since() const = 0;
    // Ends it when it is idle; else after the reply under way. From any thread.
    virtual void end_soon() = 0;
    // Ends it now. From any thread.
    virtual void cut() = 0;
};

// Starts serving; `ended` is called on the connection's executor when all is over.
std::shared_ptr<Session> start_session(
    boost::asio::any_io_executor executor,
    std::unique_ptr<Stream> stream,
    std::string peer,
    SessionEnvironment& environment,
    std::function<void()> ended
);

}  // namespace tanji::api
