#include "ledger/decoded_block.h"
#include "ledger/governance/genesis.h"
#include "tests/fuzz/fuzz.h"

using namespace tanji::ledger;
using tanji::fuzz::require;

// A block as a peer or a disk hands it over: header, body, commands.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView input = tanji::fuzz::bytes_of(data, size);
    const auto header = decode_header(input.substr(0, header_bytes));
    if (!header) {
        return 0;
    }
    require(encode_header(*header) == input.substr(0, header_bytes));
    const ByteView body = input.substr(header_bytes);
    const auto commands = split_body(body, header->command_count);
    if (commands) {
        std::vector<Bytes> kept;
        for (const ByteView command : *commands) {
            kept.emplace_back(command);
            const auto stored = read_stored(command);
            require(!stored || to_stored(*stored) == command);
        }
        require(to_body(kept) == body);
        // With the root and the length that its body has, nothing stands before the commands.
        BlockHeader fitting = *header;
        fitting.body_bytes = static_cast<std::uint32_t>(body.size());
        fitting.body_root = body_root(kept);
        Bytes block = encode_header(fitting);
        block.append(body);
        const auto decoded = decode_block(block, header->ledger);
        require(!decoded || decoded->commands.size() <= kept.size());
    }
    const auto decoded = decode_block(input, header->ledger);
    require(!decoded || commands || decoded->header.kind != BlockKind::commands);
    for (const std::uint32_t position : {0U, 1U, 0xffffffffU}) {
        batch_in_block(input, position);
    }
    return 0;
}
