#include "node/lifecycle.h"

#include <csignal>
#include <utility>

#include <boost/asio/signal_set.hpp>
#include <systemd/sd-daemon.h>

namespace tanji::node {
namespace {

void notify(std::string message, std::string_view status) {
    if (!status.empty()) {
        message += message.empty() ? "STATUS=" : "\nSTATUS=";
        message += status;
    }
    ::sd_notify(0, message.c_str());
}

}  // namespace

struct Signals::Inside : std::enable_shared_from_this<Signals::Inside> {
    Inside(boost::asio::io_context& io, SignalHandlers wanted)
        : signals(io, SIGTERM, SIGINT, SIGHUP),
          handlers(std::move(wanted)) {}

    void wait() {
        signals.async_wait([self = shared_from_this()](const auto& error, int signal) {
            if (!error) {
                self->wait();
                self->handle(signal);
            }
        });
    }

    void handle(int signal) {
        if (signal == SIGHUP) {
            handlers.reload();
        } else if (std::exchange(stopping, true)) {
            handlers.stop_again();
        } else {
            handlers.stop();
        }
    }

    boost::asio::signal_set signals;
    SignalHandlers handlers;
    bool stopping = false;
};

Signals::Signals(boost::asio::io_context& io, SignalHandlers handlers)
    : inside_(std::make_shared<Inside>(io, std::move(handlers))) {
    std::signal(SIGPIPE, SIG_IGN);
    inside_->wait();
}

Signals::~Signals() {
    boost::system::error_code ignored;
    inside_->signals.cancel(ignored);
}

void notify_ready(std::string_view status) {
    notify("READY=1", status);
}
void notify_stopping(std::string_view status) {
    notify("STOPPING=1", status);
}
void notify_status(std::string_view status) {
    notify("", status);
}
void notify_alive() {
    notify("WATCHDOG=1", "");
}

std::optional<std::chrono::milliseconds> watchdog_period() {
    std::uint64_t microseconds = 0;
    if (::sd_watchdog_enabled(0, &microseconds) <= 0) {
        return std::nullopt;
    }
    return std::chrono::milliseconds(microseconds / 2000);
}

}  // namespace tanji::node
