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
        std::uint64_t every_blocks = 1;  // there are snapshots of these blocks, and of no other
        std::function<void(consensus::NodeId to, PeerMessage message)> send;
        // Something an honest node does not do, or that an operator wants to know.
        std::function<
            void(consensus::NodeId peer, std::string_view event, const std::string& sentence)>
            alarm;
        std::function<void()> took_chunk;
        // Whether so many bytes may be written besides what is to stay free.
        std::function<bool(std::uint64_t bytes)> has_room;
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
    // Gives up what nobody has any more, and what the own ledger has passed.
    void tick(consensus::Index applied, ledger::TimeMs now);
    // Only the latter, also when it is whole.
    void passed(consensus::Index applied);

    // Everything is there: to be installed at the next start.
    bool is_whole() const { return wanted_ && wanted_->missing.empty(); }
    bool is_under_way() const { return wanted_.has_value(); }

private:
    struct Asked {
        std::uint32_t number = 0;
        ledger::TimeMs until = 0;
    };

    // What a voter says of a block; it was checked.
    struct Named {
        ledger::Hash digest;
        ledger::TimeMs at = 0;
    };
    struct Alarmed {
        consensus::Index block = 0;
        ledger::TimeMs at = 0;
    };

    ledger::Result<ledger::SnapshotManifest> check(const ManifestReply& offer) const;
    void ask(ledger::TimeMs now);
    void name(
        consensus::NodeId from,
        consensus::Index block,
        const ledger::Hash& digest,
        ledger::TimeMs now
    );
    void forget(consensus::NodeId from, consensus::Index block);
    void forget_old(consensus::Index applied, ledger::TimeMs now);
    bool is_named(consensus::Index block) const;
    std::set<consensus::NodeId> who_name(consensus::Index block, const ledger::Hash& digest) const;
    bool suffices(const std::set<consensus::NodeId>& named, ledger::TreeSize size) const;
    void begin(
        const ledger::SnapshotManifest& manifest, const ManifestReply& offer, ledger::TimeMs now
    );
    void ask_for_chunks(ledger::TimeMs now);
    std::optional<std::uint32_t> next_chunk() const;
    void give_up();
    void alarm_once(
        consensus::NodeId peer,
        consensus::Index block,
        std::string_view event,
        const std::string& sentence,
        ledger::TimeMs now
    );

    Parts parts_;
    // Asking: of each voter, the two newest blocks it names. What one of them invents takes nothing
    // from the others.
    std::map<consensus::NodeId, std::map<consensus::Index, Named>> named_;
    ledger::TimeMs ask_again_ = 0;
    std::map<consensus::NodeId, Alarmed> alarmed_;
    // Fetching.
    std::optional<SnapshotFolder::Fetching> wanted_;
    ledger::Hash digest_;
    std::set<consensus::NodeId> sources_;
    std::set<consensus::NodeId> liars_;  // sent a wrong chunk of this one
    std::map<consensus::NodeId, Asked> asked_;
    ledger::TimeMs progress_ = 0;
};

}  // namespace tanji::node
