#pragma once

#include "tools/tool.h"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace tanji::tools {

// The whole file. Fails as malformed input (2) when it is missing or longer than `bytes_max`.
Attempt<std::string> read_file(
    const std::filesystem::path& path, std::size_t bytes_max = 64UZ * 1024 * 1024
);
// As read_file, for keys, salts and tokens: the file must not be readable by others.
Attempt<std::string> read_secret(const std::filesystem::path& path);

// Whole or not at all: written beside it, synced, renamed.
Attempt<void> write_file(
    const std::filesystem::path& path, std::string_view bytes, bool secret = false
);

Attempt<void> make_folder(const std::filesystem::path& path);

// `$XDG_CONFIG_HOME/tanji`, `$XDG_STATE_HOME/tanji`.
std::filesystem::path config_folder();
std::filesystem::path state_folder();

// Names of the regular files in a folder, sorted; none if there is no such folder.
std::vector<std::string> file_names(const std::filesystem::path& folder);

}  // namespace tanji::tools
