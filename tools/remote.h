#pragma once

#include "ledger/value/json.h"
#include "tools/tool.h"

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tanji::api {
class Client;
}

namespace tanji::tools {

using Fields = std::vector<std::pair<std::string, std::string>>;

// What a node answered.
struct Reply {
    int status = 0;
    Fields fields;
    std::string body;

    bool ok() const { return status >= 200 && status < 300; }
    // The field's value or an empty text; names compare without case.
    std::string field(std::string_view name) const;
};

// One node, asked over HTTP. Fails as unavailable (5) when nothing came back at all.
class Remote {
public:
    explicit Remote(const Tool& tool);
    ~Remote();
    Remote(Remote&&) noexcept;
    Remote& operator=(Remote&&) = delete;

    Attempt<Reply> get(std::string_view target, const Fields& fields = {});
    Attempt<Reply> post(
        std::string_view target,
        std::string_view content_type,
        std::string_view body,
        const Fields& fields = {}
    );

    // A reply that must be good: its body, or its problem as a failure.
    Attempt<std::string> get_text(std::string_view target, const Fields& fields = {});
    Attempt<ledger::JsonValue> get_json(std::string_view target, const Fields& fields = {});

    const std::string& url() const { return url_; }

private:
    Attempt<Reply> send(
        std::string_view method,
        std::string_view target,
        std::string_view content_type,
        std::string_view body,
        const Fields& fields
    );

    std::string url_;
    Attempt<std::string> token_;  // empty without a token file; why it cannot be read
    std::unique_ptr<api::Client> client_;
};

// The failure that a reply which is not 2xx means.
Failure problem_of(const Reply& reply);

// Percent-encodes what may not stand in a query value.
std::string query_value(std::string_view text);

// Members of a reply: empty, 0 or false when they are missing or of another kind.
std::string text_of(const ledger::JsonValue& value, std::string_view member);
std::uint64_t number_of(const ledger::JsonValue& value, std::string_view member);
bool flag_of(const ledger::JsonValue& value, std::string_view member);

}  // namespace tanji::tools
