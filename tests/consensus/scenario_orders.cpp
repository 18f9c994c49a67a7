#include "tests/consensus/scenario_story.h"
#include "tests/consensus/scenario_words.h"

// Directives: what is asked of a member, and what befalls its disk, process and clock.
namespace tanji::consensus::scenario {

namespace {

// `term 2 prev 1/3 count 0 commit 4 granted`: names and values, and words that stand alone.
class Fields {
public:
    explicit Fields(std::span<const std::string> words) {
        for (std::size_t at = 0; at < words.size(); ++at) {
            if (words[at] == "granted" || words[at] == "accepted" || words[at] == "refused") {
                said_.insert(words[at]);
            } else if (at + 1 < words.size()) {
                values_[words[at]] = words[at + 1];
                ++at;
            } else {
                refute("no value: " + words[at]);
            }
        }
    }

    std::uint64_t number(const std::string& name) const {
        return values_.contains(name) ? number_of(values_.at(name)) : 0;
    }
    Position place(const std::string& name) const {
        return values_.contains(name) ? position_of(values_.at(name)) : Position{};
    }
    bool said(const std::string& name) const { return said_.contains(name); }

private:
    std::map<std::string, std::string> values_;
    std::set<std::string> said_;
};

Message message_of(const std::string& kind, const Fields& fields) {
    const Term term = fields.number("term");
    if (kind == "PreVote") {
        return PreVote{.term = term, .last = fields.place("last")};
    }
    if (kind == "PreVoteReply") {
        return PreVoteReply{.term = term, .granted = fields.said("granted")};
    }
    if (kind == "Vote") {
        return Vote{.term = term, .last = fields.place("last"), .transfer = {}};
    }
    if (kind == "VoteReply") {
        return VoteReply{.term = term, .granted = fields.said("granted")};
    }
    if (kind == "Append") {
        Append append;
        append.term = term;
        append.prev = fields.place("prev");
        append.count = fields.number("count");
        append.commit = fields.number("commit");
        return append;
    }
    if (kind == "AppendReply") {
        AppendReply reply;
        reply.term = term;
        reply.accepted = fields.said("accepted");
        reply.index = fields.number("index");
        reply.hint = fields.place("hint");
        return reply;
    }
    if (kind == "Heartbeat") {
        return Heartbeat{
            .term = term, .commit = fields.number("commit"), .read = fields.number("read")
        };
    }
    if (kind == "HeartbeatReply") {
        return HeartbeatReply{
            .term = term, .read = fields.number("read"), .commit = fields.number("commit")
        };
    }
    refute("no message that can be said: " + kind);
}

}  // namespace

void Story::say(Args args) {
    need(args, 2, 20);
    running(std::to_string(link_of(args[0]).first));
    running(std::to_string(link_of(args[0]).second));
    cluster().say(link_of(args[0]), message_of(args[1], Fields(args.subspan(2))));
}

// Nobody takes it, unless the member leads and may seal.
void Story::propose(Args args) {
    need(args, 2, 2);
    proposed_.insert(args[1]);
    if (!cluster().propose(member(args[0]).id, args[1])) {
        turned_away_.insert(args[1]);
    }
}

void Story::read(Args args) {
    need(args, 2, 2);
    cluster().request_read(member(args[0]).id, args[1]);
}

void Story::transfer(Args args) {
    need(args, 2, 3);
    const bool begun = cluster().transfer(running(args[0]).id, number_of(args[1]));
    const bool wanted = args.size() == 2;
    if (!wanted && args[2] != "refused") {
        refute("not understood: " + args[2]);
    }
    if (begun != wanted) {
        refute(begun ? "the transfer began" : "the transfer was refused");
    }
}

void Story::change(Args args) {
    need(args, 3, 6);
    Membership target;
    bool wanted = true;
    for (std::size_t at = 1; at < args.size(); ++at) {
        if (args[at] == "refused") {
            wanted = false;
        } else if (args[at] == "voters" && at + 1 < args.size()) {
            target.voters = args[at + 1] == "none" ? std::vector<NodeId>{} : list_of(args[at + 1]);
            ++at;
        } else if (args[at] == "learners" && at + 1 < args.size()) {
            target.learners = list_of(args[++at]);
        } else {
            refute("not understood: " + args[at]);
        }
    }
    const bool begun = cluster().change(running(args[0]).id, target);
    if (begun != wanted) {
        refute(begun ? "the change began" : "the change was refused");
    }
}

void Story::cosign(Args args) {
    need(args, 2, 2);
    cluster().cosign(running(args[0]).id, number_of(args[1]));
}

void Story::snapshot(Args args) {
    need(args, 1, 1);
    cluster().take_snapshot(running(args[0]).id);
}

void Story::compact(Args args) {
    need(args, 2, 2);
    cluster().compact(running(args[0]).id, number_of(args[1]));
}

void Story::ship(Args args) {
    need(args, 1, 1);
    cluster().ship(link_of(args[0]));
}

void Story::electable(Args args) {
    need(args, 2, 2);
    if (args[1] != "yes" && args[1] != "no") {
        refute("yes or no?");
    }
    cluster().set_electable(running(args[0]).id, args[1] == "yes");
}

void Story::disk(Args args) {
    need(args, 2, 2);
    if (args[1] != "slow" && args[1] != "fast") {
        refute("slow or fast?");
    }
    Member& one = member(args[0]);
    one.slow = args[1] == "slow";
    if (!one.slow) {
        cluster().sync(one.id, one.disk.unsynced());
    }
}

void Story::sync(Args args) {
    need(args, 1, 2);
    const Member& one = running(args[0]);
    const std::size_t waiting = one.disk.unsynced();
    const std::size_t count = args.size() > 1 ? number_of(args[1]) : waiting;
    if (count > waiting || count == 0) {
        refute("only " + std::to_string(waiting) + " writes wait for the disk");
    }
    cluster().sync(one.id, count);
}

void Story::crash(Args args) {
    need(args, 1, 2);
    if (args.size() == 2 && args[1] != "unsynced") {
        refute("not understood: " + args[1]);
    }
    cluster().crash(running(args[0]).id, args.size() == 2);
}

void Story::restart(Args args) {
    need(args, 1, 1);
    cluster().restart(member(args[0]).id);
}

void Story::log(Args args) {
    need(args, 1, 1);
    const Member& one = member(args[0]);
    shown_ += "log " + args[0];
    for (const BlockPtr& block : one.disk.log().blocks) {
        shown_ += "  " + scenario::text_of(block->ref.at);
        shown_ += block->text.empty() ? "" : " " + block->text;
    }
    shown_ += "\n";
}

void Story::damage(Args args) {
    need(args, 2, 4);
    Member& one = member(args[0]);
    if (one.runs()) {
        refute("damage is found at the start: the member has to be down");
    }
    const std::map<std::string, Disk::Damage> kinds = {
        {"flip", Disk::Damage::flip}, {"zero", Disk::Damage::zero}, {"swap", Disk::Damage::swap}
    };
    if (args[1] == "block" && args.size() == 4 && kinds.contains(args[3])) {
        const Index index = number_of(args[2]);
        if (!one.disk.synced().at(index)) {
            refute("no such block");
        }
        one.disk.damage_block(index, kinds.at(args[3]));
    } else if (args[1] == "tail" && args.size() == 2) {
        one.disk.tear_last_write();
    } else if (args[1] == "mark" && args.size() == 3) {
        const bool both = args[2] == "both";
        if (both || number_of(args[2]) == 0) {
            one.disk.damage_mark(0);
        }
        if (both || number_of(args[2]) == 1) {
            one.disk.damage_mark(1);
        }
    } else {
        refute("no such damage");
    }
}

void Story::lose(Args args) {
    need(args, 1, 1);
    member(args[0]).disk.lose();
}

void Story::rollback(Args args) {
    need(args, 1, 2);
    Member& one = member(args[0]);
    if (one.runs() || (args.size() == 2 && args[1] != "mark")) {
        refute("`rollback M` or `rollback M mark` of a member that is down");
    }
    if (args.size() == 2) {
        one.disk.roll_back_mark();
    } else {
        one.disk.roll_back();
    }
}

void Story::clock(Args args) {
    need(args, 2, 2);
    const bool ahead = args[1].starts_with('+');
    if (!ahead && !args[1].starts_with('-')) {
        refute("+MS or -MS");
    }
    const auto offset = static_cast<std::int64_t>(number_of(args[1].substr(1)));
    member(args[0]).clock_ms += ahead ? offset : -offset;
}

void Story::lie(Args args) {
    need(args, 2, 3);
    Member& one = member(args[0]);
    const std::string& what = args[1];
    if (what == "fork" && args.size() == 2) {
        one.lies.fork = true;
    } else if (what == "forge" && args.size() == 2) {
        one.lies.forge = true;
    } else if (what == "commit" && args.size() == 2) {
        one.lies.commit = true;
    } else if (what == "term" && args.size() == 3) {
        one.lies.term = number_of(args[2]);
    } else if (what == "longlog" && args.size() == 2) {
        one.lies.longer = 1'000;
    } else {
        refute("such lies are told in the simulator: " + what);
    }
    cluster().trust_no_more(one.id);
}

}  // namespace tanji::consensus::scenario
