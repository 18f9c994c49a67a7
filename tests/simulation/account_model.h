#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

// The rules that the simulation's commands follow, once more and in few lines: nothing here comes
// from the ledger's own code.
namespace tanji::simulation {

class AccountModel {
public:
    struct Command {
        std::string id;
        std::string digest;
        std::string account;
        bool by_operator = true;
        std::int64_t not_after = 0;
    };
    struct Outcome {
        std::string code;  // empty: applied
        std::uint64_t block = 0;
        std::uint64_t leaf = 0;
        std::string digest;
    };

    // In the order of the log.
    void begin_block(std::uint64_t block, std::int64_t time) {
        block_ = block;
        time_ = time;
    }
    void execute(const Command& command) {
        if (outcomes_.contains(command.id)) {
            return;  // the same bytes: answered again; others: refused; neither makes a leaf
        }
        Outcome outcome = {
            .code = {}, .block = block_, .leaf = leaves_++, .digest = command.digest
        };
        if (command.not_after < time_) {
            outcome.code = "command_expired";
        } else if (!command.by_operator) {
            outcome.code = "role_missing";
        } else if (opened_.contains(command.account)) {
            outcome.code = "account_exists";
        } else {
            opened_.emplace(command.account, block_);
        }
        outcomes_.emplace(command.id, std::move(outcome));
    }

    // A command of another kind, and what became of it.
    void take(const std::string& id, const std::string& digest, const std::string& code) {
        if (!outcomes_.contains(id)) {
            outcomes_.emplace(
                id, Outcome{.code = code, .block = block_, .leaf = leaves_++, .digest = digest}
            );
        }
    }
    // Of the ledger's own.
    void add_leaf() { ++leaves_; }

    const Outcome* outcome(const std::string& id) const {
        const auto found = outcomes_.find(id);
        return found == outcomes_.end() ? nullptr : &found->second;
    }
    // Whether it was open after that block.
    bool is_open(const std::string& account, std::uint64_t block) const {
        const auto found = opened_.find(account);
        return found != opened_.end() && found->second <= block;
    }
    std::uint64_t leaves() const { return leaves_; }

private:
    std::uint64_t block_ = 1;
    std::int64_t time_ = 0;
    std::uint64_t leaves_ = 1;  // genesis
    std::map<std::string, Outcome> outcomes_;
    std::map<std::string, std::uint64_t> opened_;
};

}  // namespace tanji::simulation
