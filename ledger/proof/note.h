#pragma once

#include "ledger/value/bytes.h"
#include "ledger/value/ids.h"
#include "ledger/value/result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// C2SP signed-note: a text and lines that sign it.
namespace tanji::ledger {

// The type byte: what kind of statement the key makes.
enum class NoteKeyType : std::uint8_t {
    log = 1,     // Ed25519 over the text
    cosign = 4,  // Ed25519 over "cosignature/v1\ntime <t>\n" and the text
};

struct NoteKey {
    std::string name;
    NoteKeyType type = NoteKeyType::log;
    PublicKey key;

    // H(name ‖ LF ‖ type byte ‖ public key)[0..4)
    std::uint32_t id() const;
    auto operator<=>(const NoteKey&) const = default;
};

// Not empty, no white space, no `+`, no control character, at most 255 bytes.
bool is_note_name(std::string_view text);

// `name+hex(key id)+b64(type ‖ public key)`
std::string to_vkey(const NoteKey& key);
Result<NoteKey> parse_vkey(std::string_view text);

struct NoteLine {
    std::string name;
    std::uint32_t key_id = 0;
    Bytes signature;  // what follows the four bytes of the key id

    bool is_by(const NoteKey& key) const { return name == key.name && key_id == key.id(); }
    bool operator==(const NoteLine&) const = default;
};

inline constexpr std::size_t note_bytes_max = 65'536;
inline constexpr std::size_t note_lines_max = 64;

struct Note {
    std::string text;  // with its last LF
    std::vector<NoteLine> lines;
};

// Split at the last blank line. Refused when anything is not canonical; knows no keys.
Result<Note> parse_note(ByteView bytes);

// `— name b64(id ‖ signature)LF`
std::string to_text(const NoteLine& line);
std::string to_text(const Note& note);

}  // namespace tanji::ledger
