#pragma once

#include "ledger/proof/evidence.h"
#include "ledger/value/bytes.h"

#include <functional>
#include <optional>
#include <string>

// Commands that an honest leader never seals, proven without any state.
namespace tanji::ledger {

// The code of the first test that the command of `fault` fails: command_malformed,
// command_too_large, wrong_ledger, signature_invalid. Empty if it passes, or if the state, or newer
// rules, would have to say: key_unknown, signature_missing beyond the form, command_type_unknown.
// Of the signatures those count whose keys the evidence brings; a key of no signer spoils it.
std::string failed_test(const LeaderFault& fault);

// The evidence against the leader of a block for the command at that place: nothing if no test
// fails that can be shown without the state, or if it would be larger than evidence may be. `key`
// finds the keys of signers, by the state of whoever writes it.
// REQUIRES: decode_block accepts the block.
std::optional<LeaderFault> find_leader_fault(
    ByteView block,
    std::uint32_t index,
    const std::function<std::optional<PublicKey>(const KeyId&)>& key
);

}  // namespace tanji::ledger
