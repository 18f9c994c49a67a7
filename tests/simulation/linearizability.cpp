#include "tests/simulation/linearizability.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <utility>

namespace tanji::simulation {
namespace {

// What accounts and ids that are linked by commands went through: the rest goes its own way.
class Search {
public:
    Search(std::vector<Step> steps, std::size_t& tries)
        : steps_(std::move(steps)),
          done_(steps_.size()),
          tries_(tries) {}

    Linearizable run() {
        const bool found = go_on();
        return found ? Linearizable::yes : tries_ == 0 ? Linearizable::given_up : Linearizable::no;
    }

private:
    bool go_on() {
        std::optional<Micros> first_end;
        for (std::size_t i = 0; i < steps_.size(); ++i) {
            if (!done_[i] && steps_[i].is_certain) {
                first_end = std::min(first_end.value_or(steps_[i].ended), steps_[i].ended);
            }
        }
        if (!first_end) {
            return true;
        }
        if (tries_ == 0 || !seen_.emplace(done_, open_).second) {
            return false;
        }
        --tries_;
        // What is certain first: most often nothing else is needed.
        for (const bool certain : {true, false}) {
            for (std::size_t i = 0; i < steps_.size(); ++i) {
                const bool may_be_next = !done_[i] && steps_[i].began <= *first_end;
                if (may_be_next && steps_[i].is_certain == certain && happens(i)) {
                    return true;
                }
            }
        }
        return false;
    }

    // Whether it can be next, and all others after it.
    bool happens(std::size_t i) {
        const Step& step = steps_[i];
        const auto known = bytes_.find(step.id);
        const bool is_open = open_.contains(step.account);
        switch (step.kind) {
            case Step::Kind::read:
                return step.is_open == is_open && after(i);
            case Step::Kind::reuse:
                return known != bytes_.end() && known->second != step.bytes && after(i);
            case Step::Kind::command:
                break;
        }
        if (known != bytes_.end()) {
            return false;
        }
        bytes_.emplace(step.id, step.bytes);
        const bool found = takes_effect(i, is_open);
        bytes_.erase(step.id);
        return found;
    }

    bool takes_effect(std::size_t i, bool is_open) {
        const Step& step = steps_[i];
        const std::string by_rule = !step.by_operator ? "role_missing"
                                    : is_open         ? "account_exists"
                                                      : "";
        // It may be too late for any command; when, only the blocks say.
        const bool is_late = step.code == "command_expired";
        if (step.is_certain && !is_late && step.code != by_rule) {
            return false;
        }
        const bool opens = by_rule.empty() && !(step.is_certain && is_late);
        if (opens) {
            open_.insert(step.account);
            const bool found = after(i);
            open_.erase(step.account);
            if (found || step.is_certain) {
                return found;
            }
        }
        return after(i);
    }

    bool after(std::size_t i) {
        done_[i] = true;
        const bool found = go_on();
        done_[i] = false;
        return found;
    }

    std::vector<Step> steps_;
    std::vector<bool> done_;
    std::map<std::uint64_t, std::uint64_t> bytes_;  // by id, of what took effect
    std::set<std::uint64_t> open_;                  // accounts
    std::set<std::pair<std::vector<bool>, std::set<std::uint64_t>>> seen_;
    std::size_t& tries_;
};

// Which steps share an account or an id, directly or through others: a number for each.
std::vector<std::size_t> groups_of(const std::vector<Step>& steps) {
    std::vector<std::size_t> above(steps.size());
    std::iota(above.begin(), above.end(), std::size_t{0});
    const auto top = [&](std::size_t i) {
        while (above[i] != i) {
            i = above[i] = above[above[i]];
        }
        return i;
    };
    std::map<std::uint64_t, std::size_t> by_account;
    std::map<std::uint64_t, std::size_t> by_id;
    for (std::size_t i = 0; i < steps.size(); ++i) {
        if (steps[i].kind != Step::Kind::reuse) {
            above[top(by_account.emplace(steps[i].account, i).first->second)] = top(i);
        }
        if (steps[i].kind != Step::Kind::read) {
            above[top(by_id.emplace(steps[i].id, i).first->second)] = top(i);
        }
    }
    std::vector<std::size_t> groups(steps.size());
    for (std::size_t i = 0; i < steps.size(); ++i) {
        groups[i] = top(i);
    }
    return groups;
}

}  // namespace

Linearizable is_linearizable(const std::vector<Step>& steps, std::size_t tries) {
    std::map<std::size_t, std::vector<Step>> groups;
    const std::vector<std::size_t> group = groups_of(steps);
    for (std::size_t i = 0; i < steps.size(); ++i) {
        groups[group[i]].push_back(steps[i]);
    }
    Linearizable worst = Linearizable::yes;
    for (auto& [number, members] : groups) {
        std::size_t left = tries;
        std::ranges::stable_sort(members, {}, &Step::began);
        const Linearizable found = Search(std::move(members), left).run();
        if (found == Linearizable::no) {
            return found;
        }
        worst = found == Linearizable::yes ? worst : found;
    }
    return worst;
}

std::vector<Step> steps_of(const History& history) {
    std::vector<Step> steps;
    std::map<std::pair<std::uint64_t, std::uint64_t>, Step> commands;
    for (const Asked& asked : history) {
        if (asked.decision) {
            continue;
        }
        const bool is_answered = asked.end == Asked::End::answered;
        Step step = {
            .id = asked.wish.number,
            .bytes = asked.wish.variant,
            .account = asked.wish.account,
            .by_operator = asked.wish.signer != 0,
            .is_open = asked.is_open,
            .is_certain = is_answered,
            .code = asked.code,
            .began = asked.began,
            .ended = asked.ended,
        };
        if (asked.kind == Asked::Kind::write && asked.code == "id_reused") {
            step.kind = Step::Kind::reuse;
        } else if (asked.kind != Asked::Kind::write) {
            step.kind = Step::Kind::read;
        }
        if (step.kind != Step::Kind::command) {
            if (is_answered && asked.kind != Asked::Kind::local_read) {
                steps.push_back(std::move(step));
            }
            continue;
        }
        const auto [known, is_first] = commands.emplace(std::pair(step.id, step.bytes), step);
        if (is_first) {
            continue;
        }
        Step& command = known->second;
        command.began = std::min(command.began, step.began);
        if (is_answered && (!command.is_certain || step.ended < command.ended)) {
            command.is_certain = true;
            command.ended = step.ended;
            command.code = step.code;
        }
    }
    for (auto& [name, command] : commands) {
        steps.push_back(std::move(command));
    }
    return steps;
}

}  // namespace tanji::simulation
