#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/io_context.hpp>

namespace tanji::node {

struct SignalHandlers {
    std::function<void()> stop;        // the first SIGTERM or SIGINT: drain, then end
    std::function<void()> stop_again;  // every later one: end now
    std::function<void()> reload;      // SIGHUP: certificates, tokens, log level
};

// Turns signals into calls on the threads of `io`, while the object lives. SIGPIPE is ignored: a
// caller that went away is an error of its socket, not the end of the process.
class Signals {
public:
    Signals(boost::asio::io_context& io, SignalHandlers handlers);
    ~Signals();

private:
    struct Inside;
    std::shared_ptr<Inside> inside_;
};

// What the service manager hears; silence when there is none. Any thread.
void notify_ready(std::string_view status);     // READY=1: it can answer
void notify_stopping(std::string_view status);  // STOPPING=1
void notify_status(std::string_view status);    // role, index, lag
void notify_alive();                            // WATCHDOG=1, by the loop itself

// How often notify_alive() is due: half of what the service manager waits; nothing when it does
// not watch.
std::optional<std::chrono::milliseconds> watchdog_period();

}  // namespace tanji::node
