#include "api/client/connection.h"

#include <array>

#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/write.hpp>
#include <boost/url/parse.hpp>

namespace tanji::api {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using ledger::ErrorCode;
using ledger::refuse;
using ledger::Result;
using ledger::Status;

namespace {

constexpr std::size_t read_bytes = 64 * 1024;

}  // namespace

Result<Endpoint> read_url(std::string_view text) {
    const auto url = boost::urls::parse_uri(text);
    if (!url || (url->scheme() != "http" && url->scheme() != "https") || url->host().empty()) {
        return refuse(ErrorCode::bad_request, "{:?} is not an http or https URL", text);
    }
    if (url->encoded_path() != "" && url->encoded_path() != "/") {
        return refuse(ErrorCode::bad_request, "{:?}: a node's URL has no path", text);
    }
    Endpoint place;
    place.tls = url->scheme() == "https";
    place.host = url->host_address();
    place.port = url->has_port() ? std::string(url->port()) : (place.tls ? "443" : "80");
    return place;
}

ClientConnection::ClientConnection(ClientSettings settings, Endpoint place)
    : settings_(std::move(settings)),
      place_(std::move(place)) {}

// Runs until the operation that was started is done, or the deadline has passed.
bool ClientConnection::wait(const bool& done) {
    context_.restart();
    while (!done) {
        if (context_.run_one_until(deadline_) == 0) {
            close();
            context_.restart();
            context_.run();  // the aborted operation ends here
            return false;
        }
    }
    return true;
}

void ClientConnection::close() {
    error_code ignored;
    if (tls_) {
        tls_->next_layer().close(ignored);
    }
    if (plain_) {
        plain_->close(ignored);
    }
    unread.clear();
    connected_ = false;
}

Status ClientConnection::fault(std::string_view what, error_code failed, bool in_time) const {
    return refuse(
        ErrorCode::outcome_unknown,
        "{} {}: {}",
        what,
        settings_.url,
        in_time ? failed.message() : "no answer in time"
    );
}

Status ClientConnection::connect() {
    close();
    tls_.reset();
    plain_.reset();
    error_code failed;
    tcp::resolver resolver(context_);
    auto endpoints = resolver.resolve(place_.host, place_.port, failed);
    if (failed && place_.host == "localhost") {  // also where no file of hosts says so (RFC 6761)
        endpoints = resolver.resolve("127.0.0.1", place_.port, failed);
    }
    if (failed) {
        return fault("cannot find", failed, true);
    }
    if (place_.tls) {
        if (Status prepared = prepare_tls(); !prepared) {
            return prepared;
        }
    } else {
        plain_.emplace(context_);
    }
    tcp::socket& socket = tls_ ? tls_->next_layer() : *plain_;
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
    if (tls_) {
        done = false;
        tls_->async_handshake(asio::ssl::stream_base::client, finish);
        if (const bool in_time = wait(done); !in_time || failed) {
            return fault("no TLS with", failed, in_time);
        }
    }
    connected_ = true;
    return {};
}

Status ClientConnection::prepare_tls() {
    error_code failed;
    if (!tls_context_) {
        tls_context_.emplace(asio::ssl::context::tls_client);
        tls_context_->set_verify_mode(asio::ssl::verify_peer, failed);
        if (settings_.ca_file.empty()) {
            tls_context_->set_default_verify_paths(failed);
        } else {
            tls_context_->load_verify_file(settings_.ca_file, failed);
        }
        if (failed) {
            tls_context_.reset();
            return fault("cannot read the certificates to trust for", failed, true);
        }
    }
    tls_.emplace(context_, *tls_context_);
    tls_->set_verify_callback(asio::ssl::host_name_verification(place_.host), failed);
    error_code no_address;
    asio::ip::make_address(place_.host, no_address);
    if (no_address) {  // a name, not an address
        // The macro of OpenSSL for this casts as C does.
        ::SSL_ctrl(
            tls_->native_handle(),
            SSL_CTRL_SET_TLSEXT_HOSTNAME,
            TLSEXT_NAMETYPE_host_name,
            place_.host.data()
        );
    }
    return {};
}

Status ClientConnection::write(std::string_view head, std::string_view body) {
    const std::array<asio::const_buffer, 2> both = {
        asio::buffer(head.data(), head.size()), asio::buffer(body.data(), body.size())
    };
    error_code failed;
    bool done = false;
    const auto finish = [&](error_code result, std::size_t) {
        failed = result;
        done = true;
    };
    if (tls_) {
        asio::async_write(*tls_, both, finish);
    } else {
        asio::async_write(*plain_, both, finish);
    }
    const bool in_time = wait(done);
    return in_time && !failed ? Status{} : fault("cannot write to", failed, in_time);
}

Status ClientConnection::read() {
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
    if (tls_) {
        tls_->async_read_some(room, finish);
    } else {
        plain_->async_read_some(room, finish);
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

}  // namespace tanji::api
