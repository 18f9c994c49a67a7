#include "api/handlers/receipts.h"

#include "ledger/command/command.h"
#include "ledger/proof/merkle.h"

#include <algorithm>

namespace tanji::api {
namespace {

using ledger::ErrorCode;
using ledger::ReceiptPart;
using ledger::refuse;

// More lines than that are fetched one by one: a reply stays small enough for a QR code's target.
constexpr std::size_t inline_lines_max = 8;

std::string proof_text(
    const ledger::View& view, ledger::LeafIndex leaf, ledger::TreeSize size, std::string note
) {
    return ledger::to_text(ledger::LogProof{
        .extra = {},
        .index = leaf,
        .path = view.inclusion(leaf, size),
        .note = std::move(note),
    });
}

}  // namespace

std::string checkpoint_note(Service& service, const ledger::View& view, ledger::TreeSize size) {
    const auto certificate = view.certificate_of(size);
    return certificate ? certificate->note : service.sign_checkpoint(view, size);
}

ledger::Receipt make_receipt(Service& service, const ledger::View& view, ledger::LeafIndex leaf) {
    ledger::Receipt receipt;
    receipt.ledger = view.head().ledger;
    receipt.leaf_index = leaf;
    receipt.leaf = view.leaf_text(leaf).value_or("");
    const auto certificate = view.certificate();
    receipt.certified = certificate && leaf < certificate->size;
    if (receipt.certified) {
        receipt.proof = proof_text(view, leaf, certificate->size, certificate->note);
    } else {
        const ledger::TreeSize size = view.head().size;
        receipt.proof = proof_text(view, leaf, size, service.sign_checkpoint(view, size));
    }
    return receipt;
}

ledger::Result<std::string> log_proof(
    Service& service,
    const ledger::View& view,
    ledger::LeafIndex leaf,
    std::optional<ledger::TreeSize> size
) {
    if (leaf >= view.head().size) {
        return refuse(ErrorCode::not_found, "the tree has {} leaves", view.head().size);
    }
    if (!size) {
        return make_receipt(service, view, leaf).proof;
    }
    if (*size > view.head().size) {
        return refuse(ErrorCode::not_found, "the tree has {} leaves", view.head().size);
    }
    if (leaf >= *size) {
        return refuse(ErrorCode::query_invalid, "leaf {} is not in a tree of {}", leaf, *size);
    }
    return proof_text(view, leaf, *size, checkpoint_note(service, view, *size));
}

ReceiptPart entry_part(
    ReceiptPart::Kind kind, std::uint64_t n, const std::vector<std::string>& texts
) {
    std::vector<ledger::Hash> hashes;
    hashes.reserve(texts.size());
    for (const std::string& text : texts) {
        hashes.push_back(ledger::leaf_hash(text));
    }
    ReceiptPart part;
    part.kind = kind;
    part.n = n;
    part.text = texts.at(n);
    part.siblings = ledger::inclusion_path(hashes, n);
    return part;
}

void add_own_parts(
    ledger::Receipt& receipt, const ledger::View& view, const ledger::Envelope& envelope
) {
    ReceiptPart whole;
    whole.kind = ReceiptPart::Kind::command;
    whole.envelope = ledger::to_text(envelope);
    receipt.parts.push_back(std::move(whole));

    const std::vector<std::string> lines = view.lines(receipt.leaf_index);
    for (std::size_t n = 0; n < lines.size() && n < inline_lines_max; ++n) {
        receipt.parts.push_back(entry_part(ReceiptPart::Kind::line, n, lines));
    }

    const auto command = ledger::read_command(envelope.payload);
    const ledger::JsonValue* named = command ? command->body.find("account") : nullptr;
    const std::string* text = named != nullptr ? named->string() : nullptr;
    const auto account = text != nullptr ? ledger::UserId::from_hex(*text) : std::nullopt;
    if (account) {
        ReceiptPart opening;
        opening.kind = ReceiptPart::Kind::opening;
        opening.salt = command->salt;
        opening.account = *account;
        receipt.parts.push_back(std::move(opening));
    }
}

}  // namespace tanji::api
