#include "api/client/client.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>

#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/url/parse.hpp>

namespace tanji::api {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using ledger::ErrorCode;
using ledger::refuse;
using ledger::Result;
using ledger::Status;
using std::chrono::steady_clock;

constexpr std::size_t read_bytes = 64 * 1024;

struct Place {
    std::string host;
    std::string port;
    bool tls = false;
};

Result<Place> read_url(std::string_view text) {
    const auto url = boost::urls::parse_uri(text);
    if (!url || (url->scheme() != "http" && url->scheme() != "https") || url->host().empty()) {
        return refuse(ErrorCode::bad_request, "{:?} is not an http or https URL", text);
    }
    if (url->encoded_path() != "" && url->encoded_path() != "/") {
        return refuse(ErrorCode::bad_request, "{:?}: a node's URL has no path", text);
    }
    Place place;
    place.tls = url->scheme() == "https";
    place.host = url->host_address();
    place.port = url->has_port() ? std::string(url->port()) : (place.tls ? "443" : "80");
    return place;
}

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

struct Client::Wire {
    using Plain = tcp::socket;
    using Tls = asio::ssl::stream<tcp::socket>;

    Wire(ClientSettings given, Place the_place)
        : settings(std::move(given)),
          place(std::move(the_place)) {}

    // Runs until the operation that was started is done, or the deadline has passed.
    bool wait(const bool& done) {
        context.restart();
        while (!done) {
            if (context.run_one_until(deadline) == 0) {
                close();
                context.restart();
                context.run();  // the aborted operation ends here
                return false;
            }
        }
        return true;
    }

    void close() {
        error_code ignored;
        if (tls) {
            tls->next_layer().close(ignored);
        }
        if (plain) {
            plain->close(ignored);
        }
        unread.clear();
        connected = false;
    }

    Status fault(std::string_view what, error_code failed, bool in_time) const {
        return refuse(
            ErrorCode::outcome_unknown,
            "{} {}: {}",
            what,
            settings.url,
            in_time ? failed.message() : "no answer in time"
        );
    }

    Status connect() {
        close();
        tls.reset();
        plain.reset();
        error_code failed;
        tcp::resolver resolver(context);
        const auto endpoints = resolver.resolve(place.host, place.port, failed);
        if (failed) {
            return fault("cannot find", failed, true);
        }
        if (place.tls) {
            if (Status prepared = prepare_tls(); !prepared) {
                return prepared;
            }
        } else {
            plain.emplace(context);
        }
        tcp::socket& socket = tls ? tls->next_layer() : *plain;
        bool done = false;
        const auto finish = [&](error_code result, auto&&...) {
            failed = result;
            done = true;
        };
        asio::async_connect(socket, endpoints, finish);
        if (const bool in_time = wait(done); !in_time || failed) {
            return fault("cannot connect to", failed, in_time);
        }
        socket.set_option(tcp::no_delay(true), failed);
        if (tls) {
            done = false;
            tls->async_handshake(asio::ssl::stream_base::client, finish);
            if (const bool in_time = wait(done); !in_time || failed) {
                return fault("no TLS with", failed, in_time);
            }
        }
        connected = true;
        return {};
    }

    Status prepare_tls() {
        error_code failed;
        if (!tls_context) {
            tls_context.emplace(asio::ssl::context::tls_client);
            tls_context->set_verify_mode(asio::ssl::verify_peer, failed);
            if (settings.ca_file.empty()) {
                tls_context->set_default_verify_paths(failed);
            } else {
                tls_context->load_verify_file(settings.ca_file, failed);
            }
            if (failed) {
                tls_context.reset();
                return fault("cannot read the certificates to trust for", failed, true);
            }
        }
        tls.emplace(context, *tls_context);
        tls->set_verify_callback(asio::ssl::host_name_verification(place.host), failed);
        error_code no_address;
        asio::ip::make_address(place.host, no_address);
        if (no_address) {  // a name, not an address
            // The macro of OpenSSL for this casts as C does.
            ::SSL_ctrl(
                tls->native_handle(),
                SSL_CTRL_SET_TLSEXT_HOSTNAME,
                TLSEXT_NAMETYPE_host_name,
                place.host.data()
            );
        }
        return {};
    }

    Status write(std::string_view head, std::string_view body) {
        const std::array<asio::const_buffer, 2> both = {
            asio::buffer(head.data(), head.size()), asio::buffer(body.data(), body.size())
        };
        error_code failed;
        bool done = false;
        const auto finish = [&](error_code result, std::size_t) {
            failed = result;
            done = true;
        };
        if (tls) {
            asio::async_write(*tls, both, finish);
        } else {
            asio::async_write(*plain, both, finish);
        }
        const bool in_time = wait(done);
        return in_time && !failed ? Status{} : fault("cannot write to", failed, in_time);
    }

    // More bytes at the end of `unread`; none when the peer has ended the connection.
    Status read() {
        const std::size_t before = unread.size();
        unread.resize(before + read_bytes);
        const auto room = asio::buffer(unread.data() + before, read_bytes);
        error_code failed;
        bool done = false;
        std::size_t count = 0;
        const auto finish = [&](error_code result, std::size_t came) {
            failed = result;
            count = came;
            done = true;
        };
        if (tls) {
            tls->async_read_some(room, finish);
        } else {
            plain->async_read_some(room, finish);
        }
        const bool in_time = wait(done);
        if (in_time) {
            unread.resize(before + count);
        }
        if (!in_time || (failed && failed != asio::error::eof)) {
            return fault("cannot read from", failed, in_time);
        }
        return {};
    }

    Result<ClientReply> read_reply(bool to_head);
    std::string head_of(const ClientRequest& request) const;
    Result<ClientReply> exchange(const ClientRequest& request);

    ClientSettings settings;
    Place place;
    asio::io_context context{1};
    std::optional<asio::ssl::context> tls_context;
    std::optional<Plain> plain;
    std::optional<Tls> tls;
    bool connected = false;
    bool began = false;  // a byte of the reply has come
    std::string unread;
    steady_clock::time_point deadline;
};

Result<ClientReply> Client::Wire::read_reply(bool to_head) {
    http::response_parser<http::string_body> parser;
    parser.eager(true);
    parser.skip(to_head);
    parser.body_limit(settings.reply_bytes_max);
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
                connected = false;
                if (failed || !parser.is_done()) {
                    close();
                    return refuse(
                        ErrorCode::outcome_unknown, "{} ended the connection", settings.url
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
                settings.url,
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
    if (place.host.contains(':')) {
        head.append("[").append(place.host).append("]");
    } else {
        head.append(place.host);
    }
    head.append(":").append(place.port).append("\r\n");
    for (const HeaderField& entry : request.fields) {
        head.append(entry.name).append(": ").append(entry.value).append("\r\n");
    }
    if (!request.body.empty() || request.method == "POST") {
        head.append("Content-Length: ").append(std::to_string(request.body.size())).append("\r\n");
    }
    return head.append("\r\n");
}

Result<ClientReply> Client::Wire::exchange(const ClientRequest& request) {
    const bool reused = connected;
    if (!connected) {
        if (Status made = connect(); !made) {
            return refusal(made);
        }
    }
    began = false;
    Status written = write(head_of(request), request.body);
    // A server that refuses a body early answers and closes: its reply may be there all the same.
    Result<ClientReply> reply = read_reply(request.method == "HEAD");
    if (!reply && reused && !began && steady_clock::now() < deadline) {
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
    return wire_->settings;
}

Result<Client> Client::open(ClientSettings settings) {
    Result<Place> place = read_url(settings.url);
    if (!place) {
        return refusal(place);
    }
    return Client(std::make_unique<Wire>(std::move(settings), std::move(*place)));
}

Result<ClientReply> Client::send(const ClientRequest& request) {
    wire_->deadline = steady_clock::now() + std::chrono::milliseconds(wire_->settings.timeout_ms);
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
    wire_->deadline = steady_clock::now() + std::chrono::milliseconds(wire_->settings.timeout_ms);
    Status going;
    if (!wire_->connected) {
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
        if (going && !wire_->connected) {
            going = refuse(ErrorCode::outcome_unknown, "{} ended early", wire_->settings.url);
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
