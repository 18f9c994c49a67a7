#pragma once

#include "ledger/proof/checkpoint.h"
#include "ledger/proof/merkle.h"
#include "node/replica/cosigner.h"
#include "node/replica/electorate.h"

#include <memory>
#include <string>
#include <vector>

// Members with keys from fixed seeds, and trees that a test grows block by block.
namespace tanji::node::small {

inline constexpr std::string_view origin = "tanji.test/small";
inline constexpr ledger::TimeMs noon = 1'795'219'200'000;

inline ledger::SigningKey key_of(std::uint8_t seed) {
    return ledger::SigningKey::from_seed(ledger::Bytes(32, static_cast<char>(seed)));
}

// Nodes 1, 2, … of metro, bike, mall, power, water, farm, port.
class Alliance {
public:
    explicit Alliance(std::size_t nodes, std::size_t min_cosigners = 0) {
        for (std::size_t i = 0; i < nodes; ++i) {
            const auto seed = static_cast<std::uint8_t>(i);
            logs_.push_back(key_of(static_cast<std::uint8_t>(1 + seed)));
            cosigns_.push_back(key_of(static_cast<std::uint8_t>(101 + seed)));
            electorate_.voters.push_back({
                .node = i + 1,
                .log = ledger::log_key(origin, logs_.back().public_key()),
                .cosign = ledger::cosign_key(
                    ledger::cosigner_name(origin, name(i + 1)), cosigns_.back().public_key()
                ),
            });
        }
        electorate_.pinned.origin = origin;
        add_policy(1, 0, all(), {}, min_cosigners);
    }

    static std::string name(consensus::NodeId node) {
        static const std::vector<std::string> names{
            "metro", "bike", "mall", "power", "water", "farm", "port"
        };
        return names.at(node - 1);
    }

    void add_policy(
        std::uint64_t version,
        ledger::TreeSize from,
        const std::vector<consensus::NodeId>& voters,
        const std::vector<consensus::NodeId>& old_voters = {},
        std::size_t min_cosigners = 0
    ) {
        const auto text = ledger::policy_text(
            version, from, policy_voters(voters), policy_voters(old_voters), min_cosigners
        );
        electorate_.pinned.policies.push_back({from, ledger::Policy::parse(text).value()});
    }

    std::vector<consensus::NodeId> all() const {
        std::vector<consensus::NodeId> nodes;
        for (const CosignVoter& voter : electorate_.voters) {
            nodes.push_back(voter.node);
        }
        return nodes;
    }

    const Electorate& electorate() const { return electorate_; }
    const ledger::SigningKey& log(consensus::NodeId node) const { return logs_.at(node - 1); }
    const ledger::SigningKey& cosign(consensus::NodeId node) const { return cosigns_.at(node - 1); }
    std::string cosigner(consensus::NodeId node) const {
        return electorate_.voters.at(node - 1).cosign.name;
    }

    // The line that `node` writes under a tree.
    std::string line(
        consensus::NodeId node,
        ledger::TreeSize size,
        const ledger::Hash& root,
        std::uint64_t time_s
    ) const {
        const ledger::Checkpoint checkpoint{std::string(origin), size, root};
        return to_text(ledger::cosign_checkpoint(checkpoint, cosigner(node), cosign(node), time_s));
    }

    // A note by the log key of `leader`, cosigned by those.
    std::string note(
        consensus::NodeId leader,
        ledger::TreeSize size,
        const ledger::Hash& root,
        const std::vector<consensus::NodeId>& cosigners,
        std::uint64_t time_s = noon / 1000
    ) const {
        const ledger::Checkpoint checkpoint{std::string(origin), size, root};
        const ledger::Note head{
            .text = to_text(checkpoint),
            .lines = {ledger::sign_checkpoint(checkpoint, log(leader))},
        };
        std::string text = to_text(head);
        for (const consensus::NodeId node : cosigners) {
            text += line(node, size, root, time_s);
        }
        return text;
    }

private:
    std::vector<ledger::PolicyVoter> policy_voters(const std::vector<consensus::NodeId>& nodes
    ) const {
        std::vector<ledger::PolicyVoter> voters;
        for (const consensus::NodeId node : nodes) {
            const CosignVoter& voter = electorate_.voters.at(node - 1);
            voters.push_back({.member = name(node), .log = voter.log, .cosign = voter.cosign});
        }
        return voters;
    }

    std::vector<ledger::SigningKey> logs_;
    std::vector<ledger::SigningKey> cosigns_;
    Electorate electorate_;
};

// A ledger as a node has it: blocks, each with the leaves it made.
class Tree {
public:
    // Block 1 is genesis with one leaf.
    Tree() { add({"genesis"}); }

    void add(const std::vector<std::string>& leaves, ledger::TimeMs time = noon) {
        ledger::BlockRow row;
        row.hash = ledger::sha256("block " + std::to_string(rows_.size() + 1));
        row.time = time;
        row.first = leaves_.size();
        row.count = static_cast<std::uint32_t>(leaves.size());
        for (const std::string& leaf : leaves) {
            leaves_.push_back(ledger::leaf_hash(leaf));
        }
        row.size = leaves_.size();
        row.root = ledger::tree_root(leaves_);
        rows_.push_back(row);
    }

    ledger::BlockRow& row(ledger::BlockIndex block) { return rows_.at(block - 1); }
    const ledger::BlockRow& row(ledger::BlockIndex block) const { return rows_.at(block - 1); }
    ledger::BlockIndex block() const { return rows_.size(); }
    ledger::TreeSize size() const { return leaves_.size(); }
    ledger::Hash root() const { return ledger::tree_root(leaves_); }
    ledger::Hash root_at(ledger::TreeSize size) const {
        return ledger::tree_root(std::span(leaves_).first(size));
    }
    const std::vector<ledger::Hash>& leaves() const { return leaves_; }
    CosignedHead head() const {
        return {.block = block(), .size = size(), .root = root(), .time_s = 0};
    }
    // The same before the last leaf was replaced by another.
    void forge_last_leaf(const std::string& leaf) {
        leaves_.back() = ledger::leaf_hash(leaf);
        rows_.back().root = root();
    }

    OwnTree own() const {
        return {
            .block = block(),
            .size = size(),
            .row = [this](ledger::BlockIndex at) -> std::optional<ledger::BlockRow> {
                return at >= 1 && at <= block() ? std::optional(row(at)) : std::nullopt;
            },
            .root_at = [this](ledger::TreeSize at) { return root_at(at); },
            .leaf_at = [this](ledger::LeafIndex at) { return leaves_.at(at); },
        };
    }

private:
    std::vector<ledger::Hash> leaves_;
    std::vector<ledger::BlockRow> rows_;
};

}  // namespace tanji::node::small
