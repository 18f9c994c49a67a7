#include "ledger/proof/note.h"

#include "ledger/value/crypto.h"
#include "ledger/value/json.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace tanji::ledger {
namespace {

constexpr std::string_view dash = "\xe2\x80\x94 ";  // U+2014 and one space
constexpr std::size_t name_bytes_max = 255;

// White space of Unicode outside ASCII, in UTF-8.
constexpr std::array<std::string_view, 19> wide_spaces{
    "\xc2\x85",     "\xc2\xa0",     "\xe1\x9a\x80", "\xe2\x80\x80", "\xe2\x80\x81",
    "\xe2\x80\x82", "\xe2\x80\x83", "\xe2\x80\x84", "\xe2\x80\x85", "\xe2\x80\x86",
    "\xe2\x80\x87", "\xe2\x80\x88", "\xe2\x80\x89", "\xe2\x80\x8a", "\xe2\x80\xa8",
    "\xe2\x80\xa9", "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80",
};

std::unexpected<Error> malformed(std::string_view why) {
    return refuse_because(ErrorCode::bad_request, "note", "not a signed note: {}", why);
}

Result<NoteLine> parse_line(std::string_view line) {
    if (!line.starts_with(dash)) {
        return malformed("a line that is no signature line");
    }
    line.remove_prefix(dash.size());
    const std::size_t space = line.find(' ');
    if (space == std::string_view::npos || !is_note_name(line.substr(0, space))) {
        return malformed("a signature line without a name");
    }
    const auto signature = from_base64(line.substr(space + 1));
    if (!signature || signature->size() < 5) {
        return malformed("a signature that is not base64 of five bytes or more");
    }
    return NoteLine{
        .name = std::string(line.substr(0, space)),
        .key_id = read_u32(*signature),
        .signature = signature->substr(4),
    };
}

// How many bytes the UTF-8 sequence at the front has; 0 if there is none (RFC 3629 §4).
std::size_t sequence_length(ByteView bytes) {
    const auto at = [&](std::size_t i) {
        return i < bytes.size() ? static_cast<std::uint8_t>(bytes[i]) : std::uint8_t{0};
    };
    const std::uint8_t lead = at(0);
    if (lead < 0x80) {
        return 1;
    }
    if (lead < 0xc2 || lead > 0xf4) {
        return 0;
    }
    const std::uint8_t least = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    const std::uint8_t most = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    const std::size_t length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    bool good = at(1) >= least && at(1) <= most;
    for (std::size_t i = 2; i < length; ++i) {
        good = good && (at(i) & 0xc0) == 0x80;
    }
    return good ? length : 0;
}

// UTF-8 without control characters but LF.
bool is_lines_of_text(ByteView bytes) {
    while (!bytes.empty()) {
        const std::size_t length = sequence_length(bytes);
        const auto first = static_cast<std::uint8_t>(bytes.front());
        if (length == 0 || first == 0x7f || (first < 0x20 && first != '\n')) {
            return false;
        }
        bytes.remove_prefix(length);
    }
    return true;
}

}  // namespace

std::uint32_t NoteKey::id() const {
    Bytes named = name + '\n';
    named.push_back(static_cast<char>(type));
    return read_u32(sha256(named, key.view()).view());
}

bool is_note_name(std::string_view text) {
    const auto has = [&](std::string_view part) {
        return text.find(part) != std::string_view::npos;
    };
    return !text.empty() && text.size() <= name_bytes_max && is_plain_text(text) &&
           text.find_first_of(" +") == std::string_view::npos &&
           std::ranges::none_of(wide_spaces, has);
}

std::string to_vkey(const NoteKey& key) {
    Bytes typed(1, static_cast<char>(key.type));
    typed.append(key.key.view());
    return fmt::format("{}+{:08x}+{}", key.name, key.id(), to_base64(typed));
}

Result<NoteKey> parse_vkey(std::string_view text) {
    const std::size_t first = text.find('+');
    if (first == std::string_view::npos || text.size() < first + 10 || text[first + 9] != '+' ||
        !is_note_name(text.substr(0, first))) {
        return refuse(ErrorCode::bad_request, "not a verifier key: name+id+key is expected");
    }
    const auto typed = from_base64(text.substr(first + 10));
    if (!typed || typed->size() != 1 + PublicKey::length) {
        return refuse(ErrorCode::bad_request, "a verifier key without 33 bytes in base64");
    }
    const auto type = static_cast<NoteKeyType>(typed->front());
    if (type != NoteKeyType::log && type != NoteKeyType::cosign) {
        return refuse(ErrorCode::bad_request, "a verifier key of an unknown type");
    }
    NoteKey key{
        .name = std::string(text.substr(0, first)),
        .type = type,
        .key = *PublicKey::from(ByteView(*typed).substr(1)),
    };
    if (to_vkey(key) != text) {
        return refuse(ErrorCode::bad_request, "the id of the verifier key is not that of its name");
    }
    return key;
}

Result<Note> parse_note(ByteView bytes) {
    if (bytes.size() > note_bytes_max) {
        return malformed("over 64 KiB");
    }
    if (!bytes.ends_with('\n') || !is_lines_of_text(bytes)) {
        return malformed("not lines of UTF-8 that end with LF");
    }
    const std::size_t blank = bytes.rfind("\n\n");
    if (blank == ByteView::npos || blank == 0) {
        return malformed("no blank line between text and signatures");
    }
    Note note{.text = Bytes(bytes.substr(0, blank + 1)), .lines = {}};
    for (ByteView rest = bytes.substr(blank + 2); !rest.empty();) {
        if (note.lines.size() == note_lines_max) {
            return malformed("over 64 signature lines");
        }
        const std::size_t end = rest.find('\n');
        auto line = parse_line(rest.substr(0, end));
        if (!line) {
            return refusal(line);
        }
        note.lines.push_back(std::move(*line));
        rest.remove_prefix(end + 1);
    }
    if (note.lines.empty()) {
        return malformed("no signature line");
    }
    return note;
}

std::string to_text(const NoteLine& line) {
    Bytes signature;
    append_u32(signature, line.key_id);
    signature.append(line.signature);
    return fmt::format("{}{} {}\n", dash, line.name, to_base64(signature));
}

std::string to_text(const Note& note) {
    std::string text = note.text + '\n';
    for (const NoteLine& line : note.lines) {
        text += to_text(line);
    }
    return text;
}

}  // namespace tanji::ledger
