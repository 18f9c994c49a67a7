#include "cluster_fixture.h"
#include "cluster_relay.h"
#include "node/cluster/listener.h"
#include "node/cluster/outbox.h"

#include <algorithm>

#include <gtest/gtest.h>

// What a member with a pinned key, or somebody on the way, may try.
namespace tanji::node {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using std::chrono::milliseconds;
using std::chrono::steady_clock;
using test::hello_of;
using test::Member;
using test::MemberOptions;
using test::Stranger;
using test::wait_until;

// Ann listens; node 2 is a stranger with a pinned key.
class ClusterHostile : public testing::Test {
protected:
    ClusterHostile() { ann.peers->set_nodes({test::peer_at(2, 1)}); }

    // Joins, says one good message and then these bytes: the connection ends with that code, and
    // nothing but the good message was heard.
    void expect_violation(Lane lane, ledger::Bytes bytes, const std::string& code) {
        ASSERT_TRUE(bo.join(ann.peers->port(), hello_of(2, lane)));
        const PeerMessage good = lane == Lane::bulk
                                     ? PeerMessage(Forward{.request = 1, .commands = {}})
                                     : PeerMessage(ReadIndex{.request = 1});
        ASSERT_TRUE(bo.say(*encode_frame(good)));
        const auto begun = steady_clock::now();
        ASSERT_TRUE(bo.say(std::move(bytes)));
        EXPECT_EQ(bo.last_word(), code);
        ASSERT_TRUE(wait_until([&] { return ann.inbox.lost().size() == 1; }));
        EXPECT_EQ(ann.inbox.refusals(code, false), 1u) << ann.inbox.all_refusals();
        ASSERT_EQ(ann.inbox.count(), 1u);
        EXPECT_EQ(ann.inbox.messages()[0].frame, *encode_frame(good));
        const bool again = bo.join(ann.peers->port(), hello_of(2, lane));
        EXPECT_FALSE(again && steady_clock::now() - begun < milliseconds(1'000)) << "at once";
    }

    Member ann{1};
    Stranger bo{test::peer_key(2)};
};

ledger::Bytes hex(const std::string& digits) {
    return *ledger::from_hex(digits);
}

TEST_F(ClusterHostile, AFrameAboveTheLimitOfItsLaneEndsTheConnection) {
    expect_violation(Lane::control, hex("0004000115"), "frame_too_large");
}

TEST_F(ClusterHostile, AnEnormousFrameEndsTheConnectionBeforeItIsRead) {
    expect_violation(Lane::bulk, hex("ffffffff40"), "frame_too_large");
}

TEST_F(ClusterHostile, AnUnknownTypeEndsTheConnection) {
    expect_violation(Lane::control, hex("0000000163"), "frame_unknown");
}

TEST_F(ClusterHostile, ABlockOnTheControlLaneEndsTheConnection) {
    expect_violation(
        Lane::control, *encode_frame(test::sample_append({test::block_of("b")})), "frame_unknown"
    );
}

TEST_F(ClusterHostile, ASecondGreetingEndsTheConnection) {
    expect_violation(Lane::control, encode_frame(hello_of(2)), "frame_unknown");
}

TEST_F(ClusterHostile, BytesAfterTheLastFieldEndTheConnection) {
    expect_violation(Lane::control, hex("0000000a18000000000000000500"), "frame_malformed");
}

TEST_F(ClusterHostile, ABodyThatIsTooShortEndsTheConnection) {
    expect_violation(Lane::control, hex("000000081800000000000005"), "frame_malformed");
}

TEST_F(ClusterHostile, AFrameOfLengthZeroEndsTheConnection) {
    expect_violation(Lane::control, hex("0000000018"), "frame_malformed");
}

TEST_F(ClusterHostile, WhoBrokeARuleIsLetInAgainAfterASecond) {
    expect_violation(Lane::control, hex("0000000163"), "frame_unknown");
    ASSERT_TRUE(wait_until([&] { return bo.join(ann.peers->port(), hello_of(2)); }));
    ASSERT_TRUE(bo.say(*encode_frame(ReadIndex{.request = 2})));
    EXPECT_TRUE(wait_until([&] { return ann.inbox.count() == 2; }));
}

TEST_F(ClusterHostile, WhoSaidSomethingAbsurdIsCutOffAndLetInAgainAfterASecond) {
    ASSERT_TRUE(bo.join(ann.peers->port(), hello_of(2)));
    const auto begun = steady_clock::now();
    ann.peers->hang_up(2);
    ann.peers->hang_up(2);  // more of it was under way
    EXPECT_EQ(bo.last_word(), "absurd_message");
    ASSERT_TRUE(wait_until([&] { return ann.inbox.lost().size() == 1; }));
    ASSERT_TRUE(wait_until([&] { return bo.join(ann.peers->port(), hello_of(2)); }));
    EXPECT_GE(steady_clock::now() - begun, milliseconds(900));
    ASSERT_TRUE(bo.say(*encode_frame(ReadIndex{.request = 2})));
    EXPECT_TRUE(wait_until([&] { return ann.inbox.count() == 1; }));
}

TEST_F(ClusterHostile, AMessageBeforeTheGreetingIsNotHeard) {
    ASSERT_TRUE(bo.dial(ann.peers->port()));
    ASSERT_TRUE(bo.say(*encode_frame(ReadIndex{.request = 1})));
    EXPECT_FALSE(bo.listen());
    EXPECT_EQ(ann.inbox.count(), 0u);
    EXPECT_TRUE(ann.inbox.joined().empty());
}

TEST_F(ClusterHostile, ANodeCannotSpeakForAnother) {
    ann.peers->set_nodes({test::peer_at(2, 1), test::peer_at(3, 1)});
    ASSERT_TRUE(bo.dial(ann.peers->port()));
    ASSERT_TRUE(bo.say(encode_frame(hello_of(3))));
    EXPECT_EQ(bo.last_word(), "wrong_node");
}

TEST_F(ClusterHostile, ANewerProtocolAloneIsRefused) {
    Hello hello = hello_of(2);
    hello.protocol_min = 2;
    hello.protocol_max = 3;
    ASSERT_TRUE(bo.dial(ann.peers->port()));
    ASSERT_TRUE(bo.say(encode_frame(hello)));
    EXPECT_EQ(bo.last_word(), "version");
}

TEST_F(ClusterHostile, ASecondConnectionOfALaneReplacesTheFirst) {
    ASSERT_TRUE(bo.join(ann.peers->port(), hello_of(2)));
    Stranger again(test::peer_key(2));
    ASSERT_TRUE(again.join(ann.peers->port(), hello_of(2)));
    EXPECT_FALSE(bo.listen());
    ASSERT_TRUE(again.say(*encode_frame(ReadIndex{.request = 1})));
    EXPECT_TRUE(wait_until([&] { return ann.inbox.count() == 1; }));
    EXPECT_TRUE(ann.inbox.lost().empty());
}

TEST_F(ClusterHostile, ConnectionsThatSayNothingKeepNobodyOut) {
    asio::io_context io;
    std::vector<tcp::socket> silent;
    for (std::size_t i = 0; i < 3 * greetings_max; ++i) {
        silent.emplace_back(io);
        silent.back().connect({asio::ip::make_address("127.0.0.1"), ann.peers->port()});
    }
    EXPECT_TRUE(bo.join(ann.peers->port(), hello_of(2)));
    // The oldest have been closed to make room.
    char byte = 0;
    boost::system::error_code failed;
    silent[0].read_some(asio::buffer(&byte, 1), failed);
    EXPECT_TRUE(failed);
    silent.back().non_blocking(true);
    silent.back().read_some(asio::buffer(&byte, 1), failed);
    EXPECT_EQ(failed, asio::error::would_block) << "the youngest may still speak";
}

TEST_F(ClusterHostile, AGreetingThatDoesNotComeIsNotWaitedForLongerThanFiveSeconds) {
    const auto begun = steady_clock::now();
    ASSERT_TRUE(bo.dial(ann.peers->port()));
    EXPECT_FALSE(bo.listen());
    const auto waited = steady_clock::now() - begun;
    EXPECT_GT(waited, milliseconds(4'500));
    EXPECT_LT(waited, milliseconds(9'000));
}

TEST_F(ClusterHostile, BytesThatAreNotTlsAreRefused) {
    asio::io_context io;
    tcp::socket plain(io);
    plain.connect({asio::ip::make_address("127.0.0.1"), ann.peers->port()});
    asio::write(plain, asio::buffer(encode_frame(hello_of(2))));
    ASSERT_TRUE(wait_until([&] { return ann.inbox.refusals("tls", false) == 1; }));
    EXPECT_TRUE(ann.inbox.joined().empty());
}

// Every byte that is changed on the way ends the connection; then it is made anew.
TEST(ClusterRelay, AFlippedBitIsNeverHeard) {
    Member ann(1);
    Member bo(2);
    test::Relay relay(bo.peers->port());
    bo.peers->set_nodes({ann.place()});  // first: else bo refuses a stranger
    ann.peers->set_nodes({test::peer_at(2, relay.port())});
    ASSERT_TRUE(test::all_whole({&ann, &bo}));
    ann.peers->send(2, ReadIndex{.request = 1});
    ASSERT_TRUE(wait_until([&] { return bo.inbox.count() == 1; }));
    relay.flip_next();
    ann.peers->send(2, ReadIndex{.request = 2});
    ASSERT_TRUE(wait_until([&] { return bo.inbox.refusals("tls", false) == 1; }))
        << bo.inbox.all_refusals();
    EXPECT_EQ(bo.inbox.count(), 1u);
    ASSERT_TRUE(wait_until([&] { return !ann.status_of(2).control.connected; }));
    ASSERT_TRUE(test::all_whole({&ann, &bo})) << "it is dialled again";
    ann.peers->send(2, ReadIndex{.request = 3});
    ASSERT_TRUE(wait_until([&] { return bo.inbox.count() == 2; }));
    EXPECT_EQ(bo.inbox.messages()[1].frame, *encode_frame(ReadIndex{.request = 3}));
}

TEST(ClusterRelay, ACutConnectionIsNoFaultAndIsMadeAnew) {
    Member ann(1);
    Member bo(2);
    test::Relay relay(bo.peers->port());
    bo.peers->set_nodes({ann.place()});  // first: else bo refuses a stranger
    ann.peers->set_nodes({test::peer_at(2, relay.port())});
    ASSERT_TRUE(test::all_whole({&ann, &bo}));
    const auto joined = bo.inbox.joined().size();
    const auto begun = steady_clock::now();
    relay.cut();
    ASSERT_TRUE(wait_until([&] { return bo.inbox.joined().size() == joined + 2; }));
    ASSERT_TRUE(test::all_whole({&ann, &bo}));
    EXPECT_LT(steady_clock::now() - begun, milliseconds(5'000));
    EXPECT_EQ(ann.inbox.all_refusals(), "") << "nobody broke a rule";
}

// Bo greets and then reads nothing more.
TEST(ClusterQueue, AFullQueueDropsAndNeverKeepsTheSenderWaiting) {
    asio::io_context io;
    tcp::acceptor acceptor(io, {asio::ip::make_address("127.0.0.1"), 0});
    Member ann(1);
    ann.peers->set_nodes({test::peer_at(2, acceptor.local_endpoint().port())});
    std::vector<std::unique_ptr<Stranger>> bos;
    Stranger* control = nullptr;
    for (int i = 0; i < 2; ++i) {
        bos.push_back(std::make_unique<Stranger>(test::peer_key(2)));
        ASSERT_TRUE(bos.back()->accept(acceptor));
        const auto frame = bos.back()->listen();
        ASSERT_TRUE(frame);
        const auto hello = decode_hello(frame->body);
        ASSERT_TRUE(hello);
        ASSERT_TRUE(bos.back()->say(encode_frame(hello_of(2, hello->lane))));
        control = hello->lane == Lane::control ? bos.back().get() : control;
    }
    ASSERT_TRUE(wait_until([&] {
        return ann.status_of(2).control.connected && ann.status_of(2).bulk.connected;
    }));
    const PeerMessage append = test::sample_append({test::block_of(ledger::Bytes(1U << 20U, 'b'))});
    const auto begun = steady_clock::now();
    for (int i = 0; i < 100; ++i) {
        ann.peers->send(2, append);
    }
    EXPECT_LT(steady_clock::now() - begun, milliseconds(3'000)) << "it waited for a peer";
    const PeerLaneStatus bulk = ann.status_of(2).bulk;
    EXPECT_GE(bulk.dropped, 50u);
    EXPECT_GT(bulk.queued_bytes, 16U << 20U);
    EXPECT_LE(bulk.queued_bytes, bulk_queue_bytes);
    // The other lane is not touched.
    ann.peers->send(2, test::sample_heartbeat(5));
    ASSERT_NE(control, nullptr);
    const auto frame = control->listen(Lane::control);
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->type, 21);
    EXPECT_EQ(ann.status_of(2).control.dropped, 0u);
}

}  // namespace
}  // namespace tanji::node
