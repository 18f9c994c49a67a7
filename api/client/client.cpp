#include "api/client/client.h"

#include "api/client/connection.h"

#include <algorithm>
#include <chrono>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

namespace tanji::api {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;
using ledger::ErrorCode;
using ledger::refuse;
using ledger::Result;
using ledger::Status;
using std::chrono::steady_clock;

bool equal_names(std::string_view a, std::string_view b) {
    const auto lower = [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    };
    return std::ranges::equal(a, b, {}, lower, lower);
}

}  // namespace

const std::string* ClientReply::field(std::string_view name) const {
    const auto found = std::ranges::find_if(fields, [&](const HeaderField& entry) {
        return equal_names(entry.name, name);
    });
    return found != fields.end() ? &found->value : nullptr;
}

// Requests and replies over a connection.
struct Client::Wire : ClientConnection {
    using ClientConnection::ClientConnection;

    Result<ClientReply> read_reply(bool to_head);
    std::string head_of(const ClientRequest& request) const;
    Result<ClientReply> exchange(const ClientRequest& request);
    void begin() { end_at(steady_clock::now() + std::chrono::milliseconds(settings().timeout_ms)); }

    bool began = false;  // a byte of the reply has come
};

Result<ClientReply> Client::Wire::read_reply(bool to_head) {
    http::response_parser<http::string_body> parser;
    parser.eager(true);
    parser.skip(to_head);
    parser.body_limit(settings().reply_bytes_max);
    parser.header_limit(64 * 1024);
    began = false;
    while (!parser.is_done()) {
        if (unread.empty() || parser.need_eof() || began) {
            const std::size_t before = unread.size();
            if (Status more = read(); !more) {
                close();
                return refusal(more);
            }
            if (unread.size() == before) {
                error_code failed = asio::error::eof;
                if (parser.got_some()) {
                    parser.put_eof(failed);
                }
                peer_ended();
                if (failed || !parser.is_done()) {
                    close();
                    return refuse(
                        ErrorCode::outcome_unknown, "{} ended the connection", settings().url
                    );
                }
                break;
            }
        }
        began = true;
        std::size_t used = 0;
        error_code failed;
        while (!parser.is_done() && used < unread.size() && !failed) {
            used += parser.put(asio::buffer(unread.data() + used, unread.size() - used), failed);
        }
        unread.erase(0, used);
        if (failed && failed != http::error::need_more) {
            close();
            return refuse(
                ErrorCode::outcome_unknown,
                "the reply of {} cannot be read: {}",
                settings().url,
                failed.message()
            );
        }
    }
    auto message = parser.release();
    ClientReply reply;
    reply.status = static_cast<int>(message.result_int());
    for (const auto& entry : message) {
        reply.fields.push_back({std::string(entry.name_string()), std::string(entry.value())});
    }
    reply.body = std::move(message.body());
    if (!message.keep_alive()) {
        close();
    }
    return reply;
}

std::string Client::Wire::head_of(const ClientRequest& request) const {
    std::string head;
    head.reserve(256);
    head.append(request.method).append(" ").append(request.target).append(" HTTP/1.1\r\nHost: ");
    if (place().host.contains(':')) {
        head.append("[").append(place().host).append("]");
    } else {
        head.append(place().host);
    }
    head.append(":").append(place().port).append("\r\n");
    for (const HeaderField& entry : request.fields) {
        head.append(entry.name).append(": ").append(entry.value).append("\r\n");
    }
    if (!request.body.empty() || request.method == "POST") {
        head.append("Content-Length: ").append(std::to_string(request.body.size())).append("\r\n");
    }
    return head.append("\r\n");
}

Result<ClientReply> Client::Wire::exchange(const ClientRequest& request) {
    const bool reused = is_connected();
    if (!is_connected()) {
        if (Status made = connect(); !made) {
            return refusal(made);
        }
    }
    began = false;
    Status written = write(head_of(request), request.body);
    // A server that refuses a body early answers and closes: its reply may be there all the same.
    Result<ClientReply> reply = read_reply(request.method == "HEAD");
    if (!reply && reused && !began && has_time()) {
        close();
        return exchange(request);
    }
    if (!reply && !written) {
        return refusal(written);
    }
    return reply;
}

Client::Client(std::unique_ptr<Wire> wire) : wire_(std::move(wire)) {}
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;
Client::~Client() = default;

const ClientSettings& Client::settings() const {
    return wire_->settings();
}

Result<Client> Client::open(ClientSettings settings) {
    Result<Endpoint> place = read_url(settings.url);
    if (!place) {
        return refusal(place);
    }
    return Client(std::make_unique<Wire>(std::move(settings), std::move(*place)));
}

Result<ClientReply> Client::send(const ClientRequest& request) {
    wire_->begin();
    return wire_->exchange(request);
}

Result<ClientReply> Client::get(std::string_view target) {
    return send({.method = "GET", .target = std::string(target), .fields = {}, .body = {}});
}

Result<ClientReply> Client::post(
    std::string_view target, std::string_view content_type, std::string body
) {
    return send({
        .method = "POST",
        .target = std::string(target),
        .fields = {{"Content-Type", std::string(content_type)}},
        .body = std::move(body),
    });
}

std::vector<Result<ClientReply>> Client::send_all(std::span<const ClientRequest> requests) {
    std::vector<Result<ClientReply>> replies;
    wire_->begin();
    Status going;
    if (!wire_->is_connected()) {
        going = wire_->connect();
    }
    std::string all;
    for (const ClientRequest& request : requests) {
        all += wire_->head_of(request);
        all += request.body;
    }
    if (going) {
        going = wire_->write(all, {});
    }
    for (const ClientRequest& request : requests) {
        if (going && !wire_->is_connected()) {
            going = refuse(ErrorCode::outcome_unknown, "{} ended early", wire_->settings().url);
        }
        if (!going) {
            replies.emplace_back(std::unexpected(going.error()));
            continue;
        }
        replies.push_back(wire_->read_reply(request.method == "HEAD"));
        if (!replies.back()) {
            going = std::unexpected(replies.back().error());
        }
    }
    return replies;
}

}  // namespace tanji::api
