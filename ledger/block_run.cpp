#include "ledger/block_run.h"

#include "ledger/governance/commands.h"
#include "ledger/governance/genesis.h"
#include "ledger/leaf_maker.h"
#include "ledger/parties/permission.h"
#include "ledger/store/schema.h"
#include "ledger/value/crypto.h"

#include <algorithm>

namespace tanji::ledger {
namespace {

constexpr TimeMs not_after_most_ms = 7 * ms_per_day;

Status check_not_after(const Prepared& command, TimeMs now) {
    if (command.head.not_after < now) {
        return refuse(
            ErrorCode::command_expired,
            "not_after {} is before ledger time {}",
            command.head.not_after,
            now
        );
    }
    if (command.head.not_after > now + not_after_most_ms) {
        return refuse(
            ErrorCode::not_after_too_far,
            "not_after {} is more than seven days after {}",
            command.head.not_after,
            now
        );
    }
    return {};
}

void store_genesis(State& state, const Genesis& genesis, ByteView file) {
    state.put(schema::genesis(), Bytes(file));
    for (const Member& member : genesis.members) {
        save(state, schema::member(member.member), member);
    }
    for (const KeyRow& key : genesis.keys) {
        save(state, schema::key(key_id(key.key)), key);
    }
    for (const Scheme& scheme : genesis.schemes) {
        save(state, schema::scheme(scheme.scheme), scheme);
    }
    for (const auto& [action, threshold] : genesis.thresholds) {
        save_threshold(state, action, threshold);
    }
}

JsonValue text_value(std::string text) {
    return {.value = std::move(text)};
}

}  // namespace

BlockRun::BlockRun(
    State& state, const Head& before, const BlockHeader& header, const ReductionTools& tools
)
    : state_(state),
      header_(header),
      tools_(tools),
      tree_(state, before.size, before.edge),
      size_before_(before.size),
      rules_(before.rules) {}

Execution BlockRun::begin(
    State& state, const CommandId& id, const Salt& salt, std::uint32_t position
) {
    return {
        .state = state,
        .now = header_.time_ms,
        .block = header_.index,
        .position = position,
        .leaf = tree_.size(),
        .id = id,
        .salt = salt,
        .signers = {},
        .effects = {},
        .postings = {},
        .allocations = {},
        .conflicts = {},
    };
}

void BlockRun::add_leaf(const std::string& text) {
    tree_.append(leaf_hash(text));
}

void BlockRun::apply_genesis(ByteView genesis_file) {
    const auto genesis = read_genesis(genesis_file);
    assert(genesis.has_value());
    store_genesis(state_, *genesis, genesis_file);
    rules_ = genesis->rules;
    Leaf leaf;
    leaf.leaf_class = LeafClass::system;
    leaf.block = header_.index;
    leaf.time = header_.time_ms;
    leaf.type = "ledger.genesis";
    leaf.public_part.value = JsonValue::Object{
        {.name = "ledger", .value = text_value(genesis->ledger.hex())},
        {.name = "genesis", .value = text_value(std::string(genesis_file))},
    };
    leaf.effects.policy = PolicyEffect{.version = 1, .digest = sha256(genesis->policy())};
    const std::string text = to_text(leaf);
    store_leaf(state_, tree_.size(), text, {});
    add_leaf(text);
}

bool BlockRun::change_membership(const Membership& membership) {
    const Roster before = read_roster(state_);
    const MembershipRow row = {
        .membership = membership,
        .block = header_.index,
        .leaf = tree_.size(),
        .time = header_.time_ms,
    };
    Roster after = before;
    if (!ledger::carry_out(after, row)) {
        return false;
    }
    store_change(state_, before, after);
    Leaf leaf;
    leaf.leaf_class = LeafClass::system;
    leaf.block = header_.index;
    leaf.pos = tree_.size() - size_before_;
    leaf.time = header_.time_ms;
    leaf.type = "membership.change";
    leaf.public_part = public_change(after, row);
    leaf.effects.membership = membership.number;
    leaf.effects.policy =
        PolicyEffect{.version = membership.number, .digest = sha256(after.policy(row))};
    const std::string text = to_text(leaf);
    store_leaf(state_, tree_.size(), text, {});
    add_leaf(text);
    return true;
}

void BlockRun::sweep() {
    std::size_t left = sweep_items_max;
    for (const SweepKind& kind : sweep_kinds) {
        Execution execution = begin(state_, {}, {}, 0);
        const Swept swept = ledger::sweep(execution, tools_, kind, left);
        if (swept.items > 0) {
            close_sweep(execution, kind, swept);
        }
        left -= swept.items;
    }
}

void BlockRun::close_sweep(Execution& execution, const SweepKind& kind, const Swept& swept) {
    JsonValue::Array objects;
    for (const CommandId& each : swept.objects) {
        objects.push_back(text_value(each.hex()));
    }
    const LeafEntries entries = close_entries(execution);
    Leaf leaf;
    leaf.leaf_class = LeafClass::system;
    leaf.block = header_.index;
    leaf.pos = tree_.size() - size_before_;
    leaf.time = header_.time_ms;
    leaf.type = kind.type;
    leaf.public_part.value = JsonValue::Object{
        {.name = "objects", .value = {.value = std::move(objects)}},
    };
    leaf.effects = execution.effects;
    const std::string text = to_text(leaf);
    store_leaf(state_, tree_.size(), text, entries);
    add_leaf(text);
}

Result<std::vector<Signer>> BlockRun::signers_of(const Prepared& command) const {
    std::vector<Signer> signers;
    if (!signatures_checked_ && command.envelope.signatures.empty()) {
        return signers;
    }
    if (auto checked = check_signatures(state_, command); !checked) {
        return refusal(checked);
    }
    for (const EnvelopeSignature& signature : command.envelope.signatures) {
        auto row = find_key(state_, signature.keyid);
        if (!row) {  // a key that account.open brings along
            row = KeyRow{};
            row->owner = std::get<AccountOpen>(command.body).account.text();
            row->from = header_.time_ms;
        }
        signers.push_back({.id = signature.keyid, .row = std::move(*row)});
    }
    return signers;
}

// Tests 5 and 6, then the rule of the type with tests 7 to 9.
Status BlockRun::carry_out(Execution& execution, const Prepared& command) const {
    if (auto in_time = check_not_after(command, execution.now); !in_time) {
        return in_time;
    }
    if (auto valid = check_signers(execution); !valid) {
        return valid;
    }
    return std::visit(
        [&](const auto& body) {
            if constexpr (requires { body.apply(execution, tools_); }) {
                return body.apply(execution, tools_);
            } else {
                return body.apply(execution);
            }
        },
        command.body
    );
}

Result<CommandOutcome> BlockRun::execute(const Prepared& command, std::uint32_t position) {
    const CommandId& id = command.head.id;
    if (const auto row = load<CommandRow>(state_, schema::command(id))) {
        if (row->digest != command.digest) {
            return refuse_at(
                ErrorCode::id_reused, "/id", "leaf {} has this id for other bytes", row->leaf
            );
        }
        return recorded_outcome(state_, id, *row);
    }
    auto signers = signers_of(command);
    if (!signers) {
        return refusal(signers);
    }
    const bool sealed = is_sealed(state_, command);
    const Reader& block_so_far = state_;
    State changes(block_so_far);
    Execution execution = begin(changes, id, command.head.salt, position);
    execution.signers = std::move(*signers);
    execution.unchecked = !signatures_checked_;
    Status done = carry_out(execution, command);
    if (done) {
        state_.absorb(std::move(changes));
    } else {
        // Conflict receipts are all that a refusal leaves behind.
        execution.effects = {};
        execution.postings.clear();
        execution.allocations.clear();
        if (done.error().code != ErrorCode::activity_conflict) {
            execution.conflicts.clear();
        }
    }
    // What closes the leaf reads and writes the block's state.
    Execution closing = begin(state_, id, command.head.salt, position);
    closing.signers = std::move(execution.signers);
    closing.effects = std::move(execution.effects);
    closing.postings = std::move(execution.postings);
    closing.allocations = std::move(execution.allocations);
    closing.conflicts = std::move(execution.conflicts);
    const LeafEntries entries = close_entries(closing);
    const Leaf leaf = make_leaf(
        closing, tree_.size() - size_before_, command, sealed, done ? nullptr : &done.error()
    );
    const std::string text = to_text(leaf);
    const CommandRow row = {
        .digest = command.digest,
        .type = command.head.type,
        .leaf = closing.leaf,
        .block = header_.index,
        .position = position,
        .time = header_.time_ms,
        .applied = done.has_value(),
        .code = done ? "" : std::string(name_of(done.error().code)),
        .detail = done ? "" : done.error().detail,
        .reason = done ? "" : done.error().reason,
        .index = done || !done.error().index ? -1 : static_cast<std::int64_t>(*done.error().index),
        .pointer = done ? "" : done.error().pointer,
    };
    save(state_, schema::command(id), row);
    store_leaf(state_, closing.leaf, text, entries);
    add_leaf(text);
    CommandOutcome outcome = recorded_outcome(state_, id, row);
    outcome.replayed = false;
    return outcome;
}

Head BlockRun::close(const Hash& block_hash) {
    const BlockRow row = {
        .hash = block_hash,
        .time = header_.time_ms,
        .first = size_before_,
        .count = static_cast<std::uint32_t>(tree_.size() - size_before_),
        .size = tree_.size(),
        .root = tree_.root(),
    };
    save(state_, schema::block(header_.index), row);
    const Head head = {
        .ledger = header_.ledger,
        .block = header_.index,
        .block_hash = block_hash,
        .time = header_.time_ms,
        .size = row.size,
        .root = row.root,
        .rules = rules_,
        .edge = tree_.edge(),
    };
    save(state_, schema::head(), head);
    return head;
}

}  // namespace tanji::ledger
