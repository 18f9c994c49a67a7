#include "cluster_samples.h"
#include "node/cluster/wire.h"

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tanji::node {
namespace {

using ledger::Bytes;
using test::block_of;
using test::sample_messages;

Bytes frame_of(const PeerMessage& message) {
    return encode_frame(message).value_or("");
}

Bytes body_of(const Bytes& frame) {
    return frame.substr(frame_head_bytes);
}

std::uint8_t type_of(const Bytes& frame) {
    return static_cast<std::uint8_t>(frame.at(4));
}

std::string hex_times(std::string_view byte, std::size_t count) {
    std::string all;
    for (std::size_t i = 0; i < count; ++i) {
        all += byte;
    }
    return all;
}

std::string u64(std::uint64_t value) {
    Bytes bytes;
    ledger::append_u64(bytes, value);
    return ledger::to_hex(bytes);
}

// Written from docs/consensus.md, "Messages", by hand: length, type, fields in their order.
std::map<std::string, std::string> golden() {
    const std::string signature = hex_times("5a", 64);
    const std::string clock = "000001a1fb671800";  // 1795219200000
    const std::string header = "0006686561646572";
    std::map<std::string, std::string> all;
    all["pre_vote"] = "0000002110" + u64(8) + u64(7) + u64(42) + header;
    all["pre_vote_reply"] = "0000000a11" + u64(8) + "01";
    all["vote"] = "0000007a12" + u64(8) + u64(7) + u64(42) + "01" + u64(7) + u64(2) + u64(3) +
                  signature + header;
    all["vote_reply"] = "0000000a13" + u64(8) + "00";
    all["append"] = "0000005640" + u64(7) + u64(6) + u64(41) + hex_times("11", 32) + u64(40) +
                    "0002" + "000000056669727374" + "000000067365636f6e64";
    all["append_reply"] = "0000002314" + u64(7) + "00" + u64(41) + u64(5) + u64(39) + "01";
    all["heartbeat"] = "0000002115" + u64(7) + u64(40) + u64(9) + clock;
    all["heartbeat_reply"] = "0000002116" + u64(7) + u64(9) + u64(39) + "ffffffffffffffff";
    all["transfer_now"] = "0000005917" + u64(7) + u64(2) + u64(3) + signature;
    all["forward"] =
        "0000001e41" + u64(21) + "00000002" + "00000005616c706861" + "0000000462657461";
    all["forward_reply"] = "0000001c1a" + u64(21) + "0a6e6f745f6c6561646572" + u64(3);
    all["read_index"] = "0000000918" + u64(22);
    all["read_index_reply"] = "0000001119" + u64(22) + u64(40);
    all["cosign_request"] = "0000001a1b" + u64(5) + u64(40) + "000000056e6f74650a";
    all["cosign_reply"] = "000000441c" + u64(5) + "09646976657267656e74" + "000000056c696e650a" +
                          u64(12) + hex_times("22", 32);
    all["certificate"] = "0000000a1d000000056e6f74650a";
    all["root_query"] = "000000111e" + u64(23) + u64(38);
    all["root_reply"] =
        "000000591f" + u64(23) + u64(38) + hex_times("33", 32) + u64(11) + hex_times("44", 32);
    all["leaf_query"] = "0000001122" + u64(24) + u64(11);
    all["leaf_reply"] =
        "0000005123" + u64(24) + u64(11) + hex_times("44", 32) + hex_times("88", 32);
    all["manifest_query"] = "0000000920" + u64(64);
    all["manifest_reply"] = "0000006521" + u64(64) + "00086d616e6966657374" + "0006686561646572" +
                            "000000056e6f74650a" + "02" + hex_times("55", 32) + hex_times("66", 32);
    all["fetch_chunk"] = "0000002542" + hex_times("77", 32) + "00000003";
    all["chunk"] = "0000004f43" + hex_times("77", 32) + "00000003" + "000000056368756e6b" + "01" +
                   hex_times("88", 32);
    return all;
}

TEST(ClusterWire, EveryMessageHasTheBytesOfItsDescription) {
    const auto expected = golden();
    const auto messages = sample_messages();
    ASSERT_EQ(messages.size(), expected.size());
    for (const auto& [name, message] : messages) {
        EXPECT_EQ(ledger::to_hex(frame_of(message)), expected.at(name)) << name;
    }
}

TEST(ClusterWire, AGreetingHasTheBytesOfItsDescription) {
    EXPECT_EQ(
        ledger::to_hex(encode_frame(test::sample_hello())),
        "0000006301"
        "0001"
        "0001"
        "02" +
            hex_times("55", 32) + u64(2) + u64(3) + "0102030405060708" + u64(7) + u64(42) + u64(1) +
            "0001" + "0a74616e6a696420302e31"
    );
    EXPECT_EQ(
        ledger::to_hex(encode_frame(Refused{.code = "removed", .sentence = "no"})),
        "0000000c02"
        "0772656d6f766564"
        "026e6f"
    );
}

TEST(ClusterWire, WhatIsDecodedIsWhatWasEncoded) {
    for (const auto& [name, message] : sample_messages()) {
        const Bytes frame = frame_of(message);
        const FrameHead head = read_frame_head(frame.substr(0, frame_head_bytes));
        EXPECT_EQ(head.length, frame.size() - 4) << name;
        const auto decoded = decode_message(head.type, body_of(frame));
        ASSERT_TRUE(decoded) << name;
        EXPECT_EQ(decoded->index(), message.index()) << name;
        EXPECT_EQ(lane_of(*decoded), lane_of(message)) << name;
        EXPECT_EQ(frame_of(*decoded), frame) << name;
    }
    const Hello hello = test::sample_hello();
    EXPECT_EQ(decode_hello(body_of(encode_frame(hello))), hello);
}

TEST(ClusterWire, AnAppendCountsTheBlocksThatCame) {
    const auto decoded =
        decode_message(64, body_of(frame_of(test::sample_append({block_of("a"), block_of("")}))));
    ASSERT_TRUE(decoded);
    const auto& agreement = std::get<Agreement>(*decoded);
    EXPECT_EQ(std::get<consensus::Append>(agreement.message).count, 2u);
    ASSERT_EQ(agreement.blocks.size(), 2u);
    EXPECT_EQ(*agreement.blocks[0], "a");
    EXPECT_EQ(*agreement.blocks[1], "");
}

TEST(ClusterWire, NoBodyMayEndEarlyOrLate) {
    for (const auto& [name, message] : sample_messages()) {
        const Bytes frame = frame_of(message);
        const Bytes body = body_of(frame);
        for (std::size_t size = 0; size < body.size(); ++size) {
            EXPECT_FALSE(decode_message(type_of(frame), body.substr(0, size)))
                << name << " cut to " << size;
        }
        EXPECT_FALSE(decode_message(type_of(frame), body + '\0')) << name;
    }
    const Bytes hello = body_of(encode_frame(test::sample_hello()));
    EXPECT_FALSE(decode_hello(hello.substr(0, hello.size() - 1)));
    EXPECT_FALSE(decode_hello(hello + '\0'));
}

TEST(ClusterWire, ATypeThatNobodyKnowsIsNoMessage) {
    std::map<std::uint8_t, int> known;
    for (const auto& [name, message] : sample_messages()) {
        ++known[type_of(frame_of(message))];
    }
    EXPECT_EQ(known.size(), sample_messages().size()) << "two kinds share a type";
    for (int type = 0; type < 256; ++type) {
        const auto number = static_cast<std::uint8_t>(type);
        const bool may_come = fault_of({.length = 1, .type = number}, Lane::control).empty() ||
                              fault_of({.length = 1, .type = number}, Lane::bulk).empty();
        EXPECT_EQ(may_come, known.contains(number) || type == 2) << type;
        if (!known.contains(number)) {
            EXPECT_FALSE(decode_message(number, "")) << type;
        }
    }
}

TEST(ClusterWire, AMessageComesOnItsOwnLaneOnly) {
    for (const auto& [name, message] : sample_messages()) {
        const Bytes frame = frame_of(message);
        const FrameHead head = read_frame_head(frame.substr(0, frame_head_bytes));
        const bool is_bulk =
            name == "append" || name == "forward" || name == "fetch_chunk" || name == "chunk";
        EXPECT_EQ(lane_of(message), is_bulk ? Lane::bulk : Lane::control) << name;
        EXPECT_EQ(fault_of(head, Lane::control), is_bulk ? "frame_unknown" : "") << name;
        EXPECT_EQ(fault_of(head, Lane::bulk), is_bulk ? "" : "frame_unknown") << name;
        EXPECT_EQ(fault_of(head, Lane::greeting), "frame_unknown") << name;
    }
}

TEST(ClusterWire, AFrameIsBoundedByItsHead) {
    const auto fault = [](std::size_t length, FrameType type, Lane lane) {
        return fault_of(
            {.length = static_cast<std::uint32_t>(length), .type = static_cast<std::uint8_t>(type)},
            lane
        );
    };
    EXPECT_EQ(fault(256 * 1024, FrameType::heartbeat, Lane::control), "");
    EXPECT_EQ(fault(256 * 1024 + 1, FrameType::heartbeat, Lane::control), "frame_too_large");
    EXPECT_EQ(fault(9 * 1024 * 1024, FrameType::append, Lane::bulk), "");
    EXPECT_EQ(fault(9 * 1024 * 1024 + 1, FrameType::append, Lane::bulk), "frame_too_large");
    EXPECT_EQ(fault(4096, FrameType::hello, Lane::greeting), "");
    EXPECT_EQ(fault(4097, FrameType::hello, Lane::greeting), "frame_too_large");
    EXPECT_EQ(fault(4097, FrameType::refused, Lane::bulk), "frame_too_large");
    EXPECT_EQ(fault(0xffffffff, FrameType::append, Lane::bulk), "frame_too_large");
    EXPECT_EQ(fault(0, FrameType::append, Lane::bulk), "frame_malformed");
}

TEST(ClusterWire, ABlockOfFullSizeFitsAndALargerOneDoesNot) {
    constexpr std::size_t full = 8U * 1024 * 1024 + 272;
    EXPECT_TRUE(encode_frame(test::sample_append({block_of(Bytes(full, 'x'))})));
    EXPECT_FALSE(encode_frame(test::sample_append({block_of(Bytes(block_frame_bytes + 1, 'x'))})));
    EXPECT_FALSE(encode_frame(
        test::sample_append({block_of(Bytes(5U << 20U, 'x')), block_of(Bytes(5U << 20U, 'x'))})
    ));
    EXPECT_FALSE(encode_frame(test::sample_append({nullptr})));
}

TEST(ClusterWire, CountsHaveTheirLimits) {
    const std::vector<BlockBytes> blocks(64, block_of("x"));
    EXPECT_TRUE(encode_frame(test::sample_append(blocks)));
    EXPECT_FALSE(encode_frame(test::sample_append(std::vector<BlockBytes>(65, block_of("x")))));
    EXPECT_TRUE(encode_frame(Forward{.request = 1, .commands = std::vector<Bytes>(4096, "x")}));
    EXPECT_FALSE(encode_frame(Forward{.request = 1, .commands = std::vector<Bytes>(4097, "x")}));
    EXPECT_TRUE(encode_frame(CertificateFound{.note = Bytes(65'536, 'x')}));
    EXPECT_FALSE(encode_frame(CertificateFound{.note = Bytes(65'537, 'x')}));
    EXPECT_FALSE(encode_frame(CosignRequest{.round = 1, .block = 1, .note = Bytes(65'537, 'x')}));
    EXPECT_FALSE(encode_frame(ForwardReply{.request = 1, .code = Bytes(33, 'x'), .leader = 0}));
    EXPECT_FALSE(encode_frame(
        CosignReply{.round = 1, .code = "", .line = Bytes(4097, 'x'), .size = 0, .root = {}}
    ));
}

// The limits hold for who reads as well: the bytes here are made by hand.
TEST(ClusterWire, NoReaderTakesMoreThanTheLimits) {
    const auto decodes = [](FrameType type, const std::string& hex) {
        return decode_message(static_cast<std::uint8_t>(type), *ledger::from_hex(hex)).has_value();
    };
    const std::string append = u64(7) + u64(6) + u64(41) + hex_times("11", 32) + u64(40);
    EXPECT_TRUE(decodes(FrameType::append, append + "0040" + hex_times("00000000", 64)));
    EXPECT_FALSE(decodes(FrameType::append, append + "0041" + hex_times("00000000", 65)));
    EXPECT_FALSE(decodes(FrameType::append, append + "0001" + "ffffffff"));
    EXPECT_TRUE(decodes(FrameType::forward, u64(1) + "00001000" + hex_times("00000000", 4096)));
    EXPECT_FALSE(decodes(FrameType::forward, u64(1) + "00001001" + hex_times("00000000", 4097)));
    EXPECT_FALSE(decodes(FrameType::forward, u64(1) + "ffffffff"));
    EXPECT_TRUE(decodes(FrameType::certificate, "00010000" + hex_times("61", 65'536)));
    EXPECT_FALSE(decodes(FrameType::certificate, "00010001" + hex_times("61", 65'537)));
    EXPECT_FALSE(decodes(FrameType::forward_reply, u64(1) + "21" + hex_times("61", 33) + u64(0)));
    EXPECT_FALSE(decodes(FrameType::vote_reply, u64(1) + "02")) << "a second way to say yes";
    EXPECT_FALSE(
        decodes(FrameType::pre_vote, u64(8) + u64(7) + u64(42) + "0201" + hex_times("61", 513))
    );
}

TEST(ClusterWire, AbsurdTermsAreForTheCoreToJudge) {
    const auto decoded = decode_message(0x13, *ledger::from_hex("ffffffffffffffff01"));
    ASSERT_TRUE(decoded);
    EXPECT_EQ(
        consensus::term_of(std::get<Agreement>(*decoded).message),
        std::numeric_limits<std::uint64_t>::max()
    );
}

TEST(ClusterWire, TextsOfAGreetingAreFitToPrint) {
    Hello hello = test::sample_hello();
    hello.program = "tanjid\n";
    EXPECT_FALSE(decode_hello(body_of(encode_frame(hello))));
    hello.program = Bytes(80, 'v');
    EXPECT_EQ(decode_hello(body_of(encode_frame(hello)))->program, Bytes(64, 'v'));
    hello.lane = Lane::greeting;
    EXPECT_FALSE(decode_hello(body_of(encode_frame(hello))));
    EXPECT_FALSE(decode_refused(body_of(encode_frame(Refused{.code = "", .sentence = "why"}))));
    EXPECT_FALSE(decode_refused(body_of(encode_frame(Refused{.code = "A b", .sentence = "why"}))));
    EXPECT_FALSE(
        decode_refused(body_of(encode_frame(Refused{.code = "removed", .sentence = "\x1b[2J"})))
    );
}

TEST(ClusterWire, AMessageWeighsWhatItCarries) {
    EXPECT_LT(weight_of(test::sample_heartbeat(1)), 1024u);
    EXPECT_GE(weight_of(test::sample_append({block_of(Bytes(1U << 20U, 'x'))})), 1U << 20U);
    EXPECT_GE(weight_of(Forward{.request = 1, .commands = {Bytes(5000, 'x')}}), 5000u);
    EXPECT_GE(weight_of(CertificateFound{.note = Bytes(5000, 'x')}), 5000u);
    EXPECT_GE(weight_of(CosignRequest{.round = 1, .block = 1, .note = Bytes(5000, 'x')}), 5000u);
}

}  // namespace
}  // namespace tanji::node
