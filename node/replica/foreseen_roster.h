#pragma once

#include "ledger/decoded_block.h"
#include "ledger/governance/membership.h"

#include <map>
#include <memory>

namespace tanji::node {

// What blocks that are not applied yet will make of the roster, as far as they show it: whether
// enough governors signed a decision is the ledger's to test.
class ForeseenRoster {
public:
    explicit ForeseenRoster(ledger::Roster applied) : roster_(std::move(applied)) {}

    // The next block of the log.
    void take(const ledger::DecodedBlock& block);
    // Whether some decision in there, or one that is open already, is carried out by that.
    bool leads_to(const ledger::Membership& joint);

private:
    struct Seen {
        std::shared_ptr<const ledger::Prepared> command;
        ledger::TimeMs time = 0;
    };

    ledger::Roster roster_;
    std::map<ledger::CommandId, Seen> decisions_;
};

}  // namespace tanji::node
