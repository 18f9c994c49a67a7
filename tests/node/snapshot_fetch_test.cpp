#include "node/snapshot/fetch.h"
#include "node/snapshot/offer.h"
#include "snapshot_fixture.h"

namespace tanji::node {
namespace {

using consensus::NodeId;
using ledger::BlockIndex;
using test::make_snapshot;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

// Voters 1 to 4 of which node 1 lacks blocks; what it sends is kept until somebody answers.
class Fetch : public testing::Test {
protected:
    Fetch() {
        electorate_ = alliance_.electorate();
        electorate_.pinned.ledger = test::History::ledger();
        manifest_ = make_snapshot(theirs_, history_, 8, 2);
        begin();
    }

    // A process of the node that lacks blocks.
    void begin() {
        sent_.clear();
        fetch_ = std::make_unique<SnapshotFetch>(SnapshotFetch::Parts{
            .self = self_,
            .electorate = electorate_,
            .folder = own_,
            .every_blocks = 8,
            .send = [this](NodeId to, PeerMessage m) { sent_.emplace_back(to, std::move(m)); },
            .alarm =
                [this](NodeId peer, std::string_view event, const std::string&) {
                    alarms_.emplace_back(peer, event);
                },
            .took_chunk = [this] { ++chunks_; },
            .has_room = [this](std::uint64_t bytes) { return bytes <= room_; },
        });
    }

    ManifestReply offer(const ledger::SnapshotManifest& manifest) {
        return {
            .block = manifest.block,
            .manifest = encode_manifest(manifest),
            .header = history_.bytes(manifest.block).substr(0, ledger::header_bytes),
            .note = alliance_.note(3, 1, ledger::leaf_hash(test::only_leaf), {1, 2, 3}),
            .path = {},
        };
    }
    ManifestReply offer() { return offer(manifest_); }
    void hear(NodeId from, const ManifestReply& reply) { fetch_->received(from, reply, 1, now_); }

    Chunk chunk(std::uint32_t number) {
        auto piece = theirs_.piece(manifest_, number).value();
        return {
            .digest = digest_of(manifest_),
            .number = number,
            .bytes = std::move(piece.bytes),
            .path = std::move(piece.path),
        };
    }

    // To whom chunks and manifests were asked for, since the last call.
    std::map<NodeId, std::uint32_t> asked_chunks() {
        std::map<NodeId, std::uint32_t> asked;
        for (const auto& [to, message] : sent_) {
            if (const auto* wanted = std::get_if<FetchChunk>(&message)) {
                asked[to] = wanted->number;
            }
        }
        sent_.clear();
        return asked;
    }
    std::vector<NodeId> asked_manifests() {
        std::vector<NodeId> asked;
        for (const auto& [to, message] : sent_) {
            if (std::holds_alternative<ManifestQuery>(message)) {
                asked.push_back(to);
            }
        }
        sent_.clear();
        return asked;
    }
    std::set<BlockIndex> asked_blocks() {
        std::set<BlockIndex> asked;
        for (const auto& [to, message] : sent_) {
            if (const auto* query = std::get_if<ManifestQuery>(&message)) {
                asked.insert(query->block);
            }
        }
        sent_.clear();
        return asked;
    }
    // Of a block that nobody has made: a voter may sign any header.
    ManifestReply invented(BlockIndex block) {
        ledger::SnapshotManifest manifest = manifest_;
        manifest.block = block;
        manifest.block_hash = history_.hash(block);
        return offer(manifest);
    }
    // Not of the four that vote: the liar among them is none of a quorum then.
    void as_a_learner() {
        self_ = 5;
        begin();
    }
    void agree() {
        for (const NodeId node : {2U, 3U, 4U}) {
            hear(node, offer());
        }
    }

    NodeId self_ = 1;
    test::TemporaryDirectory place_;
    small::Alliance alliance_{4};
    Electorate electorate_;
    test::History history_;
    SnapshotFolder theirs_{place_ / "theirs"};
    SnapshotFolder own_{place_ / "own"};
    ledger::SnapshotManifest manifest_;
    std::unique_ptr<SnapshotFetch> fetch_;
    std::vector<std::pair<NodeId, PeerMessage>> sent_;
    std::vector<std::pair<NodeId, std::string>> alarms_;
    std::uint64_t room_ = UINT64_MAX;
    int chunks_ = 0;
    ledger::TimeMs now_ = 1'000'000;
};

TEST_F(Fetch, BelievesNobodyUntilAQuorumOfVotersNamesTheSameManifest) {
    hear(3, offer());
    EXPECT_THAT(asked_manifests(), ElementsAre(2, 3, 4));
    hear(2, offer());
    hear(2, offer());
    EXPECT_FALSE(fetch_->is_under_way()) << "two of three, however often they say it";
    hear(4, offer());
    EXPECT_TRUE(fetch_->is_under_way());
    EXPECT_EQ(asked_chunks().size(), 3U);
    EXPECT_THAT(alarms_, IsEmpty());
}

// Once for the chunks and once for the state; a node that votes must not fill its disk.
TEST_F(Fetch, IsNotBegunWithoutRoomForTwiceTheState) {
    room_ = 2 * manifest_.bytes - 1;
    for (const NodeId voter : std::vector<NodeId>{2, 3, 4}) {
        hear(voter, offer());
    }
    EXPECT_FALSE(fetch_->is_under_way());
    EXPECT_THAT(alarms_, Contains(std::pair(self_, "snapshot.not_begun")));
    room_ = 2 * manifest_.bytes;
    hear(2, offer());
    EXPECT_TRUE(fetch_->is_under_way());
}

TEST_F(Fetch, ALiarCannotMakeTheNewcomerTakeItsState) {
    ledger::SnapshotManifest other = manifest_;
    other.chunk_root.bytes[0] ^= 1;
    hear(3, offer());
    hear(2, offer(other));
    EXPECT_THAT(alarms_, Contains(std::pair(NodeId{2}, "snapshot.manifests_differ")));
    hear(4, offer());
    EXPECT_FALSE(fetch_->is_under_way()) << "two of three are no quorum, and one is against";
    hear(2, offer());
    EXPECT_TRUE(fetch_->is_under_way());
}

TEST_F(Fetch, AnOfferWithoutCertificateHeaderOrLedgerIsRefused) {
    const auto refused = [&](const auto& change) {
        ManifestReply bad = offer();
        change(bad);
        return !check_offer(bad, electorate_);
    };
    EXPECT_FALSE(refused([](ManifestReply&) {}));
    EXPECT_TRUE(refused([&](ManifestReply& bad) {
        bad.note = alliance_.note(3, 1, ledger::leaf_hash(test::only_leaf), {1, 2});
    })) << "two cosigners of three";
    EXPECT_TRUE(refused([&](ManifestReply& bad) {
        bad.note = alliance_.note(3, 1, ledger::leaf_hash("another leaf"), {1, 2, 3});
    })) << "of another tree";
    EXPECT_TRUE(refused([&](ManifestReply& bad) {
        bad.note = alliance_.note(3, 2, ledger::leaf_hash("larger"), {1, 2, 3});
    })) << "of a larger tree, without proof";
    EXPECT_TRUE(refused([&](ManifestReply& bad) {
        bad.header = history_.bytes(7).substr(0, ledger::header_bytes);
    }));
    EXPECT_TRUE(refused([](ManifestReply& bad) { bad.header.back() ^= 1; })) << "nobody signed it";
    EXPECT_TRUE(refused([](ManifestReply& bad) { bad.block = 9; }));
    EXPECT_TRUE(refused([](ManifestReply& bad) { bad.manifest.pop_back(); }));
    electorate_.pinned.ledger = ledger::sha256("another genesis file");
    EXPECT_TRUE(refused([](ManifestReply&) {}));
    hear(2, offer());
    EXPECT_THAT(alarms_, ElementsAre(std::pair(NodeId{2}, "snapshot.refused")));
}

TEST_F(Fetch, ACertificateOfALargerTreeCoversItByItsProof) {
    const std::vector<ledger::Hash> leaves = {
        ledger::leaf_hash(test::only_leaf), ledger::leaf_hash("the next one")
    };
    ManifestReply later = offer();
    later.note = alliance_.note(3, 2, ledger::tree_root(leaves), {1, 2, 3});
    later.path = {leaves[1]};
    EXPECT_TRUE(check_offer(later, electorate_));
}

TEST_F(Fetch, WhoIsNoVoterOrOffersWhatIsAppliedHereIsNotHeard) {
    hear(9, offer());
    fetch_->received(2, offer(), 8, now_);
    EXPECT_THAT(sent_, IsEmpty());
    EXPECT_THAT(alarms_, IsEmpty());
}

TEST_F(Fetch, BlocksThatALiarInventsTakeNothingFromTheOthers) {
    as_a_learner();
    hear(2, invented(24));
    hear(1, offer());
    for (const BlockIndex block : {32U, 40U, 48U}) {
        hear(2, invented(block));
    }
    sent_.clear();
    now_ += 2'000;
    fetch_->tick(1, now_);
    EXPECT_THAT(asked_blocks(), ElementsAre(8, 40, 48)) << "two of each voter at most";
    hear(3, offer());
    hear(2, invented(56));
    hear(4, offer());
    ASSERT_TRUE(fetch_->is_under_way());
    EXPECT_EQ(own_.fetching()->manifest.block, 8U);
    EXPECT_THAT(alarms_, IsEmpty());
}

TEST_F(Fetch, OnlyBlocksOfWhichEverybodyKeepsASnapshotAreTaken) {
    hear(2, invented(12));
    EXPECT_THAT(alarms_, ElementsAre(std::pair(NodeId{2}, "snapshot.refused")));
    EXPECT_THAT(sent_, IsEmpty());
}

TEST_F(Fetch, ALiarIsWorthOneLineForABlockAndFewInAll) {
    const auto lie = [&](BlockIndex block) {
        ManifestReply bad = invented(block);
        bad.note = "nobody signed it";
        hear(2, bad);
    };
    for (const BlockIndex block : {8U, 8U, 16U, 24U, 8U}) {
        lie(block);
    }
    EXPECT_EQ(alarms_.size(), 1U);
    now_ += 10'000;
    lie(8);
    EXPECT_EQ(alarms_.size(), 1U);
    lie(16);
    EXPECT_EQ(alarms_.size(), 2U);
}

TEST_F(Fetch, WhatAVoterKeepsNoMoreOrSaidLongAgoIsNotCounted) {
    as_a_learner();
    hear(1, offer());
    hear(2, offer());
    hear(2, {.block = 8, .manifest = {}, .header = {}, .note = {}, .path = {}});
    hear(3, offer());
    EXPECT_FALSE(fetch_->is_under_way()) << "node 2 has dropped it";
    now_ += 31'000;
    fetch_->tick(1, now_);
    hear(4, offer());
    hear(1, offer());
    EXPECT_FALSE(fetch_->is_under_way()) << "node 3 was not heard for long";
    hear(3, offer());
    EXPECT_TRUE(fetch_->is_under_way());
}

TEST_F(Fetch, AWrongChunkCostsItsSenderTheTurnAndRaisesAnAlarm) {
    agree();
    auto asked = asked_chunks();
    const NodeId liar = asked.begin()->first;
    Chunk wrong = chunk(asked.begin()->second);
    wrong.bytes[100] ^= 1;
    fetch_->received(liar, wrong, now_);
    EXPECT_THAT(alarms_, ElementsAre(std::pair(liar, "snapshot.bad_chunk")));
    EXPECT_EQ(chunks_, 0);
    hear(liar, offer());
    EXPECT_FALSE(asked_chunks().contains(liar)) << "not even when it names the manifest again";
    for (const auto& [node, number] : asked) {
        if (node != liar) {
            fetch_->received(node, chunk(number), now_);
        }
    }
    const auto again = asked_chunks();
    ASSERT_EQ(again.size(), 1U) << "the one that is left";
    fetch_->received(again.begin()->first, chunk(again.begin()->second), now_);
    EXPECT_TRUE(fetch_->is_whole());
    EXPECT_EQ(chunks_, 3);
}

TEST_F(Fetch, WhatNobodyAskedForIsNotTaken) {
    agree();
    const auto asked = asked_chunks();
    for (std::uint32_t number = 0; number < 3; ++number) {
        if (asked.at(2) != number) {
            fetch_->received(2, chunk(number), now_);
        }
    }
    EXPECT_EQ(chunks_, 0);
}

TEST_F(Fetch, ACrashCostsOnlyWhatWasUnderWay) {
    agree();
    const auto asked = asked_chunks();
    fetch_->received(2, chunk(asked.at(2)), now_);
    begin();
    EXPECT_TRUE(fetch_->is_under_way());
    fetch_->tick(1, now_);
    EXPECT_THAT(asked_manifests(), UnorderedElementsAre(2, 3, 4));
    hear(4, offer());
    for (int i = 0; i < 2; ++i) {
        const auto next = asked_chunks();
        ASSERT_EQ(next.size(), 1U);
        EXPECT_NE(next.at(4), asked.at(2));
        fetch_->received(4, chunk(next.at(4)), now_);
    }
    EXPECT_TRUE(fetch_->is_whole());
}

TEST_F(Fetch, WhoDoesNotAnswerIsNotWaitedFor) {
    agree();
    const auto asked = asked_chunks();
    fetch_->received(2, chunk(asked.at(2)), now_);
    fetch_->received(3, chunk(asked.at(3)), now_);
    now_ += 11'000;
    fetch_->tick(1, now_);
    auto again = asked_chunks();
    ASSERT_EQ(again.size(), 1U);
    EXPECT_EQ(again.begin()->second, asked.at(4));
    fetch_->received(again.begin()->first, chunk(asked.at(4)), now_);
    EXPECT_TRUE(fetch_->is_whole());
}

TEST_F(Fetch, WhatTheOwnLedgerHasPassedIsGivenUp) {
    agree();
    fetch_->tick(7, now_);
    EXPECT_TRUE(fetch_->is_under_way());
    fetch_->tick(8, now_);
    EXPECT_FALSE(fetch_->is_under_way());
    EXPECT_FALSE(own_.fetching());
}

TEST_F(Fetch, AlsoWhenItIsWhole) {
    agree();
    for (const auto& [node, number] : asked_chunks()) {
        fetch_->received(node, chunk(number), now_);
    }
    fetch_->passed(7);
    ASSERT_TRUE(fetch_->is_whole());
    fetch_->passed(8);
    EXPECT_FALSE(fetch_->is_whole()) << "nothing to start anew for";
    EXPECT_FALSE(own_.fetching());
}

TEST_F(Fetch, WhatNobodyHasAnyMoreIsGivenUpForANewerOne) {
    agree();
    for (const auto& [node, number] : asked_chunks()) {
        const Chunk nothing = {
            .digest = digest_of(manifest_), .number = number, .bytes = {}, .path = {}
        };
        fetch_->received(node, nothing, now_);
    }
    EXPECT_THAT(alarms_, IsEmpty()) << "nobody lied";
    now_ += 121'000;
    fetch_->tick(1, now_);
    EXPECT_FALSE(fetch_->is_under_way());
    manifest_ = make_snapshot(theirs_, history_, 16);
    agree();
    EXPECT_TRUE(fetch_->is_under_way());
    EXPECT_EQ(own_.fetching()->manifest.block, 16U);
}

}  // namespace
}  // namespace tanji::node
