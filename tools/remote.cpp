#include "tools/remote.h"

#include "api/client/client.h"
#include "tools/files.h"

#include <algorithm>

namespace tanji::tools {

using ledger::JsonValue;

namespace {

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_name(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, {}, lower, lower);
}

Reply to_reply(api::ClientReply&& raw) {
    Reply reply;
    reply.status = raw.status;
    for (api::HeaderField& field : raw.fields) {
        reply.fields.emplace_back(std::move(field.name), std::move(field.value));
    }
    reply.body = std::move(raw.body);
    return reply;
}

}  // namespace

std::string Reply::field(std::string_view name) const {
    const auto found =
        std::ranges::find_if(fields, [&](const auto& each) { return same_name(each.first, name); });
    return found != fields.end() ? found->second : std::string();
}

Remote::Remote(const Tool& tool) : url_(tool.node) {
    while (url_.ends_with('/')) {
        url_.pop_back();
    }
    // A long poll of `wait` seconds needs a little more than that.
    auto client =
        api::Client::open({.url = url_, .timeout_ms = 1'000 * (tool.timeout_s + 5), .ca_file = {}});
    if (client) {
        client_ = std::make_unique<api::Client>(std::move(*client));
    }
    if (!tool.token_file.empty()) {
        token_ = read_secret(tool.token_file);
        while (token_ && token_->ends_with('\n')) {
            token_->pop_back();
        }
    }
}

Remote::~Remote() = default;
Remote::Remote(Remote&&) noexcept = default;

Attempt<Reply> Remote::get(std::string_view target, const Fields& fields) {
    return send("GET", target, {}, {}, fields);
}

Attempt<Reply> Remote::post(
    std::string_view target,
    std::string_view content_type,
    std::string_view body,
    const Fields& fields
) {
    return send("POST", target, content_type, body, fields);
}

Attempt<Reply> Remote::send(
    std::string_view method,
    std::string_view target,
    std::string_view content_type,
    std::string_view body,
    const Fields& fields
) {
    if (client_ == nullptr) {
        return fail(Exit::usage, "{} is no address of a node, such as http://127.0.0.1:8460", url_);
    }
    api::ClientRequest request;
    request.method = method;
    request.target = target;
    request.body = body;
    if (!content_type.empty()) {
        request.fields.push_back({"Content-Type", std::string(content_type)});
    }
    if (!token_) {
        return failure(token_);
    }
    if (!token_->empty()) {
        request.fields.push_back({"Authorization", "Bearer " + *token_});
    }
    for (const auto& [name, value] : fields) {
        request.fields.push_back({name, value});
    }
    auto reply = client_->send(request);
    if (!reply) {
        return fail(Exit::unavailable, "{}: {}", url_, reply.error().detail);
    }
    return to_reply(std::move(*reply));
}

Attempt<std::string> Remote::get_text(std::string_view target, const Fields& fields) {
    auto reply = get(target, fields);
    if (!reply) {
        return failure(reply);
    }
    if (!reply->ok()) {
        return std::unexpected(problem_of(*reply));
    }
    return std::move(reply->body);
}

Attempt<JsonValue> Remote::get_json(std::string_view target, const Fields& fields) {
    auto text = get_text(target, fields);
    if (!text) {
        return failure(text);
    }
    auto value = ledger::parse_tolerant_json(*text);
    if (!value) {
        return fail(Exit::unavailable, "{}{} is no JSON: {}", url_, target, value.error().detail);
    }
    return std::move(*value);
}

Failure problem_of(const Reply& reply) {
    Failure failed;
    failed.exit = reply.status == 404 || reply.status == 410 ? Exit::not_found
                  : reply.status == 408 || reply.status == 429 || reply.status >= 500
                      ? Exit::unavailable
                  : reply.status == 400 ? Exit::usage
                                        : Exit::refused;
    failed.sentence = fmt::format("status {}", reply.status);
    if (const auto problem = ledger::parse_tolerant_json(reply.body)) {
        failed.code = text_of(*problem, "code");
        std::string said = text_of(*problem, "detail");
        if (said.empty()) {
            said = text_of(*problem, "title");
        }
        if (!said.empty()) {
            failed.sentence = said;
        }
    }
    return failed;
}

std::string query_value(std::string_view text) {
    std::string encoded;
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~' ||
                           c == '@' || c == ':';
        if (plain) {
            encoded += c;
        } else {
            encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
        }
    }
    return encoded;
}

std::string text_of(const JsonValue& value, std::string_view member) {
    const JsonValue* found = value.find(member);
    return found != nullptr && found->string() != nullptr ? *found->string() : std::string();
}

std::uint64_t number_of(const JsonValue& value, std::string_view member) {
    const JsonValue* found = value.find(member);
    return found != nullptr && found->integer() != nullptr ? *found->integer() : 0;
}

bool flag_of(const JsonValue& value, std::string_view member) {
    const JsonValue* found = value.find(member);
    return found != nullptr && found->boolean() != nullptr && *found->boolean();
}

}  // namespace tanji::tools
