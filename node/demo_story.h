#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace tanji::node {

struct StoryPlace {
    std::string program;  // of tanjid; tanji is looked for beside it
    std::string folder;   // of the demo
    std::string url;
    std::uint64_t event_year = 0;
    std::function<void()> restart;  // stops the node and starts it again
};

// The whole story without a terminal, by the very commands that the banner prints: check, import,
// attest, retire, receipt, verify offline, a node stopped and started, audit. Each command and what
// it printed goes to stdout; the first failure is named. Prints `demo: ok` at the end; returns the
// exit status.
int run_story(const StoryPlace& place);

}  // namespace tanji::node
