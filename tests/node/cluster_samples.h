#pragma once

#include "node/cluster/wire.h"

#include <string>
#include <utility>
#include <vector>

// One message of each kind, with fields that cannot be mixed up unnoticed.
namespace tanji::node::test {

inline ledger::Hash filled_hash(std::uint8_t byte) {
    ledger::Hash hash;
    hash.bytes.fill(byte);
    return hash;
}

inline consensus::Hash filled_link(std::uint8_t byte) {
    consensus::Hash hash{};
    hash.fill(byte);
    return hash;
}

inline BlockBytes block_of(std::string bytes) {
    return std::make_shared<const ledger::Bytes>(std::move(bytes));
}

inline Agreement agreement(consensus::Message message) {
    Agreement made;
    made.message = std::move(message);
    return made;
}

inline consensus::TransferNow sample_transfer() {
    consensus::TransferNow transfer{.term = 7, .from = 2, .to = 3, .signature = {}};
    transfer.signature.fill(0x5a);
    return transfer;
}

inline PeerMessage sample_append(std::vector<BlockBytes> blocks) {
    consensus::Append append;
    append.term = 7;
    append.prev = {.term = 6, .index = 41};
    append.prev_hash = filled_link(0x11);
    append.count = blocks.size();
    append.commit = 40;
    Agreement made = agreement(append);
    made.blocks = std::move(blocks);
    return made;
}

inline PeerMessage sample_heartbeat(std::uint64_t read) {
    Agreement made = agreement(consensus::Heartbeat{.term = 7, .commit = 40, .read = read});
    made.clock = 1'795'219'200'000;
    return made;
}

inline std::vector<std::pair<std::string, PeerMessage>> sample_messages() {
    std::vector<std::pair<std::string, PeerMessage>> all;
    Agreement pre_vote = agreement(consensus::PreVote{.term = 8, .last = {.term = 7, .index = 42}});
    pre_vote.last_header = "header";
    all.emplace_back("pre_vote", pre_vote);
    all.emplace_back(
        "pre_vote_reply", agreement(consensus::PreVoteReply{.term = 8, .granted = true})
    );
    Agreement vote = agreement(
        consensus::Vote{.term = 8, .last = {.term = 7, .index = 42}, .transfer = sample_transfer()}
    );
    vote.last_header = "header";
    all.emplace_back("vote", vote);
    all.emplace_back("vote_reply", agreement(consensus::VoteReply{.term = 8, .granted = false}));
    all.emplace_back("append", sample_append({block_of("first"), block_of("second")}));
    consensus::AppendReply reply;
    reply.term = 7;
    reply.index = 41;
    reply.hint = {.term = 5, .index = 39};
    reply.conflict = true;
    all.emplace_back("append_reply", agreement(reply));
    all.emplace_back("heartbeat", sample_heartbeat(9));
    Agreement pulse = agreement(consensus::HeartbeatReply{.term = 7, .read = 9, .commit = 39});
    pulse.clock = -1;
    all.emplace_back("heartbeat_reply", pulse);
    all.emplace_back("transfer_now", agreement(sample_transfer()));
    all.emplace_back("forward", Forward{.request = 21, .commands = {"alpha", "beta"}});
    all.emplace_back(
        "forward_reply", ForwardReply{.request = 21, .code = "not_leader", .leader = 3}
    );
    all.emplace_back("read_index", ReadIndex{.request = 22});
    all.emplace_back("read_index_reply", ReadIndexReply{.request = 22, .index = 40});
    all.emplace_back("cosign_request", CosignRequest{.round = 5, .block = 40, .note = "note\n"});
    all.emplace_back(
        "cosign_reply",
        CosignReply{
            .round = 5, .code = "divergent", .line = "line\n", .size = 12, .root = filled_hash(0x22)
        }
    );
    all.emplace_back("certificate", CertificateFound{.note = "note\n"});
    all.emplace_back("root_query", RootQuery{.request = 23, .block = 38});
    all.emplace_back(
        "root_reply",
        RootReply{
            .request = 23,
            .block = 38,
            .hash = filled_hash(0x33),
            .size = 11,
            .root = filled_hash(0x44),
        }
    );
    all.emplace_back("leaf_query", LeafQuery{.request = 24, .size = 11});
    all.emplace_back(
        "leaf_reply",
        LeafReply{.request = 24, .size = 11, .root = filled_hash(0x44), .leaf = filled_hash(0x88)}
    );
    all.emplace_back("manifest_query", ManifestQuery{.block = 64});
    all.emplace_back(
        "manifest_reply",
        ManifestReply{
            .block = 64,
            .manifest = "manifest",
            .header = "header",
            .note = "note\n",
            .path = {filled_hash(0x55), filled_hash(0x66)},
        }
    );
    all.emplace_back("fetch_chunk", FetchChunk{.digest = filled_hash(0x77), .number = 3});
    all.emplace_back(
        "chunk",
        Chunk{
            .digest = filled_hash(0x77), .number = 3, .bytes = "chunk", .path = {filled_hash(0x88)}
        }
    );
    return all;
}

inline Hello sample_hello() {
    Hello hello;
    hello.lane = Lane::bulk;
    hello.ledger = filled_hash(0x55);
    hello.node = 2;
    hello.incarnation = 3;
    hello.process = 0x0102030405060708;
    hello.marked = {.term = 7, .index = 42};
    hello.membership = 1;
    hello.program = "tanjid 0.1";
    return hello;
}

}  // namespace tanji::node::test
