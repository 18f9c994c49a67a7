#include "ledger/ledger.h"

#include "ledger/block_run.h"
#include "ledger/kept_records.h"
#include "ledger/store/schema.h"
#include "ledger/supply.h"

#include <cassert>

namespace tanji::ledger {
namespace {

bool touches_roster(const Changes& changes) {
    const auto first = changes.lower_bound(schema::all_memberships);
    return changes.contains(schema::open_decision()) ||
           (first != changes.end() && first->first.starts_with(schema::all_memberships));
}

}  // namespace

Ledger::Ledger(Store& store, BlockReader blocks) : store_(store), blocks_(std::move(blocks)) {
    head_ = load<Head>(store_, schema::head()).value_or(Head{});
    if (head_.block > 0) {
        read_stored_genesis();
    }
}

void Ledger::read_stored_genesis() {
    auto genesis = read_genesis(*store_.get(schema::genesis()));
    assert(genesis.has_value());
    genesis_ = std::make_shared<const Genesis>(std::move(*genesis));
}

Applied Ledger::apply(const DecodedBlock& block) {
    const BlockHeader& header = block.header;
    assert(header.index == head_.block + 1);
    assert(header.index == 1 || header.prev_hash == head_.block_hash);
    assert(header.time_ms >= head_.time);
    State state(store_);
    const ReductionTools tools = {
        .methods = methods_,
        .accounts = accounts_,
        .records =
            [&](BlockIndex index, std::uint32_t position) {
                auto found = index == header.index
                                 ? std::get<ActivitySubmit>(block.commands.at(position)->body).batch
                                 : find_records(store_, blocks_, {index, position});
                assert(found != nullptr);
                return found;
            },
    };
    BlockRun run(state, head_, header, tools);
    Applied applied;
    if (header.kind == BlockKind::genesis) {
        run.apply_genesis(block.genesis_file);
    } else {
        run.sweep();
    }
    for (std::uint32_t position = 0; position < block.commands.size(); ++position) {
        const auto& command = block.commands[position];
        applied.outcomes.push_back(
            command ? run.execute(*command, position)
                    : refuse(ErrorCode::command_malformed, "the sealed command is malformed")
        );
    }
    applied.unauthorised = block.membership && !run.change_membership(*block.membership);
    const Head after = run.close(hash_of(header));
    check_invariants(store_, state, head_, after);
    store_.write(state.changes());
    head_ = after;
    if (touches_roster(state.changes())) {
        applied.roster = std::make_shared<const Roster>(read_roster(store_));
    }
    if (header.kind == BlockKind::genesis) {
        read_stored_genesis();
    }
    applied.block = head_.block;
    applied.size = head_.size;
    applied.root = head_.root;
    return applied;
}

// Blocks may go while it runs, and with them what this state reads; a newer state has what stands
// for them.
Result<CommandOutcome> Ledger::dry_run(const Prepared& command, TimeMs now) const {
    for (int attempt = 1; attempt <= 3; ++attempt) {
        bool is_gone = false;
        auto outcome = try_dry_run(command, now, is_gone);
        if (!is_gone) {
            return outcome;
        }
    }
    return refuse(ErrorCode::overloaded, "blocks go faster than this command is tried");
}

Result<CommandOutcome> Ledger::try_dry_run(const Prepared& command, TimeMs now, bool& is_gone)
    const {
    const auto snapshot = store_.snapshot();
    State state(*snapshot);
    MethodCache methods;
    KnownAccounts accounts;
    const auto head = load<Head>(*snapshot, schema::head());
    assert(head.has_value());
    BlockHeader header;
    header.kind = BlockKind::commands;
    header.ledger = head->ledger;
    header.index = head->block + 1;
    header.time_ms = std::max(now, head->time);
    const ReductionTools tools = {
        .methods = methods,
        .accounts = accounts,
        .records =
            [&](BlockIndex index, std::uint32_t position) {
                auto found = find_records(*snapshot, blocks_, {index, position});
                is_gone = is_gone || found == nullptr;
                return found;
            },
    };
    BlockRun run(state, *head, header, tools);
    if (command.envelope.signatures.empty()) {
        run.leave_signatures_unchecked();
    }
    run.sweep();
    auto outcome = run.execute(command, 0);
    if (outcome && !outcome->replayed && !is_gone) {
        const auto row = load<CommandRow>(state, schema::command(command.head.id));
        outcome->leaf_text = state.get(schema::leaf(row->leaf)).value_or("");
    }
    return outcome;
}

std::optional<TimeMs> Ledger::next_due() const {
    std::optional<TimeMs> next;
    for (const SweepKind& kind : sweep_kinds) {
        const Bytes prefix = schema::all_due(kind.due);
        store_.scan(prefix, schema::end_of(prefix), [&](ByteView key, ByteView) {
            next = std::min(next.value_or(time_never), schema::due_time(key));
            return false;
        });
    }
    return next;
}

std::shared_ptr<const View> Ledger::view() const {
    assert(genesis_ != nullptr);
    return std::make_shared<View>(
        std::shared_ptr<const Reader>(store_.snapshot()), genesis_, blocks_
    );
}

}  // namespace tanji::ledger
