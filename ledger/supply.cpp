#include "ledger/supply.h"

#include "ledger/credits/book.h"
#include "ledger/credits/reserve.h"
#include "ledger/credits/retirement.h"
#include "ledger/points_sums.h"
#include "ledger/reductions/batch_row.h"
#include "ledger/reductions/source_events.h"
#include "ledger/store/schema.h"
#include "ledger/value/outcome.h"

#include <cassert>
#include <map>

namespace tanji::ledger {
namespace {

// The class at the end of a holding's key: `H account 0 class 0`.
std::string class_of_holding(ByteView key) {
    const std::size_t from = key.find('\0') + 1;
    return std::string(key.substr(from, key.size() - from - 1));
}

// Sums of holdings, wide enough for any number of accounts.
struct HeldSums {
    Int128 held = 0;
    Int128 locked = 0;
    Int128 frozen = 0;

    void add(const Holding& holding, int sign) {
        held += Int128{sign} * holding.held;
        locked += Int128{sign} * holding.locked;
        frozen += Int128{sign} * holding.frozen;
    }
    bool equals(const ClassSupply& after, const ClassSupply& before) const {
        return held == Int128{after.held} - before.held &&
               locked == Int128{after.locked} - before.locked &&
               frozen == Int128{after.frozen} - before.frozen;
    }
};

bool is_plausible(const Holding& holding) {
    return holding.held >= 0 && holding.locked >= 0 && holding.frozen >= 0;
}

bool is_plausible(const BatchRow& row) {
    std::uint64_t counted = 0;
    for (const std::uint32_t each : row.counts) {
        counted += each;
    }
    const bool numbered = row.first == 0 ? row.last == 0 : row.last - row.first + 1 == row.grams;
    return counted == row.count && numbered && row.reserved <= row.grams && row.live <= row.count;
}

// What a block did to the holdings of a class must be what it did to the class.
void check_holdings(const Reader& store, const State& state) {
    std::map<std::string, HeldSums> moved;
    for (const auto& [key, value] : state.changes()) {
        if (key.front() != 'H') {
            continue;
        }
        HeldSums& sums = moved[class_of_holding(key)];
        if (value) {
            const auto holding = decoded<Holding>(*value);
            assert(is_plausible(holding));
            sums.add(holding, 1);
        }
        if (const auto before = load<Holding>(store, key)) {
            sums.add(*before, -1);
        }
    }
    for (const auto& [credit_class, sums] : moved) {
        const auto after = find_class(state, credit_class);
        const auto before = find_class(store, credit_class).value_or(ClassSupply{});
        assert(after && sums.equals(*after, before));
    }
}

// What a block did to purses, lots, redemptions and positions must be what it did to the counters.
void check_points(const Reader& store, const State& state) {
    PointsSums sums;
    for (const auto& [key, value] : state.changes()) {
        if (PointsSums::letters.find(key.front()) == ByteView::npos) {
            continue;
        }
        if (value) {
            sums.add(key, *value, 1);
        }
        if (const auto before = store.get(key)) {
            sums.add(key, *before, -1);
        }
    }
    assert(sums.violations().empty());
}

template <typename Row, typename Visit>
void each(const Reader& store, ByteView prefix, Visit visit) {
    store.scan(prefix, schema::end_of(prefix), [&](ByteView key, ByteView value) {
        visit(key, decoded<Row>(value));
        return true;
    });
}

class Recount {
public:
    explicit Recount(const Reader& store) : store_(store) {}

    std::vector<std::string> run() {
        check_classes();
        check_batches();
        check_schemes();
        check_intervals();
        check_points();
        return std::move(violations_);
    }

private:
    template <typename... Args>
    void require(bool holds, fmt::format_string<Args...> sentence, Args&&... args) {
        if (!holds) {
            violations_.push_back(fmt::format(sentence, std::forward<Args>(args)...));
        }
    }

    void check_classes();
    void check_batches();
    void check_records(const CommandId& id, const BatchRow& row);
    void check_schemes();
    void check_intervals();
    void check_points();

    const Reader& store_;
    std::vector<std::string> violations_;
    std::map<std::string, Amount> issued_;  // per class, by its batches
    std::uint64_t taken_ = 0;               // events and intervals that records hold
};

void Recount::check_classes() {
    std::map<std::string, HeldSums> held;
    each<Holding>(store_, schema::all_holdings, [&](ByteView key, const Holding& holding) {
        require(is_plausible(holding), "holding {} is negative", class_of_holding(key));
        held[class_of_holding(key)].add(holding, 1);
    });
    std::map<std::string, Amount> retired;
    each<Retirement>(store_, schema::all_retirements, [&](ByteView, const Retirement& row) {
        require(
            row.last - row.first + 1 == row.amount,
            "a retirement of {} has other serials",
            row.credit_class
        );
        retired[row.credit_class] += row.amount;
    });
    each<ClassSupply>(store_, schema::all_classes, [&](ByteView key, const ClassSupply& supply) {
        const std::string name(key.substr(1, key.size() - 2));
        require(supply.conserved(), "class {}: issued is not what its buckets have", name);
        require(held[name].equals(supply, {}), "class {}: accounts hold another sum", name);
        require(retired[name] == supply.retired, "class {}: retirements sum to another", name);
    });
}

// Every record that is not in conflict and not freed holds what it took, and nothing else is taken.
void Recount::check_records(const CommandId& id, const BatchRow& row) {
    const auto results = load<StoredResults>(store_, schema::results(id));
    require(results && results->records.size() == row.count, "batch {}: results", id.hex());
    if (!results) {
        return;
    }
    std::uint32_t live = 0;
    for (const StoredResult& result : results->records) {
        const auto outcome = static_cast<Outcome>(result.outcome);
        const bool counts = outcome == Outcome::counted || outcome == Outcome::cut;
        live += counts && result.later == StoredResult::Later::nothing ? 1 : 0;
        const bool holds = outcome != Outcome::conflict &&
                           result.later != StoredResult::Later::freed &&
                           result.later != StoredResult::Later::excluded;
        taken_ += holds ? 1 : 0;
    }
    require(live == row.live, "batch {}: {} live records, not {}", id.hex(), live, row.live);
}

void Recount::check_batches() {
    each<BatchRow>(store_, schema::all_batches, [&](ByteView key, const BatchRow& row) {
        const auto id = *CommandId::from(key.substr(1));
        require(is_plausible(row), "batch {}: its counts do not fit", id.hex());
        check_records(id, row);
        if (row.first != 0) {
            issued_[row.credit_class] += row.grams;
        }
    });
    for (const auto& [credit_class, grams] : issued_) {
        const auto supply = find_class(store_, credit_class).value_or(ClassSupply{});
        require(grams == supply.issued, "class {}: batches issued another sum", credit_class);
    }
}

void Recount::check_schemes() {
    each<SchemeTotals>(store_, "s", [&](ByteView key, const SchemeTotals& totals) {
        require(totals.conserved(), "scheme {}: revoked is not reversed and owed", key.substr(1));
    });
}

void Recount::check_intervals() {
    std::uint64_t taken = 0;
    store_.scan(schema::all_events, schema::end_of(schema::all_events), [&](ByteView, ByteView) {
        return ++taken > 0;
    });
    Bytes subject;
    TimeS end = 0;
    each<TakenInterval>(store_, schema::all_intervals, [&](ByteView key, const TakenInterval& row) {
        ++taken;
        const ByteView of = key.substr(0, key.size() - sizeof(std::uint64_t));
        const auto start = static_cast<TimeS>(read_u64(key.substr(of.size())));
        require(of != subject || start >= end, "two taken intervals overlap");
        subject = of;
        end = row.end;
    });
    require(taken == taken_, "{} events are taken, records hold {}", taken, taken_);
}

void Recount::check_points() {
    PointsSums sums;
    for (const char letter : PointsSums::letters) {
        const Bytes prefix(1, letter);
        store_.scan(prefix, schema::end_of(prefix), [&](ByteView key, ByteView value) {
            sums.add(key, value, 1);
            return true;
        });
    }
    for (std::string& each : sums.violations()) {
        violations_.push_back(std::move(each));
    }
}

}  // namespace

void check_invariants(
    const Reader& store, const State& state, const Head& before, const Head& after
) {
    assert(after.time >= before.time && after.size >= before.size);
    std::uint64_t leaves = 0;
    for (const auto& [key, value] : state.changes()) {
        if (!value) {
            continue;
        }
        switch (key.front()) {
            case 'C':
                assert(decoded<ClassSupply>(*value).conserved());
                break;
            case 's':
                assert(decoded<SchemeTotals>(*value).conserved());
                break;
            case 'B':
                assert(is_plausible(decoded<BatchRow>(*value)));
                break;
            case 'l':
                ++leaves;
                break;
            default:
                break;
        }
    }
    assert(leaves == after.size - before.size);
    check_holdings(store, state);
    check_points(store, state);
}

std::vector<std::string> recount(const Reader& store) {
    return Recount(store).run();
}

}  // namespace tanji::ledger
