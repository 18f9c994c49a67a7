// How many voters have to name a snapshot before it is fetched.
#include "node/snapshot/fetch.h"
#include "snapshot_fixture.h"

namespace tanji::node {
namespace {

using consensus::NodeId;
using test::make_snapshot;

// A node that lacks blocks, among so many voters; offers come from those that a test names.
class Newcomer {
public:
    Newcomer(NodeId self, std::size_t voters, std::size_t min_cosigners = 0)
        : alliance_(voters, min_cosigners) {
        electorate = alliance_.electorate();
        electorate.pinned.ledger = test::History::ledger();
        manifest_ = make_snapshot(theirs_, history_, 8);
        fetch_ = std::make_unique<SnapshotFetch>(SnapshotFetch::Parts{
            .self = self,
            .electorate = electorate,
            .folder = own_,
            .every_blocks = 8,
            .send = [](NodeId, PeerMessage) {},
            .alarm = [](NodeId, std::string_view, const std::string&) {},
            .took_chunk = [] {},
            .has_room = [](std::uint64_t) { return true; },
        });
    }

    // Whether it fetches once that one has named the snapshot.
    bool hears(NodeId from) {
        const ManifestReply offer = {
            .block = 8,
            .manifest = encode_manifest(manifest_),
            .header = history_.bytes(8).substr(0, ledger::header_bytes),
            .note = alliance_.note(3, 1, ledger::leaf_hash(test::only_leaf), alliance_.all()),
            .path = {},
        };
        fetch_->received(from, offer, 1, 0);
        return fetch_->is_under_way();
    }

    Electorate electorate;

private:
    test::TemporaryDirectory place_;
    small::Alliance alliance_;
    test::History history_;
    SnapshotFolder theirs_{place_ / "theirs"};
    SnapshotFolder own_{place_ / "own"};
    ledger::SnapshotManifest manifest_;
    std::unique_ptr<SnapshotFetch> fetch_;
};

// Where all three have to cosign: the one that asks cannot vouch for itself.
TEST(FetchOf, EveryOtherVoterSuffices) {
    Newcomer voter(1, 3, 3);
    EXPECT_FALSE(voter.hears(2));
    EXPECT_TRUE(voter.hears(3));
}

TEST(FetchOf, ALearnerComesBackWhileAVoterIsDown) {
    Newcomer learner(5, 4);
    EXPECT_FALSE(learner.hears(1));
    EXPECT_FALSE(learner.hears(3));
    EXPECT_TRUE(learner.hears(4)) << "three of four are the quorum";
}

TEST(FetchOf, AVoterComesBackWhileAnotherOneIsDown) {
    Newcomer voter(1, 7);
    for (const NodeId other : {2U, 3U, 5U, 6U}) {
        EXPECT_FALSE(voter.hears(other)) << other;
    }
    EXPECT_TRUE(voter.hears(7)) << "five of seven are the quorum";
}

TEST(FetchOf, WhoVotesNoMoreIsNotCounted) {
    Newcomer learner(5, 4);
    learner.hears(1);
    learner.hears(2);
    std::erase_if(learner.electorate.voters, [](const CosignVoter& each) {
        return each.node == 2;
    });
    EXPECT_FALSE(learner.hears(2));
    EXPECT_FALSE(learner.hears(3)) << "of three that vote, two have named it";
    EXPECT_TRUE(learner.hears(4));
}

}  // namespace
}  // namespace tanji::node
