#include "node/replica/fault_evidence.h"

#include "ledger/command/block.h"
#include "ledger/prepared.h"
#include "ledger/proof/merkle.h"

namespace tanji::node {
namespace {

// The code of the first test, of those that need no state, that the stored command fails.
std::string fault_in(ledger::ByteView stored, const ledger::Hash& ledger) {
    auto read = ledger::read_stored(stored);
    if (!read) {
        return std::string(ledger::name_of(read.error().code));
    }
    const auto prepared = ledger::prepare(std::move(*read), ledger);
    return prepared ? std::string() : std::string(ledger::name_of(prepared.error().code));
}

}  // namespace

std::optional<ledger::LeaderFault> fault_of_leader(
    ledger::ByteView block, std::uint32_t command, const ledger::Hash& ledger
) {
    const auto header = ledger::decode_header(block.substr(0, ledger::header_bytes));
    if (!header || command >= header->command_count) {
        return std::nullopt;
    }
    const auto commands =
        ledger::split_body(block.substr(ledger::header_bytes), header->command_count);
    if (!commands) {
        return std::nullopt;
    }
    std::string code = fault_in(commands->at(command), ledger);
    if (code.empty()) {
        return std::nullopt;
    }
    std::vector<ledger::Hash> leaves;
    for (const ledger::ByteView each : *commands) {
        leaves.push_back(ledger::leaf_hash(each));
    }
    return ledger::LeaderFault{
        .header = *header,
        .index = command,
        .command = ledger::Bytes(commands->at(command)),
        .path = ledger::inclusion_path(leaves, command),
        .code = std::move(code),
        .keys = {},
    };
}

}  // namespace tanji::node
