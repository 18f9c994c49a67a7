#include "ledger/command/envelope.h"

#include "ledger/value/json.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

namespace tanji::ledger {
namespace {

std::unexpected<Error> malformed(std::string pointer, std::string_view why) {
    return refuse_at(ErrorCode::command_malformed, std::move(pointer), "{}", why);
}

bool has_key(const std::vector<EnvelopeSignature>& signatures, const KeyId& keyid) {
    return std::ranges::any_of(signatures, [&](const auto& made) { return made.keyid == keyid; });
}

Result<EnvelopeSignature> read_signature(const JsonValue& value, const std::string& pointer) {
    const JsonValue* keyid = value.find("keyid");
    const JsonValue* sig = value.find("sig");
    if (keyid == nullptr || sig == nullptr || keyid->string() == nullptr ||
        sig->string() == nullptr) {
        return malformed(pointer, "a signature has keyid and sig");
    }
    const auto id = KeyId::from_hex(*keyid->string());
    if (!id) {
        return malformed(pointer + "/keyid", "a key id is 32 lower-case hex digits");
    }
    const auto bytes = from_base64_of_either_alphabet(*sig->string());
    const auto signature = bytes ? Signature::from(*bytes) : std::nullopt;
    if (!signature) {
        return malformed(pointer + "/sig", "a signature is base64 of 64 bytes");
    }
    return EnvelopeSignature{.keyid = *id, .sig = *signature};
}

std::string_view skip_blanks(std::string_view text) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
    return text;
}

// Takes `word` off the front.
bool take(std::string_view& text, std::string_view word) {
    if (!text.starts_with(word)) {
        return false;
    }
    text.remove_prefix(word.size());
    return true;
}

std::optional<EnvelopeSignature> take_entry(std::string_view& text) {
    constexpr std::size_t keyid_digits = 2 * KeyId::length;
    constexpr std::size_t sig_digits = (Signature::length + 2) / 3 * 4;
    if (!take(text, "keyid=")) {
        return std::nullopt;
    }
    const auto keyid = KeyId::from_hex(text.substr(0, keyid_digits));
    text.remove_prefix(std::min(keyid_digits, text.size()));
    text = skip_blanks(text);
    if (!keyid || !take(text, ";")) {
        return std::nullopt;
    }
    text = skip_blanks(text);
    if (!take(text, "sig=")) {
        return std::nullopt;
    }
    const auto sig = Signature::from_base64(text.substr(0, sig_digits));
    text.remove_prefix(std::min(sig_digits, text.size()));
    if (!sig) {
        return std::nullopt;
    }
    return EnvelopeSignature{.keyid = *keyid, .sig = *sig};
}

std::string lower(std::string_view text) {
    std::string made(text);
    for (char& c : made) {
        if (c >= 'A' && c <= 'Z') {
            c = static_cast<char>(c + ('a' - 'A'));
        }
    }
    return made;
}

}  // namespace

Result<Envelope> read_any_envelope(ByteView json) {
    auto value = parse_tolerant_json(json);
    if (!value) {
        return refusal(value);
    }
    const JsonValue* type = value->find("payloadType");
    const JsonValue* payload = value->find("payload");
    const JsonValue* signatures = value->find("signatures");
    if (type == nullptr || payload == nullptr || signatures == nullptr ||
        type->string() == nullptr || payload->string() == nullptr ||
        signatures->array() == nullptr) {
        return malformed("", "an envelope has payloadType, payload and signatures");
    }
    if (signatures->array()->size() > signatures_max) {
        return malformed("/signatures", "there are more than 16 signatures");
    }
    auto bytes = from_base64_of_either_alphabet(*payload->string());
    if (!bytes) {
        return malformed("/payload", "the payload is not base64 with padding");
    }
    Envelope envelope{
        .payload_type = *type->string(), .payload = std::move(*bytes), .signatures = {}
    };
    for (const JsonValue& element : *signatures->array()) {
        const std::string pointer = fmt::format("/signatures/{}", envelope.signatures.size());
        auto signature = read_signature(element, pointer);
        if (!signature) {
            return refusal(signature);
        }
        if (has_key(envelope.signatures, signature->keyid)) {
            return malformed(pointer + "/keyid", "a key id stands twice");
        }
        envelope.signatures.push_back(*signature);
    }
    return envelope;
}

Result<Envelope> read_envelope(ByteView json) {
    auto envelope = read_any_envelope(json);
    if (!envelope) {
        return envelope;
    }
    if (envelope->payload_type != command_payload_type) {
        return refuse_at(
            ErrorCode::payload_type_unknown,
            "/payloadType",
            "only {} is a command",
            command_payload_type
        );
    }
    if (auto fits = check_size(*envelope); !fits) {
        return refusal(fits);
    }
    return envelope;
}

std::string to_text(const Envelope& envelope) {
    JsonWriter out;
    out.open_object().member("payloadType", envelope.payload_type);
    out.member("payload", to_base64(envelope.payload)).name("signatures").open_array();
    for (const EnvelopeSignature& made : envelope.signatures) {
        out.open_object().member("keyid", made.keyid.hex());
        out.member("sig", to_base64(made.sig.view())).close_object();
    }
    out.close_array().close_object();
    return out.take();
}

Result<std::vector<EnvelopeSignature>> read_signature_header(std::string_view header) {
    constexpr std::string_view expected =
        "Tanji-Signature is keyid=<32 hex digits>; sig=<base64>, and so on";
    std::vector<EnvelopeSignature> signatures;
    while (true) {
        const auto entry = take_entry(header);
        if (!entry) {
            return malformed("", expected);
        }
        if (has_key(signatures, entry->keyid) || signatures.size() == signatures_max) {
            return malformed("", "Tanji-Signature has a key id twice, or over 16 entries");
        }
        signatures.push_back(*entry);
        if (header.empty()) {
            return signatures;
        }
        header = skip_blanks(header);
        if (!take(header, ",")) {
            return malformed("", expected);
        }
        header = skip_blanks(header);
    }
}

std::string to_signature_header(std::span<const EnvelopeSignature> signatures) {
    std::string text;
    for (const EnvelopeSignature& made : signatures) {
        text += fmt::format(
            "{}keyid={}; sig={}",
            text.empty() ? "" : ", ",
            made.keyid.hex(),
            to_base64(made.sig.view())
        );
    }
    return text;
}

bool is_command_content_type(std::string_view content_type) {
    const std::string text = lower(content_type);
    std::string_view rest = text;
    if (rest == command_payload_type) {
        return true;
    }
    if (!take(rest, "application/json")) {
        return false;
    }
    rest = skip_blanks(rest);
    if (rest.empty()) {
        return true;
    }
    if (!take(rest, ";")) {
        return false;
    }
    rest = skip_blanks(rest);
    return rest == "charset=utf-8";
}

Result<Envelope> detached_envelope(
    std::string_view content_type, Bytes payload, std::string_view signature_header
) {
    if (!is_command_content_type(content_type)) {
        return refuse(
            ErrorCode::unsupported_media_type,
            "a command is {} or application/json",
            command_payload_type
        );
    }
    auto signatures = read_signature_header(signature_header);
    if (!signatures) {
        return refusal(signatures);
    }
    Envelope envelope{
        .payload_type = std::string(command_payload_type),
        .payload = std::move(payload),
        .signatures = std::move(*signatures),
    };
    if (auto fits = check_size(envelope); !fits) {
        return refusal(fits);
    }
    return envelope;
}

Status check_size(const Envelope& envelope) {
    // docs/formats.md §2.6: two bytes, three lengths, and per signature key id, length, signature.
    constexpr std::size_t fixed = 2 + 4 + 1 + 4;
    constexpr std::size_t per_signature = KeyId::length + 2 + Signature::length;
    const std::size_t size =
        fixed + envelope.payload.size() + per_signature * envelope.signatures.size();
    if (size > stored_bytes_max) {
        return refuse(
            ErrorCode::command_too_large,
            "the stored form has {} bytes, at most {} are allowed",
            size,
            stored_bytes_max
        );
    }
    return {};
}

Status check_signed(const Envelope& envelope) {
    if (envelope.signatures.empty()) {
        return refuse_at(ErrorCode::signature_missing, "/signatures", "nobody signed");
    }
    return {};
}

Bytes signed_bytes(const Envelope& envelope) {
    return pae(envelope.payload_type, envelope.payload);
}

Hash digest(const Envelope& envelope) {
    return sha256(signed_bytes(envelope));
}

Hash digest(std::string_view payload_type, ByteView payload) {
    return sha256(pae(payload_type, payload));
}

Envelope sign_command(Bytes payload, std::span<const SigningKey* const> keys) {
    Envelope envelope{
        .payload_type = std::string(command_payload_type),
        .payload = std::move(payload),
        .signatures = {},
    };
    const Bytes message = signed_bytes(envelope);
    for (const SigningKey* key : keys) {
        envelope.signatures.push_back({.keyid = key->id(), .sig = key->sign(message)});
    }
    return envelope;
}

}  // namespace tanji::ledger
