#pragma once

#include "tests/consensus/scenario_cluster.h"

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

// The language of tests/consensus/scenarios: one file, one story (scenarios/README.md).
namespace tanji::consensus::scenario {

using Words = std::vector<std::string>;

// A line that cannot be told, or an expectation that does not hold.
struct Refuted : std::runtime_error {
    using std::runtime_error::runtime_error;
};

class Story {
public:
    // One directive or `expect` line, without its comment. Throws Refuted or Broken.
    void tell(const std::string& line);
    // What stands below `----`.
    std::string transcript();
    std::string diagram();

    std::size_t expectations() const { return expectations_; }

private:
    using Args = std::span<const std::string>;
    using Directive = void (Story::*)(Args);
    static const std::map<std::string, Directive>& directives();
    static const std::map<std::string, Directive>& set_ups();
    static const std::map<std::string, Directive>& expectable();

    Cluster& cluster();
    Member& member(const std::string& word);
    Member& running(const std::string& word);

    // --- before anything runs ---
    void set_members(Args args);
    void set_learners(Args args);
    void set_spares(Args args);
    void set_seed(Args args);
    void set_election(Args args);
    void set_limit(Args args);

    // --- time and messages ---
    void elapse(Args args);
    void tick(Args args);
    void campaign(Args args);
    void elect(Args args);
    void deliver(Args args);
    void drop(Args args);
    void repeat(Args args);
    void swap(Args args);
    void hold(Args args);
    void late(Args args);
    void say(Args args);
    void settle(Args args);
    void cut(Args args);
    void heal(Args args);

    // --- what is asked of a member ---
    void propose(Args args);
    void read(Args args);
    void transfer(Args args);
    void change(Args args);
    void cosign(Args args);
    void snapshot(Args args);
    void compact(Args args);
    void ship(Args args);
    void electable(Args args);

    // --- disks, processes, clocks, lies ---
    void disk(Args args);
    void sync(Args args);
    void crash(Args args);
    void restart(Args args);
    void log(Args args);
    void damage(Args args);
    void lose(Args args);
    void rollback(Args args);
    void clock(Args args);
    void lie(Args args);

    // --- what must be so ---
    void expect(Args args);
    void expect_leader(Args args);
    void expect_role(Args args);
    void expect_term(Args args);
    void expect_block(Args args);
    void expect_last(Args args);
    void expect_durable(Args args);
    void expect_commit(Args args);
    void expect_applied(Args args);
    void expect_claim(Args args);
    void expect_vote(Args args);
    void expect_same(Args args);
    void expect_outcome(Args args);
    void expect_read(Args args);
    void expect_sent(Args args);
    void expect_nothing(Args args);
    void expect_evidence(Args args);
    void expect_notice(Args args);
    void expect_silence(Args args);
    void expect_refused(Args args);
    void expect_recovering(Args args);
    void expect_fit(Args args);
    void expect_membership(Args args);

    std::size_t count_of(Network::Link link, Args args);
    void expect_number(Args args, Index actual);
    std::string outcome_of(const std::string& name);
    // Whether a message of that kind, which says all of that, is under way.
    bool is_under_way(Args args);

    Setup setup_;
    std::optional<Cluster> cluster_;
    std::set<std::string> turned_away_;
    std::set<std::string> proposed_;
    std::string shown_;  // by `log`, until the next transcript
    std::size_t expectations_ = 0;
};

Words words_of(const std::string& line);
// Everything from # on, and blanks at the end, are gone.
std::string without_comment(const std::string& line);

}  // namespace tanji::consensus::scenario
