#include "ledger/replay.h"

#include "ledger/replay_leaf.h"
#include "ledger/value/crypto.h"

#include <algorithm>

namespace tanji::ledger {

namespace {

constexpr std::size_t key_id_digits = 32;  // a signer of 64 digits is a commitment

Amount* bucket(ClassTotals& totals, std::string_view name) {
    struct Named {
        std::string_view name;
        Amount ClassTotals::* place;
    };
    static constexpr std::array<Named, 9> buckets{{
        {"issued", &ClassTotals::issued},
        {"held", &ClassTotals::held},
        {"locked", &ClassTotals::locked},
        {"frozen", &ClassTotals::frozen},
        {"reserved", &ClassTotals::reserved},
        {"retired", &ClassTotals::retired},
        {"cancelled", &ClassTotals::cancelled},
        {"exported", &ClassTotals::exported},
        {"reversed", &ClassTotals::reversed},
    }};
    const auto found = std::ranges::find(buckets, name, &Named::name);
    return found != buckets.end() ? &(totals.*found->place) : nullptr;
}

bool only_grows(std::string_view bucket) {
    return bucket == "retired" || bucket == "cancelled" || bucket == "exported" ||
           bucket == "reversed";
}

}  // namespace

bool ClassTotals::conserved() const {
    return issued == held + locked + frozen + reserved + retired + cancelled + exported + reversed;
}

Status check_leaf(const Leaf& leaf, const Genesis& genesis) {
    if (leaf.leaf_class != LeafClass::open) {
        return {};
    }
    for (const std::string& signer : leaf.signers) {
        if (signer.size() != key_id_digits) {
            continue;
        }
        const auto id = KeyId::from_hex(signer);
        const KeyRow* key = id ? genesis_key(genesis, *id) : nullptr;
        if (key == nullptr) {
            continue;  // a venue's or a user's: replaying counts it for nothing
        }
        if (leaf.applied && !key->valid_at(leaf.time)) {
            return lie("it is signed by {}, which was not valid at {}", signer, leaf.time);
        }
    }
    return check_payload(leaf, genesis.ledger, [&](const KeyId& id) -> std::optional<PublicKey> {
        const KeyRow* key = genesis_key(genesis, id);
        return key != nullptr ? std::optional(key->key) : std::nullopt;
    });
}

Status Replay::feed(const Leaf& leaf) {
    if (auto order = feed_order(leaf); !order) {
        return order;
    }
    if (auto fed = leaf.applied ? feed_applied(leaf) : feed_refused(leaf); !fed) {
        return fed;
    }
    ++leaves_;
    applied_ += leaf.applied ? 1 : 0;
    return {};
}

// Blocks and time go forward, positions count up from 0 in each block, and no id comes twice.
Status Replay::feed_order(const Leaf& leaf) {
    const bool same_block = leaves_ > 0 && leaf.block == block_;
    if (leaves_ > 0 && leaf.block < block_) {
        return lie("block {} comes after block {}", leaf.block, block_);
    }
    if (leaf.time < time_ || (same_block && leaf.time != time_)) {
        return lie("time {} follows {} in block {}", leaf.time, time_, leaf.block);
    }
    if (leaf.pos != (same_block ? pos_ + 1 : 0)) {
        return lie("it says place {} of block {}", leaf.pos, leaf.block);
    }
    block_ = leaf.block;
    pos_ = leaf.pos;
    time_ = leaf.time;
    if ((leaves_ == 0) != (leaf.type == "ledger.genesis")) {
        return lie("genesis and only genesis is the first leaf");
    }
    if (leaf.leaf_class != LeafClass::system && !ids_.insert(leaf.id).second) {
        return lie("command {} has a leaf already", leaf.id.hex());
    }
    return {};
}

Status Replay::feed_refused(const Leaf& leaf) const {
    Effects allowed;
    allowed.conflicts = leaf.effects.conflicts;
    if (!(leaf.effects == allowed)) {
        return lie("it was refused with {}, and yet it changed something", *leaf.code);
    }
    return {};
}

Status Replay::feed_applied(const Leaf& leaf) {
    if (leaf.type == "ledger.genesis") {
        return feed_genesis(leaf);
    }
    if (auto moves = feed_moves(leaf); !moves) {
        return moves;
    }
    if (auto points = points_.feed(leaf); !points) {
        return points;
    }
    if (leaf.effects.retirement) {
        if (auto retirement = feed_retirement(leaf); !retirement) {
            return retirement;
        }
    }
    if (leaf.type == "membership.change") {
        return feed_change(leaf);
    }
    if (leaf.type == "membership.abandon") {
        return feed_abandon(leaf);
    }
    if (leaf.type == "activity.lapse") {
        return feed_lapse(leaf);
    }
    if (leaf.leaf_class != LeafClass::open) {
        return {};
    }
    auto command = read_command(leaf.payload);
    if (!command) {
        return refusal(command);
    }
    return feed_open(leaf, *command);
}

Status Replay::feed_open(const Leaf& leaf, const Command& command) {
    if (leaf.type == "activity.submit") {
        return feed_submit(leaf, command);
    }
    if (leaf.type == "activity.attest") {
        return feed_attest(leaf, command);
    }
    if (leaf.type == "activity.revoke") {
        return feed_revoke(leaf, command);
    }
    if (leaf.type == "methodology.publish") {
        return feed_document(leaf, command, methodologies_);
    }
    if (leaf.type == "factors.publish") {
        return feed_document(leaf, command, factor_sets_);
    }
    if (leaf.type == "membership.decide") {
        return feed_decision(leaf);
    }
    if (leaf.type == "credit.cancel" && leaf.effects.obligation) {
        return feed_obligation(leaf, -moved(leaf, "held", "reversed"));
    }
    return {};
}

Status Replay::feed_genesis(const Leaf& leaf) const {
    const std::string file = text_in(leaf.public_part, "genesis");
    if (sha256(file) != genesis_.ledger) {
        return lie("its genesis file has not the digest that is the ledger's id");
    }
    const auto& policy = leaf.effects.policy;
    if (policy && policy->digest != sha256(genesis_.policy())) {
        return lie("the policy that it names does not follow from genesis");
    }
    return {};
}

// Supply: what leaves a bucket was in it, and what is spent for good never comes back.
Status Replay::feed_moves(const Leaf& leaf) {
    const Move* before = nullptr;
    for (const Move& move : leaf.effects.credits) {
        if (before != nullptr && !(*before < move)) {
            return lie("its moves are not in order");
        }
        before = &move;
        if (move.from == "issued" && leaf.type != "activity.attest") {
            return lie("{} grams of {} are issued without an attestation", move.amount, move.unit);
        }
        ClassTotals& totals = classes_[move.unit];
        Amount* from = bucket(totals, move.from);
        Amount* to = bucket(totals, move.to);
        if (from == nullptr || to == nullptr || only_grows(move.from) || move.to == "issued") {
            return lie("nothing may move from {} to {}", move.from, move.to);
        }
        if (move.from == "issued") {
            const auto grown = checked_add(*from, move.amount);
            if (!grown) {
                return lie("the supply of {} leaves 63 bits", move.unit);
            }
            *from = *grown;
        } else if (*from < move.amount) {
            return lie(
                "{} grams of {} leave {}, where {} are", move.amount, move.unit, move.from, *from
            );
        } else {
            *from -= move.amount;
        }
        *to += move.amount;
    }
    for (const Move& move : leaf.effects.credits) {
        if (!classes_[move.unit].conserved()) {
            return lie("{} is not conserved", move.unit);
        }
    }
    return {};
}

Status Replay::feed_document(const Leaf& leaf, const Command& command, Documents& documents) {
    const auto& effect = leaf.effects.document;
    if (!effect || effect->digest != sha256(text_in(command.body, "document"))) {
        return lie("the document has not the digest that its effect says");
    }
    const bool is_methodology = &documents == &methodologies_;
    if (auto governed =
            require_governed(genesis_, leaf, is_methodology ? "methodology" : "factors");
        !governed) {
        return governed;
    }
    const int version = version_of(effect->ref);
    const auto previous = fmt::format("{}@{}", slug_of(effect->ref), version - 1);
    if (documents.contains(effect->ref) || (version > 1 && !documents.contains(previous))) {
        return lie("{} is not the next version", effect->ref);
    }
    const auto document = parse_tolerant_json(text_in(command.body, "document"));
    const bool net = document && text_in(*document, "negative") == "net";
    documents.emplace(effect->ref, Document{effect->digest, net});
    return {};
}

Status Replay::feed_retirement(const Leaf& leaf) {
    const RetirementEffect& effect = *leaf.effects.retirement;
    if (effect.id != leaf.id || leaf.effects.credits.size() != 1) {
        return lie("a retirement is one move under its own id");
    }
    const Move& move = leaf.effects.credits.front();
    const Amount retired = classes_[move.unit].retired;
    if (move.to != "retired" || effect.last != retired ||
        effect.first != retired - move.amount + 1) {
        return lie("serials {}-{} do not follow", effect.first, effect.last);
    }
    return {};
}

// `change` is what the command takes off the debt (negative).
Status Replay::feed_obligation(const Leaf& leaf, Amount change) {
    const ObligationEffect& effect = *leaf.effects.obligation;
    Amount& owed = owed_[{effect.scheme, effect.member}];
    if (owed + change < 0 || effect.owed != owed + change) {
        return lie("{} owes {}, not {}", effect.member, owed + change, effect.owed);
    }
    owed = effect.owed;
    return {};
}

}  // namespace tanji::ledger
