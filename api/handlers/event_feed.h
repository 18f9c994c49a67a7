#pragma once

#include "api/events.h"
#include "api/exchange.h"
#include "api/handlers/handlers.h"

#include <memory>
#include <optional>

namespace tanji::api {

// Server-sent events from `after` on, as long as the caller stays. REQUIRES: the context outlives
// it.
struct FeedOrder {
    std::optional<EventId> after;
    EventFilter filter;
    std::int64_t life_ms = 0;  // then `bye`
};
std::shared_ptr<Feed> make_event_feed(Context& context, FeedOrder order);

}  // namespace tanji::api
