#include "api/session.h"

#include "api/problem.h"

#include <algorithm>
#include <cassert>
#include <exception>

#include <boost/asio/async_result.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
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

// Bytes that came and nobody has taken yet.
class Buffer {
public:
    std::string_view unread() const { return {data_.data() + begin_, end_ - begin_}; }
    void take(std::size_t count) {
        begin_ += count;
        if (begin_ == end_) {
            begin_ = end_ = 0;
        }
    }
    // Room behind the unread bytes, at most up to `bytes_max` of them in all.
    std::pair<char*, std::size_t> room(std::size_t bytes_max) {
        if (data_.size() < bytes_max) {
            data_.resize(bytes_max);
        }
        if (begin_ > 0) {
            std::copy(data_.data() + begin_, data_.data() + end_, data_.data());
            end_ -= begin_;
            begin_ = 0;
        }
        return {data_.data() + end_, data_.size() - end_};
    }
    void came(std::size_t count) { end_ += count; }

private:
    std::string data_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

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
        head.append("Content-Length: ").append(std::to_string(response.body.size()));
        head.append("\r\n");
    }
    for (const Field& field : response.fields) {
        head.append(field.name).append(": ").append(field.value).append("\r\n");
    }
    if (closing) {
        head.append("Connection: close\r\n");
    }
    return head.append("\r\n");
}

class Connection : public Session, public std::enable_shared_from_this<Connection> {
public:
    Connection(
        asio::any_io_executor executor,
        std::unique_ptr<Stream> stream,
        std::string peer,
        SessionEnvironment& environment
    )
        : executor_(executor),
          stream_(std::move(stream)),
          peer_(std::move(peer)),
          environment_(environment),
          limits_(environment.gate.settings().limits),
          timer_(executor) {}

    std::int64_t idle_since() const override { return idle_since_; }

    void end_soon() override {
        asio::post(executor_, [self = shared_from_this()] {
            self->ending_ = true;
            if (self->idle_since_ != 0) {
                self->stream_->cancel();
            }
        });
    }

    void cut() override {
        asio::post(executor_, [self = shared_from_this()] {
            self->ending_ = true;
            self->stream_->close();
        });
    }

    asio::awaitable<void> serve() {
        allow(limits_.handshake_ms);
        if (co_await stream_->handshake()) {
            for (std::size_t n = 0; n < limits_.requests_per_connection && !ending_; ++n) {
                const bool last = n + 1 == limits_.requests_per_connection;
                if (!co_await one_request(last)) {
                    break;
                }
            }
            co_await finish();
        }
        timer_.cancel();
        stopped_ = true;
        stream_->close();
    }

private:
    // From now on the operation under way may last so long. One timer serves all deadlines: it is
    // only set again when a deadline comes nearer, which is rare.
    void allow(std::uint32_t ms) {
        deadline_ = steady_clock::now() + milliseconds(ms);
        expired_ = false;
        if (deadline_ < armed_) {
            arm();
        }
    }

    void arm() {
        armed_ = deadline_;
        timer_.expires_at(armed_);
        timer_.async_wait([self = shared_from_this()](boost::system::error_code aborted) {
            if (aborted || self->stopped_) {
                return;
            }
            if (steady_clock::now() < self->deadline_) {
                self->arm();
                return;
            }
            self->armed_ = steady_clock::time_point::max();
            self->expired_ = true;
            self->stream_->cancel();
        });
    }

    asio::awaitable<bool> read_more(std::size_t bytes_max) {
        const auto [into, room] = buffer_.room(bytes_max);
        if (room == 0) {
            co_return false;
        }
        const std::size_t count = co_await stream_->read(into, room);
        buffer_.came(count);
        co_return count > 0;
    }

    asio::awaitable<bool> send(const Response& response, bool closing, bool without_body) {
        const std::string head = head_text(response, closing);
        std::string_view body = without_body ? std::string_view() : response.body;
        allow(limits_.write_stall_ms);
        bool sent = co_await stream_->write(head, body.substr(0, write_piece_bytes));
        while (sent && body.size() > write_piece_bytes) {
            body.remove_prefix(write_piece_bytes);
            allow(limits_.write_stall_ms);
            sent = co_await stream_->write(body.substr(0, write_piece_bytes), {});
        }
        co_return sent;
    }

    // Sends the last reply, and then reads what the peer still sends: closing on unread bytes would
    // reset the connection before the peer has read the reply.
    asio::awaitable<bool> send_and_end(const Response& response, bool without_body = false) {
        if (co_await send(response, true, without_body)) {
            co_await finish();
            std::string drop(buffer_bytes, '\0');
            for (std::size_t dropped = 0; dropped < linger_bytes_max && !expired_;) {
                const std::size_t count = co_await stream_->read(drop.data(), drop.size());
                if (count == 0) {
                    break;
                }
                dropped += count;
            }
        }
        co_return false;
    }

    asio::awaitable<void> finish() {
        allow(limits_.tls_shutdown_ms);
        if (!finished_) {
            finished_ = true;
            co_await stream_->finish();
        }
    }

    // Reads until a whole head is there. Nothing: the connection ends; `refused` may say why.
    asio::awaitable<std::size_t> head_bytes(std::optional<ledger::Error>& refused) {
        std::size_t seen = 0;
        bool timed = false;
        if (buffer_.unread().empty()) {
            allow(limits_.idle_ms);
            idle_since_ = steady_ms();
        }
        for (;;) {
            const std::string_view raw = buffer_.unread();
            const HeadEnd end = find_head_end(raw, seen);
            if (end.broken) {
                refused =
                    refuse(ErrorCode::bad_request, "a bare LF, a NUL or an empty line in the head")
                        .error();
                co_return 0;
            }
            if (end.bytes > 0 && end.bytes <= limits_.head_bytes_max) {
                idle_since_ = 0;
                co_return end.bytes;
            }
            if (raw.size() >= limits_.head_bytes_max) {
                const bool in_line = !raw.contains('\n');
                refused = refuse(
                              in_line ? ErrorCode::uri_too_long : ErrorCode::headers_too_large,
                              "the head has more than {} bytes",
                              limits_.head_bytes_max
                )
                              .error();
                co_return 0;
            }
            if (!raw.empty() && !timed) {
                idle_since_ = 0;
                allow(limits_.head_ms);
                timed = true;
            }
            seen = raw.size();
            if (!co_await read_more(limits_.head_bytes_max)) {
                idle_since_ = 0;
                if (expired_ && seen > 0) {
                    refused =
                        refuse(ErrorCode::request_timeout, "the head came too slowly").error();
                }
                co_return 0;
            }
        }
    }

    // One request and its reply. Whether another one may follow.
    asio::awaitable<bool> one_request(bool last) {
        std::optional<ledger::Error> fault;
        const std::size_t bytes = co_await head_bytes(fault);
        const auto begun = steady_clock::now();
        if (bytes == 0) {
            if (fault) {
                co_return co_await refuse_head(*fault);
            }
            co_return false;
        }
        auto head = read_head(buffer_.unread().substr(0, bytes), limits_);
        if (!head) {
            co_return co_await refuse_head(head.error());
        }
        buffer_.take(bytes);
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
        const Place place(counted ? &environment_.gate : nullptr, admitted->is_upload);

        if (form != BodyForm::none) {
            if (wants_continue && buffer_.unread().empty()) {
                allow(limits_.write_stall_ms);
                if (!co_await stream_->write("HTTP/1.1 100 Continue\r\n\r\n", {})) {
                    co_return false;
                }
            }
            const auto read = co_await read_body(*admitted, form, length);
            if (!read) {
                co_return co_await refuse_request(*admitted, read.error(), true, begun);
            }
        }
        Response response = co_await answer(*admitted);
        environment_.gate.complete(response, admitted->request.get());
        report(
            admitted->route->name,
            admitted->request->method,
            response,
            begun,
            admitted->request->body.size()
        );
        co_return co_await reply(response, closing, admitted->is_head);
    }

    class Place {
    public:
        Place(Gate* gate, bool upload) : gate_(gate), upload_(upload) {}
        Place(const Place&) = delete;
        Place& operator=(const Place&) = delete;
        ~Place() {
            if (gate_ != nullptr) {
                gate_->leave(upload_);
            }
        }

    private:
        Gate* gate_;
        bool upload_;
    };

    asio::awaitable<bool> reply(const Response& response, bool closing, bool without_body) {
        const bool ends = closing || response.close || ending_;
        if (response.close) {
            co_return co_await send_and_end(response, without_body);
        }
        co_return co_await send(response, ends, without_body) && !ends;
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
        allow(limits_.body_ms);
        bool previewed = admitted.route->preview == nullptr;
        std::size_t looked = 0;
        const std::string& so_far = form == BodyForm::chunked ? chunks.get().body() : body;
        for (;;) {
            if (form == BodyForm::length) {
                const std::string_view here = buffer_.unread().substr(0, length - body.size());
                body.append(here);
                buffer_.take(here.size());
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
            const bool more = co_await read_more(room);
            const auto passed = steady_clock::now() - begun;
            const std::size_t got = so_far.size();
            const bool slow = passed > milliseconds(limits_.body_grace_ms) &&
                              got * 1000 < static_cast<std::size_t>(limits_.body_bytes_per_second) *
                                               static_cast<std::size_t>(passed / milliseconds(1));
            if (expired_ || slow) {
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
        while (!chunks.is_done() && !buffer_.unread().empty()) {
            const std::string_view raw = buffer_.unread();
            boost::system::error_code failed;
            const std::size_t used = chunks.put(asio::buffer(raw.data(), raw.size()), failed);
            buffer_.take(used);
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
        co_await on_worker([&] { verdict = admitted.route->preview(*admitted.request, body); });
        co_return verdict;
    }

    // Runs `work` on a worker and goes on here when it is done.
    asio::awaitable<void> on_worker(std::function<void()> work) {
        co_await asio::async_initiate<const asio::use_awaitable_t<>&, void()>(
            [this, &work](auto completion) {
                auto done = std::make_shared<decltype(completion)>(std::move(completion));
                environment_.run_on_worker([this, done, work = std::move(work)] {
                    work();
                    asio::post(executor_, [done] { std::move (*done)(); });
                });
            },
            asio::use_awaitable
        );
    }

    asio::awaitable<Response> answer(const Admitted& admitted) {
        const RequestPtr request = admitted.request;
        auto response = co_await asio::
            async_initiate<const asio::use_awaitable_t<>&, void(std::optional<Response>)>(
                [this, &admitted, request](auto completion) {
                    auto done = std::make_shared<decltype(completion)>(std::move(completion));
                    Respond respond([done, executor = executor_](std::optional<Response> made) {
                        asio::post(executor, [done, made = std::move(made)]() mutable {
                            std::move (*done)(std::move(made));
                        });
                    });
                    run(*admitted.route, request, std::move(respond));
                },
                asio::use_awaitable
            );
        if (response) {
            co_return std::move(*response);
        }
        environment_.observer.failed("a request was not answered", request->trace_id);
        co_return problem(
            refuse(ErrorCode::internal, "the request was not answered").error(), *request
        );
    }

    void run(const Route& route, const RequestPtr& request, Respond respond) {
        auto work =
            [&route, request, respond = std::move(respond), &observer = environment_.observer] {
                try {
                    route.handler(request, respond);
                } catch (const std::exception& thrown) {
                    observer.failed(thrown.what(), request->trace_id);
                    respond(problem(
                        refuse(ErrorCode::internal, "something went wrong here").error(), *request
                    ));
                }
            };
        if (route.blocking) {
            environment_.run_on_worker(std::move(work));
        } else {
            work();
        }
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
    std::unique_ptr<Stream> stream_;
    std::string peer_;
    SessionEnvironment& environment_;
    const Limits& limits_;
    asio::steady_timer timer_;
    steady_clock::time_point deadline_ = steady_clock::time_point::max();
    steady_clock::time_point armed_ = steady_clock::time_point::max();
    bool expired_ = false;
    bool stopped_ = false;
    bool finished_ = false;
    std::atomic<bool> ending_ = false;
    std::atomic<std::int64_t> idle_since_ = 0;
    Buffer buffer_;
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

std::int64_t steady_ms() {
    return std::chrono::duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count();
}

}  // namespace tanji::api
