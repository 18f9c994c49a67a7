// activity.attest: the verifier's verdict, in the order of the contract.
#include "ledger/parties/permission.h"
#include "ledger/parties/scheme.h"
#include "ledger/points/programme.h"
#include "ledger/reductions/issue.h"
#include "ledger/reductions/open_batch.h"

#include <algorithm>

namespace tanji::ledger {
namespace {

// The member that attests: the first signer who is a verifier of the methodology. Which one that is
// is known as soon as the batch is found.
Result<std::string> find_verifier(const Execution& execution, std::string_view methodology) {
    auto verifier = signer_with_role(execution, Role::verifier, slug_of(methodology));
    if (!verifier) {
        return refuse(ErrorCode::role_missing, "no verifier of {} signed", slug_of(methodology));
    }
    return *verifier;
}

Status check_verdict(
    const Execution& execution,
    const ActivityAttest& attest,
    const OpenBatch& batch,
    const BatchRow& row
) {
    const TimeMs settled = row.submitted_at + batch.methodology().settle_days * ms_per_day;
    if (attest.verdict != ActivityAttest::Verdict::reject && execution.now < settled) {
        return refuse(
            ErrorCode::attestation_too_early,
            "the batch may be accepted {} days after submission",
            batch.methodology().settle_days
        );
    }
    if (auto valid = batch.check_ranges(attest.except); !valid) {
        return valid;
    }
    std::uint64_t excluded = 0;
    for (const auto& [first, last] : attest.except) {
        excluded += last - first + 1;
    }
    if (attest.verdict == ActivityAttest::Verdict::accept_except && excluded == row.live) {
        return refuse(ErrorCode::index_invalid, "the exception leaves nothing");
    }
    const std::uint64_t least = std::min<std::uint64_t>(row.count, sample_min);
    if (attest.sampled < least) {
        return refuse(
            ErrorCode::sample_incomplete, "{} records sampled, {} are needed", attest.sampled, least
        );
    }
    return {};
}

void exclude(OpenBatch& batch, const IndexRanges& except) {
    for (const auto& [first, last] : except) {
        for (std::uint32_t index = first; index <= last; ++index) {
            batch.free_source(index);
            batch.lower_caps(index);
            batch.results()[index].later = StoredResult::Later::excluded;
            --batch.row().live;
        }
    }
}

}  // namespace

Status ActivityAttest::apply(Execution& execution, const ReductionTools& tools) const {
    if (!signer_with_role(execution, Role::verifier, {})) {
        const bool member_signed = std::ranges::any_of(execution.signers, [](const Signer& signer) {
            return signer.row.command;
        });
        return refuse(
            member_signed ? ErrorCode::role_missing : ErrorCode::signatures_insufficient,
            "no verifier signed"
        );
    }
    const auto found = find_batch(execution.state, batch);
    if (!found) {
        return refuse(ErrorCode::batch_unknown, "no batch {}", batch.hex());
    }
    const auto verifier = find_verifier(execution, found->methodology);
    if (!verifier) {
        return std::unexpected(verifier.error());
    }
    if (found->state != BatchState::submitted) {
        return refuse(ErrorCode::batch_state, "the batch is {}", name_of(found->state));
    }
    if (*verifier == found->provider) {
        return refuse(
            ErrorCode::verifier_not_independent, "{} provided the batch itself", *verifier
        );
    }
    const auto programme = find_programme(execution.state, found->programme);
    if (programme && programme->sponsor == *verifier) {
        return refuse(
            ErrorCode::verifier_not_independent, "{} owes for the points of the batch", *verifier
        );
    }
    auto opened = OpenBatch::find(execution, tools, batch);
    if (!opened) {
        return refusal(opened);
    }
    OpenBatch& open = *opened;
    if (auto checked = check_verdict(execution, *this, open, open.row()); !checked) {
        return checked;
    }
    forget_due(execution, open.methodology(), batch, open.row());
    open.row().verifier = *verifier;
    if (verdict == Verdict::reject) {
        open.free_everything();
        open.row().state = BatchState::rejected;
        execution.effects.batch = BatchEffect{.id = batch, .state = "rejected", .issue = {}};
    } else {
        exclude(open, except);
        if (auto issued = issue(execution, open, batch); !issued) {
            return issued;
        }
    }
    open.save_changes();
    return {};
}

}  // namespace tanji::ledger
