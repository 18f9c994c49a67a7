#pragma once

#include "ledger/proof/evidence.h"
#include "tests/proof/sample_log.h"

#include <string>
#include <vector>

// Evidence against members of the sample log, made from fixed seeds.
namespace tanji::ledger::sample {

// Log and cosign keys of all members, as a policy names them.
inline std::vector<NoteKey> known_keys(const Log& log) {
    std::vector<NoteKey> keys;
    for (std::size_t i = 0; i < 4; ++i) {
        const Member& member = log.member(i);
        keys.push_back(log_key(origin, member.log.public_key()));
        keys.push_back(cosign_key(cosigner_name(origin, member.name), member.cosign.public_key()));
    }
    return keys;
}

inline NoteKey log_key_of(const Log& log, std::size_t i) {
    return known_keys(log).at(2 * i);
}
inline NoteKey cosign_key_of(const Log& log, std::size_t i) {
    return known_keys(log).at(2 * i + 1);
}

// A header by the log key of a member over those commands.
inline BlockHeader header_of(
    const Log& log, std::size_t leader, TimeMs time, const std::vector<Bytes>& commands
) {
    const SigningKey& key = log.member(leader).log;
    BlockHeader header;
    header.kind = BlockKind::commands;
    header.ledger = log.ledger();
    header.term = 2;
    header.index = 7;
    header.time_ms = time;
    header.leader = key.id();
    header.membership = 1;
    header.command_count = static_cast<std::uint32_t>(commands.size());
    header.prev_hash = filled<Hash>('v');
    header.body_root = body_root(commands);
    header.claim_index = 4;
    header.claim_size = 4;
    header.claim_root = tree_root(log.leaf_hashes());
    sign_header(header, key);
    return header;
}

inline BlockFork block_fork(const Log& log) {
    return fork_between(header_of(log, 2, time_ms, {}), header_of(log, 2, time_ms + 1, {}));
}

// A note over the tree of these leaves, by the log key of a member, cosigned by some.
inline std::string note_of(
    const Log& log,
    std::size_t leader,
    const std::vector<Hash>& leaves,
    const std::vector<std::size_t>& cosigners
) {
    const Checkpoint checkpoint{std::string(origin), leaves.size(), tree_root(leaves)};
    Note note{.text = to_text(checkpoint), .lines = {}};
    note.lines.push_back(sign_checkpoint(checkpoint, log.member(leader).log));
    for (const std::size_t i : cosigners) {
        const Member& member = log.member(i);
        note.lines.push_back(cosign_checkpoint(
            checkpoint, cosigner_name(origin, member.name), member.cosign, cosigned_at_s
        ));
    }
    return to_text(note);
}

// The leaves of the log, but for one; and one more.
inline std::vector<Hash> forged_leaves(const Log& log, std::size_t at) {
    std::vector<Hash> leaves = log.leaf_hashes();
    leaves.at(at) = leaf_hash("forged");
    leaves.push_back(leaf_hash("later"));
    return leaves;
}

inline std::vector<Hash> first_of(const std::vector<Hash>& leaves, std::size_t count) {
    return {leaves.begin(), leaves.begin() + static_cast<std::ptrdiff_t>(count)};
}

// Of sizes 4 and 5: the tree of b does not begin with that of a.
inline CheckpointFork prefix_fork(const Log& log, const std::vector<std::size_t>& cosigners) {
    const auto forged = forged_leaves(log, 1);
    const NodeReader node = [&](int level, std::uint64_t index) {
        const auto width = std::size_t{1} << static_cast<unsigned>(level);
        return tree_root(std::span(forged).subspan(index * width, width));
    };
    return {
        .a = note_of(log, 2, log.leaf_hashes(), cosigners),
        .b = note_of(log, 2, forged, cosigners),
        .prefix_root = tree_root(first_of(forged, 4)),
        .prefix_proof = consistency_proof(4, 5, node),
    };
}

// The receipt of leaf 1, and a branch with another leaf there.
inline CertificateConflict conflict(const Log& log, const std::vector<std::size_t>& cosigners) {
    const auto proof_of = [&](const std::vector<Hash>& leaves) {
        return to_text(LogProof{
            .extra = {},
            .index = 1,
            .path = inclusion_path(leaves, 1),
            .note = note_of(log, 2, leaves, cosigners),
        });
    };
    const auto forged = forged_leaves(log, 1);
    return {proof_of(log.leaf_hashes()), log.leaf_hashes()[1], proof_of(forged), forged[1]};
}

// A command whose signature is another one's, second of three in a block.
inline LeaderFault bad_signature(const Log& log) {
    StoredCommand stored{.envelope = log.submit(), .attachment = to_attachment(log.records())};
    stored.envelope.signatures.front().sig.bytes[3] ^= 1;
    const std::vector<Bytes> commands{"first", to_stored(stored), "third"};
    std::vector<Hash> leaves;
    for (const Bytes& command : commands) {
        leaves.push_back(leaf_hash(command));
    }
    return {
        .header = header_of(log, 1, time_ms, commands),
        .index = 1,
        .command = commands[1],
        .path = inclusion_path(leaves, 1),
        .code = "signature_invalid",
        .keys = {log.member(2).command.public_key()},
    };
}

}  // namespace tanji::ledger::sample
