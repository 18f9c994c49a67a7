#pragma once

#include "ledger/governance/commands.h"
#include "node/setup.h"

#include <string>

// A node that genesis does not name: how it introduces itself, and how it knows who it is.
namespace tanji::node {

// The file in the data directory that says so.
std::string joining_file(const std::string& data_dir);

// What governance has to sign: number, addresses, keys, and a proof by each key that this member of
// this ledger uses it so.
ledger::JoiningNode joining_node(
    const ledger::Genesis& genesis,
    std::uint64_t number,
    const std::string& member,
    const std::string& address,
    bool voter,
    const NodeKeys& keys
);
// The entry as text, and read again.
std::string to_text(const ledger::JoiningNode& node);
ledger::Result<ledger::JoiningNode> read_joining_node(ledger::ByteView text);

// How genesis, or the file of a node that joined later, names the node with that log key.
ledger::Result<ledger::NodeRow> own_entry(
    const ledger::Genesis& genesis, const Config& config, const ledger::PublicKey& log
);

}  // namespace tanji::node
