#include "node/cluster/connection.h"

#include <algorithm>
#include <array>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace tanji::node {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using std::chrono::steady_clock;

constexpr auto waiting = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t write_piece_bytes = 256U << 10U;
constexpr std::uint32_t write_stall_ms = 10'000;
constexpr std::uint32_t last_word_ms = 1'000;

std::string text_of(const tcp::endpoint& place) {
    return fmt::format("{}:{}", place.address().to_string(), place.port());
}

}  // namespace

Connection::Connection(
    const asio::any_io_executor& executor, Side side, const std::shared_ptr<Tls>& tls
)
    : tls_(tls),
      side_(side),
      stream_(tcp::socket(executor), side == Side::dialled ? tls->dialling() : tls->accepting()),
      timer_(executor) {
    timer_.expires_at(steady_clock::time_point::max());
}

Connection::Connection(tcp::socket socket, const std::shared_ptr<Tls>& tls)
    : tls_(tls),
      side_(Side::accepted),
      stream_(std::move(socket), tls->accepting()),
      timer_(stream_.get_executor()) {
    timer_.expires_at(steady_clock::time_point::max());
    boost::system::error_code failed;
    const auto from = stream_.next_layer().remote_endpoint(failed);
    address_ = failed ? "" : text_of(from);
    tune();
}

void Connection::arm(std::uint32_t ms) {
    if (closed_) {
        return;
    }
    timer_.expires_after(std::chrono::milliseconds(ms));
    timer_.async_wait([self = shared_from_this()](const boost::system::error_code& aborted) {
        if (!aborted && steady_clock::now() >= self->timer_.expiry()) {
            self->fail({.code = {}, .sentence = "it took too long"});
        }
    });
}

void Connection::allow(std::uint32_t ms) {
    settled_ = false;
    arm(ms);
}

void Connection::settle() {
    settled_ = true;
    timer_.expires_at(steady_clock::time_point::max());
}

// No waiting for more to send; and a host that vanished is noticed within seconds, whether it owes
// us acknowledgements (the user timeout) or nothing is under way (probes).
void Connection::tune() {
    boost::system::error_code ignored;
    stream_.next_layer().set_option(tcp::no_delay(true), ignored);
    const int socket = stream_.next_layer().native_handle();
    const auto set = [&](int level, int option, int value) {
        ::setsockopt(socket, level, option, &value, sizeof(value));
    };
    set(SOL_SOCKET, SO_KEEPALIVE, 1);
    set(IPPROTO_TCP, TCP_KEEPIDLE, 5);
    set(IPPROTO_TCP, TCP_KEEPINTVL, 2);
    set(IPPROTO_TCP, TCP_KEEPCNT, 3);
    set(IPPROTO_TCP, TCP_USER_TIMEOUT, 10'000);
}

asio::awaitable<bool> Connection::connect(std::vector<tcp::endpoint> places) {
    boost::system::error_code last = asio::error::host_not_found;
    for (const tcp::endpoint& place : places) {
        if (closed_) {
            break;
        }
        address_ = text_of(place);
        boost::system::error_code ignored;
        stream_.next_layer().close(ignored);
        const auto [failed] = co_await stream_.next_layer().async_connect(place, waiting);
        last = failed;
        if (!failed) {
            tune();
            co_return true;
        }
    }
    ended(last);
    co_return false;
}

asio::awaitable<bool> Connection::secure() {
    const auto as =
        side_ == Side::dialled ? asio::ssl::stream_base::client : asio::ssl::stream_base::server;
    const auto [failed] = co_await stream_.async_handshake(as, waiting);
    if (failed) {
        ended(failed);
        co_return false;
    }
    const auto key = proven_key(stream_);
    if (!key || !tls_->directory().find(*key)) {
        fail({.code = "tls", .sentence = "another protocol, or no key of a node"});
        co_return false;
    }
    key_ = *key;
    co_return true;
}

KeyDirectory::Holder Connection::holder() const {
    return tls_->directory().find(key_).value_or(KeyDirectory::Holder{.node = 0, .removed = true});
}

asio::awaitable<std::optional<Frame>> Connection::read(Lane lane) {
    std::array<char, frame_head_bytes> raw{};
    const auto [no_head, head_bytes] =
        co_await asio::async_read(stream_, asio::buffer(raw), waiting);
    if (no_head) {
        ended(no_head);
        co_return std::nullopt;
    }
    const FrameHead head = read_frame_head({raw.data(), raw.size()});
    const std::string_view fault = fault_of(head, lane);
    if (!fault.empty()) {
        blame(
            {.code = std::string(fault),
             .sentence = fmt::format("a frame of type {} and {} bytes", head.type, head.length)}
        );
        co_return std::nullopt;
    }
    Frame frame{.type = head.type, .body = {}};
    frame.body.resize(head.length - 1);
    const auto [no_body, body_bytes] =
        co_await asio::async_read(stream_, asio::buffer(frame.body), waiting);
    if (no_body) {
        ended(no_body);
        co_return std::nullopt;
    }
    co_return std::optional<Frame>(std::move(frame));
}

asio::awaitable<bool> Connection::write(std::shared_ptr<const ledger::Bytes> bytes) {
    std::string_view rest = *bytes;
    while (!rest.empty()) {
        if (settled_) {
            arm(write_stall_ms);
        }
        const std::string_view piece = rest.substr(0, write_piece_bytes);
        const auto [failed, written] =
            co_await asio::async_write(stream_, asio::buffer(piece.data(), piece.size()), waiting);
        if (failed) {
            ended(failed);
            co_return false;
        }
        rest.remove_prefix(piece.size());
    }
    if (settled_) {
        timer_.expires_at(steady_clock::time_point::max());
    }
    co_return !closed_;
}

asio::awaitable<void> Connection::refuse(Refused refused) {
    if (refused_ || closed_) {
        co_return;
    }
    refused_ = true;
    allow(last_word_ms);  // also what is being written now has to end
    const ledger::Bytes frame = encode_frame(std::move(refused));
    const auto [failed, written] =
        co_await asio::async_write(stream_, asio::buffer(frame), waiting);
    if (!failed) {
        boost::system::error_code ignored;
        stream_.next_layer().shutdown(tcp::socket::shutdown_send, ignored);
    }
}

asio::awaitable<void> Connection::linger() {
    std::array<char, 16384> dropped{};
    while (refused_ && !closed_) {
        const auto [failed, count] =
            co_await stream_.next_layer().async_read_some(asio::buffer(dropped), waiting);
        if (failed) {
            break;
        }
    }
    close();
}

void Connection::blame(Fault fault) {
    if (!faulty_) {
        faulty_ = true;
        fault_ = std::move(fault);
    }
}

void Connection::fail(Fault fault) {
    blame(std::move(fault));
    close();
}

void Connection::ended(const boost::system::error_code& failed) {
    const auto wrong = tls_fault(failed);
    if (wrong && !closed_) {
        fail({.code = wrong->code, .sentence = wrong->sentence, .by_peer = wrong->by_peer});
    }
    fail({.code = {}, .sentence = failed.message()});
}

void Connection::close() {
    if (closed_) {
        return;
    }
    closed_ = true;
    timer_.cancel();
    boost::system::error_code ignored;
    stream_.next_layer().close(ignored);
}

}  // namespace tanji::node
