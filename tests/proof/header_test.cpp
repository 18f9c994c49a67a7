#include "ledger/proof/header.h"

#include "ledger/command/block.h"
#include "tests/support/vectors.h"

namespace tanji::ledger {
namespace {

using tests::Json;

BlockHeader header_of(const Json& block) {
    BlockHeader header;
    header.kind = static_cast<BlockKind>(block["kind"].number());
    header.ledger = block["ledger"].hash();
    header.term = block["term"].number();
    header.index = block["index"].number();
    header.time_ms = static_cast<TimeMs>(block["time_ms"].number());
    header.leader = *KeyId::from_hex(block["leader"].text());
    header.membership = block["membership"].number();
    header.prev_hash = block["prev"].hash();
    header.claim_index = block["claim"]["index"].number();
    header.claim_size = block["claim"]["size"].number();
    header.claim_root = block["claim"]["root"].hash();
    std::vector<Bytes> commands;
    for (const auto& command : block["commands"].each()) {
        commands.push_back(command.hex());
    }
    header.command_count = static_cast<std::uint32_t>(commands.size());
    header.body_bytes = static_cast<std::uint32_t>(to_body(commands).size());
    header.body_root = body_root(commands);
    return header;
}

TEST(Header, EveryBlockOfTheVectorsIsMadeFromItsFieldsAndReadBack) {
    TANJI_VECTORS(vectors, "vectors/tanji/block.json");
    const auto leader = SigningKey::from_seed(vectors["leader_seed"].hex());
    for (const auto& block : vectors["blocks"].each()) {
        BlockHeader header = header_of(block);
        const bool is_signed = header.kind != BlockKind::genesis;
        if (is_signed) {
            const KeyId named = header.leader;  // the vectors (b) and (c) name a made-up leader
            header.signature = leader.sign(
                pae(header_type, ByteView(encode_header(header)).substr(0, header_hashed_bytes))
            );
            EXPECT_TRUE(verify_header(header, leader.public_key()));
            if (named == leader.id()) {
                BlockHeader again = header;
                again.signature = {};
                sign_header(again, leader);
                EXPECT_EQ(again, header);
            }
        }
        // The vectors keep hash and signature beside the 208 bytes, or the whole header.
        const Bytes encoded = encode_header(header);
        EXPECT_EQ(encoded.size(), header_bytes);
        EXPECT_TRUE(encoded.starts_with(block["header"].hex())) << block["name"].text();
        EXPECT_EQ(hash_of(header), block["hash"].hash()) << block["name"].text();
        EXPECT_EQ(header.signature.hex(), block["signature"].text()) << block["name"].text();
        EXPECT_EQ(*decode_header(encoded), header);

        const Bytes body = block["body"].hex();
        const auto commands = split_body(body, header.command_count);
        ASSERT_TRUE(commands);
        EXPECT_EQ(body_root(*commands), header.body_root);
        EXPECT_FALSE(split_body(body, header.command_count + 1));
        if (header.command_count > 0) {
            EXPECT_FALSE(split_body(body, header.command_count - 1));
        }
    }
}

TEST(Header, WithAnyBitOfItsFirst208BytesChangedIsRefusedOrNotSigned) {
    const auto leader = SigningKey::from_seed(Bytes(32, 3));
    BlockHeader header;
    header.kind = BlockKind::commands;
    header.leader = leader.id();
    header.index = 7;
    sign_header(header, leader);
    const Bytes encoded = encode_header(header);
    ASSERT_TRUE(verify_header(header, leader.public_key()));
    for (std::size_t bit = 0; bit < 8 * header_bytes; ++bit) {
        Bytes changed = encoded;
        changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
        const auto read = decode_header(changed);
        EXPECT_FALSE(read && verify_header(*read, leader.public_key())) << "bit " << bit;
    }
    EXPECT_FALSE(decode_header(encoded + "x"));
    EXPECT_FALSE(decode_header(ByteView(encoded).substr(1)));
}

TEST(Block, ABodyThatIsCutAnywhereIsRefused) {
    const std::vector<Bytes> commands{"alpha", "beta"};
    const Bytes body = to_body(commands);
    ASSERT_EQ(split_body(body, 2)->size(), 2U);
    for (std::size_t length = 0; length < body.size(); ++length) {
        EXPECT_FALSE(split_body(ByteView(body).substr(0, length), 2)) << length;
    }
    EXPECT_FALSE(split_body(Bytes("\xff\xff\xff\xff", 4), 1));
    EXPECT_FALSE(split_body(Bytes(4, '\0'), 1));
    EXPECT_TRUE(split_body("", 0));
}

}  // namespace
}  // namespace tanji::ledger
