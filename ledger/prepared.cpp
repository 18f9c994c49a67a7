// From the type of a command to the struct that reads it, and its signatures.
#include "ledger/prepared.h"

#include "ledger/value/crypto.h"

#include <algorithm>
#include <array>

namespace tanji::ledger {
namespace {

using ReadBody = Body (*)(const JsonValue& body, JsonFaults& faults);

template <typename Type>
Body read_body(const JsonValue& body, JsonFaults& faults) {
    JsonReader in(body, "/body", faults);
    Type read = Type::read(in);
    in.finish();
    return read;
}

Body read_submit(const JsonValue& body, JsonFaults& faults) {
    return ActivitySubmit::read(body, faults);
}

struct CommandType {
    std::string_view name;
    ReadBody read;
};
constexpr std::array types = {
    CommandType{"account.open", read_body<AccountOpen>},
    CommandType{"activity.attest", read_body<ActivityAttest>},
    CommandType{"activity.revoke", read_body<ActivityRevoke>},
    CommandType{"activity.submit", read_submit},
    CommandType{"credit.assign", read_body<CreditAssign>},
    CommandType{"credit.cancel", read_body<CreditCancel>},
    CommandType{"credit.retire", read_body<CreditRetire>},
    CommandType{"credit.transfer", read_body<CreditTransfer>},
    CommandType{"factors.publish", read_body<FactorsPublish>},
    CommandType{"membership.decide", read_body<MembershipDecide>},
    CommandType{"methodology.publish", read_body<MethodologyPublish>},
    CommandType{"offer.close", read_body<OfferClose>},
    CommandType{"offer.publish", read_body<OfferPublish>},
    CommandType{"offer.restock", read_body<OfferRestock>},
    CommandType{"offer.revise", read_body<OfferRevise>},
    CommandType{"programme.publish", read_body<ProgrammePublish>},
    CommandType{"redemption.confirm", read_body<RedemptionConfirm>},
    CommandType{"redemption.refund", read_body<RedemptionRefund>},
    CommandType{"redemption.release", read_body<RedemptionRelease>},
    CommandType{"redemption.reserve", read_body<RedemptionReserve>},
};

// A payload stands in its leaf as a JSON string; only these characters grow there.
std::size_t escaped_bytes(ByteView payload) {
    constexpr std::string_view escaped = "\"\\\n\r\t";
    return payload.size() + static_cast<std::size_t>(std::ranges::count_if(payload, [&](char c) {
               return escaped.find(c) != std::string_view::npos;
           }));
}

Status attach_records(Prepared& prepared) {
    auto* submit = std::get_if<ActivitySubmit>(&prepared.body);
    if (submit == nullptr) {
        if (!prepared.attachment.empty()) {
            return refuse(ErrorCode::command_malformed, "only a batch has records beside it");
        }
        return {};
    }
    auto batch = decode_batch(prepared.attachment);
    if (!batch) {
        return refusal(batch);
    }
    submit->batch = std::move(*batch);
    return {};
}

// The key of that id as the state knows it, or as the command itself introduces it.
std::optional<PublicKey> known_key(const Reader& reader, const Prepared& command, const KeyId& id) {
    if (const auto row = find_key(reader, id)) {
        return row->key;
    }
    if (const auto* open = std::get_if<AccountOpen>(&command.body)) {
        const auto listed = std::ranges::find(open->keys, id, key_id);
        return listed != open->keys.end() ? std::optional(*listed) : std::nullopt;
    }
    return std::nullopt;
}

// Calls `found(place, key)` for each signature that is good under a known key.
template <typename Found>
Status check_each_signature(const Reader& reader, const Prepared& command, Found found) {
    if (auto present = check_signed(command.envelope); !present) {
        return present;
    }
    const auto& signatures = command.envelope.signatures;
    std::vector<PublicKey> keys;
    for (const EnvelopeSignature& signature : signatures) {
        const auto key = known_key(reader, command, signature.keyid);
        if (!key) {
            return refuse(ErrorCode::key_unknown, "key {} is not known", signature.keyid.hex());
        }
        keys.push_back(*key);
    }
    std::optional<Bytes> message;
    for (std::size_t i = 0; i < keys.size(); ++i) {
        const bool verified_before =
            i < command.verified_with.size() && command.verified_with[i] == keys[i];
        if (!verified_before) {
            message = message ? std::move(message) : signed_bytes(command.envelope);
            if (!verify(keys[i], *message, signatures[i].sig)) {
                return refuse(
                    ErrorCode::signature_invalid,
                    "the signature of key {} is not good",
                    signatures[i].keyid.hex()
                );
            }
        }
        found(i, keys[i]);
    }
    return {};
}

}  // namespace

Result<std::shared_ptr<Prepared>> prepare(StoredCommand command, const Hash& ledger) {
    auto prepared = std::make_shared<Prepared>();
    prepared->envelope = std::move(command.envelope);
    prepared->attachment = std::move(command.attachment);
    const Envelope& envelope = prepared->envelope;
    if (auto sized = check_size(envelope); !sized) {
        return refusal(sized);
    }
    auto head = read_command(envelope.payload);
    if (!head) {
        return refusal(head);
    }
    const auto type = std::ranges::lower_bound(types, head->type, {}, &CommandType::name);
    if (type == types.end() || type->name != head->type) {
        return refuse_at(
            ErrorCode::command_type_unknown, "/type", "no command type {}", head->type
        );
    }
    JsonFaults faults;
    prepared->body = type->read(head->body, faults);
    if (faults.any()) {
        return faults.refusal();
    }
    if (escaped_bytes(envelope.payload) > escaped_payload_bytes_max) {
        return refuse(ErrorCode::command_too_large, "the payload does not fit into a leaf");
    }
    if (auto attached = attach_records(*prepared); !attached) {
        return refusal(attached);
    }
    if (head->ledger != ledger) {
        return refuse_at(ErrorCode::wrong_ledger, "/ledger", "this ledger is {}", ledger.hex());
    }
    prepared->head = std::move(*head);
    prepared->head.body = {};
    prepared->digest = digest(envelope);
    return prepared;
}

Status verify_signatures(const Reader& reader, Prepared& command) {
    std::vector<std::optional<PublicKey>> good(command.envelope.signatures.size());
    auto checked = check_each_signature(
        reader, command, [&](std::size_t place, const PublicKey& key) { good[place] = key; }
    );
    command.verified_with = std::move(good);
    return checked;
}

Status check_signatures(const Reader& reader, const Prepared& command) {
    return check_each_signature(reader, command, [](std::size_t, const PublicKey&) {});
}

std::vector<std::string_view> command_types() {
    std::vector<std::string_view> names;
    names.reserve(types.size());
    for (const CommandType& type : types) {
        names.push_back(type.name);
    }
    return names;
}

}  // namespace tanji::ledger
