#include "tests/consensus/scenario_story.h"
#include "tests/consensus/scenario_words.h"

#include <algorithm>

// Directives: what must be so.
namespace tanji::consensus::scenario {
namespace {

constexpr std::array notice_names = {
    std::pair{"role", Noticed::role},
    std::pair{"membership", Noticed::membership},
    std::pair{"fork", Noticed::fork},
    std::pair{"conflict", Noticed::conflict},
    std::pair{"two_leaders", Noticed::two_leaders},
    std::pair{"absurd_message", Noticed::absurd_message},
    std::pair{"recovered", Noticed::recovered},
    std::pair{"removed", Noticed::removed},
};

void demand(bool holds, const std::string& instead) {
    if (!holds) {
        refute("it is " + instead);
    }
}

bool has_noticed(const Member& member, const std::string& name) {
    const auto found =
        std::ranges::find_if(notice_names, [&](const auto& each) { return each.first == name; });
    if (found == notice_names.end()) {
        refute("no such notice: " + name);
    }
    return std::ranges::any_of(member.notices, [&](const auto& each) {
        return each.first == found->second;
    });
}

}  // namespace

const std::map<std::string, Story::Directive>& Story::expectable() {
    static const std::map<std::string, Directive> all = {
        {"leader", &Story::expect_leader},   {"role", &Story::expect_role},
        {"term", &Story::expect_term},       {"block", &Story::expect_block},
        {"last", &Story::expect_last},       {"durable", &Story::expect_durable},
        {"commit", &Story::expect_commit},   {"applied", &Story::expect_applied},
        {"claim", &Story::expect_claim},     {"vote", &Story::expect_vote},
        {"same", &Story::expect_same},       {"outcome", &Story::expect_outcome},
        {"read", &Story::expect_read},       {"sent", &Story::expect_sent},
        {"nothing", &Story::expect_nothing}, {"evidence", &Story::expect_evidence},
        {"notice", &Story::expect_notice},   {"silence", &Story::expect_silence},
        {"refused", &Story::expect_refused}, {"recovering", &Story::expect_recovering},
        {"fit", &Story::expect_fit},         {"membership", &Story::expect_membership},
    };
    return all;
}

void Story::expect(Args args) {
    ++expectations_;
    if (args.empty() || !expectable().contains(args[0])) {
        refute("nothing that can be expected");
    }
    (this->*expectable().at(args[0]))(args.subspan(1));
}

void Story::expect_leader(Args args) {
    need(args, 1, 1);
    const NodeId leader = cluster().leader();
    demand((leader == 0 ? "none" : std::to_string(leader)) == args[0], std::to_string(leader));
}

void Story::expect_role(Args args) {
    need(args, 2, 2);
    const std::string_view role = name_of(running(args[0]).raft->status().role);
    demand(role == args[1], std::string(role));
}

void Story::expect_term(Args args) {
    need(args, 2, 2);
    const Term term = running(args[0]).raft->status().term;
    demand(term == number_of(args[1]), std::to_string(term));
}

void Story::expect_block(Args args) {
    need(args, 4, 4);
    const BlockPtr block = member(args[0]).disk.log().at(number_of(args[1]));
    demand(block != nullptr, "not there");
    demand(
        args[2] == "term" && block->ref.at.term == number_of(args[3]),
        scenario::text_of(block->ref.at)
    );
}

// `I` or `below I`.
void Story::expect_number(Args args, Index actual) {
    need(args, 1, 2);
    const bool below = args.size() == 2 && args[0] == "below";
    const Index wanted = number_of(args.back());
    demand(below ? actual < wanted : actual == wanted, std::to_string(actual));
}

void Story::expect_last(Args args) {
    need(args, 2, 3);
    expect_number(args.subspan(1), running(args[0]).raft->status().last.index);
}

void Story::expect_durable(Args args) {
    need(args, 2, 3);
    expect_number(args.subspan(1), running(args[0]).raft->status().durable);
}

void Story::expect_commit(Args args) {
    need(args, 2, 3);
    expect_number(args.subspan(1), running(args[0]).raft->status().committed);
}

void Story::expect_applied(Args args) {
    need(args, 2, 3);
    expect_number(args.subspan(1), member(args[0]).disk.applied());
}

void Story::expect_claim(Args args) {
    need(args, 2, 2);
    const Position claim = running(args[0]).raft->status().claim;
    demand(claim == position_of(args[1]), scenario::text_of(claim));
}

void Story::expect_vote(Args args) {
    need(args, 2, 2);
    const auto vote = running(args[0]).raft->status().vote;
    const std::string name = vote ? std::to_string(*vote) : "none";
    demand(name == args[1], name);
}

// Equal logs, on disk too.
void Story::expect_same(Args args) {
    need(args, 1, 1);
    const std::vector<NodeId> list = list_of(args[0]);
    const Disk& first = cluster().at(list.front()).disk;
    for (const NodeId id : list) {
        const Disk& disk = cluster().at(id).disk;
        const BlockId last = id_of(first.log().blocks.back()->ref);
        const bool equal = disk.log().last() == last.at.index && disk.log().holds(last) &&
                           disk.synced().last() == last.at.index && disk.synced().holds(last);
        demand(equal, "another log at member " + std::to_string(id));
    }
}

void Story::expect_outcome(Args args) {
    need(args, 2, 2);
    const std::string outcome = outcome_of(args[0]);
    demand(outcome == args[1], outcome);
}

std::string Story::outcome_of(const std::string& name) {
    if (!proposed_.contains(name)) {
        refute("nobody proposed " + name);
    }
    if (cluster().was_applied(name)) {
        return "applied";
    }
    if (const NodeId leader = cluster().leader(); leader != 0) {
        const auto& blocks = cluster().at(leader).disk.log().blocks;
        if (std::ranges::any_of(blocks, [&](const BlockPtr& each) { return each->text == name; })) {
            return "pending";
        }
    }
    return turned_away_.contains(name) ? "refused" : "unknown";
}

void Story::expect_read(Args args) {
    need(args, 2, 3);
    const Read state = cluster().read_state(args[0]);
    if (args.size() == 3) {
        demand(args[1] == "index" && state == Read::granted, "not granted");
        const Index index = cluster().read_index(args[0]);
        demand(index == number_of(args[2]), std::to_string(index));
    } else {
        const std::string name = state == Read::open      ? "open"
                                 : state == Read::granted ? "granted"
                                                          : "dropped";
        demand(name == args[1], name);
    }
}

bool Story::is_under_way(Args args) {
    need(args, 2, 12);
    std::string wanted;
    std::vector<std::string> parts;
    for (std::size_t at = 2; at < args.size(); ++at) {
        const bool alone = args[at] == "granted" || args[at] == "refused" ||
                           args[at] == "accepted" || args[at] == "conflict" ||
                           args[at] == "transfer";
        if (alone || at + 1 == args.size()) {
            parts.push_back(" " + args[at] + " ");
        } else {
            parts.push_back(" " + args[at] + " " + args[at + 1] + " ");
            ++at;
        }
    }
    const auto& queue = cluster().network().under_way(link_of(args[0]));
    return std::ranges::any_of(queue, [&](const Envelope& each) {
        const std::string text = scenario::text_of(each) + " ";
        return text.starts_with(args[1] + " ") &&
               std::ranges::all_of(parts, [&](const std::string& part) {
                   return text.find(part) != std::string::npos;
               });
    });
}

void Story::expect_sent(Args args) {
    if (!is_under_way(args)) {
        std::string instead = "not under way; there is";
        for (const Envelope& each : cluster().network().under_way(link_of(args[0]))) {
            instead += " [" + scenario::text_of(each) + "]";
        }
        refute(instead);
    }
}

void Story::expect_nothing(Args args) {
    demand(!is_under_way(args), "under way");
}

// By which member that key signed two blocks at one place, as M can show.
void Story::expect_evidence(Args args) {
    need(args, 3, 3);
    demand(args[0] == "block-fork", "shown in the simulator");
    const auto& convicted = member(args[2]).convicted;
    demand(convicted.contains(number_of(args[1])), "not convicted");
}

void Story::expect_notice(Args args) {
    need(args, 2, 2);
    demand(has_noticed(member(args[0]), args[1]), "not noticed");  // since it was started
}

void Story::expect_silence(Args args) {
    need(args, 2, 2);
    demand(!has_noticed(member(args[0]), args[1]), "noticed");
}

void Story::expect_refused(Args args) {
    need(args, 2, 2);
    const Member& one = member(args[0]);
    demand(!one.runs() && one.refused == args[1], one.runs() ? "running" : one.refused);
}

void Story::expect_recovering(Args args) {
    need(args, 1, 1);
    demand(!running(args[0]).raft->status().fit, "fit");
}

void Story::expect_fit(Args args) {
    need(args, 1, 1);
    demand(running(args[0]).raft->status().fit, "recovering");
}

// `membership M [number N] voters LIST [old LIST] [learners LIST]`; lists not named are empty.
void Story::expect_membership(Args args) {
    need(args, 3, 9);
    const Membership in_force = running(args[0]).raft->status().membership;
    std::map<std::string, std::string> wanted = {{"old", "none"}, {"learners", "none"}};
    for (std::size_t at = 1; at + 1 < args.size(); at += 2) {
        wanted[args[at]] = args[at + 1];
    }
    demand(
        (!wanted.contains("number") || number_of(wanted["number"]) == in_force.number) &&
            scenario::text_of(in_force.voters) == wanted["voters"] &&
            scenario::text_of(in_force.old_voters) == wanted["old"] &&
            scenario::text_of(in_force.learners) == wanted["learners"],
        scenario::text_of(in_force)
    );
}

}  // namespace tanji::consensus::scenario
