#include "api/session.h"

#include "api/head_reader.h"
#include "api/place.h"
#include "api/problem.h"
#include "api/pump.h"
#include "api/wire.h"
#include "api/work.h"

#include <cassert>
#include <chrono>
#include <exception>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/status.hpp>
#include <boost/beast/http/string_body.hpp>

namespace tanji::api {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using ledger::ErrorCode;
using ledger::refuse;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t buffer_bytes = 16 * 1024;
constexpr std::size_t upload_buffer_bytes = 64 * 1024;
constexpr std::size_t write_piece_bytes = 256 * 1024;
constexpr std::size_t linger_bytes_max = 1024 * 1024;

std::string head_text(const Response& response, bool closing) {
    std::string head;
    head.reserve(512);
    const std::string_view phrase =
        http::obsolete_reason(static_cast<http::status>(response.status));
    head.append("HTTP/1.1 ").append(std::to_string(response.status)).append(" ");
    head.append(phrase).append("\r\n");
    const bool has_body = response.status != 204 && response.status != 304;
    if (has_body) {
        head.append("Content-Type: ").append(response.content_type).append("\r\n");
        if (response.feed == nullptr) {
            head.append("Content-Length: ").append(std::to_string(response.body.size()));
            head.append("\r\n");
        }
    }
    for (const Field& field : response.fields) {
        head.append(field.name).append(": ").append(field.value).append("\r\n");
    }
    if (closing) {
        head.append("Connection: close\r\n");
    }
    return head.append("\r\n");
}

// What is awaited gets a name and never stands in a condition: g++ 12 builds a coroutine then that
// dies when it is resumed.
class Connection : public Session, public std::enable_shared_from_this<Connection> {
public:
    Connection(
        asio::any_io_executor executor,
        std::unique_ptr<Stream> stream,
        std::string peer,
        SessionEnvironment& environment
    )
        : executor_(executor),
          peer_(std::move(peer)),
          environment_(environment),
          limits_(environment.gate.settings().limits),
          wire_(std::make_shared<Wire>(executor, std::move(stream))) {}

    std::int64_t idle_since() const override { return idle_since_; }

    void end_soon() override {
        asio::post(executor_, [self = shared_from_this()] {
            self->ending_ = true;
            if (self->feed_) {
                self->feed_->end();
            }
            if (self->idle_since_ != 0) {
                self->wire_->cancel();
            }
        });
    }

    void cut() override {
        asio::post(executor_, [self = shared_from_this()] {
            self->ending_ = true;
            if (self->feed_) {
                self->feed_->end();
            }
            self->wire_->close();
        });
    }

    asio::awaitable<void> serve() {
        const bool greeted = co_await wire_->handshake(limits_.handshake_ms);
        if (greeted) {
            for (std::size_t n = 0; n < limits_.requests_per_connection && !ending_; ++n) {
                const bool last = n + 1 == limits_.requests_per_connection;
                const bool another = co_await one_request(last);
                if (!another) {
                    break;
                }
            }
            co_await wire_->finish(limits_.tls_shutdown_ms);
        }
        wire_->stop();
    }

private:
    asio::awaitable<bool> send(const Response& response, bool closing, bool without_body) {
        const std::string head = head_text(response, closing);
        std::string_view body = without_body ? std::string_view() : response.body;
        wire_->allow(limits_.write_stall_ms);
        bool sent = co_await wire_->write(head, body.substr(0, write_piece_bytes));
        while (sent && body.size() > write_piece_bytes) {
            body.remove_prefix(write_piece_bytes);
            wire_->allow(limits_.write_stall_ms);
            sent = co_await wire_->write(body.substr(0, write_piece_bytes), {});
        }
        co_return sent;
    }

    // Sends the last reply, and then reads what the peer still sends: closing on unread bytes would
    // reset the connection before the peer has read the reply.
    asio::awaitable<bool> send_and_end(const Response& response, bool without_body = false) {
        const bool sent = co_await send(response, true, without_body);
        if (sent) {
            co_await wire_->finish(limits_.tls_shutdown_ms);
            co_await wire_->drop(linger_bytes_max);
        }
        co_return false;
    }

    // One request and its reply. Whether another one may follow.
    asio::awaitable<bool> one_request(bool last) {
        const IncomingHead incoming = co_await read_head_bytes(*wire_, limits_, idle_since_);
        const std::size_t bytes = incoming.bytes;
        const auto begun = steady_clock::now();
        if (bytes == 0) {
            if (incoming.refused) {
                co_return co_await refuse_head(*incoming.refused);
            }
            co_return false;
        }
        auto head = read_head(wire_->unread().substr(0, bytes), limits_);
        if (!head) {
            co_return co_await refuse_head(head.error());
        }
        wire_->take(bytes);
        const BodyForm form = head->body;
        const std::uint64_t length = head->content_length;
        const bool wants_continue = head->expects_continue;
        const bool closing = last || !head->keep_alive;

        const std::string method = head->method;
        auto admitted = environment_.gate.admit(std::move(*head), peer_);
        if (!admitted) {
            const Response& refused = admitted.error();
            report("none", method, refused, begun, 0);
            co_return co_await reply(refused, closing, method == "HEAD");
        }
        const bool counted = admitted->route->bucket != Bucket::none;
        if (counted && !environment_.gate.enter(admitted->is_upload)) {
            environment_.observer.rejected("overloaded");
            co_return co_await refuse_request(
                *admitted,
                refuse(ErrorCode::overloaded, "too much is in work here").error(),
                closing || form != BodyForm::none,
                begun
            );
        }
        // The place is given back also when this coroutine is destroyed.
        const auto place =
            std::make_shared<Place>(counted ? &environment_.gate : nullptr, admitted->is_upload);

        if (form != BodyForm::none) {
            if (wants_continue && wire_->unread().empty()) {
                wire_->allow(limits_.write_stall_ms);
                const bool told = co_await wire_->write("HTTP/1.1 100 Continue\r\n\r\n", {});
                if (!told) {
                    co_return false;
                }
            }
            const auto read = co_await read_body(*admitted, form, length);
            if (!read) {
                co_return co_await refuse_request(*admitted, read.error(), true, begun);
            }
        }
        Response response = co_await answer(executor_, environment_, *admitted, place);
        environment_.gate.complete(response, admitted->request.get());
        report(
            admitted->route->name,
            admitted->request->method,
            response,
            begun,
            admitted->request->body.size()
        );
        if (response.feed && !admitted->is_head) {
            place->give_back();  // streams are counted by themselves
            feed_ = response.feed;
            if (ending_) {
                feed_->end();
            }
            co_await pump(executor_, environment_, wire_, head_text(response, true), feed_);
            feed_.reset();
            co_return false;
        }
        co_return co_await reply(response, closing, admitted->is_head);
    }

    asio::awaitable<bool> reply(const Response& response, bool closing, bool without_body) {
        const bool ends = closing || response.close || ending_;
        if (response.close) {
            co_return co_await send_and_end(response, without_body);
        }
        const bool sent = co_await send(response, ends, without_body);
        co_return sent && !ends;
    }

    asio::awaitable<bool> refuse_head(ledger::Error error) {
        environment_.observer.rejected(
            error.code == ErrorCode::request_timeout ? "timeout" : "framing"
        );
        co_return co_await send_and_end(environment_.gate.refuse_head(error));
    }

    asio::awaitable<bool> refuse_request(
        const Admitted& admitted, ledger::Error error, bool closing, steady_clock::time_point begun
    ) {
        Response response = problem(error, *admitted.request);
        response.close = closing;
        environment_.gate.complete(response, admitted.request.get());
        report(admitted.route->name, admitted.request->method, response, begun, 0);
        co_return co_await reply(response, closing, admitted.is_head);
    }

    // Reads the body, bounded in size, time and rate. What cannot be read ends the connection.
    asio::awaitable<ledger::Status> read_body(
        const Admitted& admitted, BodyForm form, std::uint64_t length
    ) {
        std::string& body = admitted.request->body;
        http::request_parser<http::string_body> chunks;
        if (form == BodyForm::chunked) {
            start_chunks(chunks, admitted.body_bytes_max);
        }
        const auto begun = steady_clock::now();
        wire_->allow(limits_.body_ms);
        bool previewed = admitted.route->preview == nullptr;
        std::size_t looked = 0;
        const std::string& so_far = form == BodyForm::chunked ? chunks.get().body() : body;
        for (;;) {
            if (form == BodyForm::length) {
                const std::string_view here = wire_->unread().substr(0, length - body.size());
                body.append(here);
                wire_->take(here.size());
            } else if (auto fed = feed(chunks); !fed) {
                co_return fed;
            }
            if (!previewed && so_far.size() > 2 * looked) {
                looked = so_far.size();
                auto verdict = co_await preview(admitted, so_far);
                if (verdict && !*verdict) {
                    co_return std::unexpected(verdict->error());
                }
                previewed = verdict.has_value();
            }
            if (form == BodyForm::chunked ? chunks.is_done() : body.size() == length) {
                break;
            }
            const std::size_t room = admitted.is_upload ? upload_buffer_bytes : buffer_bytes;
            const bool more = co_await wire_->read_more(room);
            const auto passed = steady_clock::now() - begun;
            const std::size_t got = so_far.size();
            const bool slow = passed > milliseconds(limits_.body_grace_ms) &&
                              got * 1000 < static_cast<std::size_t>(limits_.body_bytes_per_second) *
                                               static_cast<std::size_t>(passed / milliseconds(1));
            if (wire_->expired() || slow) {
                co_return refuse(ErrorCode::request_timeout, "the body came too slowly");
            }
            if (!more) {
                co_return refuse(ErrorCode::bad_request, "the body ended early");
            }
        }
        if (form == BodyForm::chunked) {
            body = std::move(chunks.get().body());
        }
        co_return ledger::Status{};
    }

    // Our own checks have read the head; Beast undoes the chunks.
    static void start_chunks(http::request_parser<http::string_body>& chunks, std::size_t most) {
        chunks.eager(true);
        chunks.body_limit(most);
        constexpr std::string_view head = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
        boost::system::error_code failed;
        chunks.put(asio::buffer(head.data(), head.size()), failed);
        assert(!failed || failed == http::error::need_more);
    }

    ledger::Status feed(http::request_parser<http::string_body>& chunks) {
        while (!chunks.is_done() && !wire_->unread().empty()) {
            const std::string_view raw = wire_->unread();
            boost::system::error_code failed;
            const std::size_t used = chunks.put(asio::buffer(raw.data(), raw.size()), failed);
            wire_->take(used);
            if (failed == http::error::body_limit) {
                return refuse(ErrorCode::too_large, "the body is larger than what is read here");
            }
            if (failed && failed != http::error::need_more) {
                return refuse(ErrorCode::bad_request, "the chunks cannot be read");
            }
            if (used == 0) {
                if (raw.size() >= buffer_bytes) {
                    return refuse(ErrorCode::bad_request, "a chunk's head is too long");
                }
                break;
            }
        }
        return {};
    }

    asio::awaitable<std::optional<ledger::Status>> preview(
        const Admitted& admitted, const std::string& body
    ) {
        std::optional<ledger::Status> verdict;
        co_await on_worker(executor_, environment_, [&] {
            verdict = admitted.route->preview(*admitted.request, body);
        });
        co_return verdict;
    }

    void report(
        std::string_view route,
        std::string_view method,
        const Response& response,
        steady_clock::time_point begun,
        std::size_t bytes_in
    ) {
        const auto passed = steady_clock::now() - begun;
        environment_.observer.answered({
            .route = route,
            .method = method,
            .status = response.status,
            .microseconds = static_cast<std::uint64_t>(
                std::chrono::duration_cast<std::chrono::microseconds>(passed).count()
            ),
            .bytes_in = bytes_in,
            .bytes_out = response.body.size(),
            .trace_id = {},
        });
    }

    asio::any_io_executor executor_;
    std::string peer_;
    SessionEnvironment& environment_;
    const Limits& limits_;
    std::atomic<bool> ending_ = false;
    std::atomic<std::int64_t> idle_since_ = 0;
    std::shared_ptr<Wire> wire_;
    std::shared_ptr<Feed> feed_;  // while it is being sent
};

}  // namespace

std::shared_ptr<Session> start_session(
    asio::any_io_executor executor,
    std::unique_ptr<Stream> stream,
    std::string peer,
    SessionEnvironment& environment,
    std::function<void()> ended
) {
    auto made =
        std::make_shared<Connection>(executor, std::move(stream), std::move(peer), environment);
    // Never from within this call, which may hold a lock that `ended` takes.
    asio::post(executor, [executor, made, ended = std::move(ended)] {
        asio::co_spawn(
            executor,
            [made] { return made->serve(); },
            [made, ended](std::exception_ptr) { ended(); }
        );
    });
    return made;
}

}  // namespace tanji::api
