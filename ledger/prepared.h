#pragma once

#include "ledger/command/block.h"
#include "ledger/command/command.h"
#include "ledger/credits/commands.h"
#include "ledger/governance/commands.h"
#include "ledger/methodology/catalogue.h"
#include "ledger/parties/commands.h"
#include "ledger/points/offer.h"
#include "ledger/points/programme.h"
#include "ledger/points/redemption.h"
#include "ledger/reductions/commands.h"
#include "ledger/value/result.h"

#include <memory>
#include <optional>
#include <variant>
#include <vector>

namespace tanji::ledger {

// Every type of command there is, as read from its body.
using Body = std::variant<
    AccountOpen,
    MembershipDecide,
    MethodologyPublish,
    FactorsPublish,
    ActivitySubmit,
    ActivityAttest,
    ActivityRevoke,
    CreditTransfer,
    CreditAssign,
    CreditRetire,
    CreditCancel,
    ProgrammePublish,
    OfferPublish,
    OfferRevise,
    OfferRestock,
    OfferClose,
    RedemptionReserve,
    RedemptionConfirm,
    RedemptionRelease,
    RedemptionRefund>;

// A command with all that can be said of it without the state: a pure function of its stored bytes,
// made by whoever has time for it.
struct Prepared {
    Envelope envelope;
    Bytes attachment;
    Command head;  // its JSON body has been read and let go
    Hash digest;
    Body body;

    // Keys under which the signature of that place was found good before. Applying trusts it only
    // if the state still names this very key.
    std::vector<std::optional<PublicKey>> verified_with;
};

// Test 1 of every command: command_malformed, command_too_large, command_type_unknown,
// wrong_ledger. Also decodes the records of a batch.
Result<std::shared_ptr<Prepared>> prepare(StoredCommand command, const Hash& ledger);

// Tests 4: signature_missing, key_unknown, signature_invalid. Remembers in `verified_with` what was
// good. Keys that an account.open lists are known for it.
Status verify_signatures(const Reader& reader, Prepared& command);
// The same for a command that others may be looking at.
Status check_signatures(const Reader& reader, const Prepared& command);

// The names of all types, ascending.
std::vector<std::string_view> command_types();

}  // namespace tanji::ledger
