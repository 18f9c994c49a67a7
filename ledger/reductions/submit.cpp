// What a submission counts, record by record, once every test has passed.
#include "ledger/proof/merkle.h"
#include "ledger/reductions/source_events.h"
#include "ledger/reductions/submission.h"
#include "ledger/store/schema.h"

namespace tanji::ledger {

StoredResult Submission::count_record(std::uint32_t index, StoredWindows& windows) {
    const Record& record = batch_.records[index];
    const auto outcome = [](Outcome value, Amount micrograms) {
        return StoredResult{
            .outcome = static_cast<std::uint8_t>(value),
            .later = StoredResult::Later::nothing,
            .micrograms = micrograms,
        };
    };
    const TakenBy by = {.leaf = execution_.leaf, .index = index};
    if (const auto conflict = take(execution_.state, methodology(), record, by)) {
        execution_.conflicts.push_back(*conflict);
        return outcome(Outcome::conflict, 0);
    }
    if (!evaluated_[index].required) {
        return outcome(Outcome::ineligible, 0);
    }
    if (methodology().caps.empty()) {
        const Amount micrograms = evaluated_[index].micrograms;
        return outcome(micrograms == 0 ? Outcome::zero : Outcome::counted, micrograms);
    }
    const Charged charged = charge(
        methodology(),
        evaluated_[index].micrograms,
        record.account.hex(),
        record.tag.hex(),
        date_of(methodology(), record),
        windows
    );
    return outcome(charged.outcome, charged.micrograms);
}

void Submission::count() {
    StoredWindows windows(execution_.state, header_.scheme);
    results_.records.reserve(batch_.records.size());
    for (std::uint32_t i = 0; i < batch_.records.size(); ++i) {
        results_.records.push_back(count_record(i, windows));
    }
}

void Submission::book() {
    BatchRow row = {
        .state = BatchState::submitted,
        .provider = header_.provider,
        .scheme = header_.scheme,
        .methodology = header_.methodology,
        .factors = header_.factors,
        .credit_class = fmt::format(
            "{}:{}:{}:{:04}",
            header_.scheme,
            header_.methodology,
            header_.region,
            local_year(header_.period_start)
        ),
        .programme = header_.programme.value_or(""),
        .count = header_.count,
        .counts = {},
        .counted_ug = 0,
        .verifier = {},
        .submitted_at = execution_.now,
        .block = execution_.block,
        .position = execution_.position,
        .leaves = {execution_.leaf},
    };
    std::vector<Hash> result_hashes;
    result_hashes.reserve(results_.records.size());
    std::string text;
    for (std::uint32_t i = 0; i < results_.records.size(); ++i) {
        const StoredResult& result = results_.records[i];
        ++row.counts.at(result.outcome);
        row.counted_ug += result.micrograms;
        text.clear();
        append_text(text, result_entry(i, batch_.hashes[i], result));
        result_hashes.push_back(leaf_hash(text));
    }
    row.live = row.counts.at(static_cast<std::size_t>(Outcome::counted)) +
               row.counts.at(static_cast<std::size_t>(Outcome::cut));
    execution_.effects.batch = BatchEffect{.id = execution_.id, .state = "submitted", .issue = {}};
    execution_.effects.counts = CountsEffect{
        .counted = row.counts[0],
        .cut = row.counts[1],
        .capped = row.counts[2],
        .zero = row.counts[3],
        .ineligible = row.counts[4],
        .conflict = row.counts[5],
    };
    execution_.effects.counted_ug = row.counted_ug;
    execution_.effects.results_root = tree_root(result_hashes);

    const TimeMs due = execution_.now + methodology().attest_within_days * ms_per_day;
    State& state = execution_.state;
    save(state, schema::batch(execution_.id), row);
    save(state, schema::results(execution_.id), results_);
    state.put(schema::batch_of_leaf(execution_.leaf), Bytes(execution_.id.view()));
    state.put(schema::due(schema::Due::lapse, due, execution_.id.view()), {});
}

Status ActivitySubmit::apply(Execution& execution, const ReductionTools& tools) const {
    assert(batch != nullptr);
    Submission submission(execution, tools, *this);
    for (auto test : {
             +[](Submission& s) { return s.check_provider(); },
             +[](Submission& s) { return s.find_documents(); },
             +[](Submission& s) { return s.check_programme(); },
             +[](Submission& s) { return s.check_obligation(); },
             +[](Submission& s) { return s.check_period(); },
             +[](Submission& s) { return s.check_records(); },
             +[](Submission& s) { return s.evaluate(); },
             +[](Submission& s) { return s.check_totals(); },
         }) {
        if (auto passed = test(submission); !passed) {
            return passed;
        }
    }
    submission.count();
    if (submission.all_in_conflict()) {
        return refuse(
            ErrorCode::activity_conflict,
            "every one of {} records was counted before",
            batch->records.size()
        );
    }
    submission.book();
    return {};
}

}  // namespace tanji::ledger
