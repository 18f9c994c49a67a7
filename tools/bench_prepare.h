#pragma once

#include "tools/subcommands.h"

#include <string>

namespace tanji::tools {

// Makes signed batches of made-up acts for the methodology, opens their accounts, and writes the
// batches to `file`. Labelled SYNTHETIC wherever they are shown.
Attempt<void> prepare_load(Tool& tool, const BenchOptions& options, const std::string& file);

}  // namespace tanji::tools
