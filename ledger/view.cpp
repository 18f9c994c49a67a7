#include "ledger/view.h"

#include "ledger/decoded_block.h"
#include "ledger/proof/tile.h"
#include "ledger/store/schema.h"
#include "ledger/tree.h"

#include <algorithm>
#include <cassert>

namespace tanji::ledger {
namespace {

std::vector<std::string> split_lines(const std::optional<Bytes>& texts) {
    std::vector<std::string> lines;
    ByteView left = texts ? ByteView(*texts) : ByteView{};
    while (!left.empty()) {
        const std::size_t end = left.find('\n');
        lines.emplace_back(left.substr(0, end));
        left.remove_prefix(end + 1);
    }
    return lines;
}

// Rows of one key space with the texts that name them: `letter name 0`.
template <typename Row>
std::vector<std::pair<std::string, Row>> named_rows(const Reader& reader, ByteView prefix) {
    std::vector<std::pair<std::string, Row>> rows;
    reader.scan(prefix, schema::end_of(prefix), [&](ByteView key, ByteView value) {
        rows.emplace_back(key.substr(1, key.size() - 2), decoded<Row>(value));
        return true;
    });
    return rows;
}

// Rows that are named by a command id, from the one after `after` on.
template <typename Row, typename Wanted>
std::vector<std::pair<CommandId, Row>> rows_by_id(
    const Reader& reader,
    ByteView prefix,
    const std::optional<CommandId>& after,
    std::size_t limit,
    const Wanted& wanted
) {
    std::vector<std::pair<CommandId, Row>> rows;
    Bytes from(prefix);
    if (after) {
        from.append(after->view());
        from.push_back('\0');
    }
    reader.scan(from, schema::end_of(prefix), [&](ByteView key, ByteView value) {
        const auto id = *CommandId::from(key.substr(prefix.size()));
        auto row = decoded<Row>(value);
        if (wanted(id, row)) {
            rows.emplace_back(id, std::move(row));
        }
        return rows.size() < limit;
    });
    return rows;
}

CheckpointCertificate certificate_in(ByteView key, ByteView value) {
    return {.size = read_u64(key.substr(1)), .note = std::string(value)};
}

}  // namespace

View::View(
    std::shared_ptr<const Reader> reader, std::shared_ptr<const Genesis> genesis, BlockReader blocks
)
    : reader_(std::move(reader)),
      blocks_(std::move(blocks)),
      genesis_(std::move(genesis)) {
    const auto head = load<Head>(*reader_, schema::head());
    assert(head.has_value());
    head_ = *head;
    if (auto newest = certificates(std::nullopt, 1); !newest.empty()) {
        certificate_ = std::move(newest.front());
    }
}

Bytes View::genesis_file() const {
    return *reader_->get(schema::genesis());
}

std::optional<BlockRow> View::block(BlockIndex block) const {
    return load<BlockRow>(*reader_, schema::block(block));
}

std::vector<Member> View::members() const {
    std::vector<Member> members;
    for (auto& [name, member] : named_rows<Member>(*reader_, schema::all_members)) {
        members.push_back(std::move(member));
    }
    return members;
}

std::optional<Member> View::member(std::string_view member) const {
    return find_member(*reader_, member);
}

std::vector<KeyRow> View::keys_of(std::string_view owner) const {
    std::vector<KeyRow> keys;
    reader_->scan("K", schema::end_of("K"), [&](ByteView, ByteView value) {
        auto key = decoded<KeyRow>(value);
        if (key.owner == owner) {
            keys.push_back(std::move(key));
        }
        return true;
    });
    return keys;
}

std::optional<KeyRow> View::key(const KeyId& key) const {
    return find_key(*reader_, key);
}

Roster View::roster() const {
    return read_roster(*reader_, *genesis_);
}

std::vector<Scheme> View::schemes() const {
    std::vector<Scheme> schemes;
    for (auto& [name, scheme] : named_rows<Scheme>(*reader_, schema::all_schemes)) {
        schemes.push_back(std::move(scheme));
    }
    return schemes;
}

std::optional<AccountRow> View::account(std::string_view account) const {
    return find_account(*reader_, account);
}

std::vector<std::pair<std::string, DocumentRow>> View::methodologies() const {
    return named_rows<DocumentRow>(*reader_, schema::all_methodologies);
}

std::optional<DocumentRow> View::methodology(std::string_view ref) const {
    return find_methodology(*reader_, ref);
}

std::vector<std::pair<std::string, DocumentRow>> View::factor_sets() const {
    return named_rows<DocumentRow>(*reader_, schema::all_factors);
}

std::optional<DocumentRow> View::factor_set(std::string_view ref) const {
    return find_factor_set(*reader_, ref);
}

std::optional<BatchRow> View::batch(const CommandId& batch) const {
    return find_batch(*reader_, batch);
}

std::vector<std::pair<CommandId, BatchRow>> View::batches(
    const std::optional<CommandId>& after, std::size_t limit, const WantsBatch& wanted
) const {
    return rows_by_id<BatchRow>(*reader_, schema::all_batches, after, limit, wanted);
}

StoredResults View::results(const CommandId& batch) const {
    return load<StoredResults>(*reader_, schema::results(batch)).value_or(StoredResults{});
}

std::optional<std::vector<Record>> View::records(const CommandId&, const BatchRow& row) const {
    const auto batch = find_records(*reader_, blocks_, {row.block, row.position});
    return batch ? std::optional(batch->records) : std::nullopt;
}

std::vector<std::pair<std::string, ClassSupply>> View::classes() const {
    return named_rows<ClassSupply>(*reader_, schema::all_classes);
}

std::optional<ClassSupply> View::credit_class(std::string_view credit_class) const {
    return find_class(*reader_, credit_class);
}

std::vector<std::pair<std::string, Holding>> View::holdings(std::string_view account) const {
    std::vector<std::pair<std::string, Holding>> holdings;
    const Bytes prefix = schema::holdings_of(account);
    reader_->scan(prefix, schema::end_of(prefix), [&](ByteView key, ByteView value) {
        const ByteView name = key.substr(prefix.size());
        holdings.emplace_back(name.substr(0, name.size() - 1), decoded<Holding>(value));
        return true;
    });
    return holdings;
}

std::vector<std::pair<CommandId, Retirement>> View::retirements(
    const std::optional<CommandId>& after,
    std::size_t limit,
    const std::function<bool(const Retirement&)>& wanted
) const {
    return rows_by_id<Retirement>(
        *reader_,
        schema::all_retirements,
        after,
        limit,
        [&](const CommandId&, const Retirement& row) { return wanted(row); }
    );
}

std::optional<Retirement> View::retirement(const CommandId& id) const {
    return load<Retirement>(*reader_, schema::retirement(id));
}

std::vector<View::Debt> View::obligations() const {
    std::vector<Debt> debts;
    for (const auto& [name, obligation] :
         named_rows<Obligation>(*reader_, schema::all_obligations)) {
        const std::size_t zero = name.find('\0');
        debts.push_back({
            .member = name.substr(0, zero),
            .scheme = name.substr(zero + 1),
            .obligation = obligation,
        });
    }
    return debts;
}

std::vector<std::pair<CommandId, AllocationRow>> View::allocations_of(std::string_view account
) const {
    return rows_by_id<AllocationRow>(
        *reader_,
        schema::allocations_of(account),
        std::nullopt,
        SIZE_MAX,
        [](const CommandId&, const AllocationRow&) { return true; }
    );
}

std::vector<View::HistoryLine> View::history(
    std::string_view account,
    std::optional<std::pair<LeafIndex, std::uint32_t>> before,
    std::size_t limit
) const {
    std::vector<HistoryLine> history;
    const Bytes prefix = schema::history_of(account);
    const Bytes until =
        before ? schema::history(account, before->first, before->second) : schema::end_of(prefix);
    std::optional<LeafIndex> leaf;
    std::vector<std::string> texts;  // of that leaf: its lines lie side by side
    reader_->scan_back(prefix, until, [&](ByteView key, ByteView value) {
        const ByteView place = key.substr(prefix.size());
        if (leaf != read_u64(place)) {
            leaf = read_u64(place);
            texts = lines(*leaf);
        }
        const std::uint32_t line = read_u32(place.substr(sizeof(std::uint64_t)));
        history.push_back({
            .leaf = *leaf,
            .line = line,
            .text = texts.at(line),
            .balance = static_cast<Amount>(read_u64(value)),
        });
        return history.size() < limit;
    });
    return history;
}

std::optional<CommandRow> View::command(const CommandId& id) const {
    return load<CommandRow>(*reader_, schema::command(id));
}

std::optional<std::string> View::leaf_text(LeafIndex leaf) const {
    return reader_->get(schema::leaf(leaf));
}

std::vector<std::string> View::lines(LeafIndex leaf) const {
    return split_lines(reader_->get(schema::lines(leaf)));
}

std::vector<std::string> View::allocations(LeafIndex leaf) const {
    return split_lines(reader_->get(schema::allocations(leaf)));
}

std::vector<std::string> View::conflicts(LeafIndex leaf) const {
    return split_lines(reader_->get(schema::conflicts(leaf)));
}

std::optional<std::vector<std::string>> View::result_texts(
    const CommandId& batch, const BatchRow& row
) const {
    const auto decoded = find_records(*reader_, blocks_, {row.block, row.position});
    if (!decoded) {
        return std::nullopt;
    }
    const StoredResults stored = results(batch);
    std::vector<std::string> texts;
    for (std::uint32_t i = 0; i < stored.records.size(); ++i) {
        texts.push_back(to_text(result_entry(i, decoded->hashes.at(i), stored.records[i])));
    }
    return texts;
}

Hash View::root_at(TreeSize size) const {
    assert(size <= head_.size);
    return ledger::root_at(size, stored_nodes(*reader_));
}

std::vector<Hash> View::inclusion(LeafIndex leaf, TreeSize size) const {
    return inclusion_proof(leaf, size, stored_nodes(*reader_));
}

std::vector<Hash> View::consistency(TreeSize from, TreeSize to) const {
    return consistency_proof(from, to, stored_nodes(*reader_));
}

std::optional<Bytes> View::tile(int level, std::uint64_t tile, std::uint32_t width) const {
    if (level < 0 || level > tile_level_max || width < 1 ||
        width > tile_width(level, tile, head_.size)) {
        return std::nullopt;
    }
    const auto stored = reader_->get(schema::tile(level, tile));
    assert(stored && stored->size() >= width * Hash::length);
    return stored->substr(0, width * Hash::length);
}

std::optional<Bytes> View::entry_bundle(std::uint64_t tile, std::uint32_t width) const {
    if (width < 1 || width > tile_width(entries_level, tile, head_.size)) {
        return std::nullopt;
    }
    Bytes bundle;
    const LeafIndex first = tile * tile_entries;
    reader_->scan(schema::leaf(first), schema::leaf(first + width), [&](ByteView, ByteView text) {
        append_entry(bundle, text);
        return true;
    });
    return bundle;
}

std::vector<CheckpointCertificate> View::certificates(
    std::optional<TreeSize> before, std::size_t limit
) const {
    std::vector<CheckpointCertificate> found;
    const TreeSize below = std::min(before.value_or(head_.size + 1), head_.size + 1);
    reader_->scan_back(
        schema::all_certificates,
        schema::certificate(below),
        [&](ByteView key, ByteView value) {
            found.push_back(certificate_in(key, value));
            return found.size() < limit;
        }
    );
    return found;
}

std::optional<CheckpointCertificate> View::certificate_of(TreeSize size) const {
    const auto note = reader_->get(schema::certificate(size));
    return note ? std::optional(CheckpointCertificate{.size = size, .note = *note}) : std::nullopt;
}

}  // namespace tanji::ledger
