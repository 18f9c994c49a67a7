#include "tests/consensus/scenario_story.h"

#include "tests/consensus/scenario_words.h"

#include <algorithm>

// Directives: what happens to the cluster.
namespace tanji::consensus::scenario {

const std::map<std::string, Story::Directive>& Story::set_ups() {
    static const std::map<std::string, Directive> all = {
        {"members", &Story::set_members},
        {"learners", &Story::set_learners},
        {"spares", &Story::set_spares},
        {"seed", &Story::set_seed},
        {"election", &Story::set_election},
        {"limit", &Story::set_limit},
    };
    return all;
}

const std::map<std::string, Story::Directive>& Story::directives() {
    static const std::map<std::string, Directive> all = {
        {"elapse", &Story::elapse},     {"tick", &Story::tick},
        {"campaign", &Story::campaign}, {"elect", &Story::elect},
        {"deliver", &Story::deliver},   {"drop", &Story::drop},
        {"repeat", &Story::repeat},     {"swap", &Story::swap},
        {"hold", &Story::hold},         {"late", &Story::late},
        {"say", &Story::say},           {"settle", &Story::settle},
        {"cut", &Story::cut},           {"heal", &Story::heal},
        {"propose", &Story::propose},   {"read", &Story::read},
        {"transfer", &Story::transfer}, {"change", &Story::change},
        {"cosign", &Story::cosign},     {"snapshot", &Story::snapshot},
        {"compact", &Story::compact},   {"electable", &Story::electable},
        {"disk", &Story::disk},         {"sync", &Story::sync},
        {"crash", &Story::crash},       {"restart", &Story::restart},
        {"log", &Story::log},           {"damage", &Story::damage},
        {"lose", &Story::lose},         {"rollback", &Story::rollback},
        {"clock", &Story::clock},       {"ship", &Story::ship},
        {"lie", &Story::lie},           {"expect", &Story::expect},
    };
    return all;
}

void Story::tell(const std::string& line) {
    const Words words = words_of(without_comment(line));
    if (words.empty()) {
        return;
    }
    const Args args = Args(words).subspan(1);
    if (const auto found = set_ups().find(words[0]); found != set_ups().end()) {
        if (cluster_) {
            refute("members are known before anything happens");
        }
        (this->*found->second)(args);
        return;
    }
    const auto found = directives().find(words[0]);
    if (found == directives().end()) {
        refute("no such directive: " + words[0]);
    }
    (this->*found->second)(args);
}

std::string Story::transcript() {
    return cluster().states() + std::exchange(shown_, "");
}

std::string Story::diagram() {
    return cluster_ ? cluster_->states() + cluster_->trace().diagram(cluster_->ids()) : "";
}

Cluster& Story::cluster() {
    if (!cluster_) {
        cluster_.emplace(setup_);
    }
    return *cluster_;
}

Member& Story::member(const std::string& word) {
    return cluster().at(number_of(word));
}

Member& Story::running(const std::string& word) {
    Member& found = member(word);
    if (!found.runs()) {
        refute("member " + word + " is down");
    }
    return found;
}

void Story::set_members(Args args) {
    for (const std::string& word : args) {
        setup_.voters.push_back(number_of(word));
    }
}

void Story::set_learners(Args args) {
    for (const std::string& word : args) {
        setup_.learners.push_back(number_of(word));
    }
}

void Story::set_spares(Args args) {
    for (const std::string& word : args) {
        setup_.spares.push_back(number_of(word));
    }
}

void Story::set_seed(Args args) {
    need(args, 1, 1);
    setup_.seed = number_of(args[0]);
}

void Story::set_election(Args args) {
    need(args, 1, 1);
    const auto dots = args[0].find("..");
    const std::uint64_t from = number_of(args[0].substr(0, dots));
    if (dots == std::string::npos || number_of(args[0].substr(dots + 2)) != 2 * from) {
        refute("time-outs are drawn from E..2E");
    }
    setup_.settings.election_ticks = static_cast<std::uint32_t>(from);
}

void Story::set_limit(Args args) {
    need(args, 2, 2);
    Limits& limits = setup_.settings.limits;
    const std::map<std::string, std::uint64_t*> names = {
        {"inflight_blocks", &limits.inflight_blocks},
        {"inflight_bytes", &limits.inflight_bytes},
        {"append_messages", &limits.append_messages},
        {"append_bytes", &limits.append_bytes},
        {"blocks_per_append", &limits.blocks_per_append},
        {"bytes_per_append", &limits.bytes_per_append},
    };
    const auto found = names.find(args[0]);
    if (found == names.end()) {
        refute("no such limit: " + args[0]);
    }
    *found->second = number_of(args[1]);
}

void Story::elapse(Args args) {
    need(args, 1, 1);
    for (std::uint64_t left = number_of(args[0]); left > 0; --left) {
        for (const NodeId id : cluster().ids()) {
            cluster().tick(id);
        }
        cluster().settle();
    }
}

void Story::tick(Args args) {
    need(args, 2, 2);
    for (std::uint64_t left = number_of(args[1]); left > 0; --left) {
        cluster().tick(running(args[0]).id);
    }
}

// Its own time passes until it asks once more, at most two time-outs long.
void Story::campaign(Args args) {
    need(args, 1, 1);
    const NodeId id = running(args[0]).id;
    const std::size_t before = cluster().questions_of(id);
    for (std::uint32_t left = 2 * cluster().settings().election_ticks; left > 0; --left) {
        cluster().tick(id);
        if (cluster().questions_of(id) > before || cluster().leader() == id) {
            return;
        }
    }
}

// Time passes for these until they forgot whom they followed; only the one stands.
void Story::elect(Args args) {
    need(args, 3, 3);
    const Member& candidate = running(args[0]);
    const std::vector<NodeId> voters = list_of(args[2]);
    std::vector<NodeId> among = voters;
    among.insert(among.begin(), candidate.id);
    for (std::uint32_t left = 20 * cluster().settings().election_ticks; left > 0; --left) {
        cluster().tick(candidate.id);
        cluster().settle_election(among);
        if (candidate.raft->status().role == Role::leader) {
            return;
        }
        for (const NodeId id : voters) {
            cluster().tick(running(std::to_string(id)).id);
            cluster().keep_silent(id);
        }
    }
    refute(args[0] + " was not elected in 20 time-outs");
}

// How many messages of a link are meant: all, unless a number says so.
std::size_t Story::count_of(Network::Link link, Args args) {
    const std::size_t waiting = cluster().network().under_way(link).size();
    const std::size_t count = args.size() > 1 ? number_of(args[1]) : waiting;
    if (count > waiting || count == 0) {
        refute("only " + std::to_string(waiting) + " messages are under way");
    }
    return count;
}

void Story::deliver(Args args) {
    need(args, 1, 2);
    const Network::Link link = link_of(args[0]);
    const std::size_t count = count_of(link, args);
    for (std::size_t left = count; left > 0 && !cluster().network().under_way(link).empty();
         --left) {
        cluster().deliver(link);
    }
}

void Story::drop(Args args) {
    need(args, 1, 2);
    const Network::Link link = link_of(args[0]);
    const std::size_t count = count_of(link, args);
    for (std::size_t left = count; left > 0; --left) {
        cluster().drop(link);
    }
}

void Story::repeat(Args args) {
    need(args, 1, 2);
    const Network::Link link = link_of(args[0]);
    const std::size_t count = count_of(link, args);
    cluster().network().repeat(link, count);
}

void Story::swap(Args args) {
    need(args, 1, 1);
    if (cluster().network().under_way(link_of(args[0])).size() < 2) {
        refute("fewer than two messages are under way");
    }
    cluster().network().swap(link_of(args[0]));
}

void Story::hold(Args args) {
    need(args, 1, 2);
    const Network::Link link = link_of(args[0]);
    const std::size_t count = count_of(link, args);
    cluster().network().hold(link, count);
}

void Story::late(Args args) {
    need(args, 1, 1);
    if (!cluster().network().holds(link_of(args[0]))) {
        refute("nothing is held up there");
    }
    cluster().deliver_late(link_of(args[0]));
}

void Story::settle(Args args) {
    need(args, 0, 0);
    cluster().settle();
}

void Story::cut(Args args) {
    need(args, 1, 1);
    if (args[0].find('>') != std::string::npos) {
        cluster().network().cut(link_of(args[0]));
        return;
    }
    const NodeId one = member(args[0]).id;
    for (const NodeId other : cluster().ids()) {
        if (other != one) {
            cluster().network().cut({one, other});
            cluster().network().cut({other, one});
        }
    }
}

void Story::heal(Args args) {
    need(args, 0, 1);
    if (args.empty()) {
        cluster().heal();
    } else {
        cluster().heal(link_of(args[0]));
    }
}

}  // namespace tanji::consensus::scenario
