#pragma once

#include "ledger/command/envelope.h"
#include "ledger/value/bytes.h"
#include "ledger/value/result.h"

#include <cstdint>
#include <span>
#include <vector>

// The commands of one log entry: disk, wire and hash see the same bytes.
namespace tanji::ledger {

inline constexpr std::size_t attachment_bytes_max = 4 * 1024 * 1024;

struct StoredCommand {
    Envelope envelope;
    Bytes attachment;  // for activity.submit the records, else empty

    bool operator==(const StoredCommand&) const = default;
};

// REQUIRES: the payload type of commands, 1..16 signatures.
Bytes to_stored(const StoredCommand& command);
// One to one: refuses whatever to_stored does not write, and a form without attachment over 40,000
// bytes.
Result<StoredCommand> read_stored(ByteView bytes);

// Per command `u32 length` and its stored bytes.
Bytes to_body(std::span<const Bytes> commands);
// The stored commands of a body, as views into it. Refused unless there are exactly `count`, and
// each is between 1 byte and the most a stored command can be.
Result<std::vector<ByteView>> split_body(ByteView body, std::uint32_t count);

}  // namespace tanji::ledger
