// activity.revoke: the correction path.
#include "ledger/credits/reserve.h"
#include "ledger/parties/permission.h"
#include "ledger/parties/scheme.h"
#include "ledger/points/award.h"
#include "ledger/points/programme.h"
#include "ledger/reductions/issue.h"
#include "ledger/reductions/open_batch.h"
#include "ledger/store/schema.h"

#include <map>

namespace tanji::ledger {
namespace {

Status check_signer(const Execution& execution, const BatchRow& row) {
    const auto registrar = signer_with_role(execution, Role::registrar, row.scheme);
    const bool verifier = !row.verifier.empty() && signed_by_member(execution, row.verifier);
    if (!registrar && !verifier && !signed_by_member(execution, row.provider)) {
        return refuse(
            ErrorCode::signatures_insufficient,
            "neither the provider nor the batch's verifier nor a registrar of {} signed",
            row.scheme
        );
    }
    return {};
}

IndexRanges live_records(const OpenBatch& batch, std::uint32_t count) {
    IndexRanges all;
    for (std::uint32_t index = 0; index < count; ++index) {
        if (batch.is_live(index)) {
            all.emplace_back(index, index);
        }
    }
    return all;
}

// Takes the records out of the batch; what each account's sum falls by.
std::map<Account, Int128> take_out(OpenBatch& batch, const IndexRanges& ranges, bool free) {
    std::map<Account, Int128> lost;
    for (const auto& [first, last] : ranges) {
        for (std::uint32_t index = first; index <= last; ++index) {
            StoredResult& result = batch.results()[index];
            lost[Account(batch.record(index).account)] += result.micrograms;
            if (free) {
                batch.free_source(index);
                batch.lower_caps(index);
            }
            result.later = free ? StoredResult::Later::freed : StoredResult::Later::revoked;
            --batch.row().live;
        }
    }
    return lost;
}

// What counted nothing took its source all the same, and a corrected batch reports it again.
void free_the_rest(OpenBatch& batch) {
    for (std::uint32_t index = 0; index < batch.row().count; ++index) {
        StoredResult& result = batch.results()[index];
        if (result.outcome != static_cast<std::uint8_t>(Outcome::conflict) &&
            result.later == StoredResult::Later::nothing) {
            batch.free_source(index);
            result.later = StoredResult::Later::freed;
        }
    }
}

// Lowers the account's allocation and says what it should hold less.
TakeBack lower_allocation(
    Execution& execution,
    const CommandId& batch,
    const Account& account,
    Int128 lost,
    std::int64_t reserve_ppm,
    Amount& reserved
) {
    const Bytes key = schema::allocation(account.text(), batch);
    auto row = load<AllocationRow>(execution.state, key);
    assert(row.has_value());
    AllocationRow lowered;
    lowered.micrograms = row->micrograms - lost;
    const Int128 grams = std::max<Int128>(0, lowered.micrograms) / micrograms_per_gram;
    lowered.grams = static_cast<Amount>(std::min<Int128>(row->grams, grams));
    lowered.reserved = reserve_of(lowered.grams, reserve_ppm);
    lowered.held = lowered.grams - lowered.reserved;
    lowered.points = row->points;
    reserved += row->reserved - lowered.reserved;
    save(execution.state, key, lowered);
    return {.account = account, .held = row->held - lowered.held};
}

// Section 8: points of the touched accounts that the lowered grams do not earn.
void take_points(
    Execution& execution,
    const BatchRow& row,
    const CommandId& batch,
    const std::map<Account, Int128>& lost
) {
    if (row.programme_version == 0) {
        return;
    }
    const auto programme = find_programme(execution.state, row.programme, row.programme_version);
    assert(programme.has_value());
    Amount unbacked = 0;
    for (const auto& [account, micrograms] : lost) {
        const Bytes key = schema::allocation(account.text(), batch);
        auto given = load<AllocationRow>(execution.state, key);
        assert(given.has_value());
        const TakenBack taken = take_back_points(
            execution, *programme, row.provider, account, given->points, given->grams
        );
        given->points = taken.points;
        unbacked += taken.unbacked;
        save(execution.state, key, *given);
    }
    if (unbacked > 0) {
        save(execution.state, schema::unbacked_by(execution.leaf), unbacked);
    }
}

}  // namespace

Status ActivityRevoke::apply(Execution& execution, const ReductionTools& tools) const {
    const auto found = find_batch(execution.state, batch);
    if (!found) {
        return refuse(ErrorCode::batch_unknown, "no batch {}", batch.hex());
    }
    if (auto allowed = check_signer(execution, *found); !allowed) {
        return allowed;
    }
    if (found->state != BatchState::issued || found->live == 0) {
        return refuse(ErrorCode::batch_state, "the batch is {}", name_of(found->state));
    }
    const auto scheme = find_scheme(execution.state, found->scheme);
    assert(scheme.has_value());
    if (execution.now > found->issued_at + scheme->correction_days * ms_per_day) {
        return refuse(
            ErrorCode::revocation_too_late,
            "a batch may be revoked for {} days after its issue",
            scheme->correction_days
        );
    }
    auto opened = OpenBatch::find(execution, tools, batch);
    if (!opened) {
        return refusal(opened);
    }
    OpenBatch& open = *opened;
    if (records) {
        if (auto valid = open.check_ranges(*records); !valid) {
            return valid;
        }
    }
    const auto lost = take_out(open, records ? *records : live_records(open, found->count), free);
    if (open.row().live == 0) {
        open.row().state = BatchState::revoked;
        if (free) {
            free_the_rest(open);
        }
    }
    execution.effects.batch = BatchEffect{
        .id = batch,
        .state = std::string(name_of(open.row().state)),
        .issue = {},
    };
    Correction correction = {
        .scheme = found->scheme,
        .credit_class = found->credit_class,
        .provider = found->provider,
        .reserved = 0,
        .accounts = {},
    };
    const std::int64_t reserve_ppm = scheme->credits ? scheme->reserve_ppm : 0;
    for (const auto& [account, micrograms] : lost) {
        correction.accounts.push_back(lower_allocation(
            execution, batch, account, micrograms, reserve_ppm, correction.reserved
        ));
    }
    if (scheme->credits) {
        if (auto corrected = correct(execution, correction); !corrected) {
            return refusal(corrected);
        }
    }
    take_points(execution, *found, batch, lost);
    open.save_changes();
    return {};
}

}  // namespace tanji::ledger
