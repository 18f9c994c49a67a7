// Every test of activity.submit.
#include "ledger/credits/reserve.h"
#include "ledger/parties/permission.h"
#include "ledger/parties/scheme.h"
#include "ledger/points/programme.h"
#include "ledger/reductions/submission.h"
#include "ledger/store/schema.h"

#include <algorithm>

namespace tanji::ledger {
namespace {

constexpr TimeS clock_tolerance_s = 300;

}  // namespace

int Submission::local_year(TimeS at) const {
    return civil_from_day(local_day(at, methodology().utc_offset_minutes)).year;
}

Status Submission::check_provider() const {
    const std::string_view slug = slug_of(header_.methodology);
    auto allowed = require_role(execution_, header_.provider, Role::provider, slug);
    if (!allowed) {
        return allowed;
    }
    const auto member = find_member(execution_.state, header_.provider);
    const bool ranked = std::ranges::any_of(member->roles, [&](const RoleGrant& grant) {
        return grant.role == Role::provider && grant.covers(slug) &&
               grant.in_force(execution_.now) && name_of(grant.rank) == header_.rank;
    });
    if (!ranked) {
        return refuse(
            ErrorCode::role_missing,
            "{} does not report {} as {}",
            header_.provider,
            slug,
            header_.rank
        );
    }
    return {};
}

Status Submission::find_documents() {
    const auto row = find_methodology(execution_.state, header_.methodology);
    if (!row || row->scheme != header_.scheme) {
        return refuse(
            ErrorCode::methodology_unknown,
            "no methodology {} in scheme {}",
            header_.methodology,
            header_.scheme
        );
    }
    const Methodology& published = tools_.methods.methodology(*row);
    const auto day = [&](TimeS at) {
        return civil_from_day(local_day(at, published.utc_offset_minutes));
    };
    if (!published.is_valid_on(day(header_.period_start)) ||
        !published.is_valid_on(day(header_.period_end))) {
        return refuse(
            ErrorCode::methodology_not_valid,
            "{} does not hold in all of the period",
            header_.methodology
        );
    }
    const auto factors = find_factor_set(execution_.state, header_.factors);
    if (row->digest != header_.methodology_digest ||
        (factors && factors->digest != header_.factors_digest)) {
        return refuse(
            ErrorCode::digest_mismatch,
            "the digest of {} is another",
            row->digest != header_.methodology_digest ? header_.methodology : header_.factors
        );
    }
    if (!factors) {
        return refuse(ErrorCode::factor_set_unknown, "no factor set {}", header_.factors);
    }
    if (factors->superseded != 0 && execution_.now > factors->superseded + factor_grace_ms) {
        return refuse(
            ErrorCode::factor_set_superseded,
            "{} was superseded more than 30 days ago",
            header_.factors
        );
    }
    evaluator_ = &tools_.methods.evaluator(*row, *factors);
    return {};
}

Status Submission::check_programme() const {
    if (!header_.programme) {
        return {};
    }
    const auto programme = find_programme(execution_.state, *header_.programme);
    if (!programme) {
        return refuse(ErrorCode::programme_unknown, "no programme {}", *header_.programme);
    }
    if (!may_earn(*programme, header_.scheme, header_.provider)) {
        return refuse(
            ErrorCode::programme_not_applicable,
            "{} is not earned in {} with {}",
            *header_.programme,
            header_.scheme,
            header_.provider
        );
    }
    return {};
}

Status Submission::check_obligation() const {
    const auto scheme = find_scheme(execution_.state, header_.scheme);
    assert(scheme.has_value());
    const Obligation owed = find_obligation(execution_.state, header_.provider, header_.scheme);
    if (owed.owed > 0 && execution_.now > owed.since + scheme->obligation_days * ms_per_day) {
        return refuse(
            ErrorCode::obligation_overdue,
            "{} has owed {} grams for more than {} days",
            header_.provider,
            owed.owed,
            scheme->obligation_days
        );
    }
    if (!methodology().covers(header_.region)) {
        return refuse(
            ErrorCode::region_not_covered,
            "{} does not cover {}",
            header_.methodology,
            header_.region
        );
    }
    return {};
}

Status Submission::check_period() const {
    const TimeS now = execution_.now / 1000;
    if (header_.period_start >= header_.period_end) {
        return refuse(ErrorCode::period_invalid, "the period does not start before it ends");
    }
    if (header_.period_end > now + clock_tolerance_s) {
        return refuse(ErrorCode::period_invalid, "the period ends in the future");
    }
    if (local_year(header_.period_start) != local_year(header_.period_end)) {
        return refuse(ErrorCode::period_invalid, "the period crosses a local year");
    }
    const TimeS latest = header_.period_end + methodology().report_within_days * 86'400;
    if (now > latest) {
        return refuse(
            ErrorCode::period_too_old,
            "{} takes reports within {} days",
            header_.methodology,
            methodology().report_within_days
        );
    }
    return {};
}

RecordInputs Submission::inputs_of(const Record& record) const {
    return {
        .inputs = record.inputs,
        .keys = record.keys,
        .quality = static_cast<char>(record.quality),
        .day = local_day(record.end, methodology().utc_offset_minutes),
    };
}

Status Submission::check_record(const Record& record) const {
    if (!region_covers(header_.region, record.region)) {
        return refuse_because(
            ErrorCode::record_invalid,
            "region_not_covered",
            "{} is not in {}",
            record.region,
            header_.region
        );
    }
    if (record.start < header_.period_start || record.end > header_.period_end) {
        return refuse_because(
            ErrorCode::record_invalid, "outside_period", "the record lies outside the period"
        );
    }
    if ((record.source == Source::interval) != methodology().by_interval) {
        return refuse_because(
            ErrorCode::record_invalid,
            "source_kind",
            "{} counts by {}",
            header_.methodology,
            methodology().by_interval ? "interval" : "event"
        );
    }
    return check_record_inputs(methodology(), inputs_of(record));
}

bool Submission::is_open(const UserId& account) const {
    if (tools_.accounts.has(account)) {
        return true;
    }
    const bool open = execution_.state.get(schema::account(account.hex())).has_value();
    if (open) {
        tools_.accounts.add(account);
    }
    return open;
}

// The lowest index first, then the reasons in the contract's order.
Status Submission::check_records() const {
    if (batch_.root != header_.records_root) {
        return refuse(ErrorCode::records_root_mismatch, "the records have another root");
    }
    for (std::uint32_t i = 0; i < batch_.records.size(); ++i) {
        const Record& record = batch_.records[i];
        auto checked = is_open(record.account) ? check_record(record)
                                               : refuse_because(
                                                     ErrorCode::record_invalid,
                                                     "account_unknown",
                                                     "no account {}",
                                                     record.account.hex()
                                                 );
        if (!checked) {
            checked.error().index = i;
            return checked;
        }
    }
    return {};
}

Status Submission::evaluate() {
    evaluated_.reserve(batch_.records.size());
    for (std::uint32_t i = 0; i < batch_.records.size(); ++i) {
        auto evaluated = evaluator_->evaluate(inputs_of(batch_.records[i]));
        if (!evaluated) {
            evaluated.error().index = i;
            return refusal(evaluated);
        }
        evaluated_.push_back(*evaluated);
    }
    return {};
}

Status Submission::check_totals() const {
    const auto mismatch = [](std::string_view what) {
        return refuse_because(
            ErrorCode::batch_totals_mismatch,
            std::string(what),
            "{} is not that of the records",
            what
        );
    };
    if (header_.count != batch_.records.size()) {
        return mismatch("count");
    }
    const auto& inputs = methodology().inputs;
    if (header_.inputs.size() != inputs.size()) {
        return mismatch("inputs");
    }
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        Int128 sum = 0;
        for (const Record& record : batch_.records) {
            sum += record.inputs[i];
        }
        if (header_.inputs[i].name != inputs[i].name || header_.inputs[i].sum != sum) {
            return mismatch("inputs");
        }
    }
    Int128 reduction = 0;
    for (const Evaluated& each : evaluated_) {
        reduction += each.required ? each.micrograms : 0;
    }
    if (header_.reduction_ug != reduction) {
        return mismatch("reduction_ug");
    }
    return {};
}

}  // namespace tanji::ledger
