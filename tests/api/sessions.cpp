#include "tests/api/sessions.h"

#include <chrono>
#include <stdexcept>
#include <thread>
#include <utility>

namespace tanji::api {

Sessions::~Sessions() = default;

void Sessions::SetUp() {
    add("echo",
        "POST",
        "/v1/commands",
        BodyRule::commands,
        [](RequestPtr request, Respond respond) { respond(text(request->body)); });
    add("hello", "GET", "/hello/{name}", BodyRule::none, [](RequestPtr request, Respond respond) {
        respond(text("hello " + request->of_path("name")));
    });
    add("slow", "GET", "/slow", BodyRule::none, [](RequestPtr, Respond respond) {
        std::thread([respond] {
            std::this_thread::sleep_for(std::chrono::milliseconds(60));
            respond(text("slow"));
        }).detach();
    });
    add("forgets", "GET", "/forgets", BodyRule::none, [](RequestPtr, Respond) {});
    add("throws", "GET", "/throws", BodyRule::none, [](RequestPtr, Respond) {
        throw std::runtime_error("a secret");
    });
    add("large", "GET", "/large", BodyRule::none, [](RequestPtr, Respond respond) {
        respond(text(std::string(3'000'000, 'x')));
    });
    add(
        "members",
        "GET",
        "/members",
        BodyRule::none,
        [](RequestPtr request, Respond respond) { respond(text(request->principal.member)); },
        Access::member
    );
    Route upload = route(
        "upload",
        "POST",
        "/v1/activities",
        BodyRule::upload,
        [](RequestPtr request, Respond respond) {
            respond(text(std::to_string(request->body.size())));
        }
    );
    upload.preview =
        [this](const Request&, std::string_view body) -> std::optional<ledger::Status> {
        const auto line = body.find('\n');
        if (line == std::string_view::npos) {
            return std::nullopt;
        }
        previewed_ = body.size();
        if (body.starts_with("bad")) {
            return ledger::refuse(ledger::ErrorCode::signature_invalid, "not signed");
        }
        return ledger::Status{};
    };
    router_.add(std::move(upload));
}

void Sessions::TearDown() {
    if (server_) {
        server_->stop(200);
    }
}

Response Sessions::text(std::string body) {
    Response made;
    made.content_type = "text/plain";
    made.body = std::move(body);
    return made;
}

Route Sessions::route(
    std::string_view name,
    std::string_view method,
    std::string_view pattern,
    BodyRule body,
    Handler handler
) {
    Route made;
    made.name = name;
    made.method = method;
    made.pattern = pattern;
    made.body = body;
    made.access = method == "POST" ? Access::signed_command : Access::open;
    made.handler = std::move(handler);
    return made;
}

void Sessions::add(
    std::string_view name,
    std::string_view method,
    std::string_view pattern,
    BodyRule body,
    Handler handler,
    std::optional<Access> access
) {
    Route made = route(name, method, pattern, body, std::move(handler));
    made.access = access.value_or(made.access);
    router_.add(std::move(made));
}

void Sessions::serve() {
    settings_.now = [this] { return now_.load(); };
    settings_.token = [](std::string_view bearer, ledger::TimeMs) -> ledger::Result<Principal> {
        if (bearer != "good") {
            return ledger::refuse(ledger::ErrorCode::token_invalid, "not known");
        }
        return Principal{.member = "metro", .token_id = "00", .may_read = true};
    };
    gate_ = std::make_unique<Gate>(settings_, router_, observer_);
    auto started = Server::start(
        {.address = "127.0.0.1", .port = 0, .io_threads = 2, .workers = 2, .tls = tls_},
        *gate_,
        observer_
    );
    ASSERT_TRUE(started) << started.error().detail;
    server_ = std::move(*started);
}

Client Sessions::client() const {
    auto made = Client::open({
        .url = "http://127.0.0.1:" + std::to_string(server_->port()),
        .timeout_ms = 5000,
        .ca_file = {},
    });
    return std::move(*made);
}

}  // namespace tanji::api
