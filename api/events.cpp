#include "api/events.h"

#include "api/json.h"
#include "api/line_json.h"
#include "ledger/command/leaf.h"
#include "ledger/proof/note.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>
#include <map>

#include <fmt/format.h>

namespace tanji::api {
namespace {

using ledger::JsonWriter;
using ledger::Leaf;
using ledger::LeafIndex;

constexpr std::uint32_t k_max = 65'535;
constexpr std::size_t leaves_looked_at_max = 1'000;
constexpr std::size_t lines_at_once = 100;

constexpr auto types = std::to_array<std::string_view>({
    "account.open",       "activity.attest",      "activity.lapse",     "activity.revoke",
    "activity.submit",    "checkpoint.certified", "credit.assign",      "credit.cancel",
    "credit.retire",      "credit.transfer",      "factors.publish",    "ledger.genesis",
    "membership.abandon", "membership.change",    "membership.decide",  "methodology.publish",
    "offer.close",        "offer.publish",        "offer.restock",      "offer.revise",
    "points.expire",      "points.mature",        "programme.publish",  "redemption.confirm",
    "redemption.expire",  "redemption.refund",    "redemption.release", "redemption.reserve",
});

template <typename Number>
std::optional<Number> parse_number(std::string_view text, Number most) {
    Number value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool whole = read.ec == std::errc() && read.ptr == text.data() + text.size();
    const bool plain = !text.empty() && (text.size() == 1 || text.front() != '0');
    return whole && plain && value <= most ? std::optional(value) : std::nullopt;
}

// What a sweep swept: ids of redemptions or batches. Empty for every other leaf.
std::vector<std::string> objects_of(const Leaf& leaf) {
    std::vector<std::string> objects;
    const ledger::JsonValue* list = leaf.public_part.find("objects");
    if (leaf.leaf_class != ledger::LeafClass::system || list == nullptr || !list->array()) {
        return objects;
    }
    for (const ledger::JsonValue& object : *list->array()) {
        assert(object.string() != nullptr);
        objects.push_back(*object.string());
    }
    return objects;
}

// One leaf and what of it an account may see besides.
struct Seen {
    LeafIndex index = 0;
    Leaf leaf;
    std::vector<std::string> objects;
    std::vector<ledger::View::HistoryLine> lines;  // of the account, newest first

    std::uint32_t last() const {
        return objects.empty() ? 0 : static_cast<std::uint32_t>(objects.size() - 1);
    }
};

std::optional<Seen> see(const ledger::View& view, LeafIndex index) {
    const auto text = view.leaf_text(index);
    auto leaf = text ? ledger::read_leaf(*text) : ledger::Result<Leaf>();
    if (!text || !leaf) {
        return std::nullopt;
    }
    Seen seen{.index = index, .leaf = std::move(*leaf), .objects = {}, .lines = {}};
    seen.objects = objects_of(seen.leaf);
    return seen;
}

bool concerns(
    const ledger::View& view, const Seen& seen, std::uint32_t k, const std::string& account
) {
    if (account.empty() || seen.objects.empty()) {
        return true;
    }
    const auto id = ledger::CommandId::from_hex(seen.objects.at(k));
    const auto redemption = id ? view.redemption(*id) : std::nullopt;
    return redemption && redemption->account.text() == account;
}

void write_lines(JsonWriter& out, const Seen& seen, const std::string& account) {
    out.name("lines").open_array();
    for (auto line = seen.lines.rbegin(); line != seen.lines.rend(); ++line) {
        if (const auto read = ledger::read_line(line->text)) {
            out.open_object();
            write_line(out, *read, account, line->balance);
            out.close_object();
        }
    }
    out.close_array();
}

// The public part of a sealed leaf. What a sweep swept has events of its own, and genesis a route.
void write_public(JsonWriter& out, const Leaf& leaf) {
    out.name("public");
    if (leaf.leaf_class == ledger::LeafClass::sealed) {
        out.raw(ledger::to_canonical_text(leaf.public_part));
    } else {
        out.null();
    }
}

// `effects` are the whole leaf's and stand in its first event only, lest anybody adds them up
// twice; the account's lines likewise.
std::string data_of(
    const Seen& seen, std::uint32_t k, bool with_lines, const std::string& account
) {
    const Leaf& leaf = seen.leaf;
    JsonWriter out;
    out.open_object()
        .member("id", to_text(EventId{.leaf = seen.index, .k = k}))
        .member("type", leaf.type)
        .member("leaf_index", seen.index)
        .member("index", leaf.block);
    write_time(out, "time", leaf.time);
    write_text_or_null(out, "command", leaf.id.is_zero() ? "" : leaf.id.hex());
    out.member("outcome", leaf.applied ? "applied" : "refused");
    write_text_or_null(out, "code", leaf.code.value_or(""));
    write_text_or_null(out, "object", seen.objects.empty() ? "" : seen.objects.at(k));
    write_public(out, leaf);
    out.name("effects");
    if (k == 0) {
        ledger::write(out, leaf.effects);
    } else {
        out.null();
    }
    if (with_lines) {
        write_lines(out, seen, account);
    }
    return out.close_object().take();
}

// Fills a page leaf by leaf.
class PageMaker {
public:
    PageMaker(
        const ledger::View& view,
        const std::optional<EventId>& after,
        const EventFilter& filter,
        std::size_t limit
    )
        : view_(view),
          after_(after),
          filter_(filter),
          limit_(limit) {
        page_.next = after;
    }

    // False when the page is full.
    bool add(const Seen& seen) {
        bool first = true;
        for (std::uint32_t k = 0; k <= seen.last(); ++k) {
            const EventId id{.leaf = seen.index, .k = k};
            const bool wanted =
                filter_.wants(seen.leaf.type) && concerns(view_, seen, k, filter_.account);
            const bool with_lines = wanted && first && !filter_.account.empty();
            first = first && !wanted;
            if (after_ && id <= *after_) {
                continue;
            }
            if (wanted && page_.events.size() == limit_) {
                return false;
            }
            if (wanted) {
                page_.events.push_back({
                    .id = id,
                    .type = seen.leaf.type,
                    .data = data_of(seen, k, with_lines, filter_.account),
                });
            }
            page_.next = id;
        }
        return true;
    }

    // Every leaf before `leaf` was looked at, or has nothing for this filter.
    void pass(LeafIndex leaf) {
        page_.next = std::max(page_.next, std::optional(before_leaf(leaf)));
    }

    EventPage take() { return std::move(page_); }

private:
    const ledger::View& view_;
    std::optional<EventId> after_;
    const EventFilter& filter_;
    std::size_t limit_;
    EventPage page_;
};

using Lines = std::map<LeafIndex, std::vector<ledger::View::HistoryLine>>;

// The leaves of first ≤ leaf < end that changed the account; nothing when there are more than
// `most` lines.
std::optional<Lines> lines_between(
    const ledger::View& view,
    const std::string& account,
    LeafIndex first,
    LeafIndex end,
    std::size_t most
) {
    Lines found;
    std::pair<LeafIndex, std::uint32_t> before = {end, 0};
    for (std::size_t count = 0;;) {
        const auto lines = view.history(account, before, lines_at_once);
        for (const ledger::View::HistoryLine& line : lines) {
            if (line.leaf < first) {
                return found;
            }
            found[line.leaf].push_back(line);
            before = {line.leaf, line.line};
        }
        count += lines.size();
        if (lines.size() < lines_at_once) {
            return found;
        }
        if (count > most) {
            return std::nullopt;
        }
    }
}

EventPage account_events(
    const ledger::View& view,
    const std::optional<EventId>& after,
    const EventFilter& filter,
    std::size_t limit
) {
    const LeafIndex first = after ? after->leaf : 0;
    LeafIndex end = view.head().size;
    auto lines = lines_between(view, filter.account, first, end, 4 * limit);
    while (!lines && end > first + 1) {
        end = first + (end - first) / 2;
        lines = lines_between(view, filter.account, first, end, 4 * limit);
    }
    if (!lines) {  // one leaf with more lines than that
        lines = lines_between(view, filter.account, first, end, SIZE_MAX);
    }
    const auto row = view.account(filter.account);
    if (row && first <= row->leaf && row->leaf < end) {
        lines->try_emplace(row->leaf);
    }
    PageMaker maker(view, after, filter, limit);
    for (auto& [index, of_leaf] : *lines) {
        auto seen = see(view, index);
        if (!seen) {
            continue;
        }
        seen->lines = std::move(of_leaf);
        if (!maker.add(*seen)) {
            EventPage page = maker.take();
            page.caught_up = false;
            return page;
        }
    }
    maker.pass(end);
    EventPage page = maker.take();
    page.caught_up = end == view.head().size;
    return page;
}

EventPage public_events(
    const ledger::View& view,
    const std::optional<EventId>& after,
    const EventFilter& filter,
    std::size_t limit
) {
    const LeafIndex first = after ? after->leaf : 0;
    const LeafIndex end = std::min(view.head().size, first + leaves_looked_at_max);
    PageMaker maker(view, after, filter, limit);
    for (LeafIndex index = first; index < end; ++index) {
        const auto seen = see(view, index);
        if (seen && !maker.add(*seen)) {
            EventPage page = maker.take();
            page.caught_up = false;
            return page;
        }
    }
    EventPage page = maker.take();
    page.caught_up = end == view.head().size;
    return page;
}

}  // namespace

std::string to_text(const EventId& id) {
    return fmt::format("{}.{}", id.leaf, id.k);
}

std::optional<EventId> parse_event_id(std::string_view text) {
    const auto dot = text.find('.');
    if (dot == std::string_view::npos) {
        return std::nullopt;
    }
    const auto leaf = parse_number<LeafIndex>(text.substr(0, dot), ledger::tree_size_max);
    const auto k = parse_number<std::uint32_t>(text.substr(dot + 1), k_max);
    return leaf && k ? std::optional(EventId{.leaf = *leaf, .k = *k}) : std::nullopt;
}

EventId before_leaf(LeafIndex leaf) {
    assert(leaf > 0);
    return {.leaf = leaf - 1, .k = k_max};
}

bool is_event_type(std::string_view type) {
    return std::ranges::find(types, type) != types.end();
}

std::string certified_data(const ledger::View& view) {
    const auto certificate = view.certificate();
    JsonWriter out;
    out.open_object().name("id").null().member("type", certified_event);
    return out.member("size", certificate ? certificate->size : 0).close_object().take();
}

EventPage read_events(
    const ledger::View& view,
    const std::optional<EventId>& after,
    const EventFilter& filter,
    std::size_t limit
) {
    assert(limit > 0);
    if (after && after->leaf >= view.head().size) {
        return {.events = {}, .next = after, .caught_up = true};
    }
    return filter.account.empty() ? public_events(view, after, filter, limit)
                                  : account_events(view, after, filter, limit);
}

}  // namespace tanji::api
