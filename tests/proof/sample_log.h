#pragma once

#include "ledger/command/batch.h"
#include "ledger/command/block.h"
#include "ledger/command/command.h"
#include "ledger/command/leaf.h"
#include "ledger/command/verification.h"
#include "ledger/proof/header.h"
#include "ledger/proof/merkle.h"
#include "ledger/proof/policy.h"
#include "ledger/proof/receipt.h"
#include "ledger/value/crypto.h"

#include <map>
#include <string>
#include <vector>

// A log of four leaves, made from fixed seeds: what the project needs to test its proofs where no
// shared vectors lie beside it. Figures are examples, not real reductions.
namespace tanji::ledger::sample {

inline constexpr std::string_view origin = "tanji.test/sample";
inline constexpr TimeMs time_ms = 1'795'219'200'000;
inline constexpr std::uint64_t cosigned_at_s = 1'795'219'300;

inline SigningKey key_of(char seed) {
    return SigningKey::from_seed(Bytes(32, seed));
}

template <typename Fixed>
Fixed filled(char byte) {
    return *Fixed::from(Bytes(Fixed::length, byte));
}

struct Member {
    std::string name;
    SigningKey log;
    SigningKey cosign;
    SigningKey command;
};

class Log {
public:
    Log() {
        char seed = '0';
        for (const char* name : {"bike", "mall", "metro", "power"}) {
            members_.push_back(
                {name,
                 key_of(seed),
                 key_of(static_cast<char>(seed + 10)),
                 key_of(static_cast<char>(seed + 20))}
            );
            ++seed;
        }
        genesis_ = "{\"tanji\":\"genesis/1\",\"name\":{\"en\":\"Sample\",\"zh\":\"示例\"}}\n";
        ledger_ = sha256(genesis_);
        make_batch();
        add_genesis();
        add_submit();
        add_attest();
        add_reserve();
    }

    const Hash& ledger() const { return ledger_; }
    const std::vector<std::string>& leaves() const { return leaves_; }
    const std::vector<Record>& records() const { return records_; }
    const Envelope& submit() const { return submit_; }
    const Member& member(std::size_t i) const { return members_.at(i); }

    std::string policy_text() const {
        std::vector<PolicyVoter> voters;
        for (const Member& member : members_) {
            voters.push_back({
                .member = member.name,
                .log = log_key(origin, member.log.public_key()),
                .cosign =
                    cosign_key(cosigner_name(origin, member.name), member.cosign.public_key()),
            });
        }
        return ledger::policy_text(1, 0, voters);
    }

    Pinned pinned() const {
        return {
            .origin = std::string(origin),
            .ledger = ledger_,
            .policies = {{.from = 0, .policy = Policy::parse(policy_text()).value()}},
        };
    }

    KnownKeys keys() const {
        std::map<KeyId, PublicKey> known;
        for (const Member& member : members_) {
            known[member.command.id()] = member.command.public_key();
        }
        known[user_.id()] = user_.public_key();
        return [known](const KeyId& id) {
            const auto found = known.find(id);
            return found == known.end() ? std::nullopt : std::optional(found->second);
        };
    }

    std::vector<Hash> leaf_hashes() const {
        std::vector<Hash> hashes;
        for (const std::string& leaf : leaves_) {
            hashes.push_back(leaf_hash(leaf));
        }
        return hashes;
    }

    // Signed by metro, cosigned by the first `cosigners` members.
    std::string note(std::size_t cosigners = 3) const {
        const Checkpoint checkpoint{
            .origin = std::string(origin),
            .size = leaves_.size(),
            .root = tree_root(leaf_hashes()),
        };
        Note note{.text = to_text(checkpoint), .lines = {}};
        note.lines.push_back(sign_checkpoint(checkpoint, members_[2].log));
        for (std::size_t i = 0; i < cosigners; ++i) {
            note.lines.push_back(cosign_checkpoint(
                checkpoint,
                cosigner_name(origin, members_[i].name),
                members_[i].cosign,
                cosigned_at_s + i
            ));
        }
        return to_text(note);
    }

    Receipt receipt(LeafIndex index, std::vector<ReceiptPart> parts) const {
        const LogProof proof{
            .extra = {},
            .index = index,
            .path = inclusion_path(leaf_hashes(), index),
            .note = note(),
        };
        return {
            .ledger = ledger_,
            .leaf_index = index,
            .leaf = leaves_.at(index),
            .proof = to_text(proof),
            .certified = true,
            .parts = std::move(parts),
        };
    }

    Receipt record_receipt() const {
        return receipt(
            1,
            {entry(ReceiptPart::Kind::record, record_texts_, 1),
             entry(ReceiptPart::Kind::result, results_, 1)}
        );
    }
    Receipt attest_receipt() const {
        return receipt(
            2,
            {entry(ReceiptPart::Kind::allocation, allocations_, 0),
             entry(ReceiptPart::Kind::line, lines_, 0)}
        );
    }
    Receipt reservation_receipt() const {
        ReceiptPart command;
        command.kind = ReceiptPart::Kind::command;
        command.envelope = to_text(reserve_);
        ReceiptPart opening;
        opening.kind = ReceiptPart::Kind::opening;
        opening.salt = filled<Salt>('s');
        opening.account = account_;
        return receipt(3, {command, opening});
    }

private:
    static ReceiptPart entry(
        ReceiptPart::Kind kind, const std::vector<std::string>& texts, std::size_t n
    ) {
        std::vector<Hash> hashes;
        for (const std::string& text : texts) {
            hashes.push_back(leaf_hash(text));
        }
        ReceiptPart part;
        part.kind = kind;
        part.n = n;
        part.text = texts.at(n);
        part.siblings = inclusion_path(hashes, n);
        return part;
    }

    static Hash root_of(const std::vector<std::string>& texts) {
        TreeBuilder tree;
        for (const std::string& text : texts) {
            tree.append(leaf_hash(text));
        }
        return tree.root();
    }

    std::string payload(std::string_view type, char id, std::string_view body) const {
        JsonWriter out;
        out.open_object().member("type", type).member("v", std::uint64_t{1});
        out.member("ledger", ledger_.hex()).member("id", filled<CommandId>(id).hex());
        out.member("not_after", std::uint64_t{1'795'222'800'000});
        out.member("salt", filled<Salt>('s').hex()).name("body").raw(body).close_object();
        return out.take();
    }

    Leaf leaf_of(const Envelope& envelope, LeafClass leaf_class) const {
        const Command command = read_command(envelope.payload).value();
        Leaf leaf;
        leaf.leaf_class = leaf_class;
        leaf.block = leaves_.size() + 1;
        leaf.time = time_ms + static_cast<TimeMs>(leaves_.size());
        leaf.type = command.type;
        leaf.id = command.id;
        leaf.digest = digest(envelope);
        for (const EnvelopeSignature& made : envelope.signatures) {
            leaf.signers.push_back(
                leaf_class == LeafClass::open ? made.keyid.hex()
                                              : commit("key", command.salt, made.keyid.view()).hex()
            );
            leaf.signatures.push_back(made.sig);
        }
        leaf.payload = envelope.payload;
        return leaf;
    }

    void make_batch() {
        for (char i = 0; i < 3; ++i) {
            Record record;
            record.account = account_;
            record.tag = event_tag(Bytes(32, 'k'), "metro.exit", "SAMPLE/" + std::to_string(i));
            record.start = 1'795'132'980 + i;
            record.end = 1'795'134'420 + i;
            record.region = "440305";
            record.inputs = {8'600 + i};
            record.salt = filled<Salt>(static_cast<char>('p' + i));
            records_.push_back(record);
            record_texts_.push_back(to_text(record));
            results_.push_back(to_text(RecordResult{
                .index = static_cast<std::uint64_t>(i),
                .record = leaf_hash(record_texts_.back()),
                .outcome = Outcome::counted,
                .ug = 1'000'000 + i,
            }));
        }
    }

    void add_genesis() {
        Leaf leaf;
        leaf.leaf_class = LeafClass::system;
        leaf.block = 1;
        leaf.time = time_ms;
        leaf.type = "ledger.genesis";
        JsonWriter out;
        out.open_object()
            .member("ledger", ledger_.hex())
            .member("genesis", genesis_)
            .close_object();
        leaf.public_part = parse_json(out.text()).value();
        leaf.effects.policy = {.version = 1, .digest = sha256(policy_text())};
        leaves_.push_back(to_text(leaf));
    }

    void add_submit() {
        BatchHeader header;
        header.provider = "metro";
        header.scheme = "sz-ph";
        header.methodology = "metro-sample@1";
        header.factors = "sample@1";
        header.rank = "operator";
        header.region = "440300";
        header.period_start = 1'795'104'000;
        header.period_end = 1'795'190'400;
        header.count = 3;
        header.inputs = {{.name = "distance", .sum = 25'803}};
        header.reduction_ug = 3'000'003;
        header.records_root = records_root(records_);
        header.evidence_root = empty_root();
        JsonWriter body;
        write(body, header);
        const SigningKey* signer = &members_[2].command;
        submit_ = sign_command(payload("activity.submit", 'b', body.text()), {&signer, 1});
        Leaf leaf = leaf_of(submit_, LeafClass::open);
        leaf.effects.batch = {.id = leaf.id, .state = "submitted", .issue = {}};
        leaf.effects.counts = CountsEffect{.counted = 3};
        leaf.effects.counted_ug = 3'000'003;
        leaf.effects.results_root = root_of(results_);
        leaves_.push_back(to_text(leaf));
    }

    void add_attest() {
        const SigningKey* signer = &members_[1].command;
        const auto attest = sign_command(payload("activity.attest", 'c', "{}"), {&signer, 1});
        Leaf leaf = leaf_of(attest, LeafClass::open);
        leaf.effects.batch = {
            .id = filled<CommandId>('b'),
            .state = "issued",
            .issue = IssueEffect{.grams = 3, .reserved = 1, .points = 0, .first = 1, .last = 3},
        };
        const std::string unit = "sz-ph:metro-sample@1:440300:2026";
        const LeafIndex index = leaves_.size();
        allocations_ = {to_text(Allocation{
            .index = 0,
            .account = Account(account_),
            .ug = 3'000'003,
            .grams = 3,
            .reserved = 1,
            .held = 2,
            .points = 0,
            .salt = entry_salt("allocation", filled<Salt>('o'), index, 0),
        })};
        lines_ = {
            to_text(Line{
                unit,
                "issued",
                {},
                "held",
                Account(account_),
                2,
                entry_salt("line", filled<Salt>('o'), index, 0)
            }),
            to_text(
                Line{unit, "issued", {}, "reserved", {}, 1, entry_salt("line", Salt{}, index, 1)}
            ),
        };
        leaf.effects.credits = {{unit, "issued", "held", 2}, {unit, "issued", "reserved", 1}};
        leaf.effects.lines = {.count = 2, .root = root_of(lines_)};
        leaf.effects.allocations = {.count = 1, .root = root_of(allocations_)};
        leaves_.push_back(to_text(leaf));
    }

    void add_reserve() {
        const SigningKey* signer = &user_;
        reserve_ = sign_command(payload("redemption.reserve", 'd', "{}"), {&signer, 1});
        Leaf leaf = leaf_of(reserve_, LeafClass::sealed);
        JsonWriter out;
        out.open_object().member(
            "account", commit("account", filled<Salt>('s'), account_.view()).hex()
        );
        out.member("offer", "mall.card").member("quantity", std::uint64_t{1});
        out.amount_member("points", 5).member("hold_s", std::uint64_t{900}).close_object();
        leaf.public_part = parse_json(out.text()).value();
        leaf.applied = false;
        leaf.code = "insufficient_points";
        leaves_.push_back(to_text(leaf));
    }

    std::vector<Member> members_;
    SigningKey user_ = key_of('u');
    UserId account_ = filled<UserId>('\xa1');
    std::string genesis_;
    Hash ledger_;
    std::vector<Record> records_;
    std::vector<std::string> record_texts_;
    std::vector<std::string> results_;
    std::vector<std::string> allocations_;
    std::vector<std::string> lines_;
    Envelope submit_;
    Envelope reserve_;
    std::vector<std::string> leaves_;
};

}  // namespace tanji::ledger::sample
