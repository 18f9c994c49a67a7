#include "api/pump.h"

#include "api/work.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace tanji::api {
namespace {

namespace asio = boost::asio;

constexpr auto waiting = asio::as_tuple(asio::use_awaitable);
constexpr std::uint32_t no_deadline_ms = UINT32_MAX;

// Who looks whether the reader is still there: without it, one that went away while there was
// nothing to say would be found out by the next comment only.
struct Watch {
    explicit Watch(const asio::any_io_executor& executor)
        : over_soon(executor, asio::steady_timer::time_point::max()) {}

    bool stop = false;
    bool over = false;
    asio::steady_timer over_soon;
};

asio::awaitable<void> watch_reader(
    std::shared_ptr<Wire> wire, std::shared_ptr<Feed> feed, std::shared_ptr<Watch> watch
) {
    for (bool here = true; here && !watch->stop;) {
        here = co_await wire->drop_some();
    }
    feed->end();
    watch->over = true;
    watch->over_soon.cancel();
}

}  // namespace

asio::awaitable<void> pump(
    asio::any_io_executor executor,
    SessionEnvironment& environment,
    std::shared_ptr<Wire> wire,
    std::string head,
    std::shared_ptr<Feed> feed
) {
    const std::uint32_t stall_ms = environment.gate.settings().limits.write_stall_ms;
    const auto watch = std::make_shared<Watch>(executor);
    wire->allow(stall_ms);
    bool open = co_await wire->write(head, {});
    wire->allow(no_deadline_ms);
    asio::co_spawn(executor, watch_reader(wire, feed, watch), asio::detached);
    while (open) {
        const Feed::Piece piece = co_await next_piece(executor, environment, feed);
        if (!piece.text.empty()) {
            wire->allow(stall_ms);
            open = co_await wire->write(piece.text, {});
            wire->allow(no_deadline_ms);
        }
        open = open && !piece.last;
    }
    feed->end();
    watch->stop = true;
    wire->cancel();
    if (!watch->over) {
        co_await watch->over_soon.async_wait(waiting);
    }
}

}  // namespace tanji::api
