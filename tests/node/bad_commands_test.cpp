// Commands that are well formed and signed, and refused by a rule: each is a leaf of its own and
// moves nothing.
#include "tests/node/bad_commands.h"

#include "ledger/value/json.h"

namespace tanji::node::test {
namespace {

TEST_F(BadCommands, ARefusedCommandIsOneLeafAndMovesNothing) {
    const std::string account = holder().account;
    const std::string cls = holder().credit_class;
    const ledger::TimeMs now = RunningNode::now_ms();
    std::vector<ledger::SigningKey> fresh;
    for (int i = 0; i < 4; ++i) {
        fresh.push_back(demo_key(RunningNode::seed, fmt::format("wallet-fresh-{}", i)));
    }
    const std::vector<std::string> with_fresh = {
        "wallet", "wallet-fresh-0", "wallet-fresh-1", "wallet-fresh-2", "wallet-fresh-3"
    };
    const std::string nobody(32, 'd');
    expect_all_refused(
        *node_,
        {
            refused(
                "command_expired",
                422,
                command(
                    "account.open",
                    open(new_id()),
                    {"wallet"},
                    {.not_after = std::to_string(now - 1'000)}
                )
            ),
            refused(
                "not_after_too_far",
                422,
                command(
                    "account.open",
                    open(new_id()),
                    {"wallet"},
                    {.not_after = std::to_string(now + 8 * ledger::ms_per_day)}
                )
            ),
            refused("role_missing", 403, command("account.open", open(new_id()), {"shop"})),
            refused("account_exists", 409, command("account.open", open(account), {"wallet"})),
            refused(
                "key_exists",
                409,
                command(
                    "account.open",
                    open(new_id(), key_list({node_->wallet(1)})),
                    {"wallet", "wallet-1"}
                )
            ),
            refused(
                "key_not_proven",
                422,
                command("account.open", open(new_id(), key_list({fresh[0]})), {"wallet"})
            ),
            refused(
                "key_limit",
                422,
                command("account.open", open(new_id(), key_list(fresh)), with_fresh)
            ),
            refused(
                "account_unknown", 404, command("credit.retire", retire(nobody, cls), {"wallet"})
            ),
            refused(
                "signatures_insufficient",
                403,
                command("credit.retire", retire(account, cls), {"wallet"})
            ),
            refused(
                "signatures_insufficient",
                403,
                command("credit.retire", retire(account, cls), {"wallet-2"})
            ),
            refused(
                "class_unknown",
                404,
                command("credit.retire", retire(account, "sz-ph:none@1:440300:2026"), {"wallet-1"})
            ),
            refused(
                "insufficient_credits",
                409,
                command(
                    "credit.retire",
                    retire(account, cls, std::to_string(holder().grams + 1)),
                    {"wallet-1"}
                )
            ),
            refused(
                "insufficient_credits",
                409,
                command("credit.retire", retire(account, cls, "999999999999999999"), {"wallet-1"})
            ),
            refused(
                "transfer_not_allowed",
                422,
                command("credit.transfer", transfer(account, "ev"), {"wallet-1"})
            ),
            refused(
                "transfer_not_allowed",
                422,
                command("credit.transfer", transfer("ev", "ev"), {"ev"})
            ),
            refused(
                "account_unknown", 404, command("credit.transfer", transfer("ev", "nobody"), {"ev"})
            ),
            refused(
                "signatures_insufficient",
                403,
                command("credit.transfer", transfer("ev", "metro"), {"metro"})
            ),
            refused(
                "insufficient_credits",
                409,
                command("credit.transfer", transfer("ev", "metro"), {"ev"})
            ),
            refused(
                "recipient_not_allowed",
                422,
                command("credit.assign", assign("metro", "donate"), {"wallet-1"})
            ),
            refused(
                "signatures_insufficient",
                403,
                command("credit.assign", assign("metro", "assign"), {"wallet-1"})
            ),
            refused("obligation_exceeded", 409, command("credit.cancel", cancel(cls), {"ev"})),
        }
    );
}

TEST_F(BadCommands, AVerdictThatTheRulesForbidIsRefused) {
    const std::string batch = open_batch();
    const std::string issued = node_->data().batches.front();
    const std::string revoke = R"({"batch":")" + batch +
                               R"(","records":null,"reason":"other","free":true,"evidence":null})";
    expect_all_refused(
        *node_,
        {
            refused(
                "batch_unknown",
                404,
                command("activity.attest", attest(std::string(32, 'd')), {"verico"})
            ),
            refused("role_missing", 403, command("activity.attest", attest(batch), {"shop"})),
            refused("batch_state", 409, command("activity.attest", attest(issued), {"verico"})),
            refused(
                "index_invalid",
                422,
                command("activity.attest", attest(batch, "accept_except", "[[0,9999]]"), {"verico"})
            ),
            refused(
                "index_invalid",
                422,
                command("activity.attest", attest(batch, "accept_except", "[[0,29]]"), {"verico"})
            ),
            refused(
                "sample_incomplete",
                422,
                command("activity.attest", attest(batch, "accept", "[]", 1), {"verico"})
            ),
            refused("batch_state", 409, command("activity.revoke", revoke, {"metro"})),
        }
    );
}

TEST_F(BadCommands, ADocumentThatProvesNothingIsNotPublished) {
    std::vector<std::string> all;
    for (const auto& [member, key] : node_->alliance().keys) {
        all.push_back(member);
    }
    const auto publish = [](std::string_view document) {
        ledger::JsonWriter out;
        out.open_object().member("scheme", "sz-ph").member("document", document).close_object();
        return out.take();
    };
    const std::string published = node_->service().local()->methodology("bike-demo@1")->document;
    std::string third = published;
    third.replace(third.find("bike-demo@1"), 11, "bike-demo@3");
    std::string wrong_unit = third;
    wrong_unit.replace(wrong_unit.find(R"("unit":"m")"), 10, R"("unit":"kWh")");
    std::string wrong_vector = published;
    wrong_vector.replace(wrong_vector.find("176305000"), 9, "176305001");
    wrong_vector.replace(wrong_vector.find("bike-demo@1"), 11, "bike-demo@2");
    expect_all_refused(
        *node_,
        {
            refused(
                "signatures_insufficient",
                403,
                command("methodology.publish", publish(third), {"metro"})
            ),
            refused("version_not_next", 409, command("methodology.publish", publish(third), all)),
            refused(
                "version_not_next", 409, command("methodology.publish", publish(published), all)
            ),
            refused(
                "methodology_invalid",
                422,
                command("methodology.publish", publish("{}"), all),
                "/tanji",
                "document_malformed"
            ),
            refused(
                "methodology_invalid",
                422,
                command("methodology.publish", publish(wrong_unit), all),
                "/inputs/0/unit",
                "unit_mismatch"
            ),
            refused(
                "methodology_invalid",
                422,
                command("methodology.publish", publish(wrong_vector), all),
                "/vectors/0/records/0",
                "vector_failed"
            ),
            refused(
                "factor_set_invalid",
                422,
                command("factors.publish", R"({"document":"[]"})", all),
                "",
                "document_malformed"
            ),
        }
    );
}

TEST_F(BadCommands, AnIdStandsForTheSameBytesForEver) {
    const std::string id = new_id();
    const Sent first = command("account.open", open(new_id()), {"wallet"}, {.id = id});
    ASSERT_EQ(ask(node_->port(), first).status, 200);
    const Books before = books_of(*node_);
    ASSERT_EQ(ask(node_->port(), first).status, 200);
    EXPECT_EQ(books_of(*node_), before) << "the same bytes again are the same command";
    expect_all_refused(
        *node_,
        {{"id_reused",
          command("account.open", open(new_id()), {"wallet"}, {.id = id}),
          409,
          "id_reused",
          "/id"}}
    );
}

}  // namespace
}  // namespace tanji::node::test
