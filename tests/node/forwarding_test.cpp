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

std::shared_ptr<const ledger::Prepared> signed_command(std::uint8_t id) {
    auto made = std::make_shared<ledger::Prepared>(*command(id, 0));
    made->envelope.payload_type = ledger::command_payload_type;
    made->envelope.signatures.emplace_back();
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

TEST(Forwarding, ANewLeaderIsSentAllThatWaitsAndTheSameOneWhatItLeavesUnanswered) {
    Forwarding forwarding;
    forwarding.add(signed_command(1), 60'000);
    forwarding.add(signed_command(2), 60'000);
    const auto sent = [&](consensus::Term term, ledger::TimeMs now) {
        std::size_t commands = 0;
        for (const Forward& message : forwarding.due(term, now)) {
            commands += message.commands.size();
        }
        return commands;
    };
    EXPECT_EQ(sent(5, 0), 2U);
    EXPECT_EQ(sent(5, 300), 0U);
    EXPECT_EQ(sent(6, 310), 2U);
    forwarding.finished({.id = command(2, 0)->head.id, .digest = {}});
    EXPECT_EQ(sent(6, 900), 0U);
    EXPECT_EQ(sent(6, 1'320), 1U) << "a second is long";
    EXPECT_EQ(forwarding.due_here(7).size(), 1U) << "this node leads";
    EXPECT_TRUE(forwarding.due_here(7).empty());
}

}  // namespace
}  // namespace tanji::node
