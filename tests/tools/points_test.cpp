#include "tests/tools/points_fixture.h"
#include "tools/outbox.h"
#include "tools/voucher.h"

#include <filesystem>

#include <gmock/gmock.h>

namespace tanji::tools {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST_F(PointsTest, RedeemReservesAtThePriceThatTheOfferSays) {
    objects = {{"/v1/offers/shop.card", R"({"offer":"shop.card","price":"50"})"}};
    EXPECT_EQ(
        run({"redeem", "shop.card", "--quantity", "2", "--hold", "30m", "--account", account}), 0
    );
    EXPECT_EQ(
        only_command(),
        "redemption.reserve {\"account\":\"a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1\","
        "\"offer\":\"shop.card\",\"quantity\":2,\"points\":\"100\",\"hold_s\":1800,"
        "\"instruction\":null}"
    );
    EXPECT_THAT(out.str(), HasSubstr("reserved  2 × shop.card  100 points of sz-green"));
    EXPECT_THAT(out.str(), HasSubstr("held until "));
}

TEST_F(PointsTest, AnAgreedPriceIsSentAsItIsAndNoOfferIsRead) {
    const std::string order = write("order.txt", "one card, please");
    EXPECT_EQ(
        run(
            {"redeem",
             "shop.card",
             "--points",
             "45",
             "--account",
             account,
             "--instruction",
             order,
             "--save",
             path("receipt.json")}
        ),
        0
    );
    EXPECT_EQ(
        only_command(),
        "redemption.reserve {\"account\":\"a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1\","
        "\"offer\":\"shop.card\",\"quantity\":1,\"points\":\"45\",\"hold_s\":900,"
        "\"instruction\":\"" +
            ledger::sha256("one card, please").hex() + "\"}"
    );
    EXPECT_THAT(read_targets(), IsEmpty());
    EXPECT_EQ(read(path("receipt.json")), "{\"receipt\":1}\n");
    EXPECT_THAT(out.str(), HasSubstr("receipt  " + path("receipt.json")));
}

TEST_F(PointsTest, ADryRunSendsTheSameBodyAndKeepsNothing) {
    EXPECT_EQ(run({"redeem", "shop.card", "--points", "50", "--account", account, "--dry-run"}), 0);
    EXPECT_THAT(only_command(), HasSubstr("\"points\":\"50\""));
    EXPECT_THAT(node.requests().back().target, "/v1/commands?dry_run=true");
    EXPECT_TRUE(kept_parcels()->empty());
}

TEST_F(PointsTest, UntilCertifiedWaitsForTheQuorum) {
    EXPECT_EQ(
        run({"redeem", "shop.card", "--points", "50", "--account", account, "--until", "certified"}
        ),
        0
    );
    EXPECT_THAT(node.requests().back().target, "/v1/commands?until=certified&wait=1");
}

TEST_F(PointsTest, ARefusalEndsWithOneAndItsCode) {
    verdict = {
        409,
        R"({"code":"insufficient_points","detail":"usable 15, needed 50","recorded":true,)"
        R"("outcome":{"type":"redemption.reserve","outcome":"refused","leaf_index":6}})"
    };
    EXPECT_EQ(run({"redeem", "shop.card", "--points", "50", "--account", account}), 1);
    EXPECT_THAT(err.str(), HasSubstr("insufficient_points: usable 15, needed 50"));
    EXPECT_THAT(out.str(), Not(HasSubstr("reserved  ")));
}

TEST_F(PointsTest, WhatCannotBeMeantIsNotSent) {
    for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
             {"redeem", "shop", "--account", account},
             {"redeem", "shop.card", "--points", "0", "--account", account},
             {"redeem", "shop.card", "--points", "5.5", "--account", account},
             {"redeem", "shop.card", "--quantity", "101", "--points", "5", "--account", account},
             {"redeem", "shop.card", "--hold", "15", "--points", "5", "--account", account},
             {"redeem", "shop.card", "--points", "5", "--account", "me"},
             {"redeem", "shop.card", "--points", "5"},  // nothing was opened with this key
             {"confirm", "B7", "--points", "5", "--voucher-file", path("v")},
             {"confirm", redemption, "--points", "-5", "--voucher-file", path("v")},
             {"confirm", redemption, "--points", "5"},
             {"refund", redemption, "--points", "5", "--stock", "keep"},
             {"refund", redemption},
             {"release", "x"},
             {"offer", "restock", "shop.card", "0"},
             {"offer", "restock", "shop.card", "many"},
             {"offer", "close", "shop"},
             {"offer", "publish", path("missing.json")},
         }) {
        EXPECT_EQ(run(words), 2) << testing::PrintToString(words);
    }
    EXPECT_THAT(sent(), IsEmpty());
    EXPECT_FALSE(std::filesystem::exists(path("v")));
}

TEST_F(PointsTest, AnOfferThatIsNotThereIsNotFound) {
    EXPECT_EQ(run({"redeem", "shop.card", "--account", account}), 3);
    EXPECT_THAT(sent(), IsEmpty());
}

TEST_F(PointsTest, AnAccountThatWasOpenedHereIsFoundByItsKey) {
    const std::string holder = write("holder.pem", ledger::SigningKey::generate().to_pem());
    EXPECT_EQ(run({"open", account, "--keys", holder}), 0);
    key_file = holder;
    EXPECT_EQ(run({"redeem", "shop.card", "--points", "50"}), 0);
    EXPECT_THAT(text_of_command(sent().back()), HasSubstr(account));
}

TEST_F(PointsTest, AConfirmationCommitsToACodeThatNeverLeaves) {
    const std::string file = path("voucher.json");
    EXPECT_EQ(run({"confirm", redemption, "--points", "50", "--voucher-file", file}), 0);
    const auto voucher = read_voucher(file, redemption);
    ASSERT_TRUE(voucher) << "and others cannot read it: " << voucher.error().sentence;
    EXPECT_EQ(voucher->code.size(), 29U);
    EXPECT_EQ(
        only_command(),
        "redemption.confirm {\"redemption\":\"01a1fb67180070008000000000000005\","
        "\"points\":\"50\",\"voucher\":\"" +
            ledger::commit("voucher", voucher->salt, voucher->code).hex() + "\"}"
    );
    for (const FakeRequest& request : node.requests()) {
        EXPECT_THAT(request.body + request.head, Not(HasSubstr(voucher->code)));
    }
    EXPECT_THAT(out.str() + err.str(), Not(HasSubstr(voucher->code)));
    EXPECT_THAT(err.str(), HasSubstr("tanji show voucher " + voucher->commitment().hex()));
}

TEST_F(PointsTest, ACertifiedConfirmationSaysThatTheCodeMayBeHandedOver) {
    certified = true;
    EXPECT_EQ(run({"confirm", redemption, "--points", "50", "--voucher-file", path("v.json")}), 0);
    EXPECT_THAT(err.str(), HasSubstr("may be handed over"));
}

TEST_F(PointsTest, ConfirmingAgainKeepsTheVoucher) {
    const std::vector<std::string> words{
        "confirm", redemption, "--points", "50", "--voucher-file", path("voucher.json")
    };
    EXPECT_EQ(run(words), 0);
    const std::string first = read(path("voucher.json"));
    EXPECT_EQ(run(words), 0);
    EXPECT_EQ(read(path("voucher.json")), first);
    const auto commands = sent();
    ASSERT_EQ(commands.size(), 2U);
    EXPECT_EQ(text_of_command(commands[0]), text_of_command(commands[1]));
}

TEST_F(PointsTest, AVoucherOfAnotherRedemptionIsNotUsedTwice) {
    const std::string file = path("voucher.json");
    EXPECT_EQ(run({"confirm", redemption, "--points", "50", "--voucher-file", file}), 0);
    const std::string other(32, 'c');
    EXPECT_EQ(run({"confirm", other, "--points", "50", "--voucher-file", file}), 2);
    EXPECT_EQ(sent().size(), 1U);
    EXPECT_THAT(err.str(), HasSubstr(redemption));
}

TEST_F(PointsTest, AMerchantMayBringItsOwnCode) {
    const std::string file = write("own.json", R"({"code":"GIFT-0001"})");
    EXPECT_EQ(run({"confirm", redemption, "--points", "50", "--voucher-file", file}), 0);
    const auto voucher = read_voucher(file, redemption);
    ASSERT_TRUE(voucher);
    EXPECT_EQ(voucher->code, "GIFT-0001");
    EXPECT_THAT(only_command(), HasSubstr(voucher->commitment().hex()));
}

TEST_F(PointsTest, ADryConfirmationMakesNoVoucher) {
    EXPECT_EQ(
        run({"confirm", redemption, "--points", "50", "--voucher-file", path("v"), "--dry-run"}), 0
    );
    EXPECT_FALSE(std::filesystem::exists(path("v")));
}

TEST(Voucher, CodesDiffer) {
    EXPECT_NE(new_voucher_code(), new_voucher_code());
}

TEST_F(PointsTest, ReleaseAndRefundSayWhatTheirOptionsSay) {
    EXPECT_EQ(run({"release", redemption, "--reason", "changed my mind"}), 0);
    EXPECT_EQ(
        run({"refund", redemption, "--points", "20", "--stock", "write_off", "--reason", "broken"}),
        0
    );
    const auto commands = sent();
    ASSERT_EQ(commands.size(), 2U);
    EXPECT_EQ(
        text_of_command(commands[0]),
        "redemption.release {\"redemption\":\"01a1fb67180070008000000000000005\","
        "\"reason\":\"changed my mind\",\"instruction\":null}"
    );
    EXPECT_EQ(
        text_of_command(commands[1]),
        "redemption.refund {\"redemption\":\"01a1fb67180070008000000000000005\","
        "\"points\":\"20\",\"stock\":\"write_off\",\"reason\":\"broken\"}"
    );
}

TEST_F(PointsTest, OffersGoAsTheirFilesMean) {
    const std::string file =
        write("offer.json", "{ \"offer\": \"shop.card\",\n \"price\": \"50\" }");
    EXPECT_EQ(run({"offer", "publish", file}), 0);
    EXPECT_EQ(run({"offer", "revise", file}), 0);
    EXPECT_EQ(run({"offer", "restock", "shop.card", "100"}), 0);
    EXPECT_EQ(run({"offer", "close", "shop.card"}), 2) << "nobody could be asked";
    EXPECT_EQ(run({"offer", "close", "shop.card", "-y"}), 0);
    std::vector<std::string> commands;
    for (const ledger::Envelope& envelope : sent()) {
        commands.push_back(text_of_command(envelope));
    }
    EXPECT_THAT(
        commands,
        ElementsAre(
            "offer.publish {\"offer\":\"shop.card\",\"price\":\"50\"}",
            "offer.revise {\"offer\":\"shop.card\",\"price\":\"50\"}",
            "offer.restock {\"offer\":\"shop.card\",\"units\":\"100\"}",
            "offer.close {\"offer\":\"shop.card\"}"
        )
    );
}

TEST_F(PointsTest, AProgrammeIsSignedByAllThatAreNamed) {
    const auto owner = ledger::SigningKey::generate();
    const std::string file = write("programme.json", R"({"slug":"sz-green"})");
    EXPECT_EQ(
        run({"publish", "programme", file, "--also-key", write("owner.pem", owner.to_pem())}), 0
    );
    EXPECT_EQ(only_command(), "programme.publish {\"slug\":\"sz-green\"}");
    const auto signatures = sent().front().signatures;
    ASSERT_EQ(signatures.size(), 2U);
    EXPECT_EQ(signatures[0].keyid, key.id());
    EXPECT_EQ(signatures[1].keyid, owner.id());
}

TEST_F(PointsTest, AFileWithTheSameMemberTwiceIsRefusedHere) {
    const std::string file = write("offer.json", R"({"offer":"shop.card","offer":"shop.bag"})");
    EXPECT_EQ(run({"offer", "publish", file}), 2);
    EXPECT_THAT(sent(), IsEmpty());
}

TEST_F(PointsTest, AHolderReadsTheAccountWithNothingButTheKey) {
    objects = {
        {std::string("/v1/accounts/") + account,
         R"({"account":"a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1","kind":"user","points":[)"
         R"({"programme":"sz-green","available":"1500","pending":"30","held":"50",)"
         R"("expiring":[{"on":"2027-01-01","points":"300"}],)"
         R"("becoming_available":[{"on":"2026-12-01","points":"30"}]}],)"
         R"("credits":[],"holds":[{"redemption":"01a1fb67180070008000000000000005",)"
         R"("programme":"sz-green","points":"50","hold_until":1795221910000}],)"
         R"("holds_more":false})"}
    };
    EXPECT_EQ(run({"show", "account", account}), 0);
    EXPECT_THAT(node.requests().back().head, HasSubstr("Authorization: Bearer tg1."));
    EXPECT_THAT(out.str(), HasSubstr("sz-green  1\u202F500      30       50"));
    EXPECT_THAT(out.str(), HasSubstr("2026-12-01  30      sz-green  become available"));
    EXPECT_THAT(out.str(), HasSubstr("2027-01-01  300     sz-green  expire"));
    EXPECT_THAT(out.str(), HasSubstr(redemption));
}

TEST_F(PointsTest, ListsTakeTheFiltersOfTheApi) {
    objects = {
        {"/v1/offers?limit=50&merchant=shop&open=true",
         R"({"data":[{"offer":"shop.card","price":"50"}],"next":null})"},
        {"/v1/clearing?programme=sz-green", R"({"data":[],"nets":[]})"},
    };
    EXPECT_EQ(run({"list", "offers", "--filter", "merchant=shop", "--filter", "open=true"}), 0);
    EXPECT_THAT(out.str(), HasSubstr("shop.card  50"));
    EXPECT_EQ(run({"show", "clearing", "--filter", "programme=sz-green"}), 0);
    EXPECT_EQ(run({"show", "clearing", "november"}), 2);
    EXPECT_EQ(run({"show", "offer"}), 2);
    EXPECT_EQ(run({"show", "ofer", "x"}), 2);
    EXPECT_THAT(err.str(), HasSubstr("did you mean offer?"));
}

}  // namespace
}  // namespace tanji::tools
