#include "node/replica/sealer.h"

#include "ledger/command/envelope.h"

#include <memory>

#include <gtest/gtest.h>

namespace tanji::node {
namespace {

// Not executable: a sealer reads its id and its digest only.
std::shared_ptr<const ledger::Prepared> command(std::uint8_t id) {
    auto made = std::make_shared<ledger::Prepared>();
    made->head.id.bytes.fill(id);
    made->envelope.payload_type = ledger::command_payload_type;
    made->envelope.payload = ledger::Bytes(100, 'p');
    made->envelope.signatures.emplace_back();
    return made;
}

TEST(Sealer, TheSameBytesFromTwoNodesStandOnceInABlock) {
    const auto key = ledger::SigningKey::from_seed(ledger::Bytes(32, '\1'));
    Sealer sealer(ledger::sha256("a genesis file"), key);
    sealer.add(command(1));
    const std::uint64_t bytes = sealer.waiting_bytes();
    sealer.add(command(1));
    EXPECT_EQ(sealer.waiting_bytes(), bytes);
    sealer.add(command(2));
    EXPECT_EQ(sealer.waiting(), 2U);
    const consensus::SealRequest request = {
        .slot = {.at = {.term = 5, .index = 10}, .prev = {}, .membership = 1},
        .kind = consensus::Kind::commands,
        .membership = {},
    };
    const SealedBlockPtr block = sealer.seal(request, 1'795'219'200'000, {});
    ASSERT_EQ(block->decoded.commands.size(), 2U);
    EXPECT_EQ(block->decoded.commands.front()->head.id, command(1)->head.id);
    EXPECT_EQ(block->decoded.commands.back()->head.id, command(2)->head.id);
    EXPECT_TRUE(sealer.empty());
    EXPECT_EQ(sealer.waiting_bytes(), 0U);
}

}  // namespace
}  // namespace tanji::node
