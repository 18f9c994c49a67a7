#include "tests/ledger/world.h"

#include "ledger/proof/note.h"
#include "ledger/replay.h"
#include "ledger/store/schema.h"
#include "ledger/supply.h"

#include <array>

#include <gtest/gtest.h>

namespace tanji::ledger::test {

Hash hash_named(std::string_view name) {
    return sha256("tanji tests\n", name);
}
SigningKey key_named(std::string_view name) {
    return SigningKey::from_seed(sha256("key\n", name).view());
}
UserId user_named(std::string_view name) {
    return *UserId::from(sha256("user\n", name).view().substr(0, UserId::length));
}
CommandId id_named(std::string_view name) {
    return *CommandId::from(sha256("id\n", name).view().substr(0, CommandId::length));
}

World::World() : World(make_memory_store()) {}
World::World(std::unique_ptr<Store> store) : store_(std::move(store)) {}

Ledger::BlockReader World::reader() const {
    return [this](BlockIndex index) -> std::optional<Bytes> {
        return index >= 1 && index <= blocks_.size() ? std::optional(blocks_[index - 1])
                                                     : std::nullopt;
    };
}

void World::found(const Genesis& genesis) {
    found(genesis_text(genesis), genesis.time);
}

void World::found(const std::string& genesis_file, TimeMs time) {
    now = time;
    ledger_ = std::make_unique<Ledger>(*store_, reader());
    const auto read = read_genesis(genesis_file);
    ASSERT_TRUE(read) << read.error().pointer << " " << read.error().detail;
    const Applied applied = apply_block(genesis_block(genesis_file, time));
    EXPECT_EQ(applied.size, 1U);
}

void World::reopen() {
    ledger_ = std::make_unique<Ledger>(*store_, reader());
}

StoredCommand World::sign(const Order& order) const {
    JsonWriter out;
    const std::string salt = sha256("salt\n", std::to_string(++salts_)).hex().substr(0, 32);
    const TimeMs not_after = order.not_after == 0 ? now + 3'600'000 : order.not_after;
    out.open_object().member("type", order.type).member("v", std::uint64_t{1});
    out.member("ledger", ledger_id().hex()).member("id", order.id.hex());
    out.member("not_after", static_cast<std::uint64_t>(not_after)).member("salt", salt);
    out.name("body").raw(order.body).close_object();
    std::vector<SigningKey> keys;
    for (const std::string& name : order.signers) {
        keys.push_back(key_named(name));
    }
    std::vector<const SigningKey*> pointers;
    for (const SigningKey& key : keys) {
        pointers.push_back(&key);
    }
    StoredCommand command;
    command.envelope = sign_command(out.take(), pointers);
    if (!order.records.empty()) {
        command.attachment = to_attachment(order.records);
    }
    return command;
}

namespace {

// Its number. Of every block it is asked, so the genesis file is not read for it.
std::uint64_t newest_membership(const Reader& reader) {
    std::uint64_t newest = 1;
    const Bytes end = schema::end_of(schema::all_memberships);
    reader.scan_back(schema::all_memberships, end, [&](ByteView, ByteView row) {
        newest = decoded<MembershipRow>(row).membership.number;
        return false;
    });
    return newest;
}

}  // namespace

Bytes World::make_block(const std::vector<Bytes>& commands, const Membership* introduced) const {
    const SigningKey log = key_named("node/log");
    BlockHeader header;
    header.kind = introduced != nullptr ? BlockKind::membership
                  : commands.empty()    ? BlockKind::no_op
                                        : BlockKind::commands;
    header.ledger = ledger_id();
    header.term = 1;
    header.index = ledger_->head().block + 1;
    header.time_ms = now;
    header.leader = log.id();
    header.membership = introduced != nullptr ? introduced->number : newest_membership(*store_);
    header.command_count = static_cast<std::uint32_t>(commands.size());
    header.body_bytes = static_cast<std::uint32_t>(to_body(commands).size());
    header.prev_hash = ledger_->head().block_hash;
    header.body_root = body_root(commands);
    header.claim_root = sha256({});
    sign_header(header, log);
    return encode_block(header, commands);
}

Applied World::apply_block(const Bytes& block) {
    blocks_.push_back(block);
    const auto decoded = decode_block(block, ledger_id());
    EXPECT_TRUE(decoded) << decoded.error().detail;
    const TreeSize before = ledger_->head().size;
    Applied applied = ledger_->apply(*decoded);
    EXPECT_EQ(applied.outcomes.size(), decoded->commands.size());
    check_leaves(before);
    if (thorough) {
        for (const std::string& violation : recount(*store_)) {
            ADD_FAILURE() << violation;
        }
    }
    return applied;
}

void World::check_leaves(TreeSize from) const {
    const KnownKeys keys = [&](const KeyId& id) {
        const auto row = find_key(*store_, id);
        return row ? std::optional(row->key) : std::nullopt;
    };
    for (LeafIndex index = from; index < ledger_->head().size; ++index) {
        const auto text = store_->get(schema::leaf(index));
        ASSERT_TRUE(text) << "leaf " << index;
        const auto leaf = read_leaf(*text);
        ASSERT_TRUE(leaf) << "leaf " << index << ": " << leaf.error().detail << "\n" << *text;
        EXPECT_EQ(to_text(*leaf), *text);
        EXPECT_EQ(leaf->block, ledger_->head().block);
        const auto checked = check_payload(*leaf, ledger_id(), keys);
        EXPECT_TRUE(checked) << checked.error().detail;
        for (const std::string& user : hidden_) {
            EXPECT_EQ(text->find(user), std::string::npos) << "a user stands in " << *text;
        }
    }
}

Done World::check_outcome(const Result<CommandOutcome>& outcome) const {
    Done done = {.outcome = outcome, .leaf = {}};
    if (outcome) {
        auto leaf = read_leaf(outcome->leaf_text);
        EXPECT_TRUE(leaf) << outcome->leaf_text;
        EXPECT_EQ(store_->get(schema::leaf(outcome->leaf)), outcome->leaf_text);
        done.leaf = leaf ? std::move(*leaf) : Leaf{};
    }
    return done;
}

std::vector<Done> World::seal(const std::vector<StoredCommand>& commands) {
    std::optional<Result<CommandOutcome>> dry;
    const auto prepared = prepare(commands.front(), ledger_id());
    const Hash root_before = ledger_->head().root;
    if (thorough && prepared) {
        const auto store_before = dump(*store_);
        dry = ledger_->dry_run(**prepared, now);
        EXPECT_EQ(dump(*store_), store_before) << "a dry run changed the store";
        EXPECT_EQ(ledger_->head().root, root_before);
    }
    std::vector<Bytes> bodies;
    for (const StoredCommand& command : commands) {
        bodies.push_back(to_stored(command));
    }
    const Applied applied = apply_block(make_block(bodies));
    std::vector<Done> done;
    for (const auto& outcome : applied.outcomes) {
        done.push_back(check_outcome(outcome));
    }
    if (!prepared) {
        EXPECT_EQ(done.front().outcome.error().code, ErrorCode::command_malformed);
        done.front().outcome = std::unexpected(prepared.error());
    }
    if (dry) {
        const auto& real = applied.outcomes.front();
        EXPECT_EQ(dry->has_value(), real.has_value());
        if (*dry && real) {
            EXPECT_EQ((*dry)->leaf_text, real->leaf_text) << "the dry run said something else";
            EXPECT_EQ((*dry)->replayed, real->replayed);
            EXPECT_EQ((*dry)->leaf, real->leaf);
        } else if (!*dry && !real) {
            EXPECT_EQ(dry->error().code, real.error().code);
        }
    }
    return done;
}

Applied World::tick() {
    return apply_block(make_block({}));
}

Applied World::introduce(const Membership& membership) {
    return apply_block(make_block({to_bytes(membership)}, &membership));
}

void World::expect_replay_is_equal() const {
    const auto store = make_memory_store();
    Ledger again(*store, reader());
    for (const Bytes& block : blocks_) {
        const auto decoded = decode_block(block, ledger_id());
        ASSERT_TRUE(decoded);
        again.apply(*decoded);
    }
    EXPECT_EQ(again.head().root, ledger_->head().root);
    EXPECT_EQ(again.head().size, ledger_->head().size);
    EXPECT_TRUE(dump(*store) == dump(*store_)) << "a replay gives another state";
}

namespace {

// Points and value, by programme, debtor and creditor: what is left after both directions.
using Nets = std::map<std::array<std::string, 3>, std::pair<Int128, Int128>>;

void add_debt(
    Nets& nets,
    const std::string& programme,
    const std::string& debtor,
    const std::string& creditor,
    Int128 points,
    Int128 value
) {
    auto& owed = nets[{programme, debtor, creditor}];
    owed.first += points;
    owed.second += value;
    auto& owns = nets[{programme, creditor, debtor}];
    owns.first -= points;
    owns.second -= value;
}

void expect_points_agree(const View& view, const PointsReplay& replay) {
    for (const Programme& programme : view.programmes()) {
        const auto found = replay.supply().find(programme.slug);
        PointsSupply seen = found == replay.supply().end() ? PointsSupply{} : found->second;
        PointsSupply supply = view.points_supply(programme.slug).value_or(PointsSupply{});
        for (int i = 0; i <= static_cast<int>(PointsBucket::revoked); ++i) {
            const auto bucket = static_cast<PointsBucket>(i);
            EXPECT_EQ(seen[bucket], supply[bucket]) << programme.slug << " " << name_of(bucket);
        }
        EXPECT_TRUE(seen.conserved()) << programme.slug;
    }
    Nets booked;
    for (const Position& each : view.positions()) {
        add_debt(booked, each.programme, each.debtor, each.creditor, each.points, each.value);
    }
    Nets told;
    for (const auto& [key, owed] : replay.owed()) {
        add_debt(told, key[0], key[1], key[2], owed.points, owed.value);
    }
    const auto is_settled = [](const auto& each) {
        return each.second.first == 0 && each.second.second == 0;
    };
    std::erase_if(booked, is_settled);
    std::erase_if(told, is_settled);
    EXPECT_TRUE(told == booked) << "an auditor counts other debts";
}

}  // namespace

void World::expect_audit_agrees() const {
    const auto view = ledger_->view();
    Replay replay(view->genesis());
    for (LeafIndex index = 0; index < view->head().size; ++index) {
        const std::string text = *view->leaf_text(index);
        const auto leaf = read_leaf(text);
        ASSERT_TRUE(leaf);
        const auto checked = check_leaf(*leaf, view->genesis());
        ASSERT_TRUE(checked) << checked.error().detail << "\n" << text;
        const auto fed = replay.feed(*leaf);
        ASSERT_TRUE(fed) << fed.error().detail << "\n" << text;
    }
    EXPECT_EQ(replay.leaves(), view->head().size);
    for (const auto& [name, supply] : view->classes()) {
        const auto found = replay.classes().find(name);
        ASSERT_NE(found, replay.classes().end()) << name;
        EXPECT_EQ(found->second.issued, supply.issued) << name;
        EXPECT_EQ(found->second.held, supply.held) << name;
        EXPECT_EQ(found->second.reserved, supply.reserved) << name;
        EXPECT_EQ(found->second.retired, supply.retired) << name;
        EXPECT_EQ(found->second.reversed, supply.reversed) << name;
        EXPECT_TRUE(found->second.conserved()) << name;
    }
    expect_points_agree(*view, replay.points());
    for (const View::Debt& debt : view->obligations()) {
        EXPECT_EQ(replay.owed().at({debt.scheme, debt.member}), debt.obligation.owed);
    }
    for (const auto& [id, batch] : replay.batches()) {
        EXPECT_EQ(batch.state, name_of(view->batch(id)->state)) << id.hex();
        EXPECT_EQ(batch.grams, view->batch(id)->grams) << id.hex();
    }
}

std::map<Bytes, Bytes> dump(const Reader& reader) {
    std::map<Bytes, Bytes> all;
    reader.scan({}, {}, [&](ByteView key, ByteView value) {
        all.emplace(key, value);
        return true;
    });
    return all;
}

}  // namespace tanji::ledger::test
