#include "node/cluster/dialler.h"

#include <charconv>
#include <exception>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace tanji::node {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr auto waiting = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t batch_bytes = 256U << 10U;

}  // namespace

Dialler::Dialler(
    asio::io_context& io,
    std::shared_ptr<Tls> tls,
    Register& register_of_all,
    PeerNode node,
    Lane lane,
    std::shared_ptr<Outbox> outbox
)
    : io_(io),
      tls_(std::move(tls)),
      register_(register_of_all),
      node_(std::move(node)),
      lane_(lane),
      outbox_(std::move(outbox)),
      resolver_(io),
      wake_(io),
      resume_(io) {}

void Dialler::start() {
    asio::co_spawn(io_, [self = shared_from_this()] { return self->run(); }, asio::detached);
}

void Dialler::nudge() {
    if (impatient_) {
        resume_.cancel();
    }
}

void Dialler::stop() {
    stopped_ = true;
    outbox_->close();
    resolver_.cancel();
    resume_.cancel();
    wake_.cancel();
    if (connection_) {
        connection_->close();
    }
}

// What is awaited gets a name and never stands in a condition: g++ 12 builds a coroutine then that
// dies when it is resumed.
asio::awaitable<void> Dialler::run() {
    while (!stopped_) {
        up_since_ = steady_clock::time_point::max();
        try {
            co_await talk();
        } catch (const std::exception& unexpected) {  // no memory, no file descriptor
            if (connection_) {
                connection_->fail({.code = {}, .sentence = unexpected.what()});
            }
        }
        finish();
        if (stopped_) {
            break;
        }
        resume_.expires_after(pause());
        const auto woken = co_await resume_.async_wait(waiting);
        static_cast<void>(woken);
        impatient_ = false;
    }
}

void Dialler::finish() {
    outbox_->close();
    if (connection_) {
        connection_->close();
        if (!stopped_) {
            register_.report(node_.node, connection_->address(), connection_->fault());
        }
        register_.down(node_.node, *connection_);
    }
}

milliseconds Dialler::pause() {
    const auto now = steady_clock::now();
    const auto lasted = now > up_since_ ? std::chrono::duration_cast<milliseconds>(now - up_since_)
                                        : milliseconds(0);
    const Fault fault = connection_ ? connection_->fault() : Fault{};
    connection_.reset();
    const bool violated = !fault.code.empty();
    impatient_ = !fault.code.starts_with("frame_");
    return violated ? backoff_.after_violation(lasted) : backoff_.after_failure(lasted);
}

asio::awaitable<void> Dialler::talk() {
    Endpoints places = co_await look_up();
    if (places.empty() || stopped_) {
        co_return;
    }
    const auto connection = std::make_shared<Connection>(io_.get_executor(), Side::dialled, tls_);
    connection_ = connection;
    connection->allow(handshake_ms);
    const bool connected = co_await connection->connect(std::move(places));
    if (!connected) {
        co_return;
    }
    const bool secured = co_await connection->secure();
    if (!secured) {
        co_return;
    }
    const std::optional<Hello> answer = co_await greet();
    if (!answer) {
        co_return;
    }
    connection->settle();
    open_outbox();  // whoever hears of the connection may use it
    if (!register_.up(Side::dialled, connection, *answer)) {
        co_return;
    }
    up_since_ = steady_clock::now();
    asio::co_spawn(
        io_,
        [self = shared_from_this(), connection] { return self->watch(connection); },
        asio::detached
    );
    co_await send_all();
}

asio::awaitable<Dialler::Endpoints> Dialler::look_up() {
    Endpoints places;
    const auto colon = node_.address.rfind(':');
    if (colon == std::string::npos) {
        co_return places;
    }
    std::string host = node_.address.substr(0, colon);
    const std::string service = node_.address.substr(colon + 1);
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
        host = host.substr(1, host.size() - 2);
    }
    std::uint16_t port = 0;
    const auto read = std::from_chars(service.data(), service.data() + service.size(), port);
    boost::system::error_code no_literal;
    const auto literal = asio::ip::make_address(host, no_literal);
    if (read.ec != std::errc() || port == 0) {
        co_return places;
    }
    if (!no_literal) {
        places.emplace_back(literal, port);
        co_return places;
    }
    const auto [failed, found] = co_await resolver_.async_resolve(host, service, waiting);
    if (!failed) {
        for (const auto& each : found) {
            places.push_back(each.endpoint());
        }
    }
    co_return places;
}

asio::awaitable<std::optional<Hello>> Dialler::greet() {
    const auto connection = connection_;
    const auto hello =
        std::make_shared<const ledger::Bytes>(encode_frame(register_.own_hello(lane_)));
    const bool said = co_await connection->write(hello);
    if (!said) {
        co_return std::nullopt;
    }
    const std::optional<Frame> frame = co_await connection->read(Lane::greeting);
    if (!frame) {
        co_return std::nullopt;
    }
    if (const auto refused = decode_refused(frame->body);
        refused && frame->type == static_cast<std::uint8_t>(FrameType::refused)) {
        connection->fail({.code = refused->code, .sentence = refused->sentence, .by_peer = true});
        co_return std::nullopt;
    }
    std::optional<Hello> answer = decode_hello(frame->body);
    if (!answer || answer->lane != lane_) {
        connection->fail({.code = "frame_malformed", .sentence = "no greeting"});
        co_return std::nullopt;
    }
    std::optional<Refused> no;
    if (connection->holder().node != node_.node) {
        no = Refused{"wrong_node", "another node was dialled"};
    } else {
        no = register_.judge(*answer, *connection);
    }
    if (no) {
        co_await connection->refuse(*no);
        co_await connection->linger();
        connection->fail({.code = no->code, .sentence = no->sentence});
        co_return std::nullopt;
    }
    co_return answer;
}

void Dialler::open_outbox() {
    outbox_->open([weak = weak_from_this(), &io = io_] {
        asio::post(io, [weak] {
            if (const auto self = weak.lock()) {
                self->wake_.cancel();
            }
        });
    });
}

asio::awaitable<void> Dialler::send_all() {
    const auto connection = connection_;
    while (connection->is_open() && !stopped_) {
        std::vector<PeerMessage> batch = outbox_->take(batch_bytes);
        if (batch.empty()) {
            wake_.expires_at(steady_clock::time_point::max());
            const auto woken = co_await wake_.async_wait(waiting);
            static_cast<void>(woken);
            continue;
        }
        auto bytes = std::make_shared<ledger::Bytes>();
        for (PeerMessage& message : batch) {
            auto frame = encode_frame(std::move(message));
            if (frame) {
                bytes->append(*frame);
            } else {
                outbox_->drop();
            }
        }
        const bool sent = co_await connection->write(bytes);
        if (!sent) {
            break;
        }
    }
}

asio::awaitable<void> Dialler::watch(std::shared_ptr<Connection> connection) {
    const std::optional<Frame> frame = co_await connection->read(Lane::greeting);
    const auto refused = frame ? decode_refused(frame->body) : std::nullopt;
    if (refused && frame->type == static_cast<std::uint8_t>(FrameType::refused)) {
        connection->fail({.code = refused->code, .sentence = refused->sentence, .by_peer = true});
    } else if (frame) {
        connection->fail({.code = "frame_unknown", .sentence = "a frame where none may come"});
    }
    connection->close();
    wake_.cancel();
}

}  // namespace tanji::node
