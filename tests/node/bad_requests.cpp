#include "tests/node/bad_requests.h"

#include "api/credentials.h"
#include "ledger/command/envelope.h"

#include <utility>

namespace tanji::node::test {

void BadInput::SetUpTestSuite() {
    node_ = std::make_unique<RunningNode>();
    node_->seed_data();
}

std::string BadInput::signed_by_metro(const Draft& draft) {
    const ledger::SigningKey& key = node_->key("metro");
    return sealed(*node_, draft, {&key});
}

std::string BadInput::retirement(std::string_view amount, std::string_view credit_class) {
    return fmt::format(
        R"({{"account":"{}","class":"{}","amount":{},"purpose":"voluntary",)"
        R"("beneficiary":"b","commitment":null,"statement":"s","inventory":null,)"
        R"("instruction":null}})",
        account(),
        credit_class,
        amount
    );
}

Refused BadInput::bad_body(std::string name, std::string type, std::string body, std::string at) {
    return {
        .name = std::move(name),
        .sent = post(
            "/v1/commands", signed_by_metro({.type = std::move(type), .body = std::move(body)})
        ),
        .code = "command_malformed",
        .pointer = std::move(at),
    };
}

std::string BadInput::grant(ledger::TimeMs not_after, std::size_t wallet) {
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

}  // namespace tanji::node::test
