#include "tools/import/import.h"

#include "ledger/methodology/sum.h"
#include "ledger/proof/merkle.h"
#include "ledger/value/crypto.h"

#include <algorithm>

namespace tanji::tools {

using ledger::Amount;
using ledger::ByteView;
using ledger::Day;
using ledger::TimeS;

namespace {

constexpr TimeS seconds_per_day = 86'400;

template <typename Fixed>
Fixed derive(ByteView key, std::string_view message) {
    return *Fixed::from(ledger::hmac_sha256(key, message).view().substr(0, Fixed::length));
}

ledger::Salt record_salt(ByteView account_salt, const ledger::Tag& tag, std::uint64_t line) {
    return derive<ledger::Salt>(
        account_salt, fmt::format("tanji/import-salt@v1\n{}\n{}", tag.hex(), line)
    );
}

}  // namespace

ledger::UserId account_of(ByteView account_salt, std::string_view subject) {
    return derive<ledger::UserId>(
        account_salt, fmt::format("tanji/import-account@v1\n{}", subject)
    );
}

std::string normal_text(std::string_view text) {
    constexpr std::string_view blank = " \t";
    const std::size_t first = text.find_first_not_of(blank);
    if (first == std::string_view::npos) {
        return {};
    }
    std::string normal(text.substr(first, text.find_last_not_of(blank) + 1 - first));
    for (char& c : normal) {
        if (c >= 'a' && c <= 'z') {
            c = static_cast<char>(c - 'a' + 'A');
        }
    }
    return normal;
}

RecordMaker::RecordMaker(const ImportRules& rules)
    : rules_(rules),
      evaluator_(*rules.methodology, *rules.factors) {}

std::variant<ImportedRecord, RejectedRow> RecordMaker::make(const SourceRow& row) {
    const auto reject = [&](std::string reason, std::string detail) {
        return RejectedRow{row.line, std::move(reason), std::move(detail)};
    };
    const ledger::Methodology& methodology = *rules_.methodology;
    const TimeS shift = rules_.shift_days * seconds_per_day;
    ImportedRecord made;
    made.line = row.line;
    ledger::Record& record = made.record;
    record.start = row.start + shift;
    record.end = row.end + shift;
    if (record.start < 0 || record.start >= record.end || record.end > ledger::time_s_max) {
        return reject("time_invalid", "the end is not after the start");
    }
    const Day first_day = ledger::local_day(record.start, methodology.utc_offset_minutes);
    const Day last_day = ledger::local_day(record.end, methodology.utc_offset_minutes);
    const ledger::Date ended = ledger::civil_from_day(last_day);
    made.year = ended.year;
    if (ledger::civil_from_day(first_day).year != ended.year) {
        return reject("crosses_year", "a batch may not cross a local year, nor may its records");
    }
    if (!methodology.is_valid_on(ledger::civil_from_day(first_day)) ||
        !methodology.is_valid_on(ended)) {
        return reject("methodology_not_valid", methodology.ref + " does not hold on that day");
    }
    auto key = rules_.event_keys.find(ended.year);
    if (key == rules_.event_keys.end()) {
        key = rules_.event_keys.find(0);
    }
    if (key == rules_.event_keys.end()) {
        return reject("event_key_missing", fmt::format("no event key for {}", ended.year));
    }
    const std::string text = normal_text(row.event);
    using Kind = decltype(record.source);
    record.source = methodology.by_interval ? Kind::interval : Kind::event;
    record.tag = methodology.by_interval ? ledger::subject_tag(key->second, methodology.kind, text)
                                         : ledger::event_tag(key->second, methodology.kind, text);
    record.account = account_of(rules_.account_salt, row.subject);
    record.region = rules_.region;
    record.quality = static_cast<std::uint8_t>(rules_.quality);
    record.inputs = row.inputs;
    record.salt = record_salt(rules_.account_salt, record.tag, row.line);
    const ledger::RecordInputs inputs{
        .inputs = record.inputs, .keys = record.keys, .quality = rules_.quality, .day = last_day
    };
    if (auto fits = ledger::check_record_inputs(methodology, inputs); !fits) {
        return reject(fits.error().reason, fits.error().detail);
    }
    const auto evaluated = evaluator_.evaluate(inputs);
    if (!evaluated) {
        return reject("factor_missing", evaluated.error().detail);
    }
    if (auto fits = ledger::check(record); !fits) {
        return reject("malformed", fits.error().detail);
    }
    made.micrograms = evaluated->micrograms;
    made.required = evaluated->required;
    made.repeated = !methodology.by_interval && !seen_.insert(record.tag).second;
    return made;
}

Amount BatchDraft::expected_grams() const {
    Amount grams = 0;
    for (const auto& [account, micrograms] : expected_ug) {
        grams += ledger::sum_up(micrograms).grams;
    }
    return grams;
}

std::optional<BatchDraft> Batcher::add(const ImportedRecord& imported) {
    BatchDraft& draft = open_[imported.year];
    const ledger::Record& record = imported.record;
    if (draft.records.empty()) {
        draft.year = imported.year;
        draft.period_start = record.start;
        draft.period_end = record.end;
        draft.input_sums.assign(record.inputs.size(), 0);
    }
    draft.period_start = std::min(draft.period_start, record.start);
    draft.period_end = std::max(draft.period_end, record.end);
    for (std::size_t i = 0; i < record.inputs.size(); ++i) {
        draft.input_sums[i] += record.inputs[i];
    }
    if (imported.required) {
        draft.reduction_ug += imported.micrograms;
    }
    draft.repeated += imported.repeated ? 1 : 0;
    if (imported.required && !imported.repeated) {
        draft.expected_ug[record.account] += imported.micrograms;
    }
    draft.records.push_back(record);
    if (draft.records.size() < most_) {
        return std::nullopt;
    }
    BatchDraft full = std::move(draft);
    open_.erase(full.year);
    return full;
}

std::vector<BatchDraft> Batcher::finish() {
    std::vector<BatchDraft> drafts;
    for (auto& [year, draft] : open_) {
        drafts.push_back(std::move(draft));
    }
    open_.clear();
    return drafts;
}

ledger::BatchHeader header_of(
    const BatchDraft& draft, const ImportRules& rules, const HeaderWords& words
) {
    ledger::BatchHeader header;
    header.provider = words.provider;
    header.scheme = words.scheme;
    header.methodology = rules.methodology->ref;
    header.methodology_digest = rules.methodology->digest;
    header.factors = rules.factors->ref();
    header.factors_digest = rules.factors->digest();
    header.programme = words.programme;
    header.rank = words.rank;
    header.region = rules.region;
    header.period_start = draft.period_start;
    header.period_end = draft.period_end;
    header.count = static_cast<std::uint32_t>(draft.records.size());
    for (std::size_t i = 0; i < draft.input_sums.size(); ++i) {
        header.inputs.push_back({rules.methodology->inputs[i].name, draft.input_sums[i]});
    }
    header.reduction_ug = draft.reduction_ug;
    header.records_root = ledger::records_root(draft.records);
    header.evidence_root = ledger::empty_root();
    return header;
}

std::int64_t shift_to_yesterday(TimeS last_end, TimeS now, int utc_offset_minutes) {
    return ledger::local_day(now, utc_offset_minutes) - 1 -
           ledger::local_day(last_end, utc_offset_minutes);
}

}  // namespace tanji::tools
