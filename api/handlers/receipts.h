#pragma once

#include "api/service.h"
#include "ledger/command/envelope.h"
#include "ledger/proof/receipt.h"
#include "ledger/view.h"

#include <string>
#include <vector>

namespace tanji::api {

// The receipt of a leaf: under the newest certified checkpoint that covers it, else under one that
// this node signs now. No parts. REQUIRES: leaf < view.head().size.
ledger::Receipt make_receipt(Service& service, const ledger::View& view, ledger::LeafIndex leaf);

// The same under the checkpoint of that size. Refuses when the leaf is not in it.
ledger::Result<std::string> log_proof(
    Service& service,
    const ledger::View& view,
    ledger::LeafIndex leaf,
    std::optional<ledger::TreeSize> size
);

// Entry `n` of the tree over these canonical texts, with its path.
ledger::ReceiptPart entry_part(
    ledger::ReceiptPart::Kind kind, std::uint64_t n, const std::vector<std::string>& texts
);

// What only the sender of a sealed command gets: the command, its lines, whose account it names.
void add_own_parts(
    ledger::Receipt& receipt, const ledger::View& view, const ledger::Envelope& envelope
);

// A checkpoint note of that size: certified if there is such a one, else signed by this node.
std::string checkpoint_note(Service& service, const ledger::View& view, ledger::TreeSize size);

}  // namespace tanji::api
