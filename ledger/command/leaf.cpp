#include "ledger/command/leaf.h"

#include "ledger/command/command.h"
#include "ledger/command/envelope.h"
#include "ledger/proof/tile.h"
#include "ledger/value/crypto.h"

#include <algorithm>
#include <array>
#include <span>

#include <fmt/format.h>

namespace tanji::ledger {
namespace {

constexpr std::uint64_t number_max = (std::uint64_t{1} << 53) - 1;

constexpr std::array<std::string_view, 3> classes{"open", "sealed", "system"};
constexpr std::array<std::string_view, 2> outcomes{"applied", "refused"};

// --- What `public` may hold: docs/formats.md §4.1. -----------------------------------------------

struct PublicShape {
    std::string_view type;
    std::vector<std::string_view> members;
};

const std::vector<PublicShape>& sealed_shapes() {
    static const std::vector<PublicShape> shapes{
        {"account.open", {"account", "kind", "keys"}},
        {"credit.assign", {"account", "to", "class", "amount", "purpose"}},
        {"credit.retire", {"account", "class", "amount", "purpose", "beneficiary", "commitment"}},
        {"redemption.reserve", {"account", "offer", "quantity", "points", "hold_s"}},
        {"redemption.confirm", {"redemption", "points", "voucher"}},
        {"redemption.release", {"redemption"}},
        {"redemption.refund", {"redemption", "points", "stock"}},
    };
    return shapes;
}

const std::vector<PublicShape>& system_shapes() {
    static const std::vector<PublicShape> shapes{
        {"ledger.genesis", {"ledger", "genesis"}},
        {"redemption.expire", {"objects"}},
        {"activity.lapse", {"objects"}},
        {"points.mature", {"objects"}},
        {"points.expire", {"objects"}},
        {"membership.abandon", {"objects"}},
        {"membership.change", {"number", "phase", "voters", "old_voters", "learners", "decision"}},
    };
    return shapes;
}

bool is_name_in(std::string_view name, std::initializer_list<std::string_view> names) {
    return std::ranges::find(names, name) != names.end();
}

bool is_text_value(const JsonValue& value, const auto& fits) {
    return value.string() != nullptr && fits(*value.string());
}

bool is_hash_text(std::string_view text) {
    return Hash::from_hex(text).has_value();
}

bool is_account_text(std::string_view text) {
    return is_hash_text(text) || Account::parse(text).has_value();
}

bool is_id_text(std::string_view text) {
    const auto id = CommandId::from_hex(text);
    return id && !id->is_zero();
}

bool is_ids(const JsonValue& value) {
    return value.array() != nullptr && std::ranges::all_of(*value.array(), [](const auto& id) {
               return is_text_value(id, is_id_text);
           });
}

// Whether a member of `public` has the form that its name asks for.
bool fits_name(std::string_view name, const JsonValue& value) {
    if (is_name_in(name, {"account", "to"})) {
        return is_text_value(value, is_account_text);
    }
    if (is_name_in(name, {"keys", "quantity", "hold_s", "number"})) {
        return value.integer() != nullptr;
    }
    if (is_name_in(name, {"amount", "points"})) {
        return is_text_value(value, [](std::string_view text) { return parse_amount(text) > 0; });
    }
    if (is_name_in(name, {"kind", "purpose", "stock", "phase"})) {
        return is_text_value(value, is_word);
    }
    if (name == "class") {
        return is_text_value(value, is_class);
    }
    if (is_name_in(name, {"ledger", "voucher"})) {
        return is_text_value(value, is_hash_text);
    }
    if (name == "commitment") {
        return value.is_null() || is_text_value(value, is_hash_text);
    }
    if (name == "beneficiary") {
        return value.is_null() || is_text_value(value, is_plain_text);
    }
    if (name == "offer") {
        return is_text_value(value, is_plain_text);
    }
    if (name == "redemption") {
        return is_text_value(value, is_id_text);
    }
    if (name == "objects") {
        return is_ids(value);
    }
    if (name == "genesis") {
        return value.string() != nullptr;  // the ledger id says whether it is the right one
    }
    if (is_name_in(name, {"voters", "old_voters", "learners"})) {
        return value.array() != nullptr;
    }
    return true;  // decision: what governance put there
}

void check_public(
    const Leaf& leaf, const std::vector<PublicShape>& shapes, bool others, JsonFaults& faults
) {
    const auto shape = std::ranges::find(shapes, leaf.type, &PublicShape::type);
    if (shape == shapes.end() && !others) {
        faults.add("/type", "is no type of system leaf that is known");
        return;
    }
    const auto* members = leaf.public_part.object();
    const std::vector<std::string_view> none;
    const auto& expected = shape == shapes.end() ? none : shape->members;
    const bool named_alike =
        members != nullptr && std::ranges::equal(*members, expected, {}, &JsonMember::name);
    if (!named_alike) {
        faults.add("/public", "has not the members of its type, in their order");
        return;
    }
    for (const JsonMember& member : *members) {
        if (!fits_name(member.name, member.value)) {
            faults.add("/public/" + member.name, "is not what this member holds");
        }
    }
}

// --- Reading. ------------------------------------------------------------------------------------

std::optional<std::string> read_word_or_null(JsonReader& in, std::string_view name) {
    if (in.is_null(name)) {
        return std::nullopt;
    }
    std::string word = in.text(name, 64);
    if (!is_word(word)) {
        in.fault(name, "is no word");
    }
    return word;
}

// The element of an array, if it is a string.
const std::string& text_of(const JsonValue& value, std::string_view name, JsonReader& in) {
    static const std::string none;
    if (value.string() == nullptr) {
        in.fault(name, "has an element that is no string");
        return none;
    }
    return *value.string();
}

void read_signers(JsonReader& in, Leaf& leaf) {
    for (const JsonValue& element : in.elements("signers", 1, signatures_max)) {
        const std::string& signer = text_of(element, "signers", in);
        const bool blinded = leaf.leaf_class == LeafClass::sealed && is_hash_text(signer);
        if (!blinded && !KeyId::from_hex(signer)) {
            in.fault("signers", "has something that is no key id");
        }
        leaf.signers.push_back(signer);
    }
}

void read_signatures(JsonReader& in, Leaf& leaf) {
    for (const JsonValue& element : in.elements("signatures", 1, signatures_max)) {
        const auto signature = Signature::from_base64(text_of(element, "signatures", in));
        if (!signature) {
            in.fault("signatures", "has something that is no signature");
        }
        leaf.signatures.push_back(signature.value_or(Signature{}));
    }
    if (leaf.signatures.size() != leaf.signers.size()) {
        in.fault("signatures", "are not as many as the signers");
    }
}

void read_public(JsonReader& in, Leaf& leaf) {
    const JsonValue* found = in.member("public");
    if (found != nullptr) {
        leaf.public_part = *found;
    }
}

void read_class(JsonReader& in, Leaf& leaf) {
    if (leaf.leaf_class == LeafClass::system) {
        read_public(in, leaf);
        check_public(leaf, system_shapes(), false, in.faults());
        return;
    }
    leaf.id = in.id("id");
    leaf.digest = in.digest("digest");
    read_signers(in, leaf);
    if (leaf.leaf_class == LeafClass::sealed) {
        read_public(in, leaf);
        check_public(leaf, sealed_shapes(), true, in.faults());
        return;
    }
    leaf.payload = in.document("payload", leaf_bytes_max);
    read_signatures(in, leaf);
}

void read_outcome(JsonReader& in, Leaf& leaf) {
    leaf.applied = in.word("outcome", outcomes) == 0;
    leaf.code = read_word_or_null(in, "code");
    leaf.reason = read_word_or_null(in, "reason");
    if (!in.is_null("index")) {
        leaf.index = in.integer("index", 0, number_max);
    }
    if (const JsonValue* effects = in.member("effects"); effects != nullptr) {
        leaf.effects = read_effects(*effects, "/effects", in.faults());
    }
    if (leaf.applied ? leaf.code || leaf.reason || leaf.index : !leaf.code) {
        in.fault("code", "stands in refusals, and nowhere else");
    }
    Effects allowed;
    allowed.conflicts = leaf.effects.conflicts;
    if (!leaf.applied && leaf.effects != allowed) {
        in.fault("effects", "of a refusal can be conflicts only");
    }
}

// --- Writing. ------------------------------------------------------------------------------------

void write_or_null(JsonWriter& out, std::string_view name, const std::optional<std::string>& text) {
    out.name(name);
    text ? out.string(*text) : out.null();
}

void write_class(JsonWriter& out, const Leaf& leaf) {
    if (leaf.leaf_class != LeafClass::system) {
        out.member("id", leaf.id.hex()).member("digest", leaf.digest.hex());
        out.name("signers").open_array();
        for (const std::string& signer : leaf.signers) {
            out.string(signer);
        }
        out.close_array();
    }
    if (leaf.leaf_class != LeafClass::open) {
        out.name("public").raw(to_canonical_text(leaf.public_part));
        return;
    }
    out.member("payload", leaf.payload).name("signatures").open_array();
    for (const Signature& signature : leaf.signatures) {
        out.string(to_base64(signature.view()));
    }
    out.close_array();
}

std::unexpected<Error> bad_payload(std::string_view why) {
    return refuse_because(ErrorCode::bad_request, "payload", "{}", why);
}

}  // namespace

std::string_view name_of(LeafClass leaf_class) {
    return classes.at(static_cast<std::size_t>(leaf_class));
}

std::string to_text(const Leaf& leaf) {
    JsonWriter out;
    out.open_object().member("leaf", std::uint64_t{1}).member("class", name_of(leaf.leaf_class));
    out.member("block", leaf.block).member("pos", leaf.pos);
    out.member("time", static_cast<std::uint64_t>(leaf.time)).member("type", leaf.type);
    write_class(out, leaf);
    out.member("outcome", outcomes.at(leaf.applied ? 0 : 1));
    write_or_null(out, "code", leaf.code);
    write_or_null(out, "reason", leaf.reason);
    out.name("index");
    leaf.index ? out.integer(*leaf.index) : out.null();
    write(out.name("effects"), leaf.effects);
    out.close_object();
    return out.take();
}

Result<Leaf> read_leaf(ByteView text) {
    if (text.size() > leaf_bytes_max) {
        return refuse_because(ErrorCode::bad_request, "leaf", "a leaf over 65,535 bytes");
    }
    auto value = parse_json(text, ErrorCode::bad_request);
    if (!value) {
        return refusal(value);
    }
    JsonFaults faults(ErrorCode::bad_request);
    JsonReader in(*value, "", faults);
    Leaf leaf;
    in.integer("leaf", 1, 1);
    leaf.leaf_class = static_cast<LeafClass>(in.word("class", classes));
    leaf.block = in.integer("block", 0, number_max);
    leaf.pos = in.integer("pos", 0, number_max);
    leaf.time = static_cast<TimeMs>(in.integer("time", 0, static_cast<std::uint64_t>(time_ms_max)));
    leaf.type = in.text("type", 64);
    if (!is_command_type(leaf.type)) {
        in.fault("type", "is not noun.verb");
    }
    read_class(in, leaf);
    read_outcome(in, leaf);
    in.finish();
    if (faults.any()) {
        return faults.refusal();
    }
    if (to_text(leaf) != text) {
        return refuse_because(
            ErrorCode::bad_request, "leaf", "a leaf that is not in canonical form"
        );
    }
    return leaf;
}

Status check_payload(const Leaf& leaf, const Hash& ledger, const KnownKeys& keys) {
    if (leaf.leaf_class != LeafClass::open) {
        return {};
    }
    const Bytes message = pae(command_payload_type, leaf.payload);
    if (sha256(message) != leaf.digest) {
        return bad_payload("the digest is not that of the payload");
    }
    const auto command = read_command(leaf.payload);
    if (!command) {
        return bad_payload("the payload is not a command");
    }
    if (command->id != leaf.id || command->type != leaf.type) {
        return bad_payload("id or type is not that of the payload");
    }
    if (command->ledger != ledger) {
        return bad_payload("the payload is of another ledger");
    }
    for (std::size_t i = 0; i < leaf.signers.size(); ++i) {
        const auto keyid = KeyId::from_hex(leaf.signers[i]);
        const auto key = keyid ? keys(*keyid) : std::nullopt;
        if (key && !verify(*key, message, leaf.signatures.at(i))) {
            return bad_payload("the signature of " + leaf.signers[i] + " is not good");
        }
    }
    return {};
}

}  // namespace tanji::ledger
