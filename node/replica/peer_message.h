#pragma once

#include "consensus/message.h"
#include "ledger/value/bytes.h"
#include "ledger/value/ids.h"
#include "ledger/value/time.h"

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

// What nodes say to each other (docs/consensus.md, "Messages"). Agreement's own messages carry what
// the core does not know: blocks, the candidate's last header.
namespace tanji::node {

using BlockBytes = std::shared_ptr<const ledger::Bytes>;  // header and body

// Append: the blocks, in order. PreVote and Vote: the signed header at the claimed position.
struct Agreement {
    consensus::Message message;
    std::vector<BlockBytes> blocks;
    ledger::Bytes last_header;
    ledger::TimeMs clock = 0;  // Heartbeat and HeartbeatReply: the sender's
};

// Commands in stored form, on their one hop to the leader.
struct Forward {
    std::uint64_t request = 0;
    std::vector<ledger::Bytes> commands;
};
struct ForwardReply {
    std::uint64_t request = 0;
    std::string code;              // empty: taken; else why not (`not_leader`, `overloaded` …)
    consensus::NodeId leader = 0;  // a hint; 0: none known
};

struct ReadIndex {
    std::uint64_t request = 0;  // fresh for each attempt
};
struct ReadIndexReply {
    std::uint64_t request = 0;
    consensus::Index index = 0;  // 0: not the leader, or not confirmed
};

// A checkpoint with the leader's log signature, to be cosigned.
struct CosignRequest {
    std::uint64_t round = 0;
    consensus::Index block = 0;  // the boundary at which the tree has this size
    std::string note;
};
struct CosignReply {
    std::uint64_t round = 0;
    std::string code;  // empty: cosigned; else why not (`behind`, `divergent`, `time_ahead` …)
    std::string line;  // the cosignature line with its LF
    ledger::TreeSize size = 0;
    ledger::Hash root;  // divergent: the own root there
};
// A note with enough cosignatures; valid whoever brings it.
struct CertificateFound {
    std::string note;
};

// Bisecting a difference.
struct RootQuery {
    std::uint64_t request = 0;
    consensus::Index block = 0;
};
struct RootReply {
    std::uint64_t request = 0;
    consensus::Index block = 0;  // 0: not applied here, or no longer known
    ledger::Hash hash;           // of the block
    ledger::TreeSize size = 0;
    ledger::Hash root;
};
// The same inside the block: trees of the first `size` leaves.
struct LeafQuery {
    std::uint64_t request = 0;
    ledger::TreeSize size = 0;
};
struct LeafReply {
    std::uint64_t request = 0;
    ledger::TreeSize size = 0;  // 0: that tree is smaller
    ledger::Hash root;          // of the first `size` leaves
    ledger::Hash leaf;          // hash of the last of them
};

// Which snapshot a node has, and why it is to be believed.
struct ManifestQuery {
    consensus::Index block = 0;
};
// The answer; also, unasked, what a leader says to whom it would have to send pruned blocks.
struct ManifestReply {
    consensus::Index block = 0;
    ledger::Bytes manifest;          // empty: no snapshot of that block here
    ledger::Bytes header;            // of the block
    std::string note;                // a certificate of a tree at least as large
    std::vector<ledger::Hash> path;  // its proof of consistency with the manifest's
};
struct FetchChunk {
    ledger::Hash digest;  // of the manifest
    std::uint32_t number = 0;
};
struct Chunk {
    ledger::Hash digest;
    std::uint32_t number = 0;
    ledger::Bytes bytes;             // empty: not here
    std::vector<ledger::Hash> path;  // to the root of the chunks
};

using PeerMessage = std::variant<
    Agreement,
    Forward,
    ForwardReply,
    ReadIndex,
    ReadIndexReply,
    CosignRequest,
    CosignReply,
    CertificateFound,
    RootQuery,
    RootReply,
    LeafQuery,
    LeafReply,
    ManifestQuery,
    ManifestReply,
    FetchChunk,
    Chunk>;

}  // namespace tanji::node
