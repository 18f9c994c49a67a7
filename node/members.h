#pragma once

#include "ledger/store/store.h"
#include "node/cluster/peers.h"
#include "node/known_peers.h"
#include "node/replica/replica.h"
#include "node/work_thread.h"

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>

namespace tanji::node {

// The other members, as the loop knows them: what it sends goes out through the transport, and what
// comes in is decoded, and its signatures verified, on a thread of its own before the loop hears of
// it.
class Members : public Wire {
public:
    struct Parts {
        PeerOptions options;
        const ledger::SigningKey& key;  // `peer`
        const ledger::Hash& ledger;
        std::shared_ptr<const ledger::Roster> roster;
        KnownPeers remembered;        // counts while it is of a newer membership
        const ledger::Reader& state;  // names the keys of signers
        std::function<void(std::function<void(Replica&)>)> in_loop;
        std::function<void(std::string_view event, const Refusal& refusal)> refused;
        // A message about snapshots; false when too many wait.
        std::function<bool(consensus::NodeId from, PeerMessage message)> about_snapshots;
        // That follower needs one.
        std::function<void(consensus::NodeId node)> needs_snapshot;
    };
    explicit Members(Parts parts);

    // Nodes and memberships as they are applied now: who is pinned, who may seal.
    void set_roster(std::shared_ptr<const ledger::Roster> roster);
    std::shared_ptr<const ledger::Roster> roster() const;
    // Whether there is anybody to listen for.
    bool has_others() const;
    bool has_started() const { return running_ != nullptr; }
    // Begins to listen and to dial. The message of a refusal says what is wrong with an address.
    ledger::Status start();
    void send(consensus::NodeId to, PeerMessage message) override;
    void turn_away(consensus::NodeId node, consensus::Incarnation incarnation) override;
    void hang_up(consensus::NodeId node) override;
    void needs_snapshot(consensus::NodeId node) override { parts_.needs_snapshot(node); }
    std::vector<PeerStatus> status() const;
    // Nothing is heard once it has returned.
    void stop();

private:
    bool heard(consensus::NodeId from, consensus::Incarnation incarnation, PeerMessage& message);
    void admit_agreement(
        consensus::NodeId from, consensus::Incarnation incarnation, Agreement agreement
    );
    void prepare_commands(consensus::NodeId from, const Forward& forward);

    std::shared_ptr<const Electorate> electorate() const;

    Parts parts_;
    mutable std::mutex mutex_;  // of the two below
    std::shared_ptr<const ledger::Roster> roster_;
    std::shared_ptr<const Electorate> electorate_;
    WorkThread admission_;
    std::unique_ptr<Peers> peers_;
    std::atomic<Peers*> running_ = nullptr;  // the same, once it listens; any thread asks it
};

}  // namespace tanji::node
