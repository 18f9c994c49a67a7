#include "ledger/proof/header.h"

#include "ledger/proof/merkle.h"

#include <cassert>

namespace tanji::ledger {
namespace {

constexpr ByteView magic("TJBK\0\1", 6);  // and version 1

Bytes hashed_bytes(const BlockHeader& header) {
    Bytes bytes(magic);
    bytes.reserve(header_bytes);
    bytes.push_back(static_cast<char>(header.kind));
    bytes.push_back(static_cast<char>(header.suite));
    bytes.append(header.ledger.view());
    append_u64(bytes, header.term);
    append_u64(bytes, header.index);
    append_u64(bytes, static_cast<std::uint64_t>(header.time_ms));
    bytes.append(header.leader.view());
    append_u64(bytes, header.membership);
    append_u32(bytes, header.command_count);
    append_u32(bytes, header.body_bytes);
    bytes.append(header.prev_hash.view());
    bytes.append(header.body_root.view());
    append_u64(bytes, header.claim_index);
    append_u64(bytes, header.claim_size);
    bytes.append(header.claim_root.view());
    assert(bytes.size() == header_hashed_bytes);
    return bytes;
}

// Takes fields off the front of a header whose length was checked.
struct Fields {
    ByteView left;

    ByteView take(std::size_t count) {
        const ByteView taken = left.substr(0, count);
        left.remove_prefix(count);
        return taken;
    }
    std::uint8_t u8() { return static_cast<std::uint8_t>(take(1).front()); }
    std::uint32_t u32() { return read_u32(take(4)); }
    std::uint64_t u64() { return read_u64(take(8)); }
    template <typename Fixed>
    Fixed fixed() {
        return *Fixed::from(take(Fixed::length));
    }
};

}  // namespace

Bytes encode_header(const BlockHeader& header) {
    Bytes bytes = hashed_bytes(header);
    bytes.append(header.signature.view());
    return bytes;
}

Result<BlockHeader> decode_header(ByteView bytes) {
    if (bytes.size() != header_bytes || !bytes.starts_with(magic)) {
        return refuse(ErrorCode::bad_request, "not a block header of version 1");
    }
    Fields in{bytes.substr(magic.size())};
    BlockHeader header;
    const std::uint8_t kind = in.u8();
    header.kind = static_cast<BlockKind>(kind);
    header.suite = in.u8();
    header.ledger = in.fixed<Hash>();
    header.term = in.u64();
    header.index = in.u64();
    const std::uint64_t time_ms = in.u64();
    header.leader = in.fixed<KeyId>();
    header.membership = in.u64();
    header.command_count = in.u32();
    header.body_bytes = in.u32();
    header.prev_hash = in.fixed<Hash>();
    header.body_root = in.fixed<Hash>();
    header.claim_index = in.u64();
    header.claim_size = in.u64();
    header.claim_root = in.fixed<Hash>();
    header.signature = in.fixed<Signature>();
    if (kind > static_cast<std::uint8_t>(BlockKind::genesis)) {
        return refuse(ErrorCode::bad_request, "unknown kind of block {}", kind);
    }
    if (header.suite != suite_ed25519_sha256) {
        return refuse(ErrorCode::bad_request, "unknown suite {}", header.suite);
    }
    if (time_ms > static_cast<std::uint64_t>(time_ms_max)) {
        return refuse(ErrorCode::bad_request, "block time {} is after the year 9999", time_ms);
    }
    header.time_ms = static_cast<TimeMs>(time_ms);
    return header;
}

Hash hash_of(const BlockHeader& header) {
    return sha256(hashed_bytes(header));
}

void sign_header(BlockHeader& header, const SigningKey& log) {
    assert(header.leader == log.id());
    header.signature = log.sign(pae(header_type, hashed_bytes(header)));
}

bool verify_header(const BlockHeader& header, const PublicKey& log) {
    return verify(log, pae(header_type, hashed_bytes(header)), header.signature);
}

Hash body_root(std::span<const Bytes> commands) {
    TreeBuilder tree;
    for (const Bytes& command : commands) {
        tree.append(leaf_hash(command));
    }
    return tree.root();
}

Hash body_root(std::span<const ByteView> commands) {
    TreeBuilder tree;
    for (const ByteView command : commands) {
        tree.append(leaf_hash(command));
    }
    return tree.root();
}

}  // namespace tanji::ledger
