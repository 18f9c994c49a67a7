#pragma once

#include "api/handlers/handlers.h"
#include "ledger/command/envelope.h"

#include <optional>
#include <string_view>

// An activity batch comes in one of two encodings (docs/formats.md, "Activity batch"). Both give
// the same command and the same attachment.
namespace tanji::api {

struct Upload {
    ledger::Envelope envelope;
    ledger::Bytes attachment;  // `u32 count …`, as the ledger stores it
};

// The signed header, from what has come of the body; nothing while more is needed.
std::optional<ledger::Result<ledger::Envelope>> read_upload_header(
    const Request& request, std::string_view body
);

// The whole body. The records of a container are checked by whoever decodes the attachment.
ledger::Result<Upload> read_upload(const Request& request);

}  // namespace tanji::api
