#include "node/replica/forwarding.h"

#include "ledger/value/crypto.h"
#include "ledger/value/json.h"

#include <gtest/gtest.h>

namespace tanji::node {
namespace {

// Not executable: here only its bytes count.
std::shared_ptr<const ledger::Prepared> command(std::uint8_t id, std::size_t records) {
    auto made = std::make_shared<ledger::Prepared>();
    made->head.id.bytes.fill(id);
    made->envelope.payload = ledger::Bytes(100, 'p');
    made->attachment = ledger::Bytes(records, 'r');
    return made;
}

TEST(Forwarding, WhatItHoldsIsCountedUntilItIsFinishedOrExpires) {
    Forwarding forwarding;
    forwarding.add(command(1, 4'000), 10);
    forwarding.add(command(2, 0), 20);
    EXPECT_EQ(forwarding.bytes(), 4'200U);
    forwarding.add(command(1, 4'000), 30);  // the same once more
    EXPECT_EQ(forwarding.bytes(), 4'200U);
    forwarding.finished({.id = command(1, 0)->head.id, .digest = {}});
    EXPECT_EQ(forwarding.bytes(), 100U);
    forwarding.finished({.id = command(1, 0)->head.id, .digest = {}});
    EXPECT_EQ(forwarding.bytes(), 100U);
    forwarding.expire(20);
    EXPECT_EQ(forwarding.bytes(), 0U);
    EXPECT_EQ(forwarding.size(), 0U);
}

}  // namespace
}  // namespace tanji::node
