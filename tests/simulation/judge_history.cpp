#include "ledger/decoded_block.h"
#include "ledger/store/schema.h"
#include "ledger/supply.h"
#include "ledger/tree.h"
#include "tests/simulation/judge.h"
#include "tests/simulation/linearizability.h"

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>

#include <fmt/format.h>

// What can be said only when all is over: the whole history, replayed and compared.
namespace tanji::simulation {
namespace {

constexpr Index state_every = 16;  // blocks

// Of all rows but certificates, of which everybody keeps his own.
ledger::Hash state_digest(const ledger::Reader& store) {
    ledger::Sha256 hash;
    store.scan({}, {}, [&](ledger::ByteView key, ledger::ByteView value) {
        if (!key.starts_with(ledger::schema::all_certificates)) {
            hash.update(fmt::format("{} {} ", key.size(), value.size())).update(key).update(value);
        }
        return true;
    });
    return hash.finish();
}

}  // namespace

void Judge::compare_states(
    const std::string& whose, const ledger::BlockHeader& header, const ledger::Reader& after
) {
    if (header.index % state_every != 0) {
        return;
    }
    ++states_compared_;
    const ledger::Hash own = state_digest(after);
    const auto known = states_.emplace(std::pair(header.index, ledger::hash_of(header)), own).first;
    if (known->second != own) {
        blame("C9", fmt::format("after block {} {} holds other rows", header.index, whose));
    }
}

void Judge::replay() {
    if (!is_strict()) {
        return;
    }
    const auto store = ledger::make_memory_store();
    ledger::Ledger fresh(*store, [this](ledger::BlockIndex index) -> std::optional<ledger::Bytes> {
        return index <= committed_.size() ? std::optional(*bytes_.at(committed_.at(index - 1).hash))
                                          : std::nullopt;
    });
    for (Index index = 1; index <= committed_.size() && !has_fault(); ++index) {
        const auto bytes = bytes_.find(committed_.at(index - 1).hash);
        const auto decoded = ledger::decode_block(*bytes->second, alliance_.ledger());
        if (!decoded) {
            blame("C9", fmt::format("block {} cannot be replayed", index));
            return;
        }
        const bool was_open = store->get(ledger::schema::open_decision()).has_value();
        const ledger::Applied applied = fresh.apply(*decoded);
        const bool is_open = store->get(ledger::schema::open_decision()).has_value();
        model_.begin_block(index, decoded->header.time_ms);
        // What nobody asked for makes a leaf, too: a membership, or a decision's end without one.
        const bool ends = was_open && !is_open;
        if (decoded->membership || ends) {
            model_.add_leaf();
        }
        if (!execute(*decoded, applied)) {
            return;
        }
        const auto seen = roots_.find({index, ledger::hash_of(decoded->header)});
        if (seen != roots_.end() && seen->second.root != applied.root) {
            blame("C9", fmt::format("block {} replayed gives another tree", index));
        }
        compare_states("a replay", decoded->header, *store);
        if (model_.leaves() != applied.size) {
            blame(
                "C7",
                fmt::format(
                    "block {}: {} leaves, the model has {}", index, applied.size, model_.leaves()
                )
            );
        }
    }
    for (const std::string& violation : ledger::recount(*store)) {
        blame("C8", violation);
    }
}

bool Judge::execute(const ledger::DecodedBlock& block, const ledger::Applied& applied) {
    const ledger::KeyId outsider = ledger::key_id(Alliance::outsider_key());
    for (std::size_t i = 0; i < block.commands.size(); ++i) {
        const auto& command = block.commands[i];
        if (!command) {
            blame("C7", fmt::format("block {} holds what no honest leader seals", applied.block));
            return false;
        }
        const std::string id = command->head.id.hex();
        const auto* opens = std::get_if<ledger::AccountOpen>(&command->body);
        if (opens == nullptr) {  // what may be decided is judged by tests of the ledger
            const auto& outcome = applied.outcomes.at(i);
            const bool refused = outcome && outcome->error;
            const std::string code(refused ? ledger::name_of(outcome->error->code) : "");
            model_.take(id, command->digest.hex(), code);
            continue;
        }
        model_.execute({
            .id = id,
            .digest = command->digest.hex(),
            .account = opens->account.text(),
            .by_operator = command->envelope.signatures.front().keyid != outsider,
            .not_after = command->head.not_after,
        });
    }
    return true;
}

void Judge::check(const History& history) {
    if (!is_strict()) {
        return;
    }
    for (const Asked& asked : history) {
        if (asked.end != Asked::End::answered || has_fault()) {
            continue;
        }
        if (asked.kind != Asked::Kind::write) {
            const std::string account = Alliance::account_name(asked.wish.account);
            if (model_.is_open(account, asked.block) != asked.is_open) {
                blame(
                    "C11",
                    fmt::format("a read at block {} of node {} is wrong", asked.block, asked.node)
                );
            }
            continue;
        }
        const auto command = asked.decision ? asked.decision : alliance_.prepared(asked.wish);
        const std::string id = command->head.id.hex();
        const std::string digest = command->digest.hex();
        const AccountModel::Outcome* outcome = model_.outcome(id);
        if (outcome == nullptr) {
            blame(
                "C6",
                fmt::format(
                    "an answered command is not in the log: block {}, node {}",
                    asked.block,
                    asked.node
                )
            );
        } else if (asked.code == "id_reused") {
            if (outcome->digest == digest) {
                blame("C11", fmt::format("the first bytes of {} were called reused", id));
            }
        } else if (outcome->digest != digest || outcome->code != asked.code ||
                   outcome->block != asked.block || outcome->leaf != asked.leaf) {
            blame(
                "C11",
                fmt::format(
                    "node {} answered `{}` block {} leaf {}, the log says `{}` block {} leaf {}",
                    asked.node,
                    asked.code,
                    asked.block,
                    asked.leaf,
                    outcome->code,
                    outcome->block,
                    outcome->leaf
                )
            );
        }
    }
    check_order(history);
    search(history);
}

// The same once more without believing any index, where that is short enough.
void Judge::search(const History& history) {
    constexpr std::size_t questions_max = 2'000;
    constexpr std::size_t tries = 20'000;
    const std::vector<Step> steps = steps_of(history);
    if (has_fault() || steps.empty() || history.size() > questions_max) {
        return;
    }
    const Linearizable found = is_linearizable(steps, tries);
    ++(found == Linearizable::given_up ? given_up_ : searched_);
    if (found == Linearizable::no) {
        blame("C11", "no order of all questions explains their answers");
    }
}

// What ended before another thing began comes before it.
void Judge::check_order(const History& history) {
    struct Moment {
        Micros at = 0;
        bool is_begin = false;  // ends first: what ends and begins at once is ordered, too
        const Asked* asked = nullptr;
    };
    std::vector<Moment> moments;
    std::map<std::pair<std::uint64_t, std::uint64_t>, Micros> first_sent;
    for (const Asked& asked : history) {
        if (asked.kind == Asked::Kind::write) {
            const auto [sent, is_new] =
                first_sent.emplace(std::pair(asked.wish.number, asked.wish.variant), asked.began);
            sent->second = std::min(sent->second, asked.began);
        }
        if (asked.end == Asked::End::answered && asked.kind != Asked::Kind::local_read) {
            moments.push_back({.at = asked.began, .is_begin = true, .asked = &asked});
            moments.push_back({.at = asked.ended, .is_begin = false, .asked = &asked});
        }
    }
    std::ranges::sort(moments, [](const Moment& a, const Moment& b) {
        return std::tuple(a.at, a.is_begin, a.asked) < std::tuple(b.at, b.is_begin, b.asked);
    });
    std::uint64_t leaf = 0;   // of the newest answered write
    std::uint64_t block = 0;  // of the newest answer
    for (const Moment& moment : moments) {
        const Asked& asked = *moment.asked;
        const bool is_write = asked.kind == Asked::Kind::write;
        if (is_write && asked.code == "id_reused") {
            continue;
        }
        if (!moment.is_begin) {
            leaf = is_write ? std::max(leaf, asked.leaf) : leaf;
            block = std::max(block, asked.block);
        } else if (is_write) {
            const bool is_first =
                first_sent.at({asked.wish.number, asked.wish.variant}) == asked.began;
            if (is_first && (asked.leaf <= leaf || asked.block < block)) {
                blame(
                    "C11",
                    fmt::format(
                        "leaf {} of block {} began after leaf {} or block {} was answered",
                        asked.leaf,
                        asked.block,
                        leaf,
                        block
                    )
                );
            }
        } else if (asked.block < block) {
            blame(
                "C11",
                fmt::format(
                    "a linearizable read on node {} saw block {}, block {} was answered before",
                    asked.node,
                    asked.block,
                    block
                )
            );
        }
    }
}

void Judge::check_tree(NodeId node, const ledger::Reader& store, const ledger::Head& head) {
    if (!is_honest(node)) {
        return;
    }
    // What a liar shows may be applied for a while; never against what the node knows as certified.
    const ledger::TreeSize bound = is_strict() ? head.size : std::min(head.size, of(node).kept);
    for (const auto& [size, root] : certificates_) {
        if (size <= bound && ledger::root_at(size, ledger::stored_nodes(store)) != root) {
            blame("C10", fmt::format("a certificate contradicts the tree of node {}", node));
        }
    }
}

}  // namespace tanji::simulation
