#pragma once

#include "ledger/decoded_block.h"
#include "ledger/store/store.h"
#include "ledger/value/ids.h"
#include "ledger/value/time.h"

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <utility>

// Records are stored once, in the block that brought them. Where that block is not kept any more,
// what a rule may still read of it stands in rows of the store (`schema::kept_command`): those of
// the batches that can be attested, or revoked.
namespace tanji::ledger {

// The stored bytes of a block (header and body), or nothing when it is not kept.
using BlockReader = std::function<std::optional<Bytes>(BlockIndex)>;

// A command by the block that brought it, and its position there.
using CommandPlace = std::pair<BlockIndex, std::uint32_t>;

// Where the batches are whose records a rule may still read at that ledger time or later: submitted
// ones, and issued ones within the correction days of their scheme. Once out, a batch stays out.
std::set<CommandPlace> batches_in_use(const Reader& reader, TimeMs now);

// The stored bytes of a command, from its row or its block; nothing when neither is kept.
std::optional<Bytes> find_stored_command(
    const Reader& reader, const BlockReader& blocks, const CommandPlace& place
);

// The records of the batch there; null when they are not kept, or there is no batch.
std::shared_ptr<const DecodedBatch> find_records(
    const Reader& reader, const BlockReader& blocks, const CommandPlace& place
);

// What has to be done before blocks below `first` may go, at ledger time `now`: writes a row for
// every batch in use there that has none, and takes the rows of batches that are out of use away.
// Nothing is flushed. REQUIRES: the blocks of those batches are still kept, or have their rows.
void keep_records(Store& store, const BlockReader& blocks, BlockIndex first, TimeMs now);

}  // namespace tanji::ledger
