#include "ledger/command/command.h"
#include "tools/bench_measure.h"
#include "tools/bench_shots.h"

#include <map>
#include <numeric>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tanji::tools {
namespace {

using testing::ElementsAre;
using testing::Pair;

std::vector<double> one_to(int most) {
    std::vector<double> numbers(static_cast<std::size_t>(most));
    std::iota(numbers.begin(), numbers.end(), 1.0);
    return numbers;
}

TEST(Percentiles, AreSamplesThatWereTaken) {
    auto thousand = one_to(1'000);
    std::ranges::reverse(thousand);
    const Percentiles took = percentiles_of(thousand);
    EXPECT_EQ(took.p50, 500);
    EXPECT_EQ(took.p90, 900);
    EXPECT_EQ(took.p99, 990);
    EXPECT_EQ(took.p999, 999);
    EXPECT_EQ(took.most, 1'000);
}

TEST(Percentiles, OfFewSamplesAreTheNextOneUp) {
    auto three = one_to(3);
    EXPECT_EQ(percentiles_of(three).p50, 2);
    EXPECT_EQ(percentiles_of(three).p90, 3);
    auto one = one_to(1);
    EXPECT_EQ(percentiles_of(one).p50, 1);
    EXPECT_EQ(percentiles_of(one).p999, 1);
    std::vector<double> none;
    EXPECT_EQ(percentiles_of(none).most, 0);
}

TEST(VerifyRate, IsThatOfAGoodSignature) {
    const auto key = ledger::SigningKey::generate();
    const auto signature = key.sign("message");
    EXPECT_GT(verify_rate(key.public_key(), "message", signature, 0.02), 0);
    EXPECT_EQ(verify_rate(key.public_key(), "another", signature, 0.02), 0);
}

MixWorld small_world(const std::vector<ledger::Amount>& points) {
    MixWorld world;
    world.facts.ledger = ledger::sha256("genesis");
    world.offer = "shop.load-1";
    world.merchant = ledger::SigningKey::generate();
    for (const ledger::Amount each : points) {
        world.spenders.push_back(
            {.account = *ledger::UserId::from(ledger::random_bytes(ledger::UserId::length)),
             .key = ledger::SigningKey::generate(),
             .points = each}
        );
        world.points += each;
    }
    return world;
}

// Every command of the load, with what its signature is good for.
struct Signed {
    ledger::Command command;
    ledger::Envelope envelope;
};

Signed read_shot(const Shot& shot) {
    auto envelope = shot.signature.empty()
                        ? ledger::read_envelope(shot.body)
                        : ledger::detached_envelope(
                              "application/vnd.tanji.command+json", shot.body, shot.signature
                          );
    EXPECT_TRUE(envelope);
    auto command = ledger::read_command(envelope->payload);
    EXPECT_TRUE(command);
    return {std::move(*command), std::move(*envelope)};
}

bool is_signed_by(const Signed& each, const ledger::SigningKey& key) {
    const auto& signature = each.envelope.signatures.at(0);
    return signature.keyid == key.id() &&
           verify(key.public_key(), ledger::signed_bytes(each.envelope), signature.sig);
}

TEST(MixLoad, EachPairIsSignedByItsHolderAndTheMerchant) {
    const MixWorld world = small_world({2, 0, 1});
    const auto shots = sign_pairs(world, 3, 1);
    ASSERT_TRUE(shots);
    ASSERT_EQ(shots->size(), 3U);
    std::map<std::string, int> spent;
    std::set<std::string> ids;
    for (const PairOfShots& pair : *shots) {
        const Signed reserve = read_shot(pair.reserve);
        const Signed confirm = read_shot(pair.confirm);
        const std::string account = text_of(reserve.command.body, "account");
        const auto holder = std::ranges::find_if(world.spenders, [&](const Spender& spender) {
            return spender.account.hex() == account;
        });
        ASSERT_NE(holder, world.spenders.end());
        EXPECT_LE(++spent[account], holder->points);
        EXPECT_TRUE(is_signed_by(reserve, holder->key));
        EXPECT_TRUE(is_signed_by(confirm, world.merchant));
        EXPECT_EQ(reserve.command.type, "redemption.reserve");
        EXPECT_EQ(confirm.command.type, "redemption.confirm");
        EXPECT_EQ(text_of(confirm.command.body, "redemption"), reserve.command.id.hex());
        ids.insert({reserve.command.id.hex(), confirm.command.id.hex()});
        ids.insert(text_of(confirm.command.body, "voucher"));
    }
    EXPECT_EQ(ids.size(), 9U) << "no id and no voucher twice";
}

TEST(MixLoad, ManyCommandsInARequestAreLinesOfEnvelopes) {
    const auto shots = sign_pairs(small_world({5}), 5, 2);
    ASSERT_TRUE(shots);
    ASSERT_EQ(shots->size(), 3U);
    EXPECT_EQ(shots->front().reserve.commands, 2U);
    EXPECT_EQ(shots->back().reserve.commands, 1U);
    EXPECT_EQ(std::ranges::count(shots->front().confirm.body, '\n'), 2);
    EXPECT_TRUE(shots->front().reserve.signature.empty());
}

Attempt<Reply> reply_of(int status, const std::string& body) {
    return Reply{.status = status, .fields = {}, .body = body};
}

TEST(MixAnswers, OnlyWhatWasAppliedIsGood) {
    const std::string applied = R"({"outcome":"applied","certified":false})";
    EXPECT_EQ(read_answers(reply_of(201, applied), 1, false).good, 1U);
    const Answers waiting = read_answers(reply_of(201, applied), 1, true);
    EXPECT_EQ(waiting.good, 0U);
    EXPECT_THAT(waiting.faults, ElementsAre(Pair("not_certified", 1)));
    const std::string refused = R"({"code":"out_of_stock","detail":"none left"})";
    EXPECT_THAT(
        read_answers(reply_of(409, refused), 1, false).faults, ElementsAre(Pair("out_of_stock", 1))
    );
    EXPECT_THAT(
        read_answers(fail(Exit::unavailable, "gone"), 3, false).faults,
        ElementsAre(Pair("unavailable", 3))
    );
}

TEST(MixAnswers, EachLineIsCountedByItsOwnOutcome) {
    const std::string lines =
        R"({"line":1,"status":201,"body":{"outcome":"applied","certified":true}})"
        "\n"
        R"({"line":2,"status":409,"body":{"code":"insufficient_points"}})"
        "\n"
        R"({"line":3,"status":201,"body":{"outcome":"applied","certified":false}})"
        "\n";
    const Answers committed = read_answers(reply_of(200, lines), 3, false);
    EXPECT_EQ(committed.good, 2U);
    EXPECT_THAT(committed.faults, ElementsAre(Pair("insufficient_points", 1)));
    const Answers certified = read_answers(reply_of(200, lines), 4, true);
    EXPECT_EQ(certified.good, 1U);
    EXPECT_THAT(
        certified.faults,
        ElementsAre(Pair("insufficient_points", 1), Pair("not_certified", 1), Pair("unanswered", 1))
    );
}

TEST(Faults, OfConnectionsAreAddedUp) {
    Faults all{{"rate_limited", 1}};
    add(all, {{"rate_limited", 2}, {"unavailable", 1}});
    EXPECT_EQ(to_json(all), R"({"rate_limited":3,"unavailable":1})");
    EXPECT_EQ(to_json(Faults{}), "{}");
}

}  // namespace
}  // namespace tanji::tools
