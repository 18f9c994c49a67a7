#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>

namespace tanji::api {

// One accepted connection, plain or TLS. Not thread-safe: used on its own loop only. Nothing
// throws; an operation that failed or was cancelled says so, and then only close() makes sense.
class Stream {
public:
    virtual ~Stream() = default;

    virtual boost::asio::awaitable<bool> handshake() = 0;
    // How many bytes came; 0 when the connection ended, failed or was cancelled.
    virtual boost::asio::awaitable<std::size_t> read(char* into, std::size_t room) = 0;
    // Whether all was written. The views must live until it ends.
    virtual boost::asio::awaitable<bool> write(std::string_view first, std::string_view second) = 0;
    // Says goodbye: after it the peer sees an orderly end.
    virtual boost::asio::awaitable<void> finish() = 0;
    // Ends what is under way.
    virtual void cancel() = 0;
    virtual void close() = 0;
};

std::unique_ptr<Stream> make_plain_stream(boost::asio::ip::tcp::socket socket);

using TlsContext = std::shared_ptr<boost::asio::ssl::context>;
std::unique_ptr<Stream> make_tls_stream(boost::asio::ip::tcp::socket socket, TlsContext context);

}  // namespace tanji::api
