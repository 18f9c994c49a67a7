#pragma once

#include "ledger/value/bytes.h"
#include "ledger/value/crypto.h"
#include "ledger/value/ids.h"
#include "ledger/value/result.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// DSSE 1.0.2, stricter where that is allowed: signed bytes and who signed them, before anybody has
// looked into the payload.
namespace tanji::ledger {

inline constexpr std::string_view command_payload_type = "application/vnd.tanji.command+json";
inline constexpr std::size_t signatures_max = 16;
// Of the stored form of a command without its attachment.
inline constexpr std::size_t stored_bytes_max = 40'000;
// Of an open command's payload as it stands escaped in its leaf.
inline constexpr std::size_t escaped_payload_bytes_max = 60'000;

struct EnvelopeSignature {
    KeyId keyid;
    Signature sig;

    bool operator==(const EnvelopeSignature&) const = default;
};

struct Envelope {
    std::string payload_type;
    Bytes payload;
    std::vector<EnvelopeSignature> signatures;

    bool operator==(const Envelope&) const = default;
};

// Reads the JSON form. Answers in this order: command_malformed, payload_type_unknown,
// command_too_large. An empty list of signatures is read: that is `signature_missing`, which is
// answered after the payload (check_signed).
Result<Envelope> read_envelope(ByteView json);
// As read_envelope, for any payload type and size: malformed or not.
Result<Envelope> read_any_envelope(ByteView json);
std::string to_text(const Envelope& envelope);

// Reads `Tanji-Signature`: 1..16 entries, none of one key id twice; else command_malformed.
Result<std::vector<EnvelopeSignature>> read_signature_header(std::string_view header);
std::string to_signature_header(std::span<const EnvelopeSignature> signatures);

// The envelope of a detached command: its payload type is that of commands when `content_type` is
// it, or is application/json (optionally with charset=utf-8). Answers in this order:
// unsupported_media_type, command_malformed, command_too_large.
Result<Envelope> detached_envelope(
    std::string_view content_type, Bytes payload, std::string_view signature_header
);
bool is_command_content_type(std::string_view content_type);

// command_too_large when the stored form without attachment is over 40,000 bytes.
Status check_size(const Envelope& envelope);
// signature_missing when there is none.
Status check_signed(const Envelope& envelope);

// What the signatures sign, and the digest of a command: H(signed_bytes).
Bytes signed_bytes(const Envelope& envelope);
Hash digest(const Envelope& envelope);
Hash digest(std::string_view payload_type, ByteView payload);

// An envelope over a command's payload with one signature per key, in their order.
Envelope sign_command(Bytes payload, std::span<const SigningKey* const> keys);

}  // namespace tanji::ledger
