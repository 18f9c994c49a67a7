// What one act would give, by the same engine as at issue.
#include "api/handlers/computing.h"
#include "ledger/methodology/evaluate.h"
#include "ledger/methodology/explain.h"

#include <algorithm>

namespace tanji::api {
namespace {

using ledger::ErrorCode;
using ledger::Result;
using ledger::Status;

// The newest factor set that nothing has superseded.
std::string newest_factors(const ledger::View& view) {
    std::string newest;
    ledger::TimeMs at = -1;
    for (const auto& [ref, row] : view.factor_sets()) {
        if (row.superseded == 0 && row.time > at) {
            newest = ref;
            at = row.time;
        }
    }
    return newest;
}

// {name: amount} in the methodology's order of inputs.
std::vector<ledger::Amount> read_inputs(
    const ledger::JsonValue& value,
    const ledger::Methodology& methodology,
    ledger::JsonFaults& faults
) {
    std::vector<ledger::Amount> inputs;
    ledger::JsonReader in(value, "/inputs", faults);
    for (const ledger::Input& input : methodology.inputs) {
        inputs.push_back(in.amount_or_zero(input.name));
    }
    in.finish();
    return inputs;
}

// {name: value} to places in the keys' lists.
std::vector<std::uint16_t> read_keys(
    const ledger::JsonValue& value,
    const ledger::Methodology& methodology,
    ledger::JsonFaults& faults
) {
    std::vector<std::uint16_t> keys;
    ledger::JsonReader in(value, "/keys", faults);
    for (const ledger::Key& key : methodology.keys) {
        const std::string text = in.text(key.name, 64);
        const auto found = std::ranges::find(key.values, text);
        if (found == key.values.end()) {
            in.fault(key.name, "is no value of this key");
        }
        keys.push_back(static_cast<std::uint16_t>(found - key.values.begin()));
    }
    in.finish();
    return keys;
}

}  // namespace

Result<std::string> estimate(const ledger::View& view, const ledger::JsonValue& body) {
    static const ledger::JsonValue nothing{ledger::JsonValue::Object{}};
    ledger::JsonFaults faults(ErrorCode::bad_request);
    ledger::JsonReader in(body, "", faults);
    const std::string methodology = in.ref("methodology");
    const std::string factors =
        body.find("factors") != nullptr ? in.ref("factors") : newest_factors(view);
    const ledger::JsonValue* inputs = in.member("inputs");
    const ledger::JsonValue* keys = body.find("keys") != nullptr ? in.member("keys") : &nothing;
    const std::string quality =
        body.find("quality") != nullptr ? in.text("quality", 1) : std::string("A");
    const auto date = ledger::parse_date(in.text("date", 10));
    in.finish();
    if (!date) {
        in.fault("date", "is no date");
    }
    if (quality.size() != 1) {
        in.fault("quality", "is no letter");
    }
    if (faults.any()) {
        return faults.refusal();
    }
    Result<Documents> documents = find_documents(view, methodology, factors);
    if (!documents) {
        return refusal(documents);
    }
    const auto amounts = read_inputs(*inputs, documents->methodology, faults);
    const auto places = read_keys(*keys, documents->methodology, faults);
    if (faults.any()) {
        return faults.refusal();
    }
    const ledger::RecordInputs record{
        .inputs = amounts,
        .keys = places,
        .quality = quality.front(),
        .day = ledger::day_from_civil(*date),
    };
    if (Status checked = ledger::check_record_inputs(documents->methodology, record); !checked) {
        return refusal(checked);
    }
    auto explained = ledger::explain(documents->methodology, documents->factors, record);
    if (!explained) {
        return refusal(explained);
    }
    ledger::JsonWriter out;
    out.open_object()
        .member("kind", "ESTIMATE")
        .member("methodology", methodology)
        .member("factors", factors)
        .member("eligible", explained->required)
        .amount_member("ug", explained->micrograms)
        .amount_member(
            "grams", ledger::floor_div(explained->micrograms, ledger::micrograms_per_gram)
        )
        .name("reduction");
    ledger::write(out, *explained);
    return out.close_object().take();
}

}  // namespace tanji::api
