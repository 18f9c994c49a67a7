#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace tanji::node::test {

// What statvfs(2) says, in this process, of the free bytes under that folder; nothing: the truth
// again. What is written there is written all the same.
void pretend_free(const std::string& folder, std::optional<std::uint64_t> bytes);

}  // namespace tanji::node::test
