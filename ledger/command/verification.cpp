#include "ledger/command/verification.h"

#include "ledger/command/batch.h"
#include "ledger/command/command.h"
#include "ledger/command/envelope.h"
#include "ledger/proof/merkle.h"
#include "ledger/value/crypto.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace tanji::ledger {
namespace {

std::unexpected<Error> failed(std::string_view step, std::string_view why) {
    return refuse_because(ErrorCode::bad_request, std::string(step), "{}", why);
}

// A refusal that says in which step it came up.
template <typename Value>
std::unexpected<Error> failed_in(std::string_view step, Result<Value>& refused) {
    refused.error().reason = step;
    return refusal(refused);
}

// The tree that a leaf names for a kind of entry.
struct Tree {
    Hash root;
    std::uint64_t count = 0;
};

std::optional<Tree> tree_of(const std::optional<CountRoot>& named) {
    return named ? std::optional(Tree{named->root, named->count}) : std::nullopt;
}

class Verifier {
public:
    Verifier(const Receipt& receipt, const Pinned& pinned, const KnownKeys& keys)
        : receipt_(receipt),
          pinned_(pinned),
          keys_(keys) {}

    Result<Verdict> run() {
        for (const auto step :
             {&Verifier::check_proof, &Verifier::check_leaf, &Verifier::check_parts}) {
            if (auto done = (this->*step)(); !done) {
                return refusal(done);
            }
        }
        return std::move(verdict_);
    }

private:
    void tick(std::string_view name, std::string detail) {
        verdict_.steps.push_back({.name = std::string(name), .detail = std::move(detail)});
    }

    // The checkpoint, and the path from the leaf to it.
    Status check_proof() {
        if (!receipt_.ledger.is_zero() && receipt_.ledger != pinned_.ledger) {
            return failed("ledger", "the receipt is for another ledger");
        }
        auto proof = parse_log_proof(receipt_.proof);
        if (!proof) {
            return refusal(proof);
        }
        if (proof->index != receipt_.leaf_index) {
            return failed("proof", "the proof is for another index");
        }
        auto note = check_note(proof->note, pinned_);
        if (!note) {
            return refusal(note);
        }
        const auto led = verify_inclusion(
            proof->index,
            note->checkpoint.size,
            leaf_hash(receipt_.leaf),
            proof->path,
            note->checkpoint.root
        );
        if (!led) {
            return failed("path", led.error().detail);
        }
        verdict_.standing = note->standing;
        verdict_.checkpoint = note->checkpoint;
        verdict_.cosigners = note->cosigners;
        tick("path", fmt::format("leaf {} of {}", proof->index, note->checkpoint.size));
        tick("log", "signed by the log");
        tick(
            name_of(note->standing), fmt::format("cosigned by {}", fmt::join(note->cosigners, ", "))
        );
        return {};
    }

    Status check_leaf() {
        auto leaf = read_leaf(receipt_.leaf);
        if (!leaf) {
            return failed_in("leaf", leaf);
        }
        verdict_.leaf = std::move(*leaf);
        const Leaf& found = verdict_.leaf;
        tick("leaf", fmt::format("{}, {}", found.type, found.applied ? "applied" : "refused"));
        if (found.type == "ledger.genesis" && !is_genesis_of_ledger()) {
            return failed("genesis", "the genesis file is that of another ledger");
        }
        if (auto checked = check_payload(found, pinned_.ledger, keys_); !checked) {
            return refusal(checked);
        }
        if (found.leaf_class == LeafClass::open) {
            tick("payload", "the command is the one that was signed");
            const auto command = read_command(found.payload);
            if (command && found.type == "activity.submit") {
                read_header(command->body);
            }
        }
        return {};
    }

    bool is_genesis_of_ledger() const {
        const JsonValue* genesis = verdict_.leaf.public_part.find("genesis");
        return genesis != nullptr && genesis->string() != nullptr &&
               sha256(*genesis->string()) == pinned_.ledger;
    }

    void read_header(const JsonValue& body) {
        JsonFaults faults;
        const BatchHeader header = read_batch_header(body, "", faults);
        if (!faults.any()) {
            records_ = Tree{header.records_root, header.count};
        }
    }

    Status check_parts() {
        for (std::size_t i = 0; i < receipt_.parts.size(); ++i) {
            auto checked = check_part(receipt_.parts[i]);
            if (!checked) {
                checked.error().reason = "part";
                checked.error().pointer = fmt::format("/parts/{}", i);
                return refusal(checked);
            }
            tick(name_of(receipt_.parts[i].kind), fmt::format("part {}", i));
        }
        return {};
    }

    Status check_part(const ReceiptPart& part) const {
        const Effects& effects = verdict_.leaf.effects;
        switch (part.kind) {
            case ReceiptPart::Kind::record:
                return check_entry(part, records_);
            case ReceiptPart::Kind::result:
                return check_result(part);
            case ReceiptPart::Kind::conflict:
                return check_entry(part, tree_of(effects.conflicts));
            case ReceiptPart::Kind::allocation:
                return check_entry(part, tree_of(effects.allocations));
            case ReceiptPart::Kind::line:
                return check_entry(part, tree_of(effects.lines));
            case ReceiptPart::Kind::reading:
                return check_reading(part);
            case ReceiptPart::Kind::command:
                return check_command(part);
            case ReceiptPart::Kind::opening:
                return check_opening(part);
        }
        return failed("part", "a part of an unknown kind");
    }

    Status check_entry(const ReceiptPart& part, const std::optional<Tree>& tree) const {
        if (!tree) {
            return failed("part", "the leaf names no root for such an entry");
        }
        if (!part.text && !part.hash) {
            return failed("part", "neither text nor hash");
        }
        const Hash hash = part.text ? leaf_hash(*part.text) : *part.hash;
        if (part.hash && *part.hash != hash) {
            return failed("part", "text and hash disagree");
        }
        return verify_inclusion(part.n, tree->count, hash, part.siblings, tree->root);
    }

    // Besides its place in the tree: it is the result of the record shown with the same number.
    Status check_result(const ReceiptPart& part) const {
        const auto& root = verdict_.leaf.effects.results_root;
        if (!root || !records_) {
            return failed("part", "the leaf names no root for results");
        }
        if (auto placed = check_entry(part, Tree{*root, records_->count}); !placed) {
            return placed;
        }
        const auto result = part.text ? read_result(*part.text) : Result<RecordResult>{};
        if (!result) {
            return failed("part", "not a result");
        }
        for (const ReceiptPart& other : receipt_.parts) {
            if (part.text && other.kind == ReceiptPart::Kind::record && other.n == part.n &&
                result->record != (other.text ? leaf_hash(*other.text) : other.hash)) {
                return failed("part", "the result is that of another record");
            }
        }
        return {};
    }

    Status check_reading(const ReceiptPart& part) const {
        const ReceiptPart* shown =
            part.of < receipt_.parts.size() ? &receipt_.parts[part.of] : nullptr;
        if (shown == nullptr || shown->kind != ReceiptPart::Kind::record || !shown->text) {
            return failed("part", "a reading needs the text of its record");
        }
        const auto record = read_record(*shown->text);
        if (!record || record->readings_count == 0) {
            return failed("part", "the record has no readings");
        }
        return verify_inclusion(
            part.n,
            record->readings_count,
            leaf_hash(part.entry),
            part.siblings,
            record->readings_root
        );
    }

    Status check_command(const ReceiptPart& part) const {
        const auto envelope = read_envelope(part.envelope);
        if (!envelope || verdict_.leaf.leaf_class == LeafClass::system) {
            return failed("part", "no envelope of a command, or a leaf without one");
        }
        const Bytes message = signed_bytes(*envelope);
        if (sha256(message) != verdict_.leaf.digest) {
            return failed("part", "the command is another one");
        }
        for (const EnvelopeSignature& made : envelope->signatures) {
            const auto key = keys_(made.keyid);
            if (key && !verify(*key, message, made.sig)) {
                return failed("part", "a signature of the command is not good");
            }
        }
        return {};
    }

    Status check_opening(const ReceiptPart& part) const {
        const JsonValue* named = verdict_.leaf.public_part.find("account");
        if (verdict_.leaf.leaf_class != LeafClass::sealed || named == nullptr ||
            named->string() == nullptr) {
            return failed("part", "the leaf names no account that could be opened");
        }
        if (commit("account", part.salt, part.account.view()).hex() != *named->string()) {
            return failed("part", "the account is another one");
        }
        return {};
    }

    const Receipt& receipt_;
    const Pinned& pinned_;
    const KnownKeys& keys_;
    Verdict verdict_;
    std::optional<Tree> records_;
};

const std::string* text_of_part(const Receipt& receipt, ReceiptPart::Kind kind) {
    const auto found = std::ranges::find(receipt.parts, kind, &ReceiptPart::kind);
    return found != receipt.parts.end() && found->text ? &*found->text : nullptr;
}

// Whether the second receipt is the attestation of the batch in the first, for the same account.
Status check_pair(const Certificate& certificate, const std::vector<Verdict>& verdicts) {
    const Leaf& submit = verdicts[0].leaf;
    const Leaf& attest = verdicts[1].leaf;
    if (submit.type != "activity.submit" || attest.type != "activity.attest" ||
        !attest.effects.batch || attest.effects.batch->id != submit.id) {
        return failed("certificate", "the attestation is not of that batch");
    }
    const auto* record_text = text_of_part(certificate.receipts[0], ReceiptPart::Kind::record);
    const auto* allocation_text =
        text_of_part(certificate.receipts[1], ReceiptPart::Kind::allocation);
    if (record_text == nullptr || allocation_text == nullptr) {
        return failed("certificate", "a record and an allocation are needed");
    }
    const auto record = read_record(*record_text);
    const auto allocation = read_allocation(*allocation_text);
    if (!record || !allocation || allocation->account != Account(record->account)) {
        return failed("certificate", "record and allocation are not of one account");
    }
    return {};
}

}  // namespace

Result<Verdict> verify_receipt(
    const Receipt& receipt, const Pinned& pinned, const KnownKeys& keys
) {
    return Verifier(receipt, pinned, keys).run();
}

Result<std::vector<Verdict>> verify_certificate(
    const Certificate& certificate, const Pinned& pinned, const KnownKeys& keys
) {
    if (certificate.receipts.size() != 2) {
        return failed("certificate", "a certificate has two receipts");
    }
    std::vector<Verdict> verdicts;
    for (const Receipt& receipt : certificate.receipts) {
        auto verdict = verify_receipt(receipt, pinned, keys);
        if (!verdict) {
            return refusal(verdict);
        }
        verdicts.push_back(std::move(*verdict));
    }
    if (auto paired = check_pair(certificate, verdicts); !paired) {
        return refusal(paired);
    }
    return verdicts;
}

Result<Verdict> verify_log_proof(
    ByteView proof, ByteView leaf, const Pinned& pinned, const KnownKeys& keys
) {
    auto parsed = parse_log_proof(proof);
    if (!parsed) {
        return refusal(parsed);
    }
    Receipt receipt;
    receipt.leaf_index = parsed->index;
    receipt.leaf = leaf;
    receipt.proof = proof;
    return verify_receipt(receipt, pinned, keys);
}

}  // namespace tanji::ledger
