#pragma once

#include "tests/simulation/electors.h"
#include "tests/simulation/history.h"

#include <functional>
#include <vector>

namespace tanji::simulation {

// Wallets and desks: they ask any node, wait as long as they like, ask again elsewhere with the
// same bytes, and now and then reuse an id. What they saw is the history.
class Clients {
public:
    Clients(World& world, Members& members);

    void begin();
    void stop() { stopped_ = true; }
    const History& history() const { return history_; }

    // A command of its own, sent to that node until it is answered, certified as long as
    // `certifies` says so; then `done`.
    void insist(NodeId node, std::function<bool()> certifies, std::function<void()> done);
    // The same for a linearizable read.
    void insist_on_reading(NodeId node, std::function<void()> done);

private:
    void insist_on(
        NodeId node,
        const Wish& wish,
        const std::function<bool()>& certifies,
        const std::function<void()>& done
    );
    using Then = std::function<void(const Asked&)>;

    void arrive();
    void ask();
    Wish new_wish();
    void write(const Wish& wish, int attempt);
    void write_at(
        NodeId node, const Wish& wish, bool until_certified, ledger::TimeMs wait, Then then
    );
    void read_at(NodeId node, bool linearizable, ledger::TimeMs wait, Then then);
    void end(std::size_t place, Asked::End how, const Then& then);
    NodeId any_node();
    Member& member(NodeId node) { return *members_.at(node - 1); }

    World& world_;
    Members& members_;
    Draw draw_;
    History history_;
    std::vector<Wish> wishes_;
    bool stopped_ = false;
};

}  // namespace tanji::simulation
