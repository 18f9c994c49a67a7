#pragma once

#include "ledger/value/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace tanji::api {

// What only whoever runs a node may do: the admin listener asks for it and nobody else. Any thread;
// may wait for seconds.
class Operator {
public:
    virtual ~Operator() = default;

    struct NewLeader {
        std::uint64_t node = 0;
        std::string member;
        std::uint64_t term = 0;
    };
    // Leadership goes to that member, or node by its number, or, empty, to the voter that has most.
    // Answers when somebody else leads. Refuses with no_leader when this node does not lead,
    // not_found or bad_request when that one cannot, outcome_unknown when it did not take over.
    virtual ledger::Result<NewLeader> transfer(std::string_view to) = 0;
    // New writes are refused and readiness ends; a leader hands over, and stands no more. The node
    // goes on following and cosigning until it is stopped.
    virtual void drain() = 0;
    // Until the next start. Refuses with bad_request.
    virtual ledger::Status set_log_level(std::string_view level) = 0;
};

}  // namespace tanji::api
