#include "tests/consensus/scenario_trace.h"

#include <algorithm>

namespace tanji::consensus::scenario {

void Trace::remark(NodeId member, const std::string& text) {
    if (on_) {
        lines_.push_back("Note over M" + std::to_string(member) + ": " + text);
    }
}

void Trace::message(const char* arrow, const Envelope& envelope) {
    if (on_) {
        lines_.push_back(
            "M" + std::to_string(envelope.from) + arrow + "M" + std::to_string(envelope.to) + ": " +
            text_of(envelope)
        );
    }
}

std::string Trace::diagram(const std::vector<NodeId>& members, std::size_t lines) const {
    std::string text = "```mermaid\nsequenceDiagram\n";
    for (const NodeId member : members) {
        text += "    participant M" + std::to_string(member) + "\n";
    }
    const std::size_t from = lines_.size() - std::min(lines, lines_.size());
    for (std::size_t at = from; at < lines_.size(); ++at) {
        text += "    " + lines_[at] + "\n";
    }
    return text + "```\n";
}

}  // namespace tanji::consensus::scenario
