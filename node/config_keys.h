#pragma once

#include "node/config.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

// Every key of `node.toml`: its name, what it may be, where it goes, what it means. Reading,
// writing and listing all follow this one table.
namespace tanji::node {

struct WholeKey {
    std::int64_t least;
    std::int64_t most;
    std::int64_t& (*at)(Config&);
};

struct TruthKey {
    bool& (*at)(Config&);
};

// What a text must look like, for the sentence of a fault and the check itself.
struct TextForm {
    std::string_view wanted;
    bool (*fits)(std::string_view text);
};

struct TextKey {
    TextForm form;
    std::string& (*at)(Config&);
};

struct WordKey {
    std::vector<std::string_view> words;
    std::string& (*at)(Config&);
};

struct TextsKey {
    TextForm form;  // of each
    std::vector<std::string>& (*at)(Config&);
};

struct RateKey {
    Config::Rate& (*at)(Config&);
};

struct ConfigKey {
    std::string_view name;
    std::string_view meaning;
    std::variant<WholeKey, TruthKey, TextKey, WordKey, TextsKey, RateKey> kind;
};

// In the order of docs/operating.md; the keys of a section stand together.
std::span<const ConfigKey> config_keys();

// The value as TOML.
std::string value_text(const ConfigKey& key, const Config& config);

// A TOML basic string.
std::string quoted(std::string_view text);

// The part of a name before its first dot, and what follows it.
std::string_view section_of(std::string_view name);
std::string_view rest_of(std::string_view name);

}  // namespace tanji::node
