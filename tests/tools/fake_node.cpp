#include "tests/tools/fake_node.h"

#include <charconv>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace tanji::tools {

namespace {

std::size_t body_length(std::string_view head) {
    constexpr std::string_view field = "\r\nContent-Length: ";
    const std::size_t at = head.find(field);
    std::size_t length = 0;
    if (at != std::string_view::npos) {
        const char* digits = head.data() + at + field.size();
        std::from_chars(digits, head.data() + head.size(), length);
    }
    return length;
}

}  // namespace

FakeNode::FakeNode(Answer answer)
    : answer_(std::move(answer)),
      listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* raw = reinterpret_cast<sockaddr*>(&address);
    if (bind(listener_, raw, size) != 0 || listen(listener_, 64) != 0 ||
        getsockname(listener_, raw, &size) != 0) {
        ADD_FAILURE() << "no port on loopback";
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread([this] { serve(); });
}

FakeNode::~FakeNode() {
    ending_ = true;
    shutdown(listener_, SHUT_RDWR);  // wakes accept
    thread_.join();
    close(listener_);
}

std::string FakeNode::url() const {
    return fmt::format("http://127.0.0.1:{}", port_);
}

std::vector<FakeRequest> FakeNode::requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
}

void FakeNode::serve() {
    while (!ending_) {
        const int connection = accept(listener_, nullptr, nullptr);
        if (connection >= 0) {
            answer_one(connection);
            close(connection);
        }
    }
}

void FakeNode::answer_one(int connection) {
    std::string bytes;
    std::string piece(65'536, '\0');
    std::size_t head_end = std::string::npos;
    while (head_end == std::string::npos ||
           bytes.size() < head_end + 4 + body_length(bytes.substr(0, head_end))) {
        const ssize_t got = recv(connection, piece.data(), piece.size(), 0);
        if (got <= 0) {
            return;
        }
        bytes.append(piece, 0, static_cast<std::size_t>(got));
        head_end = bytes.find("\r\n\r\n");
    }
    FakeRequest request;
    const std::size_t method_end = bytes.find(' ');
    const std::size_t target_end = bytes.find(' ', method_end + 1);
    request.method = bytes.substr(0, method_end);
    request.target = bytes.substr(method_end + 1, target_end - method_end - 1);
    request.head = bytes.substr(0, head_end);
    request.body = bytes.substr(head_end + 4);
    const FakeReply reply = answer_(request);
    {
        const std::lock_guard lock(mutex_);
        requests_.push_back(std::move(request));
    }
    const std::string sent = fmt::format(
        "HTTP/1.1 {} As told\r\nContent-Type: application/json\r\nContent-Length: {}\r\n"
        "Connection: close\r\n\r\n{}",
        reply.status,
        reply.body.size(),
        reply.body
    );
    for (std::string_view left = sent; !left.empty();) {
        const ssize_t put = send(connection, left.data(), left.size(), MSG_NOSIGNAL);
        if (put <= 0) {
            return;
        }
        left.remove_prefix(static_cast<std::size_t>(put));
    }
}

}  // namespace tanji::tools
