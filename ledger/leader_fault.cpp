#include "ledger/leader_fault.h"

#include "ledger/command/block.h"
#include "ledger/prepared.h"
#include "ledger/proof/merkle.h"
#include "ledger/value/crypto.h"

#include <algorithm>
#include <cassert>

namespace tanji::ledger {
namespace {

bool is_signer(const Envelope& envelope, const PublicKey& key) {
    return std::ranges::any_of(envelope.signatures, [&](const EnvelopeSignature& signature) {
        return signature.keyid == key_id(key);
    });
}

std::string failed_signature(const Envelope& envelope, const std::vector<PublicKey>& keys) {
    const Bytes message = signed_bytes(envelope);
    std::string code;
    for (const PublicKey& key : keys) {
        if (!is_signer(envelope, key)) {
            return {};
        }
        for (const EnvelopeSignature& signature : envelope.signatures) {
            if (signature.keyid == key_id(key) && !verify(key, message, signature.sig)) {
                code = name_of(ErrorCode::signature_invalid);
            }
        }
    }
    return code;
}

}  // namespace

std::string failed_test(const LeaderFault& fault) {
    auto stored = read_stored(fault.command);
    if (!stored) {
        return std::string(name_of(stored.error().code));
    }
    const Envelope envelope = stored->envelope;
    const auto prepared = prepare(std::move(*stored), fault.header.ledger);
    if (prepared) {
        return failed_signature(envelope, fault.keys);
    }
    // What a later program understands is no fault of the leader.
    const ErrorCode code = prepared.error().code;
    return code == ErrorCode::command_type_unknown ? std::string() : std::string(name_of(code));
}

std::optional<LeaderFault> find_leader_fault(
    ByteView block,
    std::uint32_t index,
    const std::function<std::optional<PublicKey>(const KeyId&)>& key
) {
    const auto header = decode_header(block.substr(0, header_bytes));
    assert(header);
    const auto commands = split_body(block.substr(header_bytes), header->command_count);
    assert(commands && index < commands->size());
    std::vector<Hash> leaves;
    for (const ByteView command : *commands) {
        leaves.push_back(leaf_hash(command));
    }
    LeaderFault fault{
        .header = *header,
        .index = index,
        .command = Bytes((*commands)[index]),
        .path = inclusion_path(leaves, index),
        .code = {},
        .keys = {},
    };
    fault.code = failed_test(fault);
    if (fault.code.empty()) {
        const auto stored = read_stored(fault.command);
        if (!stored) {
            return std::nullopt;
        }
        for (const EnvelopeSignature& signature : stored->envelope.signatures) {
            const auto known = key(signature.keyid);
            if (known && !verify(*known, signed_bytes(stored->envelope), signature.sig)) {
                fault.keys = {*known};
                break;
            }
        }
        fault.code = failed_test(fault);
    }
    if (fault.code.empty() || to_text(fault).size() > evidence_bytes_max) {
        return std::nullopt;
    }
    return fault;
}

}  // namespace tanji::ledger
