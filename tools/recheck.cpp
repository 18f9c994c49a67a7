#include "tools/recheck.h"

#include "ledger/command/batch.h"
#include "ledger/methodology/evaluate.h"
#include "ledger/methodology/sum.h"
#include "tools/documents.h"

#include <algorithm>
#include <map>

namespace tanji::tools {

using ledger::Int128;
using ledger::JsonValue;

namespace {

constexpr std::size_t sample_rows_max = 20;  // a screen; all of them with -v

// A record as the node keeps it, with what it decided about it.
struct Kept {
    ledger::Record record;
    std::string outcome;
    Int128 micrograms = 0;
};

Attempt<std::vector<Kept>> read_records(Remote& remote, const std::string& batch) {
    auto text = remote.get_text(
        "/v1/activities/" + batch + "/records",
        {{"Accept", "application/x-ndjson"}, {"Tanji-Purpose", "tanji attest"}}
    );
    if (!text) {
        return failure(text);
    }
    std::vector<Kept> all;
    for (std::string_view left = *text; !left.empty();) {
        const std::string_view line = left.substr(0, left.find('\n'));
        left.remove_prefix(std::min(left.size(), line.size() + 1));
        const auto value = ledger::parse_tolerant_json(line);
        const JsonValue* body = value ? value->find("record") : nullptr;
        const JsonValue* result = value ? value->find("result") : nullptr;
        auto record = body != nullptr ? ledger::read_record(ledger::to_canonical_text(*body))
                                      : ledger::Result<ledger::Record>(ledger::Record{});
        const auto micrograms =
            result != nullptr ? ledger::parse_signed(text_of(*result, "ug")) : std::nullopt;
        if (body == nullptr || !record || !micrograms) {
            return fail(Exit::unavailable, "{}: record {} is unreadable", batch, all.size());
        }
        all.push_back({std::move(*record), text_of(*result, "outcome"), *micrograms});
    }
    return all;
}

// Drawn here, so that the node does not choose what is looked at.
Attempt<std::vector<std::uint32_t>> draw(Remote& remote, const std::string& batch) {
    auto told = remote.get_json("/v1/activities/" + batch + "/sample");
    if (!told) {
        return failure(told);
    }
    const auto id = ledger::CommandId::from_hex(batch);
    const auto root = ledger::Hash::from_hex(text_of(*told, "root"));
    const JsonValue* records = told->find("records");
    if (!id || !root || records == nullptr || records->array() == nullptr) {
        return fail(Exit::unavailable, "{} names no sample of {}", remote.url(), batch);
    }
    const auto seed = ledger::sampling_seed(*id, number_of(*told, "size"), *root);
    auto sample = ledger::draw_sample(
        seed,
        static_cast<std::uint32_t>(number_of(*told, "count")),
        static_cast<std::uint32_t>(records->array()->size())
    );
    const bool same = std::ranges::equal(
        sample,
        *records->array(),
        [](std::uint32_t drawn, const JsonValue& named) {
            return named.integer() != nullptr && *named.integer() == drawn;
        }
    );
    if (!same) {
        return fail(Exit::unproven, "{} names another sample than its seed gives", remote.url());
    }
    return sample;
}

// Events and caps depend on everything before the batch; they can only make less of a record.
bool is_possible(const Kept& kept, const ledger::Evaluated& made) {
    if (kept.outcome == "counted") {
        return made.required && kept.micrograms == made.micrograms;
    }
    if (kept.outcome == "cut") {
        return kept.micrograms > 0 && kept.micrograms < made.micrograms;
    }
    const bool fits = kept.outcome == "ineligible" ? !made.required
                      : kept.outcome == "zero"     ? made.required && made.micrograms == 0
                      : kept.outcome == "capped"   ? made.micrograms > 0
                                                   : kept.outcome == "conflict";
    return fits && kept.micrograms == 0;
}

RecheckedRecord compare(std::size_t index, const Kept& kept, const ledger::Evaluated& made) {
    return {
        .index = static_cast<std::uint32_t>(index),
        .outcome = kept.outcome,
        .said = kept.micrograms,
        .made = made.required ? made.micrograms : 0,
        .counts = kept.outcome == "counted" ? made.micrograms : kept.micrograms,
        .agrees = is_possible(kept, made),
    };
}

Attempt<ledger::Evaluated> evaluate(ledger::Evaluator& evaluator, const ledger::Record& record) {
    const ledger::RecordInputs inputs{
        .inputs = record.inputs,
        .keys = record.keys,
        .quality = static_cast<char>(record.quality),
        .day = ledger::local_day(record.end, evaluator.methodology().utc_offset_minutes),
    };
    if (auto fits = ledger::check_record_inputs(evaluator.methodology(), inputs); !fits) {
        return fail(Exit::unproven, fits.error());
    }
    auto made = evaluator.evaluate(inputs);
    if (!made) {
        return fail(Exit::unproven, made.error());
    }
    return *made;
}

ledger::Amount grams_of(const std::map<ledger::UserId, Int128>& by_account) {
    ledger::Amount grams = 0;
    for (const auto& [account, micrograms] : by_account) {
        grams += ledger::sum_up(micrograms).grams;
    }
    return grams;
}

std::string micrograms_text(Int128 micrograms) {
    return grouped(micrograms) + " µg";
}

}  // namespace

std::size_t Recheck::differences() const {
    return static_cast<std::size_t>(std::ranges::count(records, false, &RecheckedRecord::agrees));
}

bool Recheck::holds(const std::vector<std::pair<std::uint32_t, std::uint32_t>>& excepted) const {
    const auto is_excepted = [&](const RecheckedRecord& record) {
        return std::ranges::any_of(excepted, [&](const auto& range) {
            return range.first <= record.index && record.index <= range.second;
        });
    };
    return root_holds && documents_hold && reduction_said == reduction_made &&
           std::ranges::all_of(records, [&](const RecheckedRecord& record) {
               return record.agrees || is_excepted(record);
           });
}

Attempt<Recheck> recheck(Remote& remote, const std::string& batch, const JsonValue& header) {
    auto kept = read_records(remote, batch);
    if (!kept) {
        return failure(kept);
    }
    auto sample = draw(remote, batch);
    if (!sample) {
        return failure(sample);
    }
    auto methodology = load_methodology(&remote, text_of(header, "methodology"));
    if (!methodology) {
        return failure(methodology);
    }
    auto factors = load_factors(&remote, text_of(header, "factors"));
    if (!factors) {
        return failure(factors);
    }
    Recheck checked;
    checked.sample = std::move(*sample);
    checked.documents_hold = methodology->digest.hex() == text_of(header, "methodology_digest") &&
                             factors->digest().hex() == text_of(header, "factors_digest");
    checked.reduction_said = ledger::parse_signed(text_of(header, "reduction_ug")).value_or(-1);
    ledger::Evaluator evaluator(*methodology, *factors);
    std::vector<ledger::Record> records;
    std::map<ledger::UserId, Int128> said;
    std::map<ledger::UserId, Int128> made;
    for (Kept& each : *kept) {
        auto evaluated = evaluate(evaluator, each.record);
        if (!evaluated) {
            return failure(evaluated);
        }
        const RecheckedRecord row = compare(checked.records.size(), each, *evaluated);
        checked.reduction_made += row.made;
        said[each.record.account] += row.said;
        made[each.record.account] += row.counts;
        checked.records.push_back(row);
        records.push_back(std::move(each.record));
    }
    checked.root_holds = ledger::records_root(records).hex() == text_of(header, "records_root");
    checked.grams_said = grams_of(said);
    checked.grams_made = grams_of(made);
    return checked;
}

void print_recheck(const Tool& tool, const Recheck& checked) {
    std::vector<std::vector<std::string>> rows{
        {"RECORD", "OUTCOME", "AS KEPT", "RECOMPUTED", "DIFFERENCE"}
    };
    const auto add_row = [&](const RecheckedRecord& record) {
        const Int128 more = record.said - record.counts;
        rows.push_back(
            {std::to_string(record.index),
             record.outcome,
             micrograms_text(record.said),
             micrograms_text(record.made),
             record.agrees ? "–"
             : more == 0   ? "outcome"
                           : micrograms_text(more)}
        );
    };
    std::size_t shown = 0;
    for (const std::uint32_t index : checked.sample) {
        if (index < checked.records.size() && (tool.verbose || ++shown <= sample_rows_max)) {
            add_row(checked.records[index]);
        }
    }
    if (shown > sample_rows_max) {
        rows.push_back(
            {"…", fmt::format("{} more of the sample with -v", shown - sample_rows_max), "", "", ""}
        );
    }
    for (const RecheckedRecord& record : checked.records) {
        if (!record.agrees && std::ranges::count(checked.sample, record.index) == 0) {
            add_row(record);
        }
    }
    tool.err << to_table(rows) << '\n';
    const auto tell = [&](bool good, const std::string& sentence) {
        tool.err << (good ? "  ✓ " : "  ✗ ") << sentence << '\n';
    };
    tell(checked.root_holds, "the records are those that the provider signed");
    tell(checked.documents_hold, "methodology and factors are those that the provider signed");
    tell(
        checked.differences() == 0,
        fmt::format(
            "{} records recomputed, {} differ; {} are the sample",
            checked.records.size(),
            checked.differences(),
            checked.sample.size()
        )
    );
    tell(
        checked.reduction_said == checked.reduction_made,
        fmt::format(
            "reduction {} as signed, {} recomputed",
            micrograms_text(checked.reduction_said),
            micrograms_text(checked.reduction_made)
        )
    );
    tell(
        checked.grams_said == checked.grams_made,
        fmt::format(
            "{} g as kept, {} g recomputed",
            grouped(checked.grams_said),
            grouped(checked.grams_made)
        )
    );
}

}  // namespace tanji::tools
