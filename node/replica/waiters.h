#pragma once

#include "ledger/command_outcome.h"
#include "ledger/value/result.h"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tanji::node {

// What became of a command, for who waits: committed, and perhaps certified.
struct Reply {
    ledger::CommandOutcome outcome;
    bool certified = false;
};
using Done = std::function<void(ledger::Result<Reply>)>;

// Who waits for which command, leaf or time. Every `Done` is called exactly once.
class Waiters {
public:
    struct Waiter {
        Done done;
        bool until_certified = false;
        ledger::TimeMs deadline = 0;
    };

    // The bytes that are waited for: other bytes under the same id are another command.
    struct Bytes {
        ledger::CommandId id;
        ledger::Hash digest;

        auto operator<=>(const Bytes&) const = default;
    };

    void add(const Bytes& command, Waiter waiter);
    // The command has an outcome, or was not executed.
    void finished(
        const Bytes& command,
        const ledger::Result<ledger::CommandOutcome>& outcome,
        ledger::TreeSize certified_size
    );
    // The outcome is known already, only its certificate is waited for.
    void committed(ledger::CommandOutcome outcome, Waiter waiter, ledger::TreeSize certified_size);
    // Leaves below this size are certified now.
    void certified(ledger::TreeSize size);
    // Answers who has waited too long: with the committed outcome if there is one, else with
    // `outcome_unknown`. The same bytes may always be sent again.
    void expire(ledger::TimeMs now);
    // Answers everybody: the node stops.
    void abandon();

    // Whether somebody waits for a certificate beyond that size.
    bool wants_certificate(ledger::TreeSize certified_size) const;
    std::size_t size() const { return waiting_.size() + committed_.size(); }

private:
    struct Committed {
        ledger::CommandOutcome outcome;
        Waiter waiter;
    };

    std::multimap<Bytes, Waiter> waiting_;
    std::multimap<ledger::LeafIndex, Committed> committed_;  // waiting for their certificate
};

}  // namespace tanji::node
