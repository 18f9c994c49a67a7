#pragma once

#include "tools/tool.h"

#include <string>

namespace tanji::tools {

// What a file of evidence proves, offline: prints the guilty keys, one a line. Fails with
// Exit::unproven when it proves nothing, also when only the log could tell.
Attempt<void> verify_evidence(Tool& tool, const std::string& file, const std::string& bytes);

}  // namespace tanji::tools
