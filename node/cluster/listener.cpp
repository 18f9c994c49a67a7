#include "node/cluster/listener.h"

#include <exception>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

namespace tanji::node {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using ledger::ErrorCode;
using ledger::refuse;
using std::chrono::milliseconds;

constexpr auto waiting = asio::as_tuple(asio::use_awaitable);
constexpr milliseconds offer_again{5};
constexpr milliseconds accept_again{100};

}  // namespace

Listener::Listener(asio::io_context& io, std::shared_ptr<Tls> tls, Register& register_of_all)
    : io_(io),
      tls_(std::move(tls)),
      register_(register_of_all),
      acceptor_(io),
      pause_(io) {}

ledger::Status Listener::listen(const std::string& address) {
    const auto colon = address.rfind(':');
    std::string host = colon == std::string::npos ? "" : address.substr(0, colon);
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
        host = host.substr(1, host.size() - 2);
    }
    boost::system::error_code failed = asio::error::invalid_argument;
    if (!host.empty()) {
        tcp::resolver resolver(io_);
        const auto places =
            resolver.resolve(host, address.substr(colon + 1), tcp::resolver::passive, failed);
        if (!failed && !places.empty()) {
            const tcp::endpoint place = places.begin()->endpoint();
            acceptor_.open(place.protocol(), failed);
            if (!failed) {
                acceptor_.set_option(tcp::acceptor::reuse_address(true), failed);
                acceptor_.bind(place, failed);
            }
            if (!failed) {
                acceptor_.listen(asio::socket_base::max_listen_connections, failed);
            }
        }
    }
    if (failed) {
        return refuse(
            ErrorCode::bad_request, "cannot listen for peers at {}: {}", address, failed.message()
        );
    }
    port_ = acceptor_.local_endpoint(failed).port();
    return {};
}

void Listener::start() {
    asio::co_spawn(io_, [self = shared_from_this()] { return self->accept_all(); }, asio::detached);
}

void Listener::stop() {
    stopped_ = true;
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    pause_.cancel();
    for (const auto& connection : greetings_) {
        connection->close();
    }
}

// What is awaited gets a name and never stands in a condition: g++ 12 builds a coroutine then that
// dies when it is resumed.
asio::awaitable<void> Listener::accept_all() {
    while (!stopped_) {
        auto [failed, socket] = co_await acceptor_.async_accept(waiting);
        if (stopped_) {
            break;
        }
        if (failed) {  // too many files open, or a connection that is gone again
            pause_.expires_after(accept_again);
            const auto paused = co_await pause_.async_wait(waiting);
            static_cast<void>(paused);
            continue;
        }
        make_room();
        try {
            auto connection = std::make_shared<Connection>(std::move(socket), tls_);
            greetings_.push_back(connection);
            asio::co_spawn(
                io_,
                [self = shared_from_this(), connection] { return self->serve(connection); },
                [self = shared_from_this(), connection](std::exception_ptr) {
                    self->forget(*connection);
                    connection->close();
                }
            );
        } catch (const std::exception&) {  // no memory for another one: that one is closed
            continue;
        }
    }
}

// Whoever holds many connections open without a word cannot keep the others out: the oldest has
// had its time.
void Listener::make_room() {
    if (greetings_.size() >= greetings_max) {
        greetings_.front()->close();
        greetings_.pop_front();
    }
}

void Listener::forget(const Connection& connection) {
    greetings_.remove_if([&](const auto& one) { return one.get() == &connection; });
}

asio::awaitable<void> Listener::serve(std::shared_ptr<Connection> connection) {
    connection->allow(handshake_ms);
    const std::optional<Hello> theirs = co_await greet(connection);
    forget(*connection);
    if (theirs) {
        connection->settle();
        if (register_.up(Side::accepted, connection, *theirs)) {
            co_await receive(connection, *theirs);
        }
    }
    const consensus::NodeId node = connection->holder().node;
    if (!stopped_) {
        register_.report(node, connection->address(), connection->fault());
    }
    register_.down(node, *connection);
    co_await connection->linger();
}

asio::awaitable<std::optional<Hello>> Listener::greet(std::shared_ptr<Connection> connection) {
    const bool secured = co_await connection->secure();
    if (!secured) {
        co_return std::nullopt;
    }
    const std::optional<Frame> frame = co_await connection->read(Lane::greeting);
    std::optional<Hello> theirs;
    if (frame && frame->type == static_cast<std::uint8_t>(FrameType::hello)) {
        theirs = decode_hello(frame->body);
    }
    if (!theirs) {
        const bool gone = !frame && connection->fault().code.empty();
        if (!gone) {
            register_.keep_out(connection->holder().node);
            connection->fail({.code = "frame_malformed", .sentence = "no greeting"});
        }
        co_return std::nullopt;
    }
    std::optional<Refused> no = register_.judge(*theirs, *connection);
    if (no) {
        connection->blame({.code = no->code, .sentence = no->sentence});
        co_await connection->refuse(*no);
        co_return std::nullopt;
    }
    const auto answer =
        std::make_shared<const ledger::Bytes>(encode_frame(register_.own_hello(theirs->lane)));
    const bool said = co_await connection->write(answer);
    if (!said) {
        co_return std::nullopt;
    }
    co_return theirs;
}

asio::awaitable<void> Listener::receive(std::shared_ptr<Connection> connection, Hello theirs) {
    for (;;) {
        std::optional<Frame> frame = co_await connection->read(theirs.lane);
        if (!register_.counts(theirs.node, *connection)) {
            co_return;
        }
        if (frame && frame->type == static_cast<std::uint8_t>(FrameType::refused)) {
            const auto refused = decode_refused(frame->body);
            if (refused) {
                connection->fail(
                    {.code = refused->code, .sentence = refused->sentence, .by_peer = true}
                );
                co_return;
            }
        }
        auto message = frame ? decode_message(frame->type, frame->body) : std::nullopt;
        if (!message) {
            if (frame) {
                connection->blame(
                    {.code = "frame_malformed",
                     .sentence = fmt::format("a body of type {} that is none", frame->type)}
                );
            }
            co_await dismiss_for_fault(connection, theirs.node);
            co_return;
        }
        const auto held = std::make_shared<PeerMessage>(std::move(*message));
        const bool taken = co_await hand_over(connection, theirs.incarnation, held);
        if (!taken) {
            co_return;
        }
    }
}

asio::awaitable<void> Listener::dismiss_for_fault(
    std::shared_ptr<Connection> connection, consensus::NodeId node
) {
    const Fault fault = connection->fault();
    if (!fault.code.empty() && !fault.by_peer) {
        register_.keep_out(node);
        const Refused word{.code = fault.code, .sentence = fault.sentence};
        co_await connection->refuse(word);
    }
}

asio::awaitable<bool> Listener::hand_over(
    std::shared_ptr<Connection> connection,
    consensus::Incarnation incarnation,
    std::shared_ptr<PeerMessage> message
) {
    const consensus::NodeId node = connection->holder().node;
    asio::steady_timer pause(io_);
    while (register_.counts(node, *connection) && !stopped_) {
        if (register_.deliver(node, incarnation, *message)) {
            co_return true;
        }
        pause.expires_after(offer_again);
        const auto paused = co_await pause.async_wait(waiting);
        static_cast<void>(paused);
    }
    co_return false;
}

void Listener::dismiss(const std::shared_ptr<Connection>& connection, Refused refused) {
    asio::co_spawn(
        io_,
        [connection, refused = std::move(refused)] { return connection->refuse(refused); },
        asio::detached
    );
}

}  // namespace tanji::node
