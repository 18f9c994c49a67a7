#include "ledger/leaf_maker.h"

#include "ledger/credits/book.h"
#include "ledger/parties/account.h"
#include "ledger/points/points_book.h"
#include "ledger/proof/merkle.h"
#include "ledger/store/schema.h"
#include "ledger/value/crypto.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace tanji::ledger {
namespace {

std::vector<Line> sum_postings(std::vector<Line> postings) {
    std::ranges::sort(postings, stands_before);
    std::vector<Line> lines;
    for (Line& posting : postings) {
        if (!lines.empty() && !stands_before(lines.back(), posting)) {
            lines.back().amount += posting.amount;  // within the class's counters
        } else {
            lines.push_back(std::move(posting));
        }
    }
    return lines;
}

// The moves of one of the two books.
std::vector<Move> total_moves(const std::vector<Line>& lines, bool credits) {
    std::map<std::tuple<std::string, std::string, std::string>, Amount> totals;
    for (const Line& line : lines) {
        if (is_class_unit(line.unit) == credits) {
            totals[{line.unit, line.from, line.to}] += line.amount;
        }
    }
    std::vector<Move> moves;
    for (const auto& [key, amount] : totals) {
        const auto& [unit, from, to] = key;
        moves.push_back({.unit = unit, .from = from, .to = to, .amount = amount});
    }
    return moves;
}

// The salt of the command that opened the user's account; zero for members, venues and nobody.
Salt account_salt(const Reader& reader, const std::optional<Account>& account) {
    if (!account || account->is_member()) {
        return {};
    }
    const auto row = find_account(reader, account->text());
    return row && row->kind == AccountKind::user ? row->salt : Salt{};
}

template <typename Entry>
std::optional<CountRoot> root_of(const std::vector<Entry>& entries) {
    if (entries.empty()) {
        return std::nullopt;
    }
    std::vector<Hash> hashes;
    hashes.reserve(entries.size());
    for (const Entry& entry : entries) {
        hashes.push_back(leaf_hash(to_text(entry)));
    }
    return CountRoot{.count = hashes.size(), .root = tree_root(hashes)};
}

template <typename Entry>
void store_entries(State& state, Bytes key, const std::vector<Entry>& entries) {
    if (entries.empty()) {
        return;
    }
    Bytes texts;
    for (const Entry& entry : entries) {
        texts.append(to_text(entry));
        texts.push_back('\n');
    }
    state.put(std::move(key), std::move(texts));
}

JsonValue public_part(const Reader& reader, const Prepared& command) {
    JsonWriter out;
    out.open_object();
    std::visit(
        [&](const auto& body) { body.write_public(out, reader, command.head.salt); }, command.body
    );
    out.close_object();
    auto value = parse_json(out.text());
    assert(value.has_value());
    return std::move(*value);
}

// What the account has to spend of a unit.
Amount balance_of(const Reader& reader, const Account& account, std::string_view unit) {
    return is_class_unit(unit) ? find_holding(reader, account, unit).held
                               : find_purse(reader, account, unit).available;
}

}  // namespace

bool is_sealed(const Reader& reader, const Prepared& command) {
    return std::visit([&](const auto& body) { return body.is_sealed(reader); }, command.body);
}

LeafEntries close_entries(Execution& execution) {
    LeafEntries entries = {
        .lines = sum_postings(std::move(execution.postings)),
        .allocations = std::move(execution.allocations),
        .conflicts = std::move(execution.conflicts),
    };
    std::uint32_t place = 0;
    for (Line& line : entries.lines) {
        const auto& named = line.from_account ? line.from_account : line.to_account;
        line.salt =
            entry_salt("line", account_salt(execution.state, named), execution.leaf, place++);
    }
    place = 0;
    for (Allocation& allocation : entries.allocations) {
        allocation.salt = entry_salt(
            "allocation", account_salt(execution.state, allocation.account), execution.leaf, place++
        );
    }
    execution.effects.credits = total_moves(entries.lines, true);
    execution.effects.points = total_moves(entries.lines, false);
    execution.effects.lines = root_of(entries.lines);
    execution.effects.allocations = root_of(entries.allocations);
    execution.effects.conflicts = root_of(entries.conflicts);
    return entries;
}

void store_leaf(
    State& state, LeafIndex index, const std::string& text, const LeafEntries& entries
) {
    state.put(schema::leaf(index), text);
    store_entries(state, schema::lines(index), entries.lines);
    store_entries(state, schema::allocations(index), entries.allocations);
    store_entries(state, schema::conflicts(index), entries.conflicts);
    std::uint32_t place = 0;
    for (const Line& line : entries.lines) {
        for (const auto& account : {line.from_account, line.to_account}) {
            if (account) {
                Bytes balance;
                append_u64(
                    balance, static_cast<std::uint64_t>(balance_of(state, *account, line.unit))
                );
                state.put(schema::history(account->text(), index, place), std::move(balance));
            }
        }
        ++place;
    }
}

Leaf make_leaf(
    const Execution& execution,
    std::uint64_t pos,
    const Prepared& command,
    bool sealed,
    const Error* refused
) {
    Leaf leaf;
    leaf.leaf_class = sealed ? LeafClass::sealed : LeafClass::open;
    leaf.block = execution.block;
    leaf.pos = pos;
    leaf.time = execution.now;
    leaf.type = command.head.type;
    leaf.id = command.head.id;
    leaf.digest = command.digest;
    for (const Signer& signer : execution.signers) {
        const bool blind = sealed && !signer.row.of_member();
        leaf.signers.push_back(
            blind ? commit("key", command.head.salt, signer.id.view()).hex() : signer.id.hex()
        );
    }
    if (sealed) {
        leaf.public_part = public_part(execution.state, command);
    } else {
        leaf.payload = command.envelope.payload;
        for (const EnvelopeSignature& signature : command.envelope.signatures) {
            leaf.signatures.push_back(signature.sig);
        }
    }
    leaf.applied = refused == nullptr;
    if (refused != nullptr) {
        leaf.code = std::string(name_of(refused->code));
        leaf.reason = refused->reason.empty() ? std::nullopt : std::optional(refused->reason);
        leaf.index = refused->index;
    }
    leaf.effects = execution.effects;
    return leaf;
}

}  // namespace tanji::ledger
