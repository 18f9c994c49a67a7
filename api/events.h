#pragma once

#include "ledger/view.h"

#include <compare>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

// What happened, in the order of the log. Events are made from stored leaves and from nothing else,
// so a node that was restarted, or another node, tells the same under the same ids.
namespace tanji::api {

// `<leaf>.<k>`: a command's leaf has one event, a sweep's one per object, k from 0.
struct EventId {
    ledger::LeafIndex leaf = 0;
    std::uint32_t k = 0;

    auto operator<=>(const EventId&) const = default;
};
std::string to_text(const EventId& id);
std::optional<EventId> parse_event_id(std::string_view text);

struct Event {
    EventId id;
    std::string type;
    std::string data;  // JSON
};

// The type that has no leaf.
inline constexpr std::string_view certified_event = "checkpoint.certified";
bool is_event_type(std::string_view type);
// {"id":null,"type","size"} of the newest certificate.
std::string certified_data(const ledger::View& view);

struct EventFilter {
    std::set<std::string, std::less<>> types;  // empty: all
    std::string account;                       // empty: everybody's, public fields only

    bool wants(std::string_view type) const { return types.empty() || types.contains(type); }
};

struct EventPage {
    std::vector<Event> events;
    std::optional<EventId> next;  // the last one looked at: the next page is after it
    bool caught_up = true;        // there is nothing behind it yet
};

// Up to `limit` events after `after`, or from the first leaf on. A page looks at a bounded number
// of leaves and may therefore be empty though there is more. REQUIRES: limit > 0.
EventPage read_events(
    const ledger::View& view,
    const std::optional<EventId>& after,
    const EventFilter& filter,
    std::size_t limit
);

// What the first event of a leaf comes after. REQUIRES: leaf > 0.
EventId before_leaf(ledger::LeafIndex leaf);

}  // namespace tanji::api
