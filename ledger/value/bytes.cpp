#include "ledger/value/bytes.h"

#include <algorithm>
#include <cassert>

namespace tanji::ledger {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";
constexpr std::string_view standard_alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view url_alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr std::array<int, 256> digits_of(std::string_view alphabet) {
    std::array<int, 256> values{};
    values.fill(-1);
    for (std::size_t i = 0; i < alphabet.size(); ++i) {
        values.at(static_cast<std::uint8_t>(alphabet[i])) = static_cast<int>(i);
    }
    return values;
}
constexpr auto hex_values = digits_of(hex_digits);
constexpr auto standard_values = digits_of(standard_alphabet);
constexpr auto url_values = digits_of(url_alphabet);

std::uint32_t byte_at(ByteView bytes, std::size_t i) {
    return static_cast<std::uint8_t>(bytes[i]);
}

std::string encode_base64(ByteView bytes, std::string_view alphabet, bool padded) {
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
        std::uint32_t group = 0;
        for (std::size_t j = 0; j < 3; ++j) {
            group = (group << 8) | (j < count ? byte_at(bytes, i + j) : 0);
        }
        for (std::size_t j = 0; j < 4; ++j) {
            if (j <= count) {
                text.push_back(alphabet[(group >> (18 - 6 * j)) & 63]);
            } else if (padded) {
                text.push_back('=');
            }
        }
    }
    return text;
}

// `text` without padding; refuses digits of another alphabet and bits that no byte uses.
std::optional<Bytes> decode_base64(std::string_view text, const std::array<int, 256>& values) {
    if (text.size() % 4 == 1) {
        return std::nullopt;
    }
    Bytes bytes;
    bytes.reserve(text.size() / 4 * 3 + 2);
    std::uint32_t group = 0;
    unsigned bits = 0;
    for (const char digit : text) {
        const int value = values.at(static_cast<std::uint8_t>(digit));
        if (value < 0) {
            return std::nullopt;
        }
        group = (group << 6) | static_cast<std::uint32_t>(value);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            bytes.push_back(static_cast<char>(static_cast<std::uint8_t>(group >> bits)));
            group &= (1U << bits) - 1;
        }
    }
    if (group != 0) {
        return std::nullopt;
    }
    return bytes;
}

// The digits before correct padding, or nothing.
std::optional<std::string_view> without_padding(std::string_view text) {
    if (text.size() % 4 != 0) {
        return std::nullopt;
    }
    const std::size_t digits = text.find('=');
    if (digits == std::string_view::npos) {
        return text;
    }
    if (text.size() - digits > 2 || text.find_first_not_of('=', digits) != std::string_view::npos) {
        return std::nullopt;
    }
    return text.substr(0, digits);
}

}  // namespace

std::string to_hex(ByteView bytes) {
    std::string text(2 * bytes.size(), '0');
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        text[2 * i] = hex_digits[byte_at(bytes, i) >> 4];
        text[2 * i + 1] = hex_digits[byte_at(bytes, i) & 15];
    }
    return text;
}

std::optional<Bytes> from_hex(std::string_view text) {
    if (text.size() % 2 != 0) {
        return std::nullopt;
    }
    Bytes bytes(text.size() / 2, '\0');
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const int high = hex_values.at(static_cast<std::uint8_t>(text[2 * i]));
        const int low = hex_values.at(static_cast<std::uint8_t>(text[2 * i + 1]));
        if (high < 0 || low < 0) {
            return std::nullopt;
        }
        bytes[i] = static_cast<char>(static_cast<std::uint8_t>(16 * high + low));
    }
    return bytes;
}

std::string to_base64(ByteView bytes) {
    return encode_base64(bytes, standard_alphabet, true);
}

std::optional<Bytes> from_base64(std::string_view text) {
    const auto digits = without_padding(text);
    return digits ? decode_base64(*digits, standard_values) : std::nullopt;
}

std::optional<Bytes> from_base64_of_either_alphabet(std::string_view text) {
    const auto digits = without_padding(text);
    if (!digits) {
        return std::nullopt;
    }
    const bool url = digits->find_first_of("-_") != std::string_view::npos;
    return decode_base64(*digits, url ? url_values : standard_values);
}

std::string to_base64url(ByteView bytes) {
    return encode_base64(bytes, url_alphabet, false);
}

std::optional<Bytes> from_base64url(std::string_view text) {
    return decode_base64(text, url_values);
}

void append_u16(Bytes& out, std::uint16_t value) {
    out.push_back(static_cast<char>(static_cast<std::uint8_t>(value >> 8)));
    out.push_back(static_cast<char>(static_cast<std::uint8_t>(value)));
}

void append_u32(Bytes& out, std::uint32_t value) {
    append_u16(out, static_cast<std::uint16_t>(value >> 16));
    append_u16(out, static_cast<std::uint16_t>(value));
}

void append_u64(Bytes& out, std::uint64_t value) {
    append_u32(out, static_cast<std::uint32_t>(value >> 32));
    append_u32(out, static_cast<std::uint32_t>(value));
}

std::uint64_t read_u64(ByteView bytes) {
    return (std::uint64_t{read_u32(bytes)} << 32) | read_u32(bytes.substr(4));
}

std::uint32_t read_u32(ByteView bytes) {
    assert(bytes.size() >= 4);
    return (byte_at(bytes, 0) << 24) | (byte_at(bytes, 1) << 16) | (byte_at(bytes, 2) << 8) |
           byte_at(bytes, 3);
}

}  // namespace tanji::ledger
