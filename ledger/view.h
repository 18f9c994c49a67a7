#pragma once

#include "ledger/command/block.h"
#include "ledger/command/leaf.h"
#include "ledger/command/record.h"
#include "ledger/credits/book.h"
#include "ledger/credits/reserve.h"
#include "ledger/credits/retirement.h"
#include "ledger/governance/genesis.h"
#include "ledger/governance/membership.h"
#include "ledger/kept_records.h"
#include "ledger/methodology/catalogue.h"
#include "ledger/parties/account.h"
#include "ledger/parties/member.h"
#include "ledger/parties/scheme.h"
#include "ledger/points/clearing.h"
#include "ledger/points/lot.h"
#include "ledger/points/offer.h"
#include "ledger/points/points_book.h"
#include "ledger/points/programme.h"
#include "ledger/points/redemption.h"
#include "ledger/proof/receipt.h"
#include "ledger/reductions/batch_row.h"
#include "ledger/rows.h"
#include "ledger/store/store.h"

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace tanji::ledger {

// Reads at one moment: a snapshot of the store, never half a block. Any thread may use one.
class View {
public:
    using BlockReader = ledger::BlockReader;

    // REQUIRES: block 1 was applied to what the reader reads, from that genesis.
    View(
        std::shared_ptr<const Reader> reader,
        std::shared_ptr<const Genesis> genesis,
        BlockReader blocks
    );

    // --- the ledger ---
    const Head& head() const { return head_; }
    const Genesis& genesis() const { return *genesis_; }
    Bytes genesis_file() const;
    std::optional<BlockRow> block(BlockIndex block) const;
    std::optional<Bytes> block_bytes(BlockIndex block) const { return blocks_(block); }

    // --- parties ---
    std::vector<Member> members() const;
    std::optional<Member> member(std::string_view member) const;
    // Keys of a member, in the order of their ids.
    std::vector<KeyRow> keys_of(std::string_view owner) const;
    std::optional<KeyRow> key(const KeyId& key) const;
    std::vector<Scheme> schemes() const;
    // Every node and membership there was, and what is decided.
    Roster roster() const;
    std::optional<AccountRow> account(std::string_view account) const;

    // --- documents ---
    std::vector<std::pair<std::string, DocumentRow>> methodologies() const;  // by ref
    std::optional<DocumentRow> methodology(std::string_view ref) const;
    std::vector<std::pair<std::string, DocumentRow>> factor_sets() const;
    std::optional<DocumentRow> factor_set(std::string_view ref) const;

    // --- reductions ---
    std::optional<BatchRow> batch(const CommandId& batch) const;
    // Up to `limit` batches with ids above `after`, ascending; `wanted` filters.
    using WantsBatch = std::function<bool(const CommandId&, const BatchRow&)>;
    std::vector<std::pair<CommandId, BatchRow>> batches(
        const std::optional<CommandId>& after, std::size_t limit, const WantsBatch& wanted
    ) const;
    // Outcome and micrograms of every record of a batch.
    StoredResults results(const CommandId& batch) const;
    // The records of a batch, or nothing when they are not kept here any more.
    std::optional<std::vector<Record>> records(const CommandId& batch, const BatchRow& row) const;

    // --- credits ---
    std::vector<std::pair<std::string, ClassSupply>> classes() const;
    std::optional<ClassSupply> credit_class(std::string_view credit_class) const;
    std::vector<std::pair<std::string, Holding>> holdings(std::string_view account) const;
    std::vector<std::pair<CommandId, Retirement>> retirements(
        const std::optional<CommandId>& after,
        std::size_t limit,
        const std::function<bool(const Retirement&)>& wanted
    ) const;
    std::optional<Retirement> retirement(const CommandId& id) const;
    struct Debt {
        std::string member;
        std::string scheme;
        Obligation obligation;
    };
    std::vector<Debt> obligations() const;
    // What each batch gave the account, by batch id.
    std::vector<std::pair<CommandId, AllocationRow>> allocations_of(std::string_view account) const;
    // Lines that name the account, newest first, below (leaf, line) if given.
    struct HistoryLine {
        LeafIndex leaf = 0;
        std::uint32_t line = 0;
        std::string text;    // canonical text of the line
        Amount balance = 0;  // held grams, or available points, of that unit afterwards
    };
    std::vector<HistoryLine> history(
        std::string_view account,
        std::optional<std::pair<LeafIndex, std::uint32_t>> before,
        std::size_t limit
    ) const;

    // --- points ---
    // Newest versions, by slug.
    std::vector<Programme> programmes() const;
    std::optional<Programme> programme(std::string_view slug) const;
    std::optional<Programme> programme(std::string_view slug, std::uint32_t version) const;
    std::optional<PointsSupply> points_supply(std::string_view programme) const;
    // What sponsors bear for points that were spent before they were revoked: (sponsor, points).
    std::vector<std::pair<std::string, Amount>> unbacked(std::string_view programme) const;
    // How much of it that leaf, a revocation, added.
    Amount unbacked_by(LeafIndex leaf) const;
    // Purses of the account, by programme.
    std::vector<std::pair<std::string, Purse>> purses(std::string_view account) const;
    // Lots of the account, by programme and in the order of spending; those past expiry too.
    std::vector<std::pair<LotId, Lot>> lots(std::string_view account) const;

    std::optional<Offer> offer(std::string_view offer) const;
    // Up to `limit` offers with ids above `after`, ascending; `wanted` filters.
    using WantsOffer = std::function<bool(const std::string&, const Offer&)>;
    std::vector<std::pair<std::string, Offer>> offers(
        std::string_view after, std::size_t limit, const WantsOffer& wanted
    ) const;

    std::optional<Redemption> redemption(const CommandId& id) const;
    // Its steps, oldest first, each with its leaf.
    std::vector<std::pair<LeafIndex, RedemptionStep>> steps(const CommandId& redemption) const;
    // Up to `limit` redemptions of an account, or of a merchant, with ids above `after`, ascending.
    using WantsRedemption = std::function<bool(const Redemption&)>;
    using Redemptions = std::vector<std::pair<CommandId, Redemption>>;
    Redemptions redemptions_of_account(
        std::string_view account,
        const std::optional<CommandId>& after,
        std::size_t limit,
        const WantsRedemption& wanted
    ) const;
    Redemptions redemptions_of_merchant(
        std::string_view merchant,
        const std::optional<CommandId>& after,
        std::size_t limit,
        const WantsRedemption& wanted
    ) const;
    // Reservations of the account that are still held, by the end of their hold.
    Redemptions holds(std::string_view account, std::size_t limit) const;
    // The redemption whose confirmation carried that commitment.
    std::optional<CommandId> voucher(const Hash& commitment) const;

    // Every position of every month, by programme, month, debtor and creditor.
    std::vector<Position> positions() const;

    // --- commands, leaves, proofs ---
    std::optional<CommandRow> command(const CommandId& id) const;
    std::optional<std::string> leaf_text(LeafIndex leaf) const;
    // Canonical entries kept for members, empty if the leaf has none: lines, allocations,
    // conflicts, in the order of their trees. Results are made from the records.
    std::vector<std::string> lines(LeafIndex leaf) const;
    std::vector<std::string> allocations(LeafIndex leaf) const;
    std::vector<std::string> conflicts(LeafIndex leaf) const;
    std::optional<std::vector<std::string>> result_texts(
        const CommandId& batch, const BatchRow& row
    ) const;

    // Root of the tree at a size. REQUIRES: size ≤ head().size.
    Hash root_at(TreeSize size) const;
    std::vector<Hash> inclusion(LeafIndex leaf, TreeSize size) const;
    std::vector<Hash> consistency(TreeSize from, TreeSize to) const;
    // The hashes of a tile of `width` (1..256), or nothing when the tree does not reach so far.
    std::optional<Bytes> tile(int level, std::uint64_t tile, std::uint32_t width) const;
    std::optional<Bytes> entry_bundle(std::uint64_t tile, std::uint32_t width) const;

    // The newest certified checkpoint at or below the head, if there is one yet.
    const std::optional<CheckpointCertificate>& certificate() const { return certificate_; }
    // Certified checkpoints, newest first, below `before` if given.
    std::vector<CheckpointCertificate> certificates(
        std::optional<TreeSize> before, std::size_t limit
    ) const;
    std::optional<CheckpointCertificate> certificate_of(TreeSize size) const;

private:
    std::shared_ptr<const Reader> reader_;
    BlockReader blocks_;
    Head head_;
    std::optional<CheckpointCertificate> certificate_;
    std::shared_ptr<const Genesis> genesis_;
};

}  // namespace tanji::ledger
