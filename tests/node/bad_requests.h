#pragma once

#include "tests/node/bad_input.h"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

// A node with the demo's data, for requests that never reach a rule of the ledger.
namespace tanji::node::test {

inline const std::string some_id(32, 'f');

class BadInput : public testing::Test {
protected:
    static void SetUpTestSuite();
    static void TearDownTestSuite() { node_.reset(); }

    static std::string account() { return node_->data().holders.front().account; }
    static std::string signed_by_metro(const Draft& draft);
    // A retirement whose body is almost right.
    static std::string retirement(std::string_view amount, std::string_view credit_class);
    static Refused bad_body(std::string name, std::string type, std::string body, std::string at);
    static std::string grant(ledger::TimeMs not_after, std::size_t wallet);

    static inline std::unique_ptr<RunningNode> node_;
};

}  // namespace tanji::node::test
