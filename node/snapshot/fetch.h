#pragma once

#include "ledger/value/time.h"
#include "node/replica/electorate.h"
#include "node/replica/peer_message.h"
#include "node/snapshot/folder.h"

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace tanji::node {

// Takes a snapshot from the other voters, as a value that messages and time are given to: whom to
// ask, whom to believe, which chunk next. What came is on disk at once, so a crash costs the chunks
// that were under way.
class SnapshotFetch {
public:
    struct Parts {
        consensus::NodeId self = 0;
        const Electorate& electorate;
        SnapshotFolder& folder;
        std::function<void(consensus::NodeId to, PeerMessage message)> send;
        // Something an honest node does not do, or that an operator wants to know.
        std::function<
            void(consensus::NodeId peer, std::string_view event, const std::string& sentence)>
            alarm;
        std::function<void()> took_chunk;
    };
    // Goes on where an earlier process stood.
    explicit SnapshotFetch(Parts parts);

    // An answer, or what a leader offers: what it lacks is on no disk here. `applied`: where the
    // own ledger stands; an older snapshot is of no use.
    void received(
        consensus::NodeId from,
        const ManifestReply& offer,
        consensus::Index applied,
        ledger::TimeMs now
    );
    void received(consensus::NodeId from, const Chunk& chunk, ledger::TimeMs now);
    // Gives up what the own ledger has passed, and what nobody has any more.
    void tick(consensus::Index applied, ledger::TimeMs now);

    // Everything is there: to be installed at the next start.
    bool is_whole() const { return wanted_ && wanted_->missing.empty(); }
    bool is_under_way() const { return wanted_.has_value(); }

private:
    struct Asked {
        std::uint32_t number = 0;
        ledger::TimeMs until = 0;
    };

    void ask_all(consensus::Index block, ledger::TimeMs now);
    void name(consensus::NodeId from, const ledger::Hash& digest, const ManifestReply& offer);
    bool suffices(const std::set<consensus::NodeId>& voters, ledger::TreeSize size) const;
    void begin(const ManifestReply& offer, ledger::TimeMs now);
    void ask_for_chunks(ledger::TimeMs now);
    std::optional<std::uint32_t> next_chunk() const;
    void give_up();

    Parts parts_;
    // Asking: who names which manifest of this block. Each of them was checked.
    consensus::Index block_ = 0;
    std::map<ledger::Hash, std::set<consensus::NodeId>> named_;
    ledger::TimeMs began_ = 0;
    ledger::TimeMs ask_again_ = 0;
    // Fetching.
    std::optional<SnapshotFolder::Fetching> wanted_;
    ledger::Hash digest_;
    std::set<consensus::NodeId> sources_;
    std::set<consensus::NodeId> liars_;  // sent a wrong chunk of this one
    std::map<consensus::NodeId, Asked> asked_;
    ledger::TimeMs progress_ = 0;
};

}  // namespace tanji::node
