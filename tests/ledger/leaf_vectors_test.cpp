#include "ledger/leaf_maker.h"
#include "ledger/points/award.h"
#include "ledger/proof/merkle.h"
#include "ledger/store/schema.h"
#include "ledger/tree.h"
#include "tests/ledger/world.h"
#include "tests/support/vectors.h"

#include <gtest/gtest.h>

// The contract's example of a hold, leaf by leaf: from the state that its attestation left behind,
// the rules have to make the very texts, out of the very commands.
namespace tanji::ledger::test {
namespace {

using tests::Json;

constexpr std::string_view credit_class = "sz-ph:metro-shenzhen@1:440300:2026";
constexpr TimeMs attested_at = 1'795'220'100'000;
constexpr std::string_view first_user = "a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1";
constexpr std::string_view second_user = "b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2";

// One point for ten grams. The example matures a quarter of an hour after the award: so in this
// programme that is when the local day ends.
Programme programme_of_the_example() {
    Programme programme;
    programme.slug = "sz-green";
    programme.version = 1;
    programme.owner = "metro";
    programme.utc_offset_minutes = 23 * 60 + 30;
    programme.schemes = {"sz-ph"};
    programme.rate_grams = 10;
    programme.delay_days = 1;
    programme.validity_days = 365;
    programme.currency = "CNY";
    programme.micro_per_point = 10'000;
    return programme;
}

Offer offer_of_the_example() {
    Offer offer;
    offer.merchant = "mall";
    offer.programme = "sz-green";
    offer.terms.price = 50;
    offer.terms.closes_at = time_ms_max;
    return offer;
}

class Example {
public:
    explicit Example(const Json& vectors) : vectors_(vectors) {
        const auto genesis = read_leaf(leaf(0));
        world_.thorough = false;
        world_.found(*genesis->public_part.find("genesis")->string(), genesis->time);
    }

    std::string leaf(std::uint64_t index) const { return vectors_["leaves"][index]["text"].text(); }
    std::string stored(LeafIndex index) { return world_.store().get(schema::leaf(index)).value(); }
    Hash root(TreeSize size) const { return vectors_["roots"][size].hash(); }
    World& world() { return world_; }

    StoredCommand command(std::uint64_t index) const {
        const Json envelope = vectors_["leaves"][index]["envelope"];
        auto read = read_envelope(to_canonical_text(envelope.value()));
        return {.envelope = std::move(read.value()), .attachment = {}};
    }

    // What the first four leaves left behind, as far as the others rest on it.
    void attest() {
        State state(world_.store());
        save_parties(state);
        Execution execution = {
            .state = state,
            .now = attested_at,
            .block = 9,
            .position = 0,
            .leaf = 3,
            .id = {},
            .salt = {},
            .signers = {},
            .effects = {},
            .postings = {},
            .allocations = {},
            .conflicts = {},
        };
        issue(execution, first_user, 653, 14);
        issue(execution, second_user, 364, 8);
        const LeafEntries entries = close_entries(execution);
        expect_entries(entries, execution.effects);
        save_head(state);
        world_.store().write(state.changes());
        world_.reopen();
    }

private:
    static std::optional<Account> user(std::string_view text) { return Account::parse(text); }

    void save_parties(State& state) {
        for (const auto& [account, salt] : *vectors_["account_salts"].value().object()) {
            AccountRow row;
            row.custodian = "bike";
            row.salt = *Salt::from_hex(*salt.string());
            if (account == first_user) {
                row.keys.push_back(*KeyId::from_hex(vectors_["openings"][0]["key"].text()));
            }
            save(state, schema::account(account), row);
        }
        const auto keys = tests::shared_json("vectors/tanji/dsse.json");
        for (const Json& key : Json(*keys)["keys"].each()) {
            const auto made = SigningKey::from_seed(key["seed"].hex());
            if (made.id().hex() == vectors_["openings"][0]["key"].text()) {
                KeyRow row;
                row.owner = first_user;
                row.key = made.public_key();
                save(state, schema::key(made.id()), row);
            }
        }
        const Programme programme = programme_of_the_example();
        save(state, schema::programme(programme.slug, 1), programme);
        Bytes version;
        append_u32(version, 1);
        state.put(schema::version('P', programme.slug), version);
        save(state, schema::offer("mall.metro-card-5"), offer_of_the_example());
    }

    static void issue(
        Execution& execution, std::string_view account, Amount grams, Amount reserved
    ) {
        const CreditPlace source = {.bucket = CreditBucket::issued, .account = {}};
        const CreditPlace reserve = {.bucket = CreditBucket::reserved, .account = {}};
        const CreditPlace held = {.bucket = CreditBucket::held, .account = user(account)};
        EXPECT_TRUE(post_credits(execution, credit_class, source, held, grams - reserved));
        EXPECT_TRUE(post_credits(execution, credit_class, source, reserve, reserved));
        const auto programme = programme_of_the_example();
        const auto points = award_points(execution, programme, "metro", *user(account), grams);
        ASSERT_TRUE(points);
        EXPECT_EQ(*points, grams / 10);
    }

    void expect_entries(const LeafEntries& entries, const Effects& effects) const {
        const auto wanted = vectors_["leaves"][3]["lines"].each();
        ASSERT_EQ(entries.lines.size(), wanted.size());
        for (std::size_t i = 0; i < wanted.size(); ++i) {
            EXPECT_EQ(to_text(entries.lines[i]), wanted[i].text());
        }
        const auto attestation = read_leaf(leaf(3));
        EXPECT_EQ(effects.lines, attestation->effects.lines);
        EXPECT_EQ(effects.credits, attestation->effects.credits);
        EXPECT_EQ(effects.points, attestation->effects.points);
    }

    void save_head(State& state) {
        Head head = world_.ledger().head();
        StoredTree tree(state, head.size, head.edge);
        for (const std::uint64_t index : {1U, 2U, 3U}) {
            state.put(schema::leaf(index), leaf(index));
            tree.append(leaf_hash(leaf(index)));
        }
        head.block = 11;
        head.time = attested_at;
        head.size = tree.size();
        head.root = tree.root();
        head.edge = tree.edge();
        save(state, schema::head(), head);
    }

    const Json& vectors_;
    World world_;
};

TEST(LeafVectors, TheRulesMakeTheLeavesOfTheExampleByteForByte) {
    TANJI_VECTORS(vectors, "vectors/tanji/leaf.json");
    Example example(vectors);
    World& world = example.world();
    EXPECT_EQ(example.stored(0), example.leaf(0));
    example.attest();
    EXPECT_EQ(world.ledger().head().root, example.root(4));

    world.now = 1'795'221'000'000;
    world.tick();
    EXPECT_EQ(example.stored(4), example.leaf(4)) << "points become spendable";

    world.now = 1'795'221'010'000;
    world.seal({example.command(5), example.command(6)});
    EXPECT_EQ(example.stored(5), example.leaf(5)) << "reservation";
    EXPECT_EQ(example.stored(6), example.leaf(6)) << "reservation refused";

    world.now = 1'795'221'100'000;
    world.seal({example.command(7)});
    EXPECT_EQ(example.stored(7), example.leaf(7)) << "confirmation by the merchant";

    world.now = 1'795'221'200'000;
    world.seal({example.command(8)});
    EXPECT_EQ(example.stored(8), example.leaf(8)) << "retirement";
    EXPECT_EQ(world.ledger().head().root, example.root(9));
    for (const LeafIndex index : {4U, 5U, 7U, 8U}) {
        std::vector<std::string> wanted;
        for (const Json& line : vectors["leaves"][index]["lines"].each()) {
            wanted.push_back(line.text());
        }
        EXPECT_EQ(world.view()->lines(index), wanted) << index;
    }
}

}  // namespace
}  // namespace tanji::ledger::test
