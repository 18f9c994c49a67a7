#include "tools/import_report.h"

#include "ledger/value/json.h"

#include <array>

namespace tanji::tools {

using ledger::JsonValue;

namespace {

constexpr std::array<std::string_view, 6> outcome_words{
    "counted", "cut", "capped", "zero", "ineligible", "conflict"
};

// The member of that name in the reply itself or in what it says was done.
const JsonValue* find_in(const Delivered& delivered, std::string_view name) {
    for (const JsonValue* place :
         {delivered.outcome.find("result"), &delivered.outcome, &delivered.reply}) {
        if (place != nullptr && place->find(name) != nullptr) {
            return place->find(name);
        }
    }
    return nullptr;
}

// The first conflict receipt: inline, or as a part of the receipt.
std::optional<JsonValue> first_conflict(const Delivered& delivered) {
    const JsonValue* conflicts = find_in(delivered, "conflicts");
    if (conflicts != nullptr && conflicts->array() != nullptr && !conflicts->array()->empty()) {
        return conflicts->array()->front();
    }
    const JsonValue* receipt = delivered.outcome.find("receipt");
    const JsonValue* parts = receipt != nullptr ? receipt->find("parts") : nullptr;
    if (parts == nullptr || parts->array() == nullptr) {
        return std::nullopt;
    }
    for (const JsonValue& part : *parts->array()) {
        if (text_of(part, "kind") == "conflict") {
            const auto text = ledger::parse_json(text_of(part, "text"));
            return text ? std::optional(*text) : std::nullopt;
        }
    }
    return std::nullopt;
}

}  // namespace

void ImportReport::expect(const BatchDraft& draft) {
    ++batches_;
    pending_ = draft.records.size();
    records_ += draft.records.size();
    repeated_ += draft.repeated;
    const ledger::Amount grams = draft.expected_grams();
    expected_grams_ += grams;
    tool_.say(fmt::format(
        "batch {}: {} records of {}, {} accounts, {} repeated here, expected {} g",
        batches_,
        draft.records.size(),
        draft.year,
        draft.expected_ug.size(),
        draft.repeated,
        grouped(grams)
    ));
}

Attempt<void> ImportReport::settle(const Delivered& delivered) {
    sent_.push_back(delivered.id.hex());
    const std::uint64_t leaf = number_of(delivered.outcome, "leaf_index");
    if (const auto first = first_conflict(delivered)) {
        tool_.say(fmt::format(
            "  record {} was counted first as record {} of leaf {} ({})",
            number_of(*first, "record"),
            number_of(*first, "first"),
            number_of(*first, "leaf"),
            text_of(*first, "rule")
        ));
    }
    if (delivered.code == "activity_conflict") {
        outcomes_["conflict"] += pending_;
        tool_.say(fmt::format("  leaf {}: every record was counted before", leaf));
        return {};
    }
    if (!delivered.applied()) {
        return conclude({delivered});
    }
    std::string words;
    if (const JsonValue* counts = find_in(delivered, "counts")) {
        for (const std::string_view word : outcome_words) {
            const std::uint64_t count = number_of(*counts, word);
            outcomes_[std::string(word)] += count;
            if (count > 0) {
                words += fmt::format("{}{} {}", words.empty() ? "" : ", ", word, count);
            }
        }
    }
    tool_.say(fmt::format("  batch {} in leaf {}: {}", delivered.id.hex(), leaf, words));
    return {};
}

Attempt<void> ImportReport::finish(bool strict, bool demo, const std::string& rejects_file) const {
    std::uint64_t rejected = 0;
    for (const auto& [reason, count] : rejected_) {
        rejected += count;
    }
    if (tool_.json) {
        ledger::JsonWriter out;
        out.open_object().member("demo", demo).member("rows", rows_).member("records", records_);
        out.name("rejected").open_object();
        for (const auto& [reason, count] : rejected_) {
            out.member(reason, count);
        }
        out.close_object().name("outcomes").open_object();
        for (const auto& [word, count] : outcomes_) {
            out.member(word, count);
        }
        out.close_object().member("repeated", repeated_).member("accounts_opened", accounts_);
        out.amount_member("expected_grams", expected_grams_);
        out.name("batches").open_array();
        for (const std::string& id : sent_) {
            out.string(id);
        }
        tool_.print(out.close_array().close_object().text());
    } else {
        std::vector<std::vector<std::string>> table{{demo ? "rows (DEMO)" : "rows", grouped(rows_)}
        };
        for (const auto& [reason, count] : rejected_) {
            table.push_back({"rejected: " + reason, grouped(count)});
        }
        table.push_back({"records", grouped(records_)});
        for (const auto& [word, count] : outcomes_) {
            if (count > 0) {
                table.push_back({word, grouped(count)});
            }
        }
        table.push_back({"repeated in the file", grouped(repeated_)});
        table.push_back({"expected", grouped(expected_grams_) + " g"});
        table.push_back({"rejects", rejects_file});
        tool_.out << to_table(table);
    }
    const auto conflicts = outcomes_.find("conflict");
    if (strict && (rejected > 0 || (conflicts != outcomes_.end() && conflicts->second > 0))) {
        return fail(Exit::refused, "--strict: not every row was counted");
    }
    return {};
}

}  // namespace tanji::tools
