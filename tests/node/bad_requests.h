#pragma once

#include "tests/node/bad_input.h"

#include <memory>
#include <string>
#include <vector>

// A node with the demo's data, for requests that never reach a rule of the ledger.
namespace tanji::node::test {

inline const std::string some_id(32, 'f');

class BadInput : public testing::Test {
protected:
    static void SetUpTestSuite() {
        node_ = std::make_unique<RunningNode>();
        node_->seed_data();
    }
    static void TearDownTestSuite() { node_.reset(); }

    static std::string account() { return node_->data().holders.front().account; }
    static std::string signed_by_metro(const Draft& draft) {
        const ledger::SigningKey& key = node_->key("metro");
        return sealed(*node_, draft, {&key});
    }
    // A retirement whose body is almost right.
    static std::string retirement(std::string_view amount, std::string_view credit_class) {
        return fmt::format(
            R"({{"account":"{}","class":"{}","amount":{},"purpose":"voluntary",)"
            R"("beneficiary":"b","commitment":null,"statement":"s","inventory":null,)"
            R"("instruction":null}})",
            account(),
            credit_class,
            amount
        );
    }
    static Refused bad_body(std::string name, std::string type, std::string body, std::string at) {
        return {
            .name = std::move(name),
            .sent = post(
                "/v1/commands", signed_by_metro({.type = std::move(type), .body = std::move(body)})
            ),
            .code = "command_malformed",
            .pointer = std::move(at),
        };
    }
    static std::string grant(ledger::TimeMs not_after, std::size_t wallet) {
        const ledger::SigningKey key = node_->wallet(wallet);
        const std::string payload = fmt::format(
            R"({{"ledger":"{}","account":"{}","scope":["account"],"not_after":{}}})",
            node_->alliance().genesis.ledger.hex(),
            account(),
            not_after
        );
        const auto signature = key.sign(ledger::pae(api::grant_payload_type, payload));
        return fmt::format(
            "tg1.{}.{}.{}",
            ledger::to_base64url(payload),
            key.id().hex(),
            ledger::to_base64url(signature.view())
        );
    }

    static inline std::unique_ptr<RunningNode> node_;
};

}  // namespace tanji::node::test
