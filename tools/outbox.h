#pragma once

#include "ledger/value/ids.h"
#include "tools/tool.h"

#include <string>
#include <vector>

namespace tanji::tools {

// One request that carries one command, byte for byte as it goes over the wire.
struct Parcel {
    ledger::CommandId id;
    std::string path;  // /v1/commands, /v1/activities
    std::string content_type;
    std::string signature;  // the Tanji-Signature field, or empty for an envelope
    std::string body;
};

// Every command that was sent, kept under `$XDG_STATE_HOME/tanji/outbox/<id>` until its end is
// known: an interrupted program never loses an id, and sending the same bytes again is safe.
Attempt<void> keep(const Parcel& parcel);
void forget(const ledger::CommandId& id);
Attempt<std::vector<Parcel>> kept_parcels();

}  // namespace tanji::tools
