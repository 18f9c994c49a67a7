#include "tools/grants.h"

#include "ledger/value/json.h"
#include "tools/tool.h"

namespace tanji::tools {

namespace {

constexpr std::string_view grant_type = "application/vnd.tanji.read-grant+json";

}  // namespace

std::string make_grant(
    const ledger::SigningKey& key,
    const ledger::Hash& ledger,
    const std::string& account,
    const std::vector<std::string>& scopes,
    std::int64_t life_s
) {
    ledger::JsonWriter payload;
    payload.open_object().member("ledger", ledger.hex()).member("account", account);
    payload.name("scope").open_array();
    for (const std::string& scope : scopes) {
        payload.string(scope);
    }
    payload.close_array();
    payload.member("not_after", static_cast<std::uint64_t>(now_ms() + life_s * 1'000));
    payload.close_object();
    const auto signature = key.sign(ledger::pae(grant_type, payload.text()));
    return fmt::format(
        "tg1.{}.{}.{}",
        ledger::to_base64url(payload.text()),
        key.id().hex(),
        ledger::to_base64url(signature.view())
    );
}

}  // namespace tanji::tools
