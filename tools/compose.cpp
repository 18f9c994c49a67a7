#include "tools/compose.h"

#include "ledger/command/command.h"
#include "ledger/value/json.h"

#include <algorithm>

namespace tanji::tools {

using ledger::CommandId;
using ledger::Hash;
using ledger::JsonValue;
using ledger::TimeMs;

Attempt<LedgerFacts> ask_ledger(Remote& remote) {
    auto reply = remote.get_json("/v1/ledger");
    if (!reply) {
        return failure(reply);
    }
    std::string id = text_of(*reply, "ledger");
    if (id.empty()) {
        id = text_of(*reply, "id");
    }
    const auto ledger = Hash::from_hex(id);
    if (!ledger) {
        return fail(Exit::unavailable, "{} does not name its ledger", remote.url());
    }
    LedgerFacts facts;
    facts.ledger = *ledger;
    facts.origin = text_of(*reply, "origin");
    facts.time = static_cast<TimeMs>(number_of(*reply, "time"));
    facts.size = number_of(*reply, "size");
    facts.certified_size = number_of(*reply, "certified_size");
    facts.demo = flag_of(*reply, "demo");
    return facts;
}

CommandId new_id(TimeMs now) {
    const std::string random = ledger::random_bytes(10);
    CommandId id;
    for (std::size_t i = 0; i < 6; ++i) {
        id.bytes[i] = static_cast<std::uint8_t>(static_cast<std::uint64_t>(now) >> (40 - 8 * i));
    }
    for (std::size_t i = 0; i < 10; ++i) {
        id.bytes[6 + i] = static_cast<std::uint8_t>(random[i]);
    }
    id.bytes[6] = static_cast<std::uint8_t>(0x70U | (id.bytes[6] & 0x0FU));  // version 7
    id.bytes[8] = static_cast<std::uint8_t>(0x80U | (id.bytes[8] & 0x3FU));  // variant of RFC 9562
    return id;
}

std::string compose(std::string_view type, const LedgerFacts& facts, std::string_view body) {
    const TimeMs now = std::max(now_ms(), facts.time);
    ledger::JsonWriter out;
    out.open_object();
    out.member("type", type);
    out.member("v", std::uint64_t{1});
    out.member("ledger", facts.ledger.hex());
    out.member("id", new_id(now).hex());
    out.member("not_after", static_cast<std::uint64_t>(now + command_life_ms));
    out.member("salt", ledger::to_hex(ledger::random_bytes(16)));
    out.name("body").raw(body);
    return out.close_object().take();
}

Attempt<std::string> complete(std::string_view json, const LedgerFacts& facts) {
    auto value = ledger::parse_json(json);
    if (!value) {
        return fail(Exit::usage, value.error());
    }
    const std::string type = text_of(*value, "type");
    const JsonValue* body = value->find("body");
    if (type.empty() || body == nullptr) {
        return fail(Exit::usage, "a command needs at least type and body");
    }
    // What is missing comes from a fresh command of that type.
    auto fresh = ledger::parse_json(compose(type, facts, ledger::to_canonical_text(*body)));
    for (ledger::JsonMember& member : std::get<JsonValue::Object>(fresh->value)) {
        if (const JsonValue* given = value->find(member.name); given != nullptr) {
            member.value = *given;
        }
    }
    for (const ledger::JsonMember& member : *value->object()) {
        if (fresh->find(member.name) == nullptr) {
            return fail(Exit::usage, "a command has no member \"{}\"", member.name);
        }
    }
    return ledger::to_canonical_text(*fresh);
}

Attempt<ledger::Envelope> sign(std::string payload, std::span<const ledger::SigningKey> keys) {
    if (auto command = ledger::read_command(payload); !command) {
        return fail(Exit::usage, command.error());
    }
    std::vector<const ledger::SigningKey*> pointers;
    for (const ledger::SigningKey& key : keys) {
        pointers.push_back(&key);
    }
    return ledger::sign_command(std::move(payload), pointers);
}

Attempt<Parcel> pack(const ledger::Envelope& envelope) {
    auto command = ledger::read_command(envelope.payload);
    if (!command) {
        return fail(Exit::usage, command.error());
    }
    return Parcel{
        .id = command->id,
        .path = "/v1/commands",
        .content_type = "application/json",
        .signature = {},
        .body = ledger::to_text(envelope),
    };
}

}  // namespace tanji::tools
