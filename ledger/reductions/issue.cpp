#include "ledger/reductions/issue.h"

#include "ledger/credits/book.h"
#include "ledger/methodology/sum.h"
#include "ledger/parties/scheme.h"
#include "ledger/points/award.h"
#include "ledger/points/programme.h"
#include "ledger/store/schema.h"

#include <map>

namespace tanji::ledger {
namespace {

// The carried deficit under `net`. It outlives versions of the methodology.
class Deficit {
public:
    Deficit(State& state, const Account& account, const Methodology& methodology)
        : state_(state),
          key_(schema::deficit(account.text(), slug_of(methodology.ref))) {}

    Int128 read() const { return load<Stored>(state_, key_).value_or(Stored{}).micrograms; }
    void write(Int128 micrograms) {
        if (micrograms == 0) {
            state_.erase(key_);
        } else {
            save(state_, key_, Stored{.micrograms = micrograms});
        }
    }

private:
    struct Stored {
        Int128 micrograms = 0;

        template <typename Archive>
        void serialize(Archive& archive) {
            archive(micrograms);
        }
    };

    State& state_;
    Bytes key_;
};

// What the batch gives one account.
AllocationRow allocate(
    Execution& execution,
    const Methodology& methodology,
    const Account& account,
    Int128 micrograms,
    std::int64_t reserve_ppm
) {
    AllocationRow row;
    row.micrograms = micrograms;
    if (methodology.net) {
        Deficit deficit(execution.state, account, methodology);
        const Int128 carried = deficit.read();
        const AccountSum sum = sum_up(micrograms, carried);
        deficit.write(sum.deficit);
        row.micrograms += carried;
        row.grams = sum.grams;
    } else {
        row.grams = sum_up(micrograms).grams;
    }
    row.reserved = reserve_of(row.grams, reserve_ppm);
    row.held = row.grams - row.reserved;
    return row;
}

Status book_credits(
    Execution& execution,
    const std::string& credit_class,
    const Account& account,
    const AllocationRow& row
) {
    const CreditPlace source = {.bucket = CreditBucket::issued, .account = {}};
    const CreditPlace held = {.bucket = CreditBucket::held, .account = account};
    const CreditPlace reserved = {.bucket = CreditBucket::reserved, .account = {}};
    if (row.held > 0) {
        if (auto posted = post_credits(execution, credit_class, source, held, row.held); !posted) {
            return posted;
        }
    }
    if (row.reserved > 0) {
        return post_credits(execution, credit_class, source, reserved, row.reserved);
    }
    return {};
}

}  // namespace

Amount reserve_of(Amount grams, std::int64_t reserve_ppm) {
    return static_cast<Amount>(ceil_div(Int128{grams} * reserve_ppm, 1'000'000));
}

Status issue(Execution& execution, OpenBatch& batch, const CommandId& id) {
    BatchRow& row = batch.row();
    const auto scheme = find_scheme(execution.state, row.scheme);
    assert(scheme.has_value());
    std::map<Account, Int128> sums;
    for (std::uint32_t index = 0; index < row.count; ++index) {
        if (batch.is_live(index)) {
            sums[Account(batch.record(index).account)] += batch.results()[index].micrograms;
        }
    }
    // The version in force now: a batch that was submitted under an older one is awarded by it too.
    const auto programme =
        row.programme.empty() ? std::nullopt : find_programme(execution.state, row.programme);
    row.programme_version = programme ? programme->version : 0;
    const Amount issued_before =
        find_class(execution.state, row.credit_class).value_or(ClassSupply{}).issued;
    for (const auto& [account, micrograms] : sums) {
        const std::int64_t reserve_ppm = scheme->credits ? scheme->reserve_ppm : 0;
        AllocationRow given =
            allocate(execution, batch.methodology(), account, micrograms, reserve_ppm);
        if (scheme->credits) {
            if (auto booked = book_credits(execution, row.credit_class, account, given); !booked) {
                return booked;
            }
        }
        if (programme) {
            auto points = award_points(execution, *programme, row.provider, account, given.grams);
            if (!points) {
                return refusal(points);
            }
            given.points = *points;
        }
        row.points += given.points;  // below the programme's counter, which did not overflow
        row.grams += given.grams;    // below the class's counter, which did not overflow
        row.reserved += given.reserved;
        save(execution.state, schema::allocation(account.text(), id), given);
        execution.allocations.push_back({
            .index = execution.allocations.size(),
            .account = account,
            .ug = given.micrograms,
            .grams = given.grams,
            .reserved = given.reserved,
            .held = given.held,
            .points = given.points,
            .salt = {},
        });
    }
    if (scheme->credits && row.grams > 0) {
        row.first = issued_before + 1;
        row.last = issued_before + row.grams;
    }
    row.state = BatchState::issued;
    row.issued_at = execution.now;
    execution.effects.batch = BatchEffect{
        .id = id,
        .state = "issued",
        .issue =
            IssueEffect{
                .grams = row.grams,
                .reserved = row.reserved,
                .points = row.points,
                .first = row.first,
                .last = row.last,
            },
    };
    return {};
}

}  // namespace tanji::ledger
