#pragma once

#include <functional>
#include <string_view>

namespace tanji::node {

// What follows a failed write or sync: nobody knows what is on disk, so nothing may be said any
// more (docs/decisions, durable acknowledgement). Tests put something in its place.
using FailStop = std::function<void(std::string_view what)>;

inline constexpr int exit_storage = 74;

// One line on stderr, then the process ends at once with status 74: no destructor, no retry.
[[noreturn]] void stop_process(std::string_view what);

}  // namespace tanji::node
