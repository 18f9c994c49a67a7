#pragma once

#include "node/replica/replica.h"
#include "node/setup.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace tanji::node::test {

using SealedBlocks = std::vector<SealedBlockPtr>;

inline constexpr ledger::TimeMs start_ms = 1'795'219'200'000;

// Node 1 of three: its loop over ports whose disk and wire do their work at once and whose ledger
// never does, and what node 2 says to it.
class OneOfThree : public testing::Test,
                   public Disk,
                   public Wire,
                   public Applier,
                   public Clock,
                   public Observer {
protected:
    OneOfThree()
        : alliance_(build_demo(
              {.seed = 7,
               .nodes = 3,
               .time = start_ms,
               .addresses = {"127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3"}}
          )),
          roster_(ledger::first_roster(alliance_.genesis)),
          sealer_(alliance_.genesis.ledger, alliance_.nodes[1].log) {
        const ledger::Bytes genesis = ledger::genesis_block(alliance_.file, alliance_.genesis.time);
        genesis_header_ = genesis.substr(0, ledger::header_bytes);
        genesis_ = ref_of(ledger::decode_block(genesis, {})->header, genesis.size());
        last_ = genesis_;
    }

    // The node's loop, from what its ledger says.
    void start() {
        const consensus::Membership membership = core_of(roster_.newest().membership);
        consensus::Restored restored;
        restored.log = {genesis_};
        restored.marked = consensus::id_of(genesis_);
        restored.membership = membership;
        restored.applied = 1;
        ReplicaSettings settings;
        settings.last_block_time = start_ms;
        settings.last_header = genesis_header_;
        settings.times = {{.index = 1, .hash = genesis_.hash, .time = start_ms}};
        settings.roster = std::make_shared<const ledger::Roster>(roster_);
        const ledger::NodeRow& self = *roster_.node(1);
        replica_ = std::make_unique<Replica>(
            settings,
            restored,
            CosignerIdentity{
                .node = 1,
                .name = ledger::parse_vkey(self.cosign)->name,
                .program = "test",
                .log = alliance_.nodes[0].log,
                .cosign = alliance_.nodes[0].cosign,
                .electorate = electorate_of(roster_),
                .membership = membership,
            },
            CosignedHead{},
            alliance_.genesis.ledger,
            Ports{.disk = *this, .wire = *this, .applier = *this, .clock = *this, .observer = *this}
        );
    }

    // --- the ports ---
    void write(DiskWrite write) override { unwritten_ = write.token; }
    void mark_head(const CosignedHead&) override {}
    void read(consensus::Index, std::uint64_t, std::uint64_t, Read) override {}
    void send(consensus::NodeId to, PeerMessage message) override {
        sent_.emplace_back(to, std::move(message));
    }
    void turn_away(consensus::NodeId, consensus::Incarnation) override {}
    void hang_up(consensus::NodeId node) override { hung_up_.push_back(node); }
    void apply(consensus::Index, SealedBlockPtr) override {}
    void keep(const ledger::CheckpointCertificate&) override {}
    std::optional<ledger::BlockRow> row(ledger::BlockIndex) const override { return {}; }
    ledger::Hash root_at(ledger::TreeSize) const override { return {}; }
    ledger::Hash leaf_at(ledger::LeafIndex) const override { return {}; }
    std::vector<ledger::Hash> consistency(ledger::TreeSize, ledger::TreeSize) const override {
        return {};
    }
    ledger::TimeMs now_ms() const override { return start_ms + 1'000; }
    void sealed(std::size_t, std::size_t) override {}
    void certified(ledger::TreeSize, std::int64_t) override {}
    void role_changed(const consensus::Status&) override {}
    void peer_event(consensus::NodeId, std::string_view event, const std::string&) override {
        events_.emplace_back(event);
    }
    void quarantined(Quarantine reason, const std::string&) override { quarantine_ = reason; }
    void evidence(const ledger::Evidence& evidence) override { evidence_.push_back(evidence); }
    void divergence(const std::string&) override {}

    // --- what node 2 does ---
    // A block behind the last one that was made.
    std::shared_ptr<SealedBlock> seal(
        consensus::Term term,
        std::uint64_t number,
        const std::optional<consensus::Membership>& membership = {}
    ) {
        return seal_with(sealer_, term, number, membership);
    }
    std::shared_ptr<SealedBlock> seal_with(
        Sealer& sealer,
        consensus::Term term,
        std::uint64_t number,
        const std::optional<consensus::Membership>& membership
    ) {
        const consensus::SealRequest request = {
            .slot =
                {
                    .at = {.term = term, .index = last_.at.index + 1},
                    .prev = last_.hash,
                    .membership = number,
                },
            .kind = membership ? consensus::Kind::membership : consensus::Kind::commands,
            .membership = membership,
        };
        auto block = std::make_shared<SealedBlock>(*sealer.seal(request, now_ms(), {}));
        last_ = block->ref;
        return block;
    }
    void says(const consensus::Message& message, const SealedBlocks& blocks = {}) {
        const Agreement agreement = {
            .message = message, .blocks = {}, .last_header = {}, .clock = now_ms()
        };
        replica_->received(2, 1, agreement, blocks);
        settle();
    }
    void sends(consensus::Term term, consensus::Index commit, const SealedBlocks& blocks) {
        consensus::Append append;
        append.term = term;
        append.prev = {.term = 0, .index = 1};
        append.prev_hash = blocks.front()->ref.prev;
        const auto before = replica_->status().last;
        if (before.index > 1) {
            append.prev = before;
        }
        append.commit = commit;
        append.count = blocks.size();
        says(append, blocks);
    }
    void settle() {
        replica_->run();
        while (const auto token = std::exchange(unwritten_, std::nullopt)) {
            replica_->wrote(*token);
            replica_->run();
        }
    }
    consensus::Index last() const { return replica_->status().last.index; }

    DemoAlliance alliance_;
    ledger::Roster roster_;
    Sealer sealer_;
    ledger::Bytes genesis_header_;
    consensus::BlockRef genesis_;
    consensus::BlockRef last_;
    std::unique_ptr<Replica> replica_;
    std::optional<consensus::Token> unwritten_;
    std::vector<std::pair<consensus::NodeId, PeerMessage>> sent_;
    std::vector<std::string> events_;
    std::vector<ledger::Evidence> evidence_;
    std::vector<consensus::NodeId> hung_up_;
    Quarantine quarantine_ = Quarantine::none;
};

}  // namespace tanji::node::test
