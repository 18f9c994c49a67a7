#pragma once

#include "ledger/command/envelope.h"
#include "ledger/value/crypto.h"
#include "ledger/value/ids.h"
#include "ledger/value/time.h"
#include "tools/outbox.h"
#include "tools/remote.h"
#include "tools/tool.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace tanji::tools {

// What a command must say about the ledger that it is for.
struct LedgerFacts {
    ledger::Hash ledger;
    std::string origin;
    ledger::TimeMs time = 0;
    ledger::TreeSize size = 0;
    ledger::TreeSize certified_size = 0;
    bool demo = false;
};

Attempt<LedgerFacts> ask_ledger(Remote& remote);

// A fresh UUIDv7.
ledger::CommandId new_id(ledger::TimeMs now);

// Commands are good for an hour unless they say otherwise.
inline constexpr ledger::TimeMs command_life_ms = 3'600'000;

// The payload of a fresh command: new id and salt, an hour to live. `body` is JSON.
std::string compose(std::string_view type, const LedgerFacts& facts, std::string_view body);

// A payload from a file that may leave out v, ledger, id, not_after and salt. Everything that is
// there stays as it is.
Attempt<std::string> complete(std::string_view json, const LedgerFacts& facts);

// Signed with every key; fails as malformed input when the payload is not a command.
Attempt<ledger::Envelope> sign(std::string payload, std::span<const ledger::SigningKey> keys);

// The envelope as a parcel for POST /v1/commands.
Attempt<Parcel> pack(const ledger::Envelope& envelope);

// What became of a parcel.
struct Delivered {
    ledger::CommandId id;
    int status = 0;
    ledger::JsonValue reply;    // the whole body
    ledger::JsonValue outcome;  // of an executed command: the outcome object; else null
    std::string code;           // of a refusal
    std::string detail;
    std::string reason;

    bool applied() const { return status >= 200 && status < 300; }
};

struct Delivery {
    bool dry_run = false;
    bool until_certified = false;
};

// Keeps the parcel in the outbox, sends it, and sends it again while the node says that the same
// bytes may succeed later, for --timeout seconds at most. A final answer empties the outbox.
Attempt<Delivered> deliver(
    const Tool& tool, Remote& remote, const Parcel& parcel, const Delivery& delivery
);

// The exit that a list of deliveries deserves: the first refusal, else done.
Attempt<void> conclude(const std::vector<Delivered>& delivered);

// One table (or one JSON document per line) of outcomes.
void print_outcomes(const Tool& tool, const std::vector<Delivered>& delivered);

// Compose, sign with --key and `others`, and either save the envelope for others to sign, or send
// it and print the outcome.
struct Dispatch {
    std::vector<std::string> other_keys;
    std::string save_envelope;  // a file: do not send
    std::string save_receipt;   // a file for the receipt
    Delivery delivery;
};
Attempt<void> dispatch(
    const Tool& tool, std::string_view type, std::string_view body, const Dispatch& options
);
// The same, for a caller who has asked the node already and has more to say about the outcome; no
// outcome when the envelope was saved. A refusal is an outcome too: conclude() makes it a failure.
Attempt<std::optional<Delivered>> send_command(
    const Tool& tool,
    Remote& remote,
    const LedgerFacts& facts,
    std::string_view type,
    std::string_view body,
    const Dispatch& options
);

// Writes the receipt of a delivery, if there is one.
Attempt<void> save_receipt(const Delivered& delivered, const std::string& file);

}  // namespace tanji::tools
