#include "ledger/command/record.h"
#include "ledger/methodology/explain.h"
#include "ledger/methodology/sum.h"
#include "tools/desk.h"
#include "tools/documents.h"
#include "tools/files.h"

#include <algorithm>
#include <map>

namespace tanji::tools {

using ledger::JsonWriter;
using ledger::Methodology;

namespace {

Attempt<void> publish(
    Tool& tool, const PublishOptions& options, std::string_view type, const std::string& document
) {
    JsonWriter body;
    body.open_object();
    if (!options.scheme.empty()) {
        body.member("scheme", options.scheme);
    }
    body.member("document", document);
    return dispatch(tool, type, body.close_object().text(), dispatch_of(options.send));
}

Attempt<std::string> read_checked(const std::string& file, bool methodology) {
    auto text = read_file(file, ledger::document_bytes_max);
    if (!text) {
        return failure(text);
    }
    if (methodology) {
        if (auto read = ledger::read_methodology(*text); !read) {
            return fail(Exit::usage, read.error());
        }
    } else if (auto read = ledger::read_factor_set(*text); !read) {
        return fail(Exit::usage, read.error());
    }
    return text;
}

Attempt<void> check_one(Tool& tool, const std::string& file) {
    auto text = read_file(file, ledger::document_bytes_max);
    if (!text) {
        return failure(text);
    }
    const auto value = ledger::parse_tolerant_json(*text);
    if (value && text_of(*value, "tanji") == "factors/1") {
        auto factors = ledger::read_factor_set(*text);
        if (!factors) {
            return fail(Exit::usage, factors.error());
        }
        tool.tick(
            true, fmt::format("{}: {}, {} rows", file, factors->ref(), factors->rows().size())
        );
        return {};
    }
    auto methodology = ledger::read_methodology(*text);
    if (!methodology) {
        return fail(Exit::usage, methodology.error());
    }
    tool.tick(
        true,
        fmt::format(
            "{}: {}, units and bounds hold, {} vectors come out as they say",
            file,
            methodology->ref,
            methodology->vectors.size()
        )
    );
    return {};
}

struct Documents {
    Methodology methodology;
    ledger::FactorSet factors;
};

Attempt<Documents> load_documents(Tool& tool, const ComputeOptions& options) {
    Remote remote(tool);
    auto methodology = load_methodology(&remote, options.methodology);
    if (!methodology) {
        return failure(methodology);
    }
    auto factors = load_factors(&remote, options.factors);
    if (!factors) {
        return failure(factors);
    }
    return Documents{std::move(*methodology), std::move(*factors)};
}

Attempt<ledger::Explanation> explain_one(
    const Documents& documents, const ledger::RecordInputs& inputs
) {
    if (auto fits = ledger::check_record_inputs(documents.methodology, inputs); !fits) {
        return fail(Exit::usage, fits.error());
    }
    auto explained = ledger::explain(documents.methodology, documents.factors, inputs);
    if (!explained) {
        return fail(Exit::usage, explained.error());
    }
    return std::move(*explained);
}

std::string micrograms_text(ledger::Int128 micrograms) {
    return grouped(micrograms) + " µg";
}

void print_steps(const Tool& tool, const ledger::Explanation& explained) {
    std::vector<std::vector<std::string>> rows{{"STEP", "OPERATION", "VALUE", "SOURCE"}};
    for (const auto& step : explained.steps) {
        rows.push_back(
            {std::string(step.place),
             fmt::format("{} {}", step.operation, step.name),
             fmt::format("{} {}", grouped(step.value), step.unit),
             step.source != nullptr ? step.source->title : std::string()}
        );
    }
    tool.out << to_table(rows);
}

// `distance=8600` for the input `distance_m`: the unit may be left out where that is unambiguous.
std::optional<std::size_t> find_input(const Methodology& methodology, std::string_view name) {
    std::optional<std::size_t> found;
    for (std::size_t i = 0; i < methodology.inputs.size(); ++i) {
        const std::string& input = methodology.inputs[i].name;
        if (input == name) {
            return i;
        }
        if (input.starts_with(std::string(name) + "_")) {
            found = found ? std::nullopt : std::optional(i);
        }
    }
    return found;
}

struct Given {
    std::vector<ledger::Amount> inputs;
    std::vector<std::uint16_t> keys;
};

Attempt<Given> read_given(const Methodology& methodology, const ComputeOptions& options) {
    Given given;
    std::map<std::size_t, ledger::Amount> inputs;
    for (const std::string& pair : options.inputs) {
        const std::size_t equals = std::min(pair.find('='), pair.size());
        const auto place = find_input(methodology, pair.substr(0, equals));
        const auto amount = ledger::parse_amount(
            equals < pair.size() ? std::string_view(pair).substr(equals + 1) : ""
        );
        if (!place || !amount) {
            return fail(Exit::usage, "--input {}: expected name=whole number", pair);
        }
        inputs[*place] = *amount;
    }
    for (std::size_t i = 0; i < methodology.inputs.size(); ++i) {
        if (!inputs.contains(i)) {
            return fail(Exit::usage, "--input {}=… is missing", methodology.inputs[i].name);
        }
        given.inputs.push_back(inputs[i]);
    }
    for (const ledger::Key& key : methodology.keys) {
        const auto chosen = std::ranges::find_if(options.keys, [&](const std::string& pair) {
            return pair.starts_with(key.name + "=");
        });
        const std::string value =
            chosen != options.keys.end() ? chosen->substr(key.name.size() + 1) : std::string();
        const auto place = std::ranges::find(key.values, value);
        if (place == key.values.end()) {
            return fail(Exit::usage, "--key {}=… must be one of its values", key.name);
        }
        given.keys.push_back(static_cast<std::uint16_t>(place - key.values.begin()));
    }
    return given;
}

}  // namespace

Attempt<void> publish_methodology(Tool& tool, const PublishOptions& options) {
    if (options.scheme.empty()) {
        return fail(Exit::usage, "say whose rules it serves: --scheme SLUG");
    }
    auto document = read_checked(options.file, true);
    if (!document) {
        return failure(document);
    }
    return publish(tool, options, "methodology.publish", *document);
}

Attempt<void> publish_factors(Tool& tool, const PublishOptions& options) {
    auto document = read_checked(options.file, false);
    if (!document) {
        return failure(document);
    }
    PublishOptions without_scheme = options;
    without_scheme.scheme.clear();
    return publish(tool, without_scheme, "factors.publish", *document);
}

Attempt<void> check_documents(Tool& tool, const ComputeOptions& options) {
    for (const std::string& file : options.files) {
        if (auto checked = check_one(tool, file); !checked) {
            checked.error().sentence = file + ": " + checked.error().sentence;
            return checked;
        }
    }
    return {};
}

Attempt<void> estimate(Tool& tool, const ComputeOptions& options) {
    auto documents = load_documents(tool, options);
    if (!documents) {
        return failure(documents);
    }
    auto given = read_given(documents->methodology, options);
    if (!given) {
        return failure(given);
    }
    const auto date = ledger::parse_date(options.date);
    if (!options.date.empty() && !date) {
        return fail(Exit::usage, "{} is no date such as 2026-11-21", options.date);
    }
    const int offset = documents->methodology.utc_offset_minutes;
    const ledger::RecordInputs inputs{
        .inputs = given->inputs,
        .keys = given->keys,
        .quality = options.quality.empty() ? 'A' : options.quality.front(),
        .day = date ? ledger::day_from_civil(*date) : ledger::local_day(now_ms() / 1'000, offset),
    };
    auto explained = explain_one(*documents, inputs);
    if (!explained) {
        return failure(explained);
    }
    if (tool.json) {
        JsonWriter out;
        ledger::write(out, *explained);
        tool.print(out.text());
        return {};
    }
    print_steps(tool, *explained);
    tool.print(fmt::format(
        "ESTIMATE  {} = {} g; nothing was recorded",
        micrograms_text(explained->micrograms),
        grouped(explained->micrograms / ledger::micrograms_per_gram)
    ));
    return {};
}

Attempt<void> recompute(Tool& tool, const ComputeOptions& options) {
    if (!options.batch.empty()) {
        Remote remote(tool);
        JsonWriter body;
        body.open_object().member("batch", options.batch);
        // Bodies of records are read, and every such reading says why.
        auto reply = remote.post(
            "/v1/recompute",
            "application/json",
            body.close_object().text(),
            {{"Tanji-Purpose", "tanji recompute"}}
        );
        if (!reply) {
            return failure(reply);
        }
        if (!reply->ok()) {
            return std::unexpected(problem_of(*reply));
        }
        tool.print(reply->body);
        return {};
    }
    auto documents = load_documents(tool, options);
    if (!documents) {
        return failure(documents);
    }
    auto text = read_file(options.records);
    if (!text) {
        return failure(text);
    }
    ledger::Evaluator evaluator(documents->methodology, documents->factors);
    std::map<ledger::UserId, ledger::Int128> by_account;
    ledger::Int128 reduction = 0;
    std::uint64_t line_number = 0;
    for (std::string_view left = *text; !left.empty();) {
        const std::string_view line = left.substr(0, left.find('\n'));
        left.remove_prefix(std::min(left.size(), line.size() + 1));
        ++line_number;
        if (line.find("\"payloadType\"") != std::string_view::npos) {
            continue;  // the envelope before the records of a batch
        }
        auto record = ledger::read_record(line);
        if (!record) {
            return fail(Exit::usage, "line {}: {}", line_number, record.error().detail);
        }
        const ledger::RecordInputs inputs{
            .inputs = record->inputs,
            .keys = record->keys,
            .quality = static_cast<char>(record->quality),
            .day = ledger::local_day(record->end, documents->methodology.utc_offset_minutes),
        };
        if (auto fits = ledger::check_record_inputs(documents->methodology, inputs); !fits) {
            return fail(Exit::usage, "line {}: {}", line_number, fits.error().detail);
        }
        const auto evaluated = evaluator.evaluate(inputs);
        if (!evaluated) {
            return fail(Exit::usage, evaluated.error());
        }
        by_account[record->account] += evaluated->micrograms;
        reduction += evaluated->micrograms;
    }
    JsonWriter json;
    json.open_object().amount_member("reduction_ug", reduction).name("accounts").open_object();
    std::vector<std::vector<std::string>> rows{{"ACCOUNT", "GRAMS"}};
    for (const auto& [account, micrograms] : by_account) {
        const ledger::Amount grams = ledger::sum_up(micrograms).grams;
        json.amount_member(account.hex(), grams);
        rows.push_back({account.hex(), grouped(grams)});
    }
    rows.push_back({"reduction", micrograms_text(reduction)});
    if (tool.json) {
        tool.print(json.close_object().close_object().text());
    } else {
        tool.out << to_table(rows);
    }
    return {};
}

}  // namespace tanji::tools
