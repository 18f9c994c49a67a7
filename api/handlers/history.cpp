// What happened to one account, line by line, newest first.
#include "api/conditions.h"
#include "api/cursor.h"
#include "api/handlers/handlers.h"
#include "api/json.h"
#include "api/line_json.h"
#include "ledger/value/json.h"

#include <algorithm>

namespace tanji::api {
namespace {

using ledger::Result;
using ledger::Status;

using Place = std::pair<ledger::LeafIndex, std::uint32_t>;

// A page looks at so many lines at most; what it has not looked at is behind its cursor.
constexpr std::size_t lines_looked_at_max = 5'000;
constexpr std::size_t lines_at_once = 500;

struct Filter {
    std::optional<std::string> type;
    std::optional<std::string> unit;
    ledger::LeafIndex first = 0;  // the leaf at or after `from`
    ledger::LeafIndex end = 0;    // the leaf at or after `to`
};

// One line with what its leaf says.
struct Told {
    ledger::View::HistoryLine place;
    ledger::Line line;
    ledger::Leaf leaf;
};

std::optional<ledger::Leaf> leaf_at(const ledger::View& view, ledger::LeafIndex index) {
    const auto text = view.leaf_text(index);
    auto leaf = text ? ledger::read_leaf(*text) : ledger::Result<ledger::Leaf>();
    return text && leaf ? std::optional(std::move(*leaf)) : std::nullopt;
}

// The first leaf whose time is not before `time`: ledger time never falls.
ledger::LeafIndex leaf_from(const ledger::View& view, ledger::TimeMs time) {
    ledger::LeafIndex low = 0;
    ledger::LeafIndex high = view.head().size;
    while (low < high) {
        const ledger::LeafIndex middle = low + (high - low) / 2;
        const auto leaf = leaf_at(view, middle);
        if (leaf && leaf->time < time) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

Result<Filter> read_filter(const Request& request, const ledger::View& view) {
    const auto latest = static_cast<std::uint64_t>(ledger::time_ms_max);
    auto from = integer_parameter(request, "from", 0, latest);
    auto to = integer_parameter(request, "to", 0, latest);
    if (!from || !to) {
        return from ? refusal(to) : refusal(from);
    }
    const auto text = [&](std::string_view name) {
        const std::string* value = request.parameter(name);
        return value != nullptr ? std::optional(*value) : std::nullopt;
    };
    const auto at = [&](std::uint64_t time) {
        return leaf_from(view, static_cast<ledger::TimeMs>(time));
    };
    return Filter{
        .type = text("type"),
        .unit = text("unit"),
        .first = *from ? at(**from) : 0,
        .end = *to ? at(**to) : view.head().size,
    };
}

std::string line_json(const Told& told, const std::string& account) {
    const ledger::Leaf& leaf = told.leaf;
    ledger::JsonWriter out;
    out.open_object().member("leaf_index", told.place.leaf);
    write_text_or_null(out, "command", leaf.id.is_zero() ? "" : leaf.id.hex());
    out.member("type", leaf.type);
    write_time(out, "time", leaf.time);
    write_line(out, told.line, account, told.place.balance);
    return out.close_object().take();
}

// Goes from line to line, and from leaf to leaf only when the leaf is another one.
class Teller {
public:
    Teller(const ledger::View& view, const Filter& filter) : view_(view), filter_(filter) {}

    // The line, if the filter wants it.
    std::optional<Told> tell(const ledger::View::HistoryLine& place) {
        auto line = ledger::read_line(place.text);
        if (!line || (filter_.unit && *filter_.unit != line->unit)) {
            return std::nullopt;
        }
        if (at_ != place.leaf) {
            leaf_ = leaf_at(view_, place.leaf);
            at_ = place.leaf;
        }
        if (!leaf_ || (filter_.type && *filter_.type != leaf_->type)) {
            return std::nullopt;
        }
        return Told{.place = place, .line = std::move(*line), .leaf = *leaf_};
    }

private:
    const ledger::View& view_;
    const Filter& filter_;
    std::optional<ledger::LeafIndex> at_;
    std::optional<ledger::Leaf> leaf_;
};

struct Page {
    std::vector<std::string> elements;
    std::optional<Place> next;  // the last line looked at, if there may be more
};

Page read_page(
    const ledger::View& view,
    const std::string& account,
    const Filter& filter,
    Place before,
    std::size_t limit
) {
    Page page;
    Teller teller(view, filter);
    for (std::size_t looked = 0; looked < lines_looked_at_max;) {
        const auto places = view.history(account, before, lines_at_once);
        for (const ledger::View::HistoryLine& place : places) {
            if (place.leaf < filter.first) {
                return {.elements = std::move(page.elements), .next = std::nullopt};
            }
            ++looked;
            before = {place.leaf, place.line};
            if (const auto told = teller.tell(place)) {
                page.elements.push_back(line_json(*told, account));
            }
            if (page.elements.size() == limit) {
                page.next = before;
                return page;
            }
        }
        if (places.size() < lines_at_once) {
            return page;
        }
    }
    page.next = before;
    return page;
}

Result<Response> list_history(Context& context, const Request& request, const ledger::View& view) {
    if (Status may = admit_to_account(context, request, view, "history"); !may) {
        return refusal(may);
    }
    Result<std::size_t> limit = page_limit(request);
    Result<ledger::Bytes> place = place_of_cursor(request);
    if (!limit || !place) {
        return limit ? refusal(place) : refusal(limit);
    }
    Result<Filter> filter = read_filter(request, view);
    if (!filter) {
        return refusal(filter);
    }
    Place before = {filter->end, 0};
    if (place->size() == 12) {
        before =
            std::min(before, Place{ledger::read_u64(*place), ledger::read_u32(place->substr(8))});
    }
    const Page page = read_page(view, request.of_path("account"), *filter, before, *limit);
    std::string next;
    if (page.next) {
        ledger::Bytes last;
        ledger::append_u64(last, page.next->first);
        ledger::append_u32(last, page.next->second);
        next = cursor_after(request, last);
    }
    return list_reply(request, view, page.elements, next);
}

}  // namespace

void add_history_routes(Router& router, Context& context) {
    const auto read = [&context](const Request& request, const ledger::View& view) {
        return list_history(context, request, view);
    };
    Route route =
        get("listHistory",
            "/v1/accounts/{account}/history",
            {"from", "to", "type", "unit", "limit", "cursor", "consistency"},
            reading(context, read));
    route.access = Access::holder;
    router.add(std::move(route));
}

}  // namespace tanji::api
