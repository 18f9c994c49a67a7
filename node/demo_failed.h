#pragma once

#include "ledger/value/result.h"

#include <string>
#include <type_traits>
#include <utility>

namespace tanji::node {

// Thrown inside the demo only: one that cannot be set up says why and ends.
struct DemoFailed {
    std::string sentence;
};

template <typename Value>
Value must(ledger::Result<Value> result) {
    if (!result) {
        throw DemoFailed{result.error().detail};
    }
    if constexpr (!std::is_void_v<Value>) {
        return std::move(*result);
    }
}

}  // namespace tanji::node
