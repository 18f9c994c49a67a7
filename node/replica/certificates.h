#pragma once

#include "node/replica/electorate.h"

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tanji::node {

// Certificates as they come in, from whomever: nothing is called certified before this node has
// verified the policy's quorum itself, and none is believed against the own root.
class Certificates {
public:
    struct Found {
        // To be kept: newer than the newest known one, without lines of unknown keys.
        std::optional<ledger::CheckpointCertificate> certificate;
        // Valid, and its root is not this node's: halt.
        std::optional<ledger::CheckpointCertificate> against;
        ledger::Hash own_root;  // at the size of `against`
    };

    // A note from that node. One that is beyond the own tree waits, a few per sender,
    // because the policy of its size may still change; whatever does not verify is dropped.
    Found found(
        consensus::NodeId from,
        std::string_view note,
        const OwnTree& tree,
        const Electorate& electorate
    );
    // Those that waited and are within the own tree now. Call it when blocks were applied.
    std::vector<Found> retry(const OwnTree& tree, const Electorate& electorate);

    // This one is kept: at the start, and by this node's own rounds.
    void kept(const ledger::CheckpointCertificate& certificate, const Electorate& electorate);

private:
    // Which of two certificates says more: the larger tree; then the later time, that half of its
    // cosigners state at least; then the more cosigners.
    struct Rank {
        ledger::TreeSize size = 0;
        std::uint64_t time_s = 0;
        std::size_t cosigners = 0;

        auto operator<=>(const Rank&) const = default;
    };
    struct Waiting {
        ledger::TreeSize size = 0;
        std::string note;
    };
    struct Weighed;

    static std::optional<Weighed> verify(std::string_view text, const Electorate& electorate);
    Found weigh(std::string_view note, const OwnTree& tree, const Electorate& electorate);

    std::map<consensus::NodeId, std::deque<Waiting>> ahead_;
    Rank best_;
};

}  // namespace tanji::node
