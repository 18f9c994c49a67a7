#pragma once

#include "node/demo_data.h"
#include "node/demo_nodes.h"

#include <string>

namespace tanji::node {

// The facts of a demo as one JSON document.
std::string demo_facts(const DemoNodes& nodes, const DemoData& data);

// What people see first: everything in it works by copy and paste. `keys`: a terminal reads keys.
std::string demo_banner(const DemoNodes& nodes, const DemoData& data, bool keys);

// `metro :8460 leader   ev :8470   wallet :8480 down`
std::string nodes_line(const DemoNodes& nodes);

}  // namespace tanji::node
