#pragma once

#include "ledger/ledger.h"
#include "tests/model/act.h"

#include <memory>
#include <string>
#include <vector>

namespace tanji::model {

// The real ledger, moved by real signed commands in real signed blocks: a city of its own.
class Target {
public:
    Target();

    // A block of these acts at their time; `ok` or a code for each. Ticks make no command.
    std::vector<std::string> apply(TimeMs now, const std::vector<Act>& acts);

    std::uint64_t first_leaves() const { return first_leaves_; }  // of a city without acts
    std::shared_ptr<const ledger::View> view() const { return ledger_->view(); }
    const ledger::Store& store() const { return *store_; }
    // What a recount of the whole store finds.
    std::vector<std::string> violations() const;

private:
    std::vector<std::string> seal(TimeMs now, const std::vector<ledger::StoredCommand>& commands);
    std::vector<std::string> apply_block(const ledger::Bytes& block);

    std::unique_ptr<ledger::Store> store_;
    std::vector<ledger::Bytes> blocks_;
    std::unique_ptr<ledger::Ledger> ledger_;
    std::uint64_t first_leaves_ = 0;
};

}  // namespace tanji::model
