#include "ledger/prepared.h"
#include "tests/fuzz/fuzz.h"

using namespace tanji::ledger;
using tanji::fuzz::require;

// All that is said of a command without the state. Input: the payload, up to the first line feed,
// and the attachment after it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView input = tanji::fuzz::bytes_of(data, size);
    const auto end = input.find('\n');
    const ByteView payload = input.substr(0, end);
    const auto head = read_command(payload);
    if (!head) {
        return 0;
    }
    require(is_command_type(head->type) && !head->id.is_zero());
    StoredCommand command;
    command.envelope.payload_type = command_payload_type;
    command.envelope.payload = payload;
    command.envelope.signatures.resize(1);
    if (end != ByteView::npos) {
        command.attachment = input.substr(end + 1);
    }
    const auto prepared = prepare(command, head->ledger);
    if (prepared) {
        require((*prepared)->head.id == head->id && (*prepared)->envelope == command.envelope);
        require((*prepared)->digest == digest(command.envelope));
    } else {
        require(!prepared.error().detail.empty());
    }
    Hash other = head->ledger;
    other.bytes[0] ^= 1;
    require(!prepare(command, other));
    return 0;
}
