#include "ledger/command/envelope.h"

#include "ledger/command/block.h"
#include "ledger/command/command.h"
#include "tests/support/vectors.h"

#include <array>
#include <map>

namespace tanji::ledger {
namespace {

using tests::Json;

std::map<KeyId, PublicKey> keys_of(const Json& vectors) {
    std::map<KeyId, PublicKey> keys;
    for (const auto& key : vectors["keys"].each()) {
        const auto made = SigningKey::from_seed(key["seed"].hex());
        EXPECT_EQ(made.public_key().hex(), key["public"].text());
        EXPECT_EQ(made.id().hex(), key["keyid"].text());
        keys[made.id()] = made.public_key();
    }
    return keys;
}

// The answers after the envelope, in the order of formats §2.1; `ok` if there is none.
std::string answer_to(const Result<Envelope>& envelope, const std::map<KeyId, PublicKey>& keys) {
    if (!envelope) {
        return std::string(name_of(envelope.error().code));
    }
    if (auto command = read_command(envelope->payload); !command) {
        return std::string(name_of(command.error().code));
    }
    if (auto is_signed = check_signed(*envelope); !is_signed) {
        return std::string(name_of(is_signed.error().code));
    }
    for (const auto& made : envelope->signatures) {
        if (!keys.contains(made.keyid)) {
            return "key_unknown";
        }
    }
    for (const auto& made : envelope->signatures) {
        if (!verify(keys.at(made.keyid), signed_bytes(*envelope), made.sig)) {
            return "signature_invalid";
        }
    }
    return "ok";
}

TEST(Envelope, AnswersEveryEnvelopeOfTheVectors) {
    TANJI_VECTORS(vectors, "vectors/tanji/dsse.json");
    const auto keys = keys_of(vectors);
    for (const auto& one : vectors["envelopes"].each()) {
        const auto envelope = read_envelope(one["envelope"].base64());
        EXPECT_EQ(answer_to(envelope, keys), one["expect"].text()) << one["name"].text();
        if (one["expect"].text() == "ok") {
            EXPECT_EQ(digest(*envelope).hex(), one["digest"].text());
            ASSERT_EQ(envelope->signatures.size(), one["signers"].each().size());
            for (std::size_t i = 0; i < envelope->signatures.size(); ++i) {
                EXPECT_EQ(envelope->signatures[i].keyid.hex(), one["signers"][i].text());
            }
            EXPECT_EQ(*read_envelope(to_text(*envelope)), *envelope);
        }
    }
}

TEST(Envelope, AnswersEveryDetachedCommandOfTheVectors) {
    TANJI_VECTORS(vectors, "vectors/tanji/dsse.json");
    const auto keys = keys_of(vectors);
    for (const auto& one : vectors["detached"].each()) {
        const auto envelope = detached_envelope(
            one["content_type"].text(), one["body"].base64(), one["header"].text()
        );
        EXPECT_EQ(answer_to(envelope, keys), one["expect"].text()) << one["name"].text();
        if (one["expect"].text() == "ok") {
            EXPECT_EQ(digest(*envelope).hex(), one["digest"].text());
            const auto header = to_signature_header(envelope->signatures);
            EXPECT_EQ(*read_signature_header(header), envelope->signatures);
        }
    }
}

TEST(Envelope, SigningTheWorkedExampleGivesItsHeader) {
    TANJI_VECTORS(vectors, "vectors/tanji/dsse.json");
    const Json one = vectors["detached"][0];
    const auto key = SigningKey::from_seed(Bytes(32, 0x41));
    const std::array<const SigningKey*, 1> keys{&key};
    const auto envelope = sign_command(one["body"].base64(), keys);
    EXPECT_EQ(to_signature_header(envelope.signatures), one["header"].text());
}

TEST(Envelope, PreAuthenticationEncodingAndCommitmentsAreThoseOfTheVectors) {
    TANJI_VECTORS(vectors, "vectors/tanji/dsse.json");
    for (const auto& one : vectors["pae"].each()) {
        const Bytes encoded = pae(one["type"].text(), one["body"].base64());
        EXPECT_EQ(encoded, one["pae"].base64());
        EXPECT_EQ(sha256(encoded).hex(), one["sha256"].text());
    }
    for (const auto& one : vectors["commitments"].each()) {
        const auto salt = *Salt::from_hex(one["salt"].text());
        EXPECT_EQ(commit(one["kind"].text(), salt, one["value"].hex()).hex(), one["commit"].text());
    }
}

TEST(Envelope, EverySignatureOfTheEdgeCasesGetsTheOneVerdict) {
    TANJI_VECTORS(vectors, "vectors/tanji/dsse.json");
    for (const auto& one : vectors["ed25519"].each()) {
        const auto key = *PublicKey::from_hex(one["public"].text());
        const auto signature = *Signature::from_hex(one["signature"].text());
        EXPECT_EQ(verify(key, one["message"].hex(), signature), one["accept"].boolean())
            << one["name"].text();
    }
}

// The rules of the two bodies that the payloads of the vectors have; their real readers belong to
// the folders of their commands.
void read_body(const Command& command, JsonFaults& faults) {
    JsonReader in(command.body, "/body", faults);
    in.account("account");
    if (command.type == "redemption.reserve") {
        const std::string offer = in.text("offer", 65);
        const std::size_t dot = offer.find('.');
        if (dot == std::string::npos || !is_slug(offer.substr(0, dot)) ||
            !is_slug(offer.substr(dot + 1))) {
            in.fault("offer", "is not merchant.slug");
        }
        in.integer("quantity", 1, 2'147'483'647);
        in.amount("points");
        in.integer("hold_s", 1, 2'147'483'647);
    } else if (command.type == "credit.retire") {
        in.credit_class("class");
        in.amount("amount");
        in.text("purpose", 64);
        for (const auto& [name, bytes_max] :
             {std::pair("beneficiary", 256), {"statement", 512}, {"inventory", 64}}) {
            if (!in.is_null(name)) {
                in.text(name, static_cast<std::size_t>(bytes_max));
            }
        }
        if (!in.is_null("commitment")) {
            in.digest("commitment");
        }
    }
    if (!in.is_null("instruction")) {
        in.digest("instruction");
    }
    in.finish();
}

TEST(Command, AnswersEveryPayloadOfTheVectors) {
    TANJI_VECTORS(vectors, "vectors/tanji/dsse.json");
    const Hash ledger = vectors["ledger"].hash();
    for (const auto& one : vectors["payloads"].each()) {
        const auto command = read_command(one["payload"].base64());
        std::string answer = "ok";
        if (!command) {
            answer = name_of(command.error().code);
        } else if (command->type != "redemption.reserve" && command->type != "credit.retire") {
            answer = "command_type_unknown";
        } else {
            JsonFaults faults;
            read_body(*command, faults);
            if (faults.any()) {
                answer = name_of(faults.refusal().error().code);
            } else if (command->ledger != ledger) {
                answer = "wrong_ledger";
            }
        }
        EXPECT_EQ(answer, one["expect"].text()) << one["name"].text();
    }
}

TEST(Stored, FormsAreThoseOfTheVectorsAndNothingElseIsRead) {
    TANJI_VECTORS(vectors, "vectors/tanji/dsse.json");
    for (const auto& one : vectors["stored"].each()) {
        const StoredCommand command{
            .envelope = read_any_envelope(one["envelope"].text()).value(),
            .attachment = one["attachment"].hex(),
        };
        const Bytes stored = to_stored(command);
        EXPECT_EQ(to_hex(stored), one["bytes"].text()) << one["name"].text();
        EXPECT_EQ(*read_stored(stored), command);
        EXPECT_FALSE(read_stored(stored + "x"));
        for (std::size_t length = 0; length < stored.size(); ++length) {
            EXPECT_FALSE(read_stored(ByteView(stored).substr(0, length))) << length;
        }
        for (const std::size_t at : {std::size_t{0}, std::size_t{1}, std::size_t{2}}) {
            Bytes changed = stored;
            changed[at] = static_cast<char>(changed[at] ^ 2);
            EXPECT_FALSE(read_stored(changed));
        }
    }
}

TEST(Stored, OneKeyTwiceIsRefused) {
    const auto key = SigningKey::from_seed(Bytes(32, 1));
    const std::array<const SigningKey*, 2> twice{&key, &key};
    EXPECT_FALSE(read_stored(to_stored({.envelope = sign_command("{}", twice), .attachment = {}})));
}

TEST(Envelope, ContentTypesOfCommandsAreThree) {
    EXPECT_TRUE(is_command_content_type("application/vnd.tanji.command+json"));
    EXPECT_TRUE(is_command_content_type("application/json"));
    EXPECT_TRUE(is_command_content_type("application/json ; charset=UTF-8"));
    EXPECT_FALSE(is_command_content_type("application/json; charset=latin1"));
    EXPECT_FALSE(is_command_content_type("application/jsonx"));
    EXPECT_FALSE(is_command_content_type(""));
}

}  // namespace
}  // namespace tanji::ledger
