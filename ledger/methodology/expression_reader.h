#pragma once

#include "ledger/methodology/methodology.h"
#include "ledger/value/json.h"

#include <string>

// The form of expressions and conditions: from JSON to the nodes of a methodology. Units, bounds
// and sizes are looked at later (check.h).
namespace tanji::ledger {

class ExpressionReader {
public:
    // Appends to methodology.nodes. REQUIRES: inputs, keys, factors and parameters are read.
    // Keeps references to both.
    ExpressionReader(Methodology& methodology, JsonFaults& faults)
        : methodology_(methodology),
          faults_(faults) {}

    // Both return the place of the node; any node after a fault.
    NodeIndex expression(const JsonValue& value, const std::string& place, std::uint16_t depth = 1);
    NodeIndex condition(const JsonValue& value, const std::string& place, std::uint16_t depth = 1);

private:
    const JsonMember* only_member(const JsonValue& value, const std::string& place);
    void named(Node& node, const JsonValue& argument);
    void ratio(Node& node, const JsonValue& argument);
    void choice(Node& node, const JsonValue& argument);
    void is(Node& node, const JsonValue& argument);
    void list(Node& node, const JsonValue& argument, std::size_t least, std::size_t most);
    void part(Node& node, const JsonValue& value, std::string_view member, bool condition_wanted);
    NodeIndex append(Node node);

    Methodology& methodology_;
    JsonFaults& faults_;
};

}  // namespace tanji::ledger
