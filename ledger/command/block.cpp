#include "ledger/command/block.h"

#include <algorithm>
#include <cassert>
#include <optional>

namespace tanji::ledger {
namespace {

constexpr char format_version = 1;
constexpr char command_type_number = 1;
// The longest stored command: everything but the attachment, and the longest attachment.
constexpr std::size_t stored_most = stored_bytes_max + attachment_bytes_max;

// Takes fields off the front; a fault leaves nothing.
class Taker {
public:
    explicit Taker(ByteView bytes) : left_(bytes) {}

    ByteView take(std::size_t count) {
        if (count > left_.size()) {
            ok_ = false;
            left_ = {};
            return {};
        }
        const ByteView taken = left_.substr(0, count);
        left_.remove_prefix(count);
        return taken;
    }
    std::uint32_t number(std::size_t bytes) {
        std::uint32_t value = 0;
        for (const char byte : take(bytes)) {
            value = (value << 8) | static_cast<std::uint8_t>(byte);
        }
        return value;
    }
    // A length, compared with its limit; then that many bytes.
    ByteView counted(std::size_t most) {
        const std::size_t count = number(4);
        return count > most ? take(left_.size() + 1) : take(count);
    }

    bool ok() const { return ok_; }
    bool done() const { return ok_ && left_.empty(); }
    ByteView left() const { return left_; }

private:
    ByteView left_;
    bool ok_ = true;
};

std::unexpected<Error> malformed() {
    return refuse(ErrorCode::command_malformed, "not a stored command");
}

std::optional<EnvelopeSignature> take_signature(Taker& in) {
    const auto keyid = KeyId::from(in.take(KeyId::length));
    const auto sig = Signature::from(in.take(in.number(2)));
    if (!keyid || !sig) {
        return std::nullopt;
    }
    return EnvelopeSignature{.keyid = *keyid, .sig = *sig};
}

}  // namespace

Bytes to_stored(const StoredCommand& command) {
    const auto& [envelope, attachment] = command;
    assert(envelope.payload_type == command_payload_type);
    assert(!envelope.signatures.empty() && envelope.signatures.size() <= signatures_max);
    Bytes out{format_version, command_type_number};
    append_u32(out, static_cast<std::uint32_t>(envelope.payload.size()));
    out.append(envelope.payload);
    out.push_back(static_cast<char>(envelope.signatures.size()));
    for (const EnvelopeSignature& made : envelope.signatures) {
        out.append(made.keyid.view());
        append_u16(out, Signature::length);
        out.append(made.sig.view());
    }
    append_u32(out, static_cast<std::uint32_t>(attachment.size()));
    out.append(attachment);
    return out;
}

Result<StoredCommand> read_stored(ByteView bytes) {
    Taker in(bytes);
    if (in.number(1) != format_version || in.number(1) != command_type_number) {
        return malformed();
    }
    StoredCommand command;
    command.envelope.payload_type = command_payload_type;
    command.envelope.payload = in.counted(stored_bytes_max);
    const std::size_t count = in.number(1);
    if (!in.ok() || count == 0 || count > signatures_max) {
        return malformed();
    }
    auto& signatures = command.envelope.signatures;
    for (std::size_t i = 0; i < count; ++i) {
        const auto made = take_signature(in);
        const bool repeated = made && std::ranges::any_of(signatures, [&](const auto& other) {
                                  return other.keyid == made->keyid;
                              });
        if (!made || repeated) {
            return malformed();
        }
        signatures.push_back(*made);
    }
    command.attachment = in.counted(attachment_bytes_max);
    if (!in.done()) {
        return malformed();
    }
    if (auto fits = check_size(command.envelope); !fits) {
        return refusal(fits);
    }
    return command;
}

Bytes to_body(std::span<const Bytes> commands) {
    Bytes body;
    for (const Bytes& command : commands) {
        append_u32(body, static_cast<std::uint32_t>(command.size()));
        body.append(command);
    }
    return body;
}

Result<std::vector<ByteView>> split_body(ByteView body, std::uint32_t count) {
    std::vector<ByteView> commands;
    Taker in(body);
    while (in.ok() && !in.left().empty() && commands.size() < count) {
        const ByteView command = in.counted(stored_most);
        if (command.empty()) {
            return refuse(ErrorCode::bad_request, "not a block body: a command of no bytes");
        }
        commands.push_back(command);
    }
    if (!in.done() || commands.size() != count) {
        return refuse(ErrorCode::bad_request, "not a block body of {} commands", count);
    }
    return commands;
}

}  // namespace tanji::ledger
