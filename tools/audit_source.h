#pragma once

#include "tools/remote.h"
#include "tools/tool.h"

#include <filesystem>
#include <memory>
#include <string>

namespace tanji::tools {

// Where the public files of a log come from: a node, or a folder in which an audit saved them under
// the same names. One per thread.
class AuditSource {
public:
    static AuditSource of_node(const Tool& tool, const std::string& url);
    static AuditSource of_folder(const std::filesystem::path& folder);

    // `checkpoint`, `tile/0/000`, `tile/entries/000.p/17`
    Attempt<std::string> get(std::string_view name);

private:
    std::unique_ptr<Remote> remote_;
    std::filesystem::path folder_;
};

// Keeps a copy of a file that an audit read; nothing is done without a folder.
Attempt<void> save_copy(
    const std::filesystem::path& folder, std::string_view name, std::string_view bytes
);

// Reads a file and keeps a copy; one that is not there contradicts the log.
Attempt<std::string> fetch(
    AuditSource& source, const std::string& name, const std::filesystem::path& folder
);

}  // namespace tanji::tools
