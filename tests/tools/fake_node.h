#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace tanji::tools {

struct FakeRequest {
    std::string method;
    std::string target;
    std::string head;  // the fields, as they came
    std::string body;
};

struct FakeReply {
    int status = 200;
    std::string body;
};

// Something that answers HTTP on loopback as a test wants it, one request a connection, and
// remembers what it was asked.
class FakeNode {
public:
    using Answer = std::function<FakeReply(const FakeRequest&)>;

    explicit FakeNode(Answer answer);
    ~FakeNode();
    FakeNode(const FakeNode&) = delete;
    FakeNode& operator=(const FakeNode&) = delete;

    std::string url() const;
    std::vector<FakeRequest> requests() const;

private:
    void serve();
    void answer_one(int connection);

    Answer answer_;
    int listener_ = -1;
    std::uint16_t port_ = 0;
    std::atomic<bool> ending_ = false;
    mutable std::mutex mutex_;
    std::vector<FakeRequest> requests_;
    std::jthread thread_;
};

}  // namespace tanji::tools
