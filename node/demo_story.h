#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace tanji::node {

struct StoryPlace {
    std::string program;            // of tanjid; tanji is looked for beside it
    std::string folder;             // of the demo
    std::vector<std::string> urls;  // of the nodes; most is said to the first
    std::uint64_t event_year = 0;
    std::function<void(std::size_t)> stop;
    std::function<void(std::size_t)> start;
};

// The whole story without a terminal, by the very commands that the banner prints: check, import,
// attest, retire, receipt, verify offline, a node stopped and started, audit; with three nodes or
// more, writes while one is down and a receipt from that one afterwards. Each command and what
// it printed goes to stdout; the first failure is named. Prints `demo: ok` at the end; returns the
// exit status.
int run_story(const StoryPlace& place);

}  // namespace tanji::node
