#pragma once

#include "consensus/ready.h"
#include "ledger/decoded_block.h"
#include "ledger/ledger.h"
#include "ledger/proof/evidence.h"
#include "ledger/value/time.h"
#include "node/replica/peer_message.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

// What the loop needs of the world. The loop is pure over these: no disk, socket, clock or thread.
namespace tanji::node {

// A block on its way to disk, peers and ledger.
struct SealedBlock {
    consensus::BlockRef ref;
    BlockBytes bytes;              // header and body
    ledger::DecodedBlock decoded;  // the same, prepared
};
using SealedBlockPtr = std::shared_ptr<const SealedBlock>;

// The head of a tree that this node is about to cosign.
struct CosignedHead {
    ledger::BlockIndex block = 0;
    ledger::TreeSize size = 0;
    ledger::Hash root;
    std::uint64_t time_s = 0;
};

// What is written together: blocks and promise in one synced write, then the mark, synced.
struct DiskWrite {
    consensus::Token token;
    std::vector<SealedBlockPtr> blocks;
    std::optional<consensus::Promise> promise;
    std::optional<consensus::BlockId> mark;  // nothing: the mark keeps its block
};

// Writes in the order of the calls.
class Disk {
public:
    virtual ~Disk() = default;
    // Calls back Replica::wrote(token) when blocks, promise and mark are on disk.
    virtual void write(DiskWrite write) = 0;
    // Calls back Replica::head_marked(head) when the mark names the head. Of several that wait, the
    // newest is enough.
    virtual void mark_head(const CosignedHead& head) = 0;
    // Reads `count` blocks from `first` on, fewer if they are more than `bytes_max` together, and
    // calls back with what is there; later, from the thread of the loop.
    using Read = std::function<void(std::vector<BlockBytes>)>;
    virtual void read(
        consensus::Index first, std::uint64_t count, std::uint64_t bytes_max, Read done
    ) = 0;
};

// To the other members. Never waits; messages may get lost.
class Wire {
public:
    virtual ~Wire() = default;
    virtual void send(consensus::NodeId to, PeerMessage message) = 0;
    // That process went back in time: nothing is heard from it any more, nor sent to it.
    virtual void turn_away(consensus::NodeId node, consensus::Incarnation incarnation) = 0;
    // That node said what no honest one says: its connections to this one end, and it is kept out
    // for a while.
    virtual void hang_up(consensus::NodeId node) = 0;
    // That follower needs blocks that are pruned here. Said again until it has a snapshot.
    virtual void needs_snapshot(consensus::NodeId) {}
};

// Applies committed blocks in the order of the calls.
class Applier {
public:
    virtual ~Applier() = default;
    // Calls back Replica::applied(). Null: the block was found on disk at the start.
    virtual void apply(consensus::Index index, SealedBlockPtr block) = 0;
    // Keeps a certificate where views find it, then calls back Replica::certified().
    virtual void keep(const ledger::CheckpointCertificate& certificate) = 0;
    // Of a block that Replica::applied() was told of.
    virtual std::optional<ledger::BlockRow> row(ledger::BlockIndex block) const = 0;
    // REQUIRES: a size that Replica::applied() was told of, or a smaller one.
    virtual ledger::Hash root_at(ledger::TreeSize size) const = 0;
    virtual ledger::Hash leaf_at(ledger::LeafIndex index) const = 0;  // its hash
    // The proof that the tree of that size began with the smaller one (RFC 6962, 2.1.2). REQUIRES:
    // from <= to, and of `to` what root_at requires.
    virtual std::vector<ledger::Hash> consistency(ledger::TreeSize from, ledger::TreeSize to)
        const = 0;
};

class Clock {
public:
    virtual ~Clock() = default;
    virtual ledger::TimeMs now_ms() const = 0;
};

// Why a node votes, acknowledges, cosigns and serves nothing any more.
enum class Quarantine : std::uint8_t {
    none,
    divergent,
    conflict,
    removed,
    unauthorised_membership,
};

// What is worth a metric, a line of the log or a file.
class Observer {
public:
    virtual ~Observer() = default;
    virtual void sealed(std::size_t commands, std::size_t bytes) = 0;
    virtual void certified(ledger::TreeSize size, std::int64_t took_ms) = 0;
    virtual void role_changed(const consensus::Status& status) = 0;
    // A peer was answered, or refused something: a stable name and a sentence.
    virtual void peer_event(
        consensus::NodeId peer, std::string_view event, const std::string& sentence
    ) = 0;
    virtual void quarantined(Quarantine reason, const std::string& sentence) = 0;
    // A voter's answer to a request of this node: `counted`, `ignored` (late, or no good line), or
    // the code with which it refused.
    virtual void cosignature(consensus::NodeId, std::string_view) {}
    // That node has another root for a size than this one.
    virtual void root_mismatch(consensus::NodeId) {}
    // A file that convicts somebody, or tells where two nodes differ.
    virtual void evidence(const ledger::Evidence& evidence) = 0;
    virtual void divergence(const std::string& report) = 0;
};

struct Ports {
    Disk& disk;
    Wire& wire;
    Applier& applier;
    Clock& clock;
    Observer& observer;
};

}  // namespace tanji::node
