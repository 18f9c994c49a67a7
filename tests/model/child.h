#pragma once

#include "tests/model/match.h"

#include <functional>

namespace tanji::model {

// Runs it in a process of its own and brings its report back. A process that ends by itself is a
// difference of the kind `stopped`, with the last it wrote.
Report in_child(const std::function<void(Report&)>& run);

}  // namespace tanji::model
