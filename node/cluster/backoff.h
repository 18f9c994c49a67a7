#pragma once

#include <algorithm>
#include <chrono>

namespace tanji::node {

// How long to wait before dialling again: 100 ms doubling to 2 s where a connection failed, 1 s
// doubling to 30 s where one was refused or the rules were broken. A connection that lasted makes
// the waits short again.
class Backoff {
public:
    using milliseconds = std::chrono::milliseconds;

    milliseconds after_failure(milliseconds lasted) {
        if (lasted >= milliseconds(2'000)) {
            failure_ = milliseconds(0);
        }
        failure_ = std::clamp(failure_ * 2, milliseconds(100), milliseconds(2'000));
        return failure_;
    }
    milliseconds after_violation(milliseconds lasted) {
        if (lasted >= milliseconds(30'000)) {
            violation_ = milliseconds(0);
        }
        violation_ = std::clamp(violation_ * 2, milliseconds(1'000), milliseconds(30'000));
        return violation_;
    }

private:
    milliseconds failure_{0};
    milliseconds violation_{0};
};

}  // namespace tanji::node
