#include "ledger/governance/commands.h"

#include "ledger/parties/permission.h"
#include "ledger/proof/note.h"
#include "ledger/store/schema.h"
#include "ledger/value/crypto.h"

#include <algorithm>
#include <cassert>
#include <set>
#include <string>

namespace tanji::ledger {
namespace {

using Numbers = std::vector<std::uint64_t>;

constexpr std::uint64_t node_number_max = 1'000'000;
constexpr std::size_t nodes_at_once_max = 16;
constexpr std::string_view proof_type = "application/vnd.tanji.key-proof+json";

Numbers read_numbers(JsonReader& body, std::string_view name) {
    Numbers numbers;
    for (const JsonValue& element : body.elements(name, 0, voters_max + learners_max)) {
        const std::uint64_t* number = element.integer();
        if (number == nullptr || *number == 0 || *number > node_number_max ||
            (!numbers.empty() && numbers.back() >= *number)) {
            body.fault(name, "is no ascending list of node numbers");
            return {};
        }
        numbers.push_back(*number);
    }
    return numbers;
}

std::string read_vkey(JsonReader& entry, std::string_view name, NoteKeyType type) {
    std::string text = entry.text(name, 512);
    const auto key = parse_vkey(text);
    if (!key || key->type != type || to_vkey(*key) != text) {
        entry.fault(name, "is no vkey of that kind");
    }
    return text;
}

Signature read_proof(JsonReader& proofs, std::string_view name) {
    const auto signature = Signature::from_base64(proofs.text(name, 128));
    if (!signature) {
        proofs.fault(name, "is no base64 of a signature");
    }
    return signature.value_or(Signature{});
}

std::vector<PublicKey> keys_of(const NodeRow& node) {
    return {parse_vkey(node.log)->key, parse_vkey(node.cosign)->key, node.peer};
}

std::set<PublicKey> known_keys(const Roster& roster) {
    std::set<PublicKey> known;
    for (const NodeRow& node : roster.nodes) {
        for (const PublicKey& key : keys_of(node)) {
            known.insert(key);
        }
    }
    return known;
}

std::unexpected<Error> invalid(std::string_view reason, std::string_view sentence) {
    return refuse_because(ErrorCode::membership_invalid, std::string(reason), "{}", sentence);
}

bool contains(const Numbers& list, std::uint64_t node) {
    return std::ranges::binary_search(list, node);
}

// A member speaks with one node; only while one replaces the other there are two.
bool has_member_twice(
    const Roster& roster, const MembershipDecide& decide, const OpenDecision& end
) {
    std::multiset<std::string_view> members;
    const auto member_of = [&](std::uint64_t node) -> std::string_view {
        const NodeRow* known = roster.node(node);
        return known != nullptr ? known->member
                                : decide.nodes[node - roster.nodes.size() - 1].row.member;
    };
    for (const Numbers* list : {&end.voters, &end.learners}) {
        for (const std::uint64_t node : *list) {
            members.insert(member_of(node));
        }
    }
    const auto twice = [&](std::uint64_t node) { return members.count(member_of(node)) > 1; };
    return std::ranges::any_of(decide.promoted, twice) ||
           std::ranges::any_of(decide.nodes, [&](const JoiningNode& node) {
               return twice(node.row.node);
           });
}

JsonValue numbered(std::uint64_t number) {
    return {.value = number};
}
JsonValue worded(std::string text) {
    return {.value = std::move(text)};
}

JsonValue list_of(const Roster& roster, const Numbers& numbers) {
    JsonValue::Array list;
    for (const std::uint64_t number : numbers) {
        const NodeRow& node = *roster.node(number);
        list.push_back(
            {.value =
                 JsonValue::Object{
                     {.name = "node", .value = numbered(number)},
                     {.name = "member", .value = worded(node.member)},
                     {.name = "log", .value = worded(node.log)},
                     {.name = "cosign", .value = worded(node.cosign)},
                     {.name = "peer", .value = worded(to_base64(node.peer.view()))},
                 }}
        );
    }
    return {.value = std::move(list)};
}

}  // namespace

Bytes key_proof_bytes(
    const Hash& ledger, std::string_view member, std::string_view purpose, const PublicKey& key
) {
    JsonWriter out;
    out.open_object()
        .member("ledger", ledger.hex())
        .member("member", member)
        .member("purpose", purpose)
        .member("public", to_base64(key.view()))
        .close_object();
    return pae(proof_type, out.text());
}

JoiningNode JoiningNode::read(JsonReader& entry) {
    JoiningNode node;
    node.row.node = entry.integer("node", 1, node_number_max);
    node.row.member = entry.slug("member");
    node.row.address = entry.text("address", 256);
    node.row.log = read_vkey(entry, "log", NoteKeyType::log);
    node.row.cosign = read_vkey(entry, "cosign", NoteKeyType::cosign);
    node.row.peer = entry.public_key("peer");
    node.voter = entry.boolean("voter");
    if (const JsonValue* value = entry.member("proofs")) {
        JsonReader proofs(*value, entry.pointer("proofs"), entry.faults());
        node.log_proof = read_proof(proofs, "log");
        node.cosign_proof = read_proof(proofs, "cosign");
        node.peer_proof = read_proof(proofs, "peer");
        proofs.finish();
    }
    return node;
}

void write(JsonWriter& out, const JoiningNode& node) {
    out.open_object()
        .member("node", node.row.node)
        .member("member", node.row.member)
        .member("address", node.row.address)
        .member("log", node.row.log)
        .member("cosign", node.row.cosign)
        .member("peer", to_base64(node.row.peer.view()))
        .member("voter", node.voter)
        .name("proofs")
        .open_object()
        .member("log", to_base64(node.log_proof.view()))
        .member("cosign", to_base64(node.cosign_proof.view()))
        .member("peer", to_base64(node.peer_proof.view()))
        .close_object()
        .close_object();
}

bool JoiningNode::is_proven(const Hash& ledger) const {
    struct Proof {
        std::string_view purpose;
        PublicKey key;
        const Signature& signature;
    };
    const std::array<Proof, 3> proofs = {{
        {"log", parse_vkey(row.log)->key, log_proof},
        {"cosign", parse_vkey(row.cosign)->key, cosign_proof},
        {"peer", row.peer, peer_proof},
    }};
    return std::ranges::all_of(proofs, [&](const Proof& proof) {
        return is_acceptable(proof.key) &&
               verify(
                   proof.key,
                   key_proof_bytes(ledger, row.member, proof.purpose, proof.key),
                   proof.signature
               );
    });
}

MembershipDecide MembershipDecide::read(JsonReader& body) {
    MembershipDecide decide;
    decide.base = body.integer("base", 1, (std::uint64_t{1} << 53) - 1);
    const auto& entries = body.elements("nodes", 0, nodes_at_once_max);
    for (std::size_t i = 0; i < entries.size(); ++i) {
        JsonReader entry(
            entries[i], body.pointer("nodes") + "/" + std::to_string(i), body.faults()
        );
        decide.nodes.push_back(JoiningNode::read(entry));
        entry.finish();
    }
    decide.promoted = read_numbers(body, "promote");
    decide.removed = read_numbers(body, "remove");
    return decide;
}

OpenDecision MembershipDecide::decision(
    const Roster& roster, const CommandId& id, LeafIndex leaf, TimeMs now
) const {
    const Membership& from = roster.newest().membership;
    std::set<std::uint64_t> voters(from.voters.begin(), from.voters.end());
    std::set<std::uint64_t> learners(from.learners.begin(), from.learners.end());
    for (const std::uint64_t node : promoted) {
        learners.erase(node);
        voters.insert(node);
    }
    for (const JoiningNode& node : nodes) {
        (node.voter ? voters : learners).insert(node.row.node);
    }
    for (const std::uint64_t node : removed) {
        voters.erase(node);
        learners.erase(node);
    }
    return {
        .id = id,
        .base = base,
        .voters = {voters.begin(), voters.end()},
        .learners = {learners.begin(), learners.end()},
        .leaf = leaf,
        .until = now + decision_ms_max,
    };
}

// membership_open, membership_not_next, node_not_next, key_exists, key_not_proven, node_unknown,
// membership_invalid.
Status MembershipDecide::check(const Roster& roster) const {
    const Membership& from = roster.newest().membership;
    if (roster.decision || from.is_joint()) {
        return refuse(ErrorCode::membership_open, "the decision before is not carried out yet");
    }
    if (base != from.number) {
        return refuse(
            ErrorCode::membership_not_next, "the newest membership is {}, not {}", from.number, base
        );
    }
    std::set<PublicKey> keys = known_keys(roster);
    std::uint64_t next = roster.nodes.size();
    for (const JoiningNode& node : nodes) {
        if (node.row.node != ++next) {
            return refuse(ErrorCode::node_not_next, "node {} is next, not {}", next, node.row.node);
        }
        for (const PublicKey& key : keys_of(node.row)) {
            if (!keys.insert(key).second) {
                return refuse(ErrorCode::key_exists, "key {} is registered", key_id(key).hex());
            }
        }
        if (!node.is_proven(roster.ledger) || parse_vkey(node.row.log)->name != roster.origin) {
            return refuse(
                ErrorCode::key_not_proven,
                "a key of node {} did not sign that it is this member's in this ledger",
                node.row.node
            );
        }
    }
    for (const std::uint64_t node : promoted) {
        if (!contains(from.learners, node) || contains(removed, node)) {
            return refuse(ErrorCode::node_unknown, "node {} is no learner that stays", node);
        }
    }
    for (const std::uint64_t node : removed) {
        if (!from.has(node)) {
            return refuse(ErrorCode::node_unknown, "node {} is neither voter nor learner", node);
        }
    }
    const OpenDecision end = decision(roster, {}, 0, 0);
    if (end.voters.empty()) {
        return invalid("no_voters", "somebody has to vote");
    }
    if (end.voters.size() < roster.min_cosigners) {
        return invalid("too_few_voters", "fewer would vote than have to cosign");
    }
    if (end.voters.size() > voters_max) {
        return invalid("too_many_voters", "at most 15 nodes vote");
    }
    // Whoever comes learns beside those that are there.
    if (from.learners.size() + nodes.size() > learners_max) {
        return invalid("too_many_learners", "at most 16 nodes learn at a time");
    }
    if (has_member_twice(roster, *this, end)) {
        return invalid("member_twice", "a member would have two nodes");
    }
    if (end.voters == from.voters && end.learners == from.learners) {
        return invalid("nothing_changes", "the lists are what they were");
    }
    return {};
}

Status MembershipDecide::apply(Execution& execution) const {
    if (auto governed = require_governors(execution, "membership"); !governed) {
        return governed;
    }
    const Roster roster = read_roster(execution.state);
    for (const JoiningNode& node : nodes) {
        const auto member = find_member(execution.state, node.row.member);
        if (!member) {
            return refuse(ErrorCode::member_unknown, "no member {}", node.row.member);
        }
        if (member->suspended) {
            return refuse(ErrorCode::member_suspended, "member {} is suspended", node.row.member);
        }
        for (const PublicKey& key : keys_of(node.row)) {
            if (find_key(execution.state, key_id(key))) {  // of a member or an account
                return refuse(ErrorCode::key_exists, "key {} is registered", key_id(key).hex());
            }
        }
    }
    if (auto checked = check(roster); !checked) {
        return checked;
    }
    Roster after = roster;
    for (const JoiningNode& node : nodes) {
        after.nodes.push_back(node.row);
    }
    after.decision = decision(roster, execution.id, execution.leaf, execution.now);
    store_change(execution.state, roster, after);
    return {};
}

bool carry_out(Roster& roster, const MembershipRow& row) {
    if (roster.next() != row.membership) {
        return false;
    }
    roster.memberships.push_back(row);
    const Membership& now = row.membership;
    if (roster.decision && !now.is_joint() && now.voters == roster.decision->voters &&
        now.learners == roster.decision->learners) {
        roster.decision.reset();
    }
    return true;
}

void store_change(State& state, const Roster& before, const Roster& after) {
    for (std::size_t i = before.nodes.size(); i < after.nodes.size(); ++i) {
        save(state, schema::node(after.nodes[i].node), after.nodes[i]);
    }
    for (std::size_t i = before.memberships.size(); i < after.memberships.size(); ++i) {
        const MembershipRow& row = after.memberships[i];
        save(state, schema::membership(row.membership.number), row);
    }
    if (before.decision) {
        const OpenDecision& open = *before.decision;
        state.erase(schema::open_decision());
        state.erase(schema::due(schema::Due::abandon, open.until, open.id.view()));
    }
    if (after.decision) {
        const OpenDecision& open = *after.decision;
        save(state, schema::open_decision(), open);
        // A joint phase that has begun is ended, however long it takes.
        if (!after.newest().membership.is_joint()) {
            state.put(schema::due(schema::Due::abandon, open.until, open.id.view()), {});
        }
    }
}

void abandon_decision(State& state, const CommandId& id) {
    const Roster before = read_roster(state);
    assert(before.decision && before.decision->id == id);
    (void)id;
    Roster after = before;
    after.decision.reset();
    store_change(state, before, after);
}

JsonValue public_change(const Roster& roster, const MembershipRow& row) {
    const Membership& membership = row.membership;
    return {
        .value =
            JsonValue::Object{
                {.name = "number", .value = numbered(membership.number)},
                {.name = "phase", .value = worded(membership.is_joint() ? "joint" : "final")},
                {.name = "voters", .value = list_of(roster, membership.voters)},
                {.name = "old_voters", .value = list_of(roster, membership.old_voters)},
                {.name = "learners", .value = list_of(roster, membership.learners)},
                {.name = "decision", .value = worded(membership.decision.hex())},
            }
    };
}

}  // namespace tanji::ledger
