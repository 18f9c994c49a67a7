#include "ledger/governance/commands.h"
#include "ledger/proof/policy.h"
#include "ledger/replay.h"
#include "tests/ledger/world.h"

#include <gtest/gtest.h>

// A fifth node joins, a dead one is replaced, and what governance may not decide.
namespace tanji::ledger::test {
namespace {

using Numbers = std::vector<std::uint64_t>;

constexpr TimeMs start = 1'795'219'200'000;

std::string vkey(std::string_view name, NoteKeyType type, const std::string& key) {
    return to_vkey({.name = std::string(name), .type = type, .key = key_named(key).public_key()});
}

// Node `number` of a member, with keys of its own.
NodeRow row_of(std::uint64_t number, const std::string& member) {
    const std::string name = "node " + std::to_string(number);
    NodeRow row;
    row.node = number;
    row.member = member;
    row.address = "localhost:" + std::to_string(9000 + number);
    row.log = vkey("tanji.example/test", NoteKeyType::log, name + "/log");
    row.cosign = vkey("tanji.example/test/" + member, NoteKeyType::cosign, name + "/cosign");
    row.peer = key_named(name + "/peer").public_key();
    return row;
}

// Four members with a node each, and a fifth without.
class Alliance : public World {
public:
    explicit Alliance(std::optional<std::uint64_t> min_cosigners = {}) {
        Genesis genesis = empty_genesis(start);
        genesis.min_cosigners = min_cosigners;
        for (const std::string member : {"bike", "mall", "metro", "power", "rail"}) {
            add_member(genesis, member, {});
        }
        for (std::uint64_t number = 2; number <= 4; ++number) {
            const NodeRow row = row_of(number, genesis.members[number - 1].member);
            genesis.nodes.push_back({
                .node = number,
                .member = row.member,
                .address = row.address,
                .log = row.log,
                .cosign = row.cosign,
                .peer = row.peer,
            });
        }
        found(genesis);
    }

    JoiningNode joining(std::uint64_t number, const std::string& member, bool voter = true) const {
        JoiningNode node;
        node.row = row_of(number, member);
        node.voter = voter;
        const auto prove = [&](std::string_view purpose) {
            const SigningKey key =
                key_named("node " + std::to_string(number) + "/" + std::string(purpose));
            return key.sign(key_proof_bytes(ledger_id(), member, purpose, key.public_key()));
        };
        node.log_proof = prove("log");
        node.cosign_proof = prove("cosign");
        node.peer_proof = prove("peer");
        return node;
    }

    struct Wanted {
        std::uint64_t base = 1;
        std::vector<JoiningNode> nodes = {};
        Numbers promote = {};
        Numbers remove = {};
        std::vector<std::string> signers = {"bike", "mall", "metro", "power"};
    };
    Done decide(const Wanted& wanted) {
        JsonWriter body;
        body.open_object().member("base", wanted.base).name("nodes").open_array();
        for (const JoiningNode& node : wanted.nodes) {
            write(body, node);
        }
        body.close_array();
        const auto list = [&](std::string_view name, const Numbers& numbers) {
            body.name(name).open_array();
            for (const std::uint64_t number : numbers) {
                body.integer(number);
            }
            body.close_array();
        };
        list("promote", wanted.promote);
        list("remove", wanted.remove);
        body.close_object();
        Order order;
        order.type = "membership.decide";
        order.body = body.take();
        order.signers = wanted.signers;
        order.id = id_named("decision " + std::to_string(++decisions_));
        return seal(order);
    }
    void expect_refused(const Wanted& wanted, std::string_view code, std::string_view reason = "") {
        const Done done = decide(wanted);
        ASSERT_TRUE(done.outcome);
        ASSERT_FALSE(done.outcome->applied()) << "expected " << code;
        EXPECT_EQ(name_of(done.outcome->error->code), code) << done.outcome->error->detail;
        EXPECT_EQ(done.leaf->reason.value_or(""), reason);
    }

    Roster roster() { return read_roster(store()); }
    // The leader carries out all that is decided, one block after the other.
    void carry_out_all() {
        while (const auto next = roster().next()) {
            now += 1'000;
            EXPECT_FALSE(introduce(*next).unauthorised);
        }
    }
    Leaf last_leaf() { return *read_leaf(*view()->leaf_text(view()->head().size - 1)); }

private:
    int decisions_ = 0;
};

const Membership& newest(const Roster& roster) {
    return roster.newest().membership;
}

TEST(Membership, AFifthNodeLearnsFirstAndVotesThen) {
    Alliance alliance;
    const Done done = alliance.decide({.nodes = {alliance.joining(5, "rail")}});
    ASSERT_TRUE(done.outcome->applied()) << done.outcome->error->detail;

    Membership next = *alliance.roster().next();
    EXPECT_EQ(next.number, 2U);
    EXPECT_EQ(next.voters, (Numbers{1, 2, 3, 4}));
    EXPECT_EQ(next.old_voters, (Numbers{1, 2, 3, 4}));
    EXPECT_EQ(next.learners, (Numbers{5}));
    EXPECT_EQ(next.decision, id_named("decision 1"));
    EXPECT_FALSE(alliance.introduce(next).unauthorised);
    EXPECT_EQ(alliance.last_leaf().type, "membership.change");
    EXPECT_EQ(alliance.last_leaf().effects.membership, 2U);

    alliance.introduce(*alliance.roster().next());
    EXPECT_FALSE(newest(alliance.roster()).is_joint());
    next = *alliance.roster().next();
    EXPECT_EQ(next.number, 4U);
    EXPECT_EQ(next.voters, (Numbers{1, 2, 3, 4, 5}));
    EXPECT_EQ(next.old_voters, (Numbers{1, 2, 3, 4}));
    EXPECT_TRUE(next.learners.empty());
    alliance.introduce(next);
    const Applied last = alliance.introduce(*alliance.roster().next());

    ASSERT_NE(last.roster, nullptr);
    EXPECT_EQ(newest(*last.roster).voters, (Numbers{1, 2, 3, 4, 5}));
    EXPECT_EQ(last.roster->from(5), 2U);
    EXPECT_EQ(last.roster->until(5), 0U);
    EXPECT_FALSE(last.roster->decision);
    EXPECT_FALSE(last.roster->next());
    alliance.expect_audit_agrees();
    alliance.expect_replay_is_equal();
}

TEST(Membership, ADeadNodeIsReplacedByAnotherOfItsMember) {
    Alliance alliance;
    alliance.decide({.nodes = {alliance.joining(5, "power")}, .remove = {4}});
    alliance.carry_out_all();
    const Roster roster = alliance.roster();
    EXPECT_EQ(newest(roster).voters, (Numbers{1, 2, 3, 5}));
    EXPECT_EQ(roster.until(4), 5U);  // 4 is the joint phase, in which it counts still
    alliance.expect_audit_agrees();
    alliance.expect_replay_is_equal();
    // Its number is never used again.
    alliance.expect_refused({.base = 5, .nodes = {alliance.joining(4, "rail")}}, "node_not_next");
}

// The rule of the joint phase is a quorum of both lists; old and new node of one member are two.
TEST(Membership, InTheJointPhaseAPolicyAsksForBothLists) {
    Alliance alliance;
    alliance.decide({.nodes = {alliance.joining(5, "power")}, .remove = {4}});
    alliance.carry_out_all();
    const Roster roster = alliance.roster();
    const auto joint = Policy::parse(roster.policy(*roster.membership(4)));
    ASSERT_TRUE(joint) << joint.error().detail;
    EXPECT_EQ(joint->logs().size(), 5U);
    EXPECT_TRUE(joint->satisfied({"bike", "mall", "metro"}));
    EXPECT_FALSE(joint->satisfied({"bike", "mall", "power"}));
    EXPECT_FALSE(joint->satisfied({"bike", "mall", "power", "power.leaving"}));
    const auto last = Policy::parse(roster.policy(*roster.membership(5)));
    EXPECT_TRUE(last->satisfied({"bike", "mall", "power"}));
    EXPECT_EQ(alliance.last_leaf().effects.policy->digest, sha256(roster.policy(roster.newest())));
    EXPECT_EQ(roster.newest().policy_from(), alliance.view()->head().size);
}

TEST(Membership, OnlyWhatIsDecidedIsCarriedOut) {
    Alliance alliance;
    const Membership alone = {
        .number = 2,
        .voters = {1},
        .old_voters = {1, 2, 3, 4},
        .learners = {},
        .decision = id_named("nobody decided this"),
    };
    const TreeSize before = alliance.view()->head().size;
    EXPECT_TRUE(alliance.introduce(alone).unauthorised);
    EXPECT_EQ(alliance.view()->head().size, before);
    EXPECT_EQ(newest(alliance.roster()).number, 1U);

    alliance.decide({.remove = {4}});
    Membership hasty = *alliance.roster().next();
    hasty.old_voters.clear();  // without a joint phase
    EXPECT_TRUE(alliance.introduce(hasty).unauthorised);
    Membership other = *alliance.roster().next();
    other.voters = {1, 2};
    EXPECT_TRUE(alliance.introduce(other).unauthorised);
    EXPECT_FALSE(alliance.introduce(*alliance.roster().next()).unauthorised);
    EXPECT_TRUE(alliance.introduce(hasty).unauthorised) << "its number is used";
    alliance.carry_out_all();
    EXPECT_EQ(newest(alliance.roster()).voters, (Numbers{1, 2, 3}));
    alliance.expect_audit_agrees();
}

TEST(Membership, AfterADayWithoutCatchingUpADecisionIsAbandoned) {
    Alliance alliance;
    alliance.decide({.nodes = {alliance.joining(5, "rail")}});
    alliance.introduce(*alliance.roster().next());
    alliance.introduce(*alliance.roster().next());
    alliance.now = start + decision_ms_max - 1;
    EXPECT_EQ(alliance.tick().roster, nullptr);
    alliance.now += 1;
    const Applied abandoned = alliance.tick();
    ASSERT_NE(abandoned.roster, nullptr);
    EXPECT_FALSE(abandoned.roster->decision);
    EXPECT_EQ(alliance.last_leaf().type, "membership.abandon");
    // It learns on, and may be promoted by another decision.
    EXPECT_EQ(newest(alliance.roster()).learners, (Numbers{5}));
    alliance.decide({.base = 3, .promote = {5}});
    alliance.carry_out_all();
    EXPECT_EQ(newest(alliance.roster()).voters, (Numbers{1, 2, 3, 4, 5}));
    alliance.expect_audit_agrees();
    alliance.expect_replay_is_equal();
}

TEST(Membership, AJointPhaseThatHasBegunIsNotAbandoned) {
    Alliance alliance;
    alliance.decide({.remove = {4}});
    alliance.introduce(*alliance.roster().next());
    alliance.now = start + 2 * decision_ms_max;
    EXPECT_EQ(alliance.tick().roster, nullptr);
    alliance.carry_out_all();
    EXPECT_EQ(newest(alliance.roster()).voters, (Numbers{1, 2, 3}));
    alliance.expect_audit_agrees();
}

TEST(Membership, GovernanceDecidesAndNobodyElse) {
    Alliance alliance;
    alliance.expect_refused(
        {.nodes = {alliance.joining(5, "rail")}, .signers = {"bike", "mall", "metro"}},
        "signatures_insufficient"
    );
}

TEST(Membership, ADecisionStartsFromTheNewestMembershipAndFromNoOpenOne) {
    Alliance alliance;
    alliance.expect_refused({.base = 2, .remove = {4}}, "membership_not_next");
    alliance.decide({.remove = {4}});
    alliance.expect_refused({.base = 1, .remove = {3}}, "membership_open");
    alliance.introduce(*alliance.roster().next());
    alliance.expect_refused({.base = 2, .remove = {3}}, "membership_open");
    alliance.carry_out_all();
    alliance.expect_refused({.base = 1, .remove = {3}}, "membership_not_next");
}

TEST(Membership, ANodeProvesItsKeysAndBringsNewOnes) {
    Alliance alliance;
    alliance.expect_refused({.nodes = {alliance.joining(6, "rail")}}, "node_not_next");
    alliance.expect_refused({.nodes = {alliance.joining(5, "tram")}}, "member_unknown");
    JoiningNode unproven = alliance.joining(5, "rail");
    unproven.peer_proof.bytes[0] ^= 1;
    alliance.expect_refused({.nodes = {unproven}}, "key_not_proven");
    JoiningNode anothers = alliance.joining(5, "power");
    anothers.row.member = "rail";
    alliance.expect_refused({.nodes = {anothers}}, "key_not_proven");
    JoiningNode known = alliance.joining(5, "rail");
    known.row.log = row_of(4, "power").log;
    alliance.expect_refused({.nodes = {known}}, "key_exists");
    JoiningNode twice = alliance.joining(5, "rail");
    twice.row.peer = parse_vkey(twice.row.cosign)->key;
    alliance.expect_refused({.nodes = {twice}}, "key_exists");
    JoiningNode members = alliance.joining(5, "rail");
    members.row.peer = key_named("mall").public_key();
    alliance.expect_refused({.nodes = {members}}, "key_exists");
}

TEST(Membership, TheListsHaveToMakeSense) {
    Alliance alliance;
    alliance.expect_refused({.promote = {2}}, "node_unknown");
    alliance.expect_refused({.remove = {5}}, "node_unknown");
    alliance.expect_refused({.remove = {1, 2, 3, 4}}, "membership_invalid", "no_voters");
    alliance.expect_refused({}, "membership_invalid", "nothing_changes");
    alliance.expect_refused(
        {.nodes = {alliance.joining(5, "power")}}, "membership_invalid", "member_twice"
    );
    alliance.expect_refused(
        {.nodes = {alliance.joining(5, "rail"), alliance.joining(6, "rail", false)}},
        "membership_invalid",
        "member_twice"
    );
}

// Such a list could never certify anything again.
TEST(Membership, AsManyVoteAsGenesisWantsCosigners) {
    Alliance alliance(4);
    alliance.expect_refused({.remove = {4}}, "membership_invalid", "too_few_voters");
    alliance.decide({.nodes = {alliance.joining(5, "rail")}});
    alliance.carry_out_all();
    alliance.decide({.base = 5, .remove = {4}});
    alliance.carry_out_all();
    EXPECT_EQ(newest(alliance.roster()).voters, (Numbers{1, 2, 3, 5}));
    alliance.expect_refused({.base = 7, .remove = {5}}, "membership_invalid", "too_few_voters");
    const Roster roster = alliance.roster();
    for (const MembershipRow& row : roster.memberships) {
        EXPECT_TRUE(Policy::parse(roster.policy(row))) << row.membership.number;
    }
    alliance.expect_audit_agrees();
}

TEST(Membership, ALearnerThatIsAskedForStaysOne) {
    Alliance alliance;
    alliance.decide({.nodes = {alliance.joining(5, "rail", false)}});
    alliance.carry_out_all();
    EXPECT_EQ(newest(alliance.roster()).number, 3U);
    EXPECT_EQ(newest(alliance.roster()).learners, (Numbers{5}));
    EXPECT_EQ(alliance.roster().policy(alliance.roster().newest()).find("rail"), std::string::npos);
}

TEST(Membership, TheBytesOfABlockAreBoundedAndWhole) {
    const Membership good = {
        .number = 2, .voters = {1, 2}, .old_voters = {1}, .learners = {3}, .decision = {}
    };
    const Bytes bytes = to_bytes(good);
    EXPECT_EQ(bytes.size(), 8 + 16 + 3 + 4 * 8U);
    EXPECT_EQ(read_membership(bytes).value(), good);
    for (std::size_t length = 0; length < bytes.size(); ++length) {
        EXPECT_FALSE(read_membership(bytes.substr(0, length)));
    }
    EXPECT_FALSE(read_membership(bytes + "x"));
    Membership bad = good;
    bad.voters = {2, 1};
    EXPECT_FALSE(read_membership(to_bytes(bad)));
    bad = good;
    bad.learners = {2};
    EXPECT_FALSE(read_membership(to_bytes(bad)));
    bad = good;
    bad.voters.clear();
    EXPECT_FALSE(read_membership(to_bytes(bad)));
    bad = good;
    bad.voters.assign(16, 1);
    EXPECT_FALSE(read_membership(to_bytes(bad)));
}

TEST(Membership, AnAuditorSeesAChangeThatNobodyDecided) {
    Alliance alliance;
    alliance.decide({.remove = {4}});
    alliance.carry_out_all();
    const auto view = alliance.view();
    Leaf forged = *read_leaf(*view->leaf_text(2));
    ASSERT_EQ(forged.type, "membership.change");
    Replay replay(view->genesis());
    ASSERT_TRUE(replay.feed(*read_leaf(*view->leaf_text(0))));
    // Without the decision before it.
    forged.block = 2;
    EXPECT_FALSE(replay.feed(forged));
    Replay again(view->genesis());
    ASSERT_TRUE(again.feed(*read_leaf(*view->leaf_text(0))));
    ASSERT_TRUE(again.feed(*read_leaf(*view->leaf_text(1))));
    Leaf other = *read_leaf(*view->leaf_text(2));
    other.effects.policy->digest = hash_named("another policy");
    EXPECT_FALSE(again.feed(other));
}

}  // namespace
}  // namespace tanji::ledger::test
