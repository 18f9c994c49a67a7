#pragma once

#include "ledger/ledger.h"
#include "ledger/value/crypto.h"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

// A small alliance in memory, moved by real signed commands in real signed blocks. Whatever is
// sealed is checked on the way: the dry run made beforehand says the same, leaf by leaf; leaves are
// canonical and name no user; a recount of the whole store finds nothing.
namespace tanji::ledger::test {

// Names become keys, accounts and ids by hashing: the same in every run.
SigningKey key_named(std::string_view name);
UserId user_named(std::string_view name);
CommandId id_named(std::string_view name);
Hash hash_named(std::string_view name);

// The file that says what `genesis` says.
std::string genesis_text(const Genesis& genesis);
// One node, default thresholds, no members yet.
Genesis empty_genesis(TimeMs time);
// A member with one key for commands and votes; members have to come in ascending order.
void add_member(Genesis& genesis, std::string_view member, std::vector<RoleGrant> roles);

struct Order {
    std::string type;
    std::string body;                  // JSON
    std::vector<std::string> signers;  // names of keys
    CommandId id;
    TimeMs not_after = 0;  // 0: an hour from now
    std::vector<Record> records;
};

struct Done {
    Result<CommandOutcome> outcome;
    std::optional<Leaf> leaf;
};

class World {
public:
    World();
    explicit World(std::unique_ptr<Store> store);

    // Block 1. The node's keys are those of `empty_genesis`.
    void found(const Genesis& genesis);
    void found(const std::string& genesis_file, TimeMs time);
    // Goes on where the store stands, which somebody else has written to.
    void reopen();

    TimeMs now = 0;
    bool thorough = true;  // dry runs and recounts

    StoredCommand sign(const Order& order) const;
    std::vector<Done> seal(const std::vector<StoredCommand>& commands);
    Done seal(const Order& order) { return std::move(seal({sign(order)}).front()); }

    Ledger& ledger() { return *ledger_; }
    Store& store() { return *store_; }
    const Hash& ledger_id() const { return ledger_->head().ledger; }
    std::shared_ptr<const View> view() const { return ledger_->view(); }
    // Blocks as they are stored: block 1 first.
    const std::vector<Bytes>& blocks() const { return blocks_; }
    // A user's account that may stand in no leaf.
    void hide(const UserId& user) { hidden_.insert(user.hex()); }

    // A block without commands, at `now`: sweeps only.
    Applied tick();
    // A block that introduces that membership.
    Applied introduce(const Membership& membership);
    // Everything replayed into another store gives the same roots and the same keys and values.
    void expect_replay_is_equal() const;
    // The public leaves alone tell an auditor the same totals.
    void expect_audit_agrees() const;

private:
    Bytes make_block(const std::vector<Bytes>& commands, const Membership* introduced = nullptr)
        const;
    Applied apply_block(const Bytes& block);
    Done check_outcome(const Result<CommandOutcome>& outcome) const;
    void check_leaves(TreeSize from) const;
    Ledger::BlockReader reader() const;

    std::unique_ptr<Store> store_;
    std::vector<Bytes> blocks_;
    std::unique_ptr<Ledger> ledger_;
    std::set<std::string> hidden_;
    mutable std::uint64_t salts_ = 0;
};

// Every key and value of a store.
std::map<Bytes, Bytes> dump(const Reader& reader);

}  // namespace tanji::ledger::test
