#pragma once

#include "api/session.h"
#include "api/wire.h"

#include <memory>
#include <string>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

namespace tanji::api {

// Sends the head and then the feed, piece after piece, to its end or until the reader has gone. One
// piece is under way at a time: who does not read keeps it waiting, and is cut when that takes
// longer than a write may.
boost::asio::awaitable<void> pump(
    boost::asio::any_io_executor executor,
    SessionEnvironment& environment,
    std::shared_ptr<Wire> wire,
    std::string head,
    std::shared_ptr<Feed> feed
);

}  // namespace tanji::api
