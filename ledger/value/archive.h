#pragma once

#include "ledger/value/amount.h"
#include "ledger/value/bytes.h"

#include <array>
#include <concepts>
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

#include <cereal/cereal.hpp>

// Binary forms of ours, written and read by cereal through two archives of our own: integers are
// big-endian, every length is compared with its limit and with the bytes left before anything is
// allocated, containers grow by what has been read, and trailing bytes are an error. (The portable
// binary archive that comes with cereal resizes a container to whatever length it reads.)
//
// A struct names its fields once:
//
//     template <typename Archive>
//     void serialize(Archive& archive) {
//         archive(account, source, tag, counted<std::uint8_t>(inputs, 8));
//     }
//
// Reading never throws: the first fault makes the archive fail, and everything read after it is
// zero or empty. `decode` and `encode` at the end of this file are the way in.
namespace tanji::ledger {

// A container with its number of elements before it, as a `Count`, at most `most`.
template <typename Count, typename Container>
struct Counted {
    Container& container;
    std::size_t most;
};
template <typename Count, typename Container>
Counted<Count, Container> counted(Container& container, std::size_t most) {
    return {container, most};
}

// A text of up to 64 KiB, with its length as u16; a list of up to 65,535 such texts.
inline Counted<std::uint16_t, Bytes> text(Bytes& value) {
    return {value, 65'535};
}
struct Texts {
    std::vector<std::string>& list;
};
inline Texts texts(std::vector<std::string>& list) {
    return {list};
}

class BinaryWriter : public cereal::OutputArchive<BinaryWriter> {
public:
    explicit BinaryWriter(Bytes& out) : OutputArchive(this), out_(out) {}

    template <std::unsigned_integral Integer>
    void put(Integer value) {
        for (std::size_t i = sizeof(Integer); i-- > 0;) {
            out_.push_back(static_cast<char>(static_cast<std::uint8_t>(value >> (8 * i))));
        }
    }
    void put_bytes(ByteView bytes) { out_.append(bytes); }

private:
    Bytes& out_;
};

class BinaryReader : public cereal::InputArchive<BinaryReader> {
public:
    explicit BinaryReader(ByteView bytes) : InputArchive(this), left_(bytes) {}

    bool ok() const { return ok_; }
    ByteView left() const { return left_; }
    void fail() {
        ok_ = false;
        left_ = {};
    }

    template <std::unsigned_integral Integer>
    Integer take() {
        std::uint64_t value = 0;
        for (const char byte : take_bytes(sizeof(Integer))) {
            value = (value << 8) | static_cast<std::uint8_t>(byte);
        }
        return static_cast<Integer>(value);
    }
    // Empty, and the archive failed, when fewer are left.
    ByteView take_bytes(std::size_t count) {
        if (count > left_.size()) {
            fail();
            return {};
        }
        const ByteView taken = left_.substr(0, count);
        left_.remove_prefix(count);
        return taken;
    }

private:
    ByteView left_;
    bool ok_ = true;
};

// --- How cereal writes and reads each kind of field. It finds these by name.
// ----------------------

template <std::unsigned_integral Integer>
void CEREAL_SAVE_FUNCTION_NAME(BinaryWriter& archive, const Integer& value) {
    archive.put(value);
}
template <std::unsigned_integral Integer>
void CEREAL_LOAD_FUNCTION_NAME(BinaryReader& archive, Integer& value) {
    value = archive.take<Integer>();
}

// Signed counters are stored as their two's complement.
template <std::signed_integral Integer>
void CEREAL_SAVE_FUNCTION_NAME(BinaryWriter& archive, const Integer& value) {
    archive.put(static_cast<std::make_unsigned_t<Integer>>(value));
}
template <std::signed_integral Integer>
void CEREAL_LOAD_FUNCTION_NAME(BinaryReader& archive, Integer& value) {
    value = static_cast<Integer>(archive.take<std::make_unsigned_t<Integer>>());
}

// Sums of micrograms: 16 bytes.
inline void CEREAL_SAVE_FUNCTION_NAME(BinaryWriter& archive, const Int128& value) {
    archive.put(static_cast<std::uint64_t>(value >> 64));
    archive.put(static_cast<std::uint64_t>(value));
}
inline void CEREAL_LOAD_FUNCTION_NAME(BinaryReader& archive, Int128& value) {
    const auto high = static_cast<std::int64_t>(archive.take<std::uint64_t>());
    const auto low = archive.take<std::uint64_t>();
    value = (static_cast<Int128>(high) << 64) | static_cast<Int128>(low);
}

// (Enumerations: cereal writes their underlying integer by itself.)

template <typename Tag, std::size_t size>
void CEREAL_SAVE_FUNCTION_NAME(BinaryWriter& archive, const FixedBytes<Tag, size>& value) {
    archive.put_bytes(value.view());
}
template <typename Tag, std::size_t size>
void CEREAL_LOAD_FUNCTION_NAME(BinaryReader& archive, FixedBytes<Tag, size>& value) {
    value = FixedBytes<Tag, size>::from(archive.take_bytes(size)).value_or(FixedBytes<Tag, size>{});
}

template <typename Count>
void CEREAL_SAVE_FUNCTION_NAME(BinaryWriter& archive, const Counted<Count, Bytes>& value) {
    archive.put(static_cast<Count>(value.container.size()));
    archive.put_bytes(value.container);
}
template <typename Count>
void CEREAL_LOAD_FUNCTION_NAME(BinaryReader& archive, Counted<Count, Bytes>& value) {
    const std::size_t count = archive.take<Count>();
    if (count > value.most) {
        archive.fail();
    }
    value.container = archive.take_bytes(archive.ok() ? count : 0);
}

template <typename Count, typename Element>
void CEREAL_SAVE_FUNCTION_NAME(
    BinaryWriter& archive, const Counted<Count, std::vector<Element>>& value
) {
    archive.put(static_cast<Count>(value.container.size()));
    for (auto& element : value.container) {
        archive(element);
    }
}
template <typename Count, typename Element>
void CEREAL_LOAD_FUNCTION_NAME(BinaryReader& archive, Counted<Count, std::vector<Element>>& value) {
    const std::size_t count = archive.take<Count>();
    value.container.clear();
    if (count > value.most || count > archive.left().size()) {  // an element has a byte at least
        archive.fail();
    }
    for (std::size_t i = 0; i < count && archive.ok(); ++i) {
        archive(value.container.emplace_back());
    }
}

inline void CEREAL_SAVE_FUNCTION_NAME(BinaryWriter& archive, const Texts& value) {
    archive.put(static_cast<std::uint16_t>(value.list.size()));
    for (std::string& each : value.list) {
        archive(text(each));
    }
}
inline void CEREAL_LOAD_FUNCTION_NAME(BinaryReader& archive, Texts& value) {
    const std::size_t count = archive.take<std::uint16_t>();
    value.list.clear();
    for (std::size_t i = 0; i < count && archive.ok(); ++i) {
        archive(text(value.list.emplace_back()));
    }
}

// --- The way in.
// ----------------------------------------------------------------------------------

template <typename Value>
Bytes encode(const Value& value) {
    Bytes out;
    BinaryWriter archive(out);
    archive(value);
    return out;
}

// False unless the bytes are exactly one value.
template <typename Value>
[[nodiscard]] bool decode(ByteView bytes, Value& value) {
    BinaryReader archive(bytes);
    archive(value);
    return archive.ok() && archive.left().empty();
}

}  // namespace tanji::ledger

CEREAL_SETUP_ARCHIVE_TRAITS(tanji::ledger::BinaryReader, tanji::ledger::BinaryWriter)
