#pragma once

#include "tests/consensus/scenario_network.h"

#include <string>
#include <vector>

// What happened, as a Mermaid sequence diagram: paste it into any Markdown page.
namespace tanji::consensus::scenario {

class Trace {
public:
    void record(bool on) { on_ = on; }

    void arrived(const Envelope& envelope) { message("->>", envelope); }
    void lost(const Envelope& envelope) { message("-x", envelope); }
    void remark(NodeId member, const std::string& text);

    // The newest lines.
    std::string diagram(const std::vector<NodeId>& members, std::size_t lines = 4000) const;

private:
    void message(const char* arrow, const Envelope& envelope);

    bool on_ = true;
    std::vector<std::string> lines_;
};

}  // namespace tanji::consensus::scenario
