#pragma once

#include <cstdint>
#include <string>

namespace tanji::node {

struct DemoOptions {
    std::uint64_t nodes = 4;  // the least number where one that lies cannot fork
    std::uint16_t port = 8460;
    std::uint64_t seed = 1;
    std::string keep;    // folder that stays; a temporary one without
    bool empty = false;  // members and keys, but no data
    bool json = false;   // the facts as one document instead of the banner
    bool no_input = false;
    bool check = false;   // run the whole story, print `demo: ok`
    std::string program;  // path of this program: `tanji` is looked for beside it
};

// One process with a whole alliance of one to four nodes, on loopback, with synthetic data. Runs
// until SIGINT or SIGTERM, `q` on a terminal, or the end of the story. Returns the exit status.
int run_demo(const DemoOptions& options);

}  // namespace tanji::node
