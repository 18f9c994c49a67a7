#pragma once

#include "node/demo_nodes.h"

#include <optional>
#include <string>

namespace tanji::node {

// What a key of a demo's terminal does.
class DemoKeys {
public:
    // Keeps the reference. `seeded`: when the demo's data was made; nothing: there is none.
    DemoKeys(DemoNodes& nodes, std::uint64_t seed, std::optional<ledger::TimeMs> seeded)
        : nodes_(nodes),
          seed_(seed),
          seeded_(seeded) {}

    // What changed, for people; empty for a key that does nothing. Takes as long as it takes.
    std::string press(char key);

private:
    std::string turn(std::size_t node);
    std::string hand_over();
    std::string report_twice();

    DemoNodes& nodes_;
    std::uint64_t seed_;
    std::optional<ledger::TimeMs> seeded_;
    std::uint64_t repeated_ = 0;
};

}  // namespace tanji::node
