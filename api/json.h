#pragma once

#include "api/service.h"
#include "ledger/value/json.h"
#include "ledger/view.h"

#include <optional>
#include <string>
#include <string_view>

// Views as JSON. Members stand in a fixed order, so equal replies are equal bytes.
namespace tanji::api {

void write_bilingual(
    ledger::JsonWriter& out, std::string_view name, std::string_view zh, std::string_view en
);
void write_time(ledger::JsonWriter& out, std::string_view name, ledger::TimeMs time);
// null stands for no time and for `time_never`, and for no text.
void write_time_or_null(ledger::JsonWriter& out, std::string_view name, ledger::TimeMs time);
void write_text_or_null(ledger::JsonWriter& out, std::string_view name, std::string_view text);
// {"index","size","certified_size","time","consistency"}
void write_as_of(ledger::JsonWriter& out, const ledger::View& view, bool local);

std::string membership_json(const ledger::Roster& roster, const ledger::MembershipRow& row);
std::string member_json(const ledger::View& view, const ledger::Member& member);
std::string scheme_json(const ledger::Scheme& scheme);
std::string class_json(std::string_view credit_class, const ledger::ClassSupply& supply);
std::string batch_json(
    const ledger::View& view, const ledger::CommandId& id, const ledger::BatchRow& batch
);
// A user's account stands as the commitment of its leaf.
std::string retirement_json(
    const ledger::View& view, const ledger::CommandId& id, const ledger::Retirement& retirement
);
void write_retirement(
    ledger::JsonWriter& out,
    const ledger::View& view,
    const ledger::CommandId& id,
    const ledger::Retirement& retirement
);
std::string document_json(std::string_view ref, const ledger::DocumentRow& row);

// `counts` of a batch by the names of the outcomes.
void write_counts(ledger::JsonWriter& out, const ledger::BatchRow& batch);

// The value as JSON, as it was read.
void write_value(ledger::JsonWriter& out, std::string_view name, const ledger::JsonValue* value);

}  // namespace tanji::api
