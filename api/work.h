#pragma once

#include "api/place.h"
#include "api/session.h"

#include <functional>
#include <memory>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

// From the loop of a connection to the workers and back.
namespace tanji::api {

// Runs `work` on a worker and goes on on `executor` when it is done.
boost::asio::awaitable<void> on_worker(
    boost::asio::any_io_executor executor,
    SessionEnvironment& environment,
    std::function<void()> work
);

// Runs the route's handler, on a worker if it blocks; goes on on `executor` with its reply. What
// the handler throws or leaves unanswered is `internal`. While it is parked, `place` is given back.
boost::asio::awaitable<Response> answer(
    boost::asio::any_io_executor executor,
    SessionEnvironment& environment,
    const Admitted& admitted,
    const std::shared_ptr<Place>& place
);

// The feed's next piece, asked for on a worker. What it throws ends it.
boost::asio::awaitable<Feed::Piece> next_piece(
    boost::asio::any_io_executor executor,
    SessionEnvironment& environment,
    std::shared_ptr<Feed> feed
);

}  // namespace tanji::api
