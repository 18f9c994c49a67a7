#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

namespace tanji::api {

// A socket without any manners: sends exactly these bytes.
class RawConnection {
public:
    explicit RawConnection(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
        const timeval patience{.tv_sec = 5, .tv_usec = 0};
        ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
        sockaddr_in there{};
        there.sin_family = AF_INET;
        there.sin_port = htons(port);
        ::inet_pton(AF_INET, "127.0.0.1", &there.sin_addr);
        EXPECT_EQ(::connect(socket_, reinterpret_cast<const sockaddr*>(&there), sizeof(there)), 0);
    }
    RawConnection(const RawConnection&) = delete;
    RawConnection& operator=(const RawConnection&) = delete;
    RawConnection(RawConnection&& other) noexcept : socket_(other.socket_) { other.socket_ = -1; }
    ~RawConnection() {
        if (socket_ >= 0) {
            ::close(socket_);
        }
    }

    void send(std::string_view bytes) const {
        while (!bytes.empty()) {
            const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0) {
                return;
            }
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
    }

    std::string read_some() const {
        std::string into(65'536, '\0');
        const ssize_t came = ::recv(socket_, into.data(), into.size(), 0);
        into.resize(came > 0 ? static_cast<std::size_t>(came) : 0);
        return into;
    }

    // Until the other side ends the connection.
    std::string read_all() const {
        std::string all;
        for (std::string some = read_some(); !some.empty(); some = read_some()) {
            all += some;
        }
        return all;
    }

private:
    int socket_;
};

inline std::size_t count_of(std::string_view text, std::string_view word) {
    std::size_t count = 0;
    for (auto at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
        ++count;
    }
    return count;
}

}  // namespace tanji::api
