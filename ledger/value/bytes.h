#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tanji::ledger {

// Raw bytes. A std::string, because texts, keys of the store, and what goes over the wire are the
// same bytes here; comparisons are unsigned.
using Bytes = std::string;
using ByteView = std::string_view;

// Lower-case hexadecimal digits, two per byte.
std::string to_hex(ByteView bytes);

// Nothing unless `text` is an even number of lower-case hexadecimal digits.
std::optional<Bytes> from_hex(std::string_view text);

// RFC 4648 §4 with padding.
std::string to_base64(ByteView bytes);

// Nothing unless `text` is exactly what to_base64 writes: padding required, unused bits zero.
std::optional<Bytes> from_base64(std::string_view text);

// As from_base64, or the same in the URL-safe alphabet, the two never mixed (DSSE 1.0.2).
std::optional<Bytes> from_base64_of_either_alphabet(std::string_view text);

// Base64url without padding, for tokens and cursors.
std::string to_base64url(ByteView bytes);
std::optional<Bytes> from_base64url(std::string_view text);

// Big-endian integers at the end of `out`, as in every form of ours.
void append_u16(Bytes& out, std::uint16_t value);
void append_u32(Bytes& out, std::uint32_t value);
void append_u64(Bytes& out, std::uint64_t value);

// The first eight bytes as a big-endian integer. REQUIRES: at least eight bytes.
std::uint64_t read_u64(ByteView bytes);
// The first four bytes as a big-endian integer. REQUIRES: at least four bytes.
std::uint32_t read_u32(ByteView bytes);

// A fixed number of bytes with a meaning of its own: an id is a type, so that an account cannot be
// passed for a batch. Ordered as unsigned bytes. Zero until set.
template <typename Tag, std::size_t size>
struct FixedBytes {
    std::array<std::uint8_t, size> bytes{};

    static constexpr std::size_t length = size;

    auto operator<=>(const FixedBytes&) const = default;

    bool is_zero() const { return *this == FixedBytes{}; }

    ByteView view() const {
        // Reading any object as characters is what the aliasing rules allow.
        return {reinterpret_cast<const char*>(bytes.data()), size};
    }

    std::string hex() const { return to_hex(view()); }

    // Nothing unless there are exactly `size` bytes.
    static std::optional<FixedBytes> from(ByteView raw) {
        if (raw.size() != size) {
            return std::nullopt;
        }
        FixedBytes made;
        for (std::size_t i = 0; i < size; ++i) {
            made.bytes[i] = static_cast<std::uint8_t>(raw[i]);
        }
        return made;
    }

    // Nothing unless `text` is exactly 2 × size lower-case hexadecimal digits.
    static std::optional<FixedBytes> from_hex(std::string_view text) {
        if (text.size() != 2 * size) {
            return std::nullopt;
        }
        const auto raw = ledger::from_hex(text);
        return raw ? from(*raw) : std::nullopt;
    }

    static std::optional<FixedBytes> from_base64(std::string_view text) {
        const auto raw = ledger::from_base64(text);
        return raw ? from(*raw) : std::nullopt;
    }
};

// A SHA-256 digest.
using Hash = FixedBytes<struct HashTag, 32>;

}  // namespace tanji::ledger
