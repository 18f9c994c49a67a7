#include "ledger/reductions/source_events.h"

#include "ledger/store/schema.h"

namespace tanji::ledger {
namespace {

Conflict conflict_with(const TakenBy& first, const TakenBy& later, Conflict::Rule rule) {
    return {.record = later.index, .rule = rule, .leaf = first.leaf, .first = first.index};
}

// Taken intervals of one subject are disjoint, so the two neighbours decide.
std::optional<TakenBy> overlapping(
    const Reader& reader,
    const Methodology& methodology,
    const Tag& subject,
    const Interval& interval
) {
    std::optional<TakenBy> found;
    const Bytes all = schema::intervals_of(methodology.kind, subject);
    const Bytes after_start = schema::interval(methodology.kind, subject, interval.start + 1);
    reader.scan_back(all, after_start, [&](ByteView, ByteView value) {
        const TakenInterval before = decoded<TakenInterval>(value);
        if (before.end > interval.start) {
            found = before.by;
        }
        return false;
    });
    if (found) {
        return found;
    }
    const Bytes end = schema::interval(methodology.kind, subject, interval.end);
    reader.scan(after_start, end, [&](ByteView, ByteView value) {
        found = decoded<TakenInterval>(value).by;
        return false;
    });
    return found;
}

}  // namespace

Interval interval_taken(TimeS start, TimeS end, std::int64_t tolerance_s) {
    const Interval cut = {.start = start + tolerance_s, .end = end - tolerance_s};
    if (cut.start < cut.end) {
        return cut;
    }
    const TimeS middle = (start + end) / 2;  // times are not negative
    return {.start = middle, .end = middle + 1};
}

std::optional<Conflict> take(
    State& state, const Methodology& methodology, const Record& record, const TakenBy& by
) {
    if (record.source == Source::event) {
        Bytes key = schema::event(record.tag);
        if (const auto first = load<TakenBy>(state, key)) {
            return conflict_with(*first, by, Conflict::Rule::event);
        }
        save(state, std::move(key), by);
        return std::nullopt;
    }
    const Interval interval = interval_taken(record.start, record.end, methodology.tolerance_s);
    if (const auto first = overlapping(state, methodology, record.tag, interval)) {
        return conflict_with(*first, by, Conflict::Rule::interval);
    }
    save(
        state,
        schema::interval(methodology.kind, record.tag, interval.start),
        TakenInterval{.end = interval.end, .by = by}
    );
    return std::nullopt;
}

void free_taken(
    State& state, const Methodology& methodology, const Record& record, const TakenBy& by
) {
    if (record.source == Source::event) {
        const Bytes key = schema::event(record.tag);
        const auto taken = load<TakenBy>(state, key);
        assert(taken == by);
        state.erase(key);
        return;
    }
    const Interval interval = interval_taken(record.start, record.end, methodology.tolerance_s);
    const Bytes key = schema::interval(methodology.kind, record.tag, interval.start);
    const auto taken = load<TakenInterval>(state, key);
    assert(taken && taken->by == by);
    state.erase(key);
}

}  // namespace tanji::ledger
