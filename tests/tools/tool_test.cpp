#include "ledger/command/command.h"
#include "tests/tools/desk_fixture.h"
#include "tools/compose.h"
#include "tools/files.h"
#include "tools/keys.h"
#include "tools/outbox.h"
#include "tools/subcommands.h"

#include <gmock/gmock.h>

namespace tanji::tools {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Weight, OnlyWholeGramsAreWeights) {
    EXPECT_EQ(parse_weight("500g"), 500);
    EXPECT_EQ(parse_weight("1.2kg"), 1'200);
    EXPECT_EQ(parse_weight("3t"), 3'000'000);
    EXPECT_EQ(parse_weight("0.5kg"), 500);
    EXPECT_EQ(parse_weight("1.2000kg"), 1'200);
    EXPECT_EQ(parse_weight("12"), 12);
    for (const auto* text :
         {"",
          "g",
          "0g",
          "0.1g",
          "1.2345kg",
          "-1g",
          "1,2kg",
          "1.2.3kg",
          "kg",
          ".5kg",
          "1e3g",
          "1 g",
          "9999999999999999999g"}) {
        EXPECT_FALSE(parse_weight(text)) << text;
    }
}

TEST(Ranges, AreAscendingAndDisjoint) {
    const auto ranges = parse_ranges("3,10-14");
    ASSERT_TRUE(ranges);
    EXPECT_THAT(*ranges, ElementsAre(std::pair{3U, 3U}, std::pair{10U, 14U}));
    for (const auto* text : {"", "3,3", "5,4", "4-3", "1-4,3", "a", "3-", "-3", "3,,4", "10000"}) {
        EXPECT_FALSE(parse_ranges(text)) << text;
    }
}

TEST(Duration, HasAUnit) {
    EXPECT_EQ(parse_duration("15m"), 900);
    EXPECT_EQ(parse_duration("2h"), 7'200);
    EXPECT_FALSE(parse_duration("15"));
    EXPECT_FALSE(parse_duration("0m"));
    EXPECT_FALSE(parse_duration(""));
}

TEST(Nearest, SuggestsWhatIsAlikeAndNothingElse) {
    const std::vector<std::string> words{"verify", "audit", "import"};
    EXPECT_EQ(nearest("verfy", words), "verify");
    EXPECT_EQ(nearest("imprt", words), "import");
    EXPECT_EQ(nearest("zebra", words), std::nullopt);
}

TEST(Table, ColumnsAreAsWideAsTheirLongestCell) {
    EXPECT_EQ(to_table({{"a", "b"}, {"long", "c"}}), "a     b\nlong  c\n");
    EXPECT_EQ(to_table({{"茶（杯）", "b"}, {"long", "c"}}), "茶（杯）  b\nlong      c\n");
    EXPECT_EQ(to_table({{"5 µg", "b"}, {"–", "c"}}), "5 µg  b\n–     c\n");
    EXPECT_EQ(grouped(12'840), "12\u202F840");
    EXPECT_EQ(grouped(-1'000'000), "-1\u202F000\u202F000");
    EXPECT_EQ(grouped(999), "999");
}

class ToolTest : public DeskTest {};

TEST_F(ToolTest, EveryEndHasItsNumber) {
    EXPECT_EQ(finish(tool, {}), 0);
    for (const Exit exit :
         {Exit::refused, Exit::usage, Exit::not_found, Exit::unproven, Exit::unavailable, Exit::fork
         }) {
        EXPECT_EQ(finish(tool, fail(exit, "why")), static_cast<int>(exit));
    }
    EXPECT_EQ(out.str(), "");
    EXPECT_THAT(err.str(), HasSubstr("tanji: why"));
}

TEST_F(ToolTest, NothingIsAskedWithoutATerminal) {
    EXPECT_FALSE(tool.confirm("Sure?"));
    tool.yes = true;
    EXPECT_TRUE(tool.confirm("Sure?"));
    EXPECT_EQ(err.str(), "");
}

TEST_F(ToolTest, AKeyIsNeverOverwrittenAndNeverReadableByOthers) {
    const std::string file = path("key.pem");
    ASSERT_TRUE(new_key(tool, {file}));
    EXPECT_FALSE(new_key(tool, {file}));
    const auto key = load_key(file);
    ASSERT_TRUE(key);
    EXPECT_THAT(out.str(), HasSubstr(key->id().hex()));
    std::filesystem::permissions(
        file, std::filesystem::perms::group_read, std::filesystem::perm_options::add
    );
    const auto refused = load_key(file);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().exit, Exit::usage);
}

TEST_F(ToolTest, AnUnreachableNodeIsUnavailable) {
    tool.node = "http://127.0.0.1:1";
    tool.timeout_s = 1;
    const auto asked = status(tool);
    ASSERT_FALSE(asked);
    EXPECT_EQ(asked.error().exit, Exit::unavailable);
    tool.node = "nonsense";
    const auto nonsense = status(tool);
    ASSERT_FALSE(nonsense);
    EXPECT_EQ(nonsense.error().exit, Exit::usage);
}

class ComposeTest : public DeskTest {
protected:
    LedgerFacts facts() const {
        LedgerFacts facts;
        facts.ledger = ledger::sha256("genesis");
        facts.origin = "tanji.example/test";
        return facts;
    }
};

TEST_F(ComposeTest, AComposedCommandIsReadByTheLedger) {
    const std::string payload = compose("credit.retire", facts(), R"({"a":1})");
    const auto command = ledger::read_command(payload);
    ASSERT_TRUE(command) << command.error().detail;
    EXPECT_EQ(command->type, "credit.retire");
    EXPECT_EQ(command->ledger, facts().ledger);
    EXPECT_GT(command->not_after, now_ms());
    EXPECT_FALSE(command->salt.is_zero());
    EXPECT_EQ(command->id.hex()[12], '7') << "the id is a UUIDv7";
    EXPECT_NE(compose("credit.retire", facts(), "{}"), compose("credit.retire", facts(), "{}"));
}

TEST_F(ComposeTest, WhatAFileSaysStaysAsItIs) {
    const std::string id(32, 'a');
    const auto payload = complete(
        R"({"type":"credit.retire","id":")" + id + R"(","body":{"z":1,"a":"x"}})", facts()
    );
    ASSERT_TRUE(payload) << payload.error().sentence;
    const auto command = ledger::read_command(*payload);
    ASSERT_TRUE(command) << command.error().detail;
    EXPECT_EQ(command->id.hex(), id);
    EXPECT_THAT(*payload, HasSubstr(R"("body":{"z":1,"a":"x"})"));
    EXPECT_FALSE(complete(R"({"type":"credit.retire"})", facts()));
    EXPECT_FALSE(complete(R"({"type":"credit.retire","body":{},"bodi":{}})", facts()));
    EXPECT_FALSE(complete(R"({"type":"a.b","body":{},"body":{}})", facts()));
    EXPECT_FALSE(complete("[]", facts()));
}

TEST_F(ComposeTest, EverySignatureOfAnEnvelopeIsGood) {
    const std::vector<ledger::SigningKey> keys{
        ledger::SigningKey::generate(), ledger::SigningKey::generate()
    };
    const auto envelope = sign(compose("credit.retire", facts(), "{}"), keys);
    ASSERT_TRUE(envelope);
    ASSERT_EQ(envelope->signatures.size(), 2U);
    const std::string message = ledger::signed_bytes(*envelope);
    for (std::size_t i = 0; i < keys.size(); ++i) {
        EXPECT_EQ(envelope->signatures[i].keyid, keys[i].id());
        EXPECT_TRUE(verify(keys[i].public_key(), message, envelope->signatures[i].sig));
    }
    EXPECT_FALSE(sign("{}", keys)) << "that is no command";
}

TEST_F(ComposeTest, TheOutboxGivesBackEveryByte) {
    const Parcel parcel{
        ledger::CommandId::from_hex(std::string(32, 'b')).value(),
        "/v1/activities",
        "application/vnd.tanji.batch+cereal",
        "keyid=…; sig=…",
        std::string("\0\n\xFF body\n", 9)
    };
    ASSERT_TRUE(keep(parcel));
    auto kept = kept_parcels();
    ASSERT_TRUE(kept);
    ASSERT_EQ(kept->size(), 1U);
    EXPECT_EQ(kept->front().id, parcel.id);
    EXPECT_EQ(kept->front().path, parcel.path);
    EXPECT_EQ(kept->front().signature, parcel.signature);
    EXPECT_EQ(kept->front().body, parcel.body);
    forget(parcel.id);
    EXPECT_TRUE(kept_parcels()->empty());
}

TEST_F(ComposeTest, ACommandStaysInTheOutboxWhenNobodyAnswers) {
    tool.node = "http://127.0.0.1:1";
    tool.timeout_s = 1;
    Remote remote(tool);
    const std::vector<ledger::SigningKey> keys{ledger::SigningKey::generate()};
    const auto parcel = pack(*sign(compose("credit.retire", facts(), "{}"), keys));
    ASSERT_TRUE(parcel);
    const auto delivered = deliver(tool, remote, *parcel, {});
    ASSERT_FALSE(delivered);
    EXPECT_EQ(delivered.error().exit, Exit::unavailable);
    EXPECT_THAT(delivered.error().sentence, HasSubstr("tanji resume"));
    EXPECT_EQ(kept_parcels()->size(), 1U);
}

}  // namespace
}  // namespace tanji::tools
