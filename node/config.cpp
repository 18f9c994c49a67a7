#include "node/config.h"

#include "node/config_keys.h"
#include "node/storage/file.h"

#include <algorithm>
#include <cassert>
#include <cctype>
#include <charconv>
#include <cstdlib>
#include <map>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>
#include <unistd.h>

namespace tanji::node {
namespace {

constexpr std::size_t file_bytes_max = 1 << 20;

// Puts one value where its key says, or tells what is wrong with it: an empty sentence is none.
struct Assign {
    Config& config;
    const toml::node& node;

    std::string operator()(const WholeKey& key) const {
        const auto value = node.is_integer() ? node.value<std::int64_t>() : std::nullopt;
        if (!value) {
            return fmt::format("must be a whole number, {} to {}", key.least, key.most);
        }
        if (*value < key.least || *value > key.most) {
            return fmt::format("must be {} to {}, not {}", key.least, key.most, *value);
        }
        key.at(config) = *value;
        return {};
    }

    std::string operator()(const TruthKey& key) const {
        if (!node.is_boolean()) {
            return "must be true or false";
        }
        key.at(config) = node.value<bool>().value_or(false);
        return {};
    }

    std::string operator()(const TextKey& key) const {
        const auto value = text_of(node);
        if (!value || !key.form.fits(*value)) {
            return fmt::format("must be {}", key.form.wanted);
        }
        key.at(config) = *value;
        return {};
    }

    std::string operator()(const WordKey& key) const {
        const auto value = text_of(node);
        if (!value || std::ranges::find(key.words, *value) == key.words.end()) {
            return fmt::format("must be one of {}", fmt::join(key.words, ", "));
        }
        key.at(config) = *value;
        return {};
    }

    std::string operator()(const TextsKey& key) const {
        std::vector<std::string> texts;
        const toml::array* list = node.as_array();
        for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
            const auto value = text_of(*list->get(i));
            if (!value || !key.form.fits(*value)) {
                return fmt::format("element {} must be {}", i + 1, key.form.wanted);
            }
            texts.push_back(*value);
        }
        if (list == nullptr) {
            return fmt::format("must be a list of texts, each {}", key.form.wanted);
        }
        key.at(config) = std::move(texts);
        return {};
    }

    std::string operator()(const RateKey& key) const {
        const toml::array* list = node.as_array();
        const bool pair = list != nullptr && list->size() == 2 && list->get(0)->is_integer() &&
                          list->get(1)->is_integer();
        const Config::Rate rate{
            pair ? list->get(0)->value_or(std::int64_t{-1}) : -1,
            pair ? list->get(1)->value_or(std::int64_t{-1}) : -1,
        };
        constexpr std::int64_t most = 1'000'000;
        const bool off = rate == Config::Rate{0, 0};
        const bool on =
            rate.burst > 0 && rate.burst <= most && rate.per_second > 0 && rate.per_second <= most;
        if (!off && !on) {
            return fmt::format("must be [burst, per second], each 1 to {}, or [0, 0]", most);
        }
        key.at(config) = rate;
        return {};
    }

    static std::optional<std::string> text_of(const toml::node& node) {
        return node.is_string() ? node.value<std::string>() : std::nullopt;
    }
};

std::string place_of(const std::string& source, const toml::source_region& region) {
    return fmt::format("{}:{}:{}", source, region.begin.line, region.begin.column);
}

std::string environment_name(std::string_view key) {
    std::string name = "TANJI_";
    for (const char letter : key) {
        name += letter == '.' ? '_'
                              : static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
    }
    return name;
}

class ConfigReader {
public:
    void read_file_text(const std::string& text, const std::string& source) {
        try {
            const toml::table file = toml::parse(text, source);
            walk(file, "", source);
        } catch (const toml::parse_error& error) {
            fault(place_of(source, error.source()), std::string(error.description()));
        }
    }

    // A value on its own: TOML, or, where a text is wanted, the text itself.
    void read_single(const ConfigKey& key, const std::string& value, const std::string& from) {
        const bool text =
            std::holds_alternative<TextKey>(key.kind) || std::holds_alternative<WordKey>(key.kind);
        const bool bare = text && !value.starts_with('"') && !value.starts_with('\'');
        try {
            const toml::table parsed = toml::parse("value = " + (bare ? quoted(value) : value));
            if (parsed.size() != 1) {
                return fault(from, fmt::format("`{}` is more than one TOML value", value));
            }
            assign(key, *parsed.get("value"), from);
        } catch (const toml::parse_error& error) {
            fault(from, fmt::format("`{}` is no TOML value: {}", value, error.description()));
        }
    }

    void read_environment(const std::vector<std::string>& environment) {
        for (const std::string& entry : environment) {
            const auto equals = entry.find('=');
            const std::string name = entry.substr(0, equals);
            const auto key = std::ranges::find_if(config_keys(), [&](const ConfigKey& candidate) {
                return environment_name(candidate.name) == name;
            });
            if (key != config_keys().end()) {
                read_single(*key, entry.substr(equals + 1), name);
            } else if (names_a_section(name)) {
                fault(name, "no such key");
            }
        }
    }

    void read_sets(const std::vector<std::string>& sets) {
        for (const std::string& entry : sets) {
            const auto equals = entry.find('=');
            const std::string name = entry.substr(0, equals);
            const ConfigKey* key = find(name);
            if (equals == std::string::npos) {
                fault("--set " + entry, "must be section.key=value");
            } else if (key == nullptr) {
                fault("--set " + name, "no such key");
            } else {
                read_single(*key, entry.substr(equals + 1), "--set " + name);
            }
        }
    }

    // What no key can tell alone.
    void check_together(const std::string& source) {
        if (config_.node.member.empty() && !from_.contains("node.member")) {
            fault(source, "`node.member` is required");
        }
        const Config::Api::Tls& tls = config_.api.tls;
        if (tls.certificate.empty() != tls.key.empty()) {
            const char* given = tls.key.empty() ? "api.tls.certificate" : "api.tls.key";
            fault(where(given), "`api.tls.certificate` and `api.tls.key` are given together");
        }
        if (tls.mode == "auto" && tls.certificate.empty() && !is_loopback(config_.api.listen)) {
            fault(
                where("api.listen"),
                "without a certificate the API listens on a loopback address only, unless "
                "`api.tls.mode` is \"proxy\""
            );
        }
        // Who reaches it may drain this node.
        if (!is_loopback(config_.admin.listen)) {
            fault(where("admin.listen"), "`admin.listen` must be a loopback address");
        }
        if (config_.consensus.election_ticks < 5 * config_.consensus.heartbeat_ticks) {
            fault(
                where("consensus.election_ticks"),
                "`consensus.election_ticks` must be at least five times `consensus.heartbeat_ticks`"
            );
        }
        if (config_.admin.listen == config_.api.listen &&
            listen_address(config_.api.listen).port != 0) {
            fault(where("admin.listen"), "`admin.listen` and `api.listen` must differ");
        }
        if (config_.limits.connections_per_address > config_.limits.connections) {
            fault(
                where("limits.connections_per_address"),
                "`limits.connections_per_address` exceeds `limits.connections`"
            );
        }
    }

    std::expected<LoadedConfig, std::vector<ConfigFault>> finish(const std::string& credentials) {
        if (!faults_.empty()) {
            return std::unexpected(std::move(faults_));
        }
        derive(credentials);
        LoadedConfig loaded;
        for (const ConfigKey& key : config_keys()) {
            const auto from = from_.find(key.name);
            loaded.settings.push_back(
                {std::string(key.name),
                 value_text(key, config_),
                 from == from_.end() ? "default" : from->second}
            );
        }
        loaded.config = std::move(config_);
        return loaded;
    }

private:
    static const ConfigKey* find(std::string_view name) {
        const auto found = std::ranges::find(config_keys(), name, &ConfigKey::name);
        return found == config_keys().end() ? nullptr : &*found;
    }

    static bool is_branch(const std::string& name) {
        return std::ranges::any_of(config_keys(), [&](const ConfigKey& key) {
            return key.name.starts_with(name + ".");
        });
    }

    static bool names_a_section(std::string_view variable) {
        return std::ranges::any_of(config_keys(), [&](const ConfigKey& key) {
            return variable.starts_with(environment_name(section_of(key.name)) + "_");
        });
    }

    static bool is_loopback(const std::string& listen) {
        const std::string host = listen_address(listen).host;
        return host == "localhost" || host == "::1" || host.starts_with("127.");
    }

    void walk(const toml::table& table, const std::string& prefix, const std::string& source) {
        for (const auto& [key, node] : table) {
            const std::string name = prefix + std::string(key.str());
            if (const ConfigKey* known = find(name)) {
                assign(*known, node, place_of(source, node.source()));
            } else if (is_branch(name) && node.is_table()) {
                walk(*node.as_table(), name + ".", source);
            } else if (is_branch(name)) {
                fault(place_of(source, node.source()), fmt::format("`{}` is a section", name));
            } else {
                fault(place_of(source, key.source()), fmt::format("no such key: `{}`", name));
            }
        }
    }

    void assign(const ConfigKey& key, const toml::node& node, const std::string& from) {
        const std::string sentence = std::visit(Assign{config_, node}, key.kind);
        if (!sentence.empty()) {
            fault(from, fmt::format("`{}` {}", key.name, sentence));
        }
        from_[std::string(key.name)] = from;
    }

    std::string where(const std::string& key) const {
        const auto from = from_.find(key);
        return from == from_.end() ? key : from->second;
    }

    void fault(std::string where, std::string sentence) {
        faults_.push_back({std::move(where), std::move(sentence)});
    }

    // Defaults that follow from other keys.
    void derive(const std::string& credentials) {
        const auto fill = [](std::string& value, const std::string& otherwise) {
            value = value.empty() ? otherwise : value;
        };
        const std::string folder =
            credentials.empty() ? config_.node.data_dir + "/keys" : credentials;
        fill(config_.node.name, config_.node.member);
        fill(config_.keys.log, folder + "/log.key");
        fill(config_.keys.cosign, folder + "/cosign.key");
        fill(config_.keys.peer, folder + "/peer.key");
        fill(config_.access_log.file, config_.node.data_dir + "/access.log");
    }

    Config config_;
    std::map<std::string, std::string, std::less<>> from_;  // key → where its value came from
    std::vector<ConfigFault> faults_;
};

}  // namespace

std::expected<LoadedConfig, std::vector<ConfigFault>> read_config(const ConfigInput& input) {
    ConfigReader reader;
    reader.read_file_text(input.text, input.source);
    reader.read_environment(input.environment);
    reader.read_sets(input.sets);
    reader.check_together(input.source);
    return reader.finish(input.credentials);
}

std::expected<LoadedConfig, std::vector<ConfigFault>> load_config(
    const std::string& path, const std::vector<std::string>& sets
) {
    const auto text = read_file(path, file_bytes_max);
    if (!text || !*text) {
        const std::string why = text ? "there is no such file" : text.error().detail;
        return std::unexpected(std::vector<ConfigFault>{{path, why}});
    }
    ConfigInput input{.text = **text, .source = path, .sets = sets};
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        input.environment.emplace_back(*entry);
    }
    if (const char* folder = std::getenv("CREDENTIALS_DIRECTORY")) {
        input.credentials = folder;
    }
    return read_config(input);
}

std::string to_text(const std::vector<ConfigFault>& faults) {
    std::string text;
    for (const ConfigFault& fault : faults) {
        text += fmt::format("{}: {}\n", fault.where, fault.sentence);
    }
    return text;
}

std::string commented_node_toml(const Config& config) {
    std::string text =
        "# What this node does. `tanjid config check -c FILE` reads it without starting.\n"
        "# TANJI_<SECTION>_<KEY> in the environment and --set section.key=value come before it.\n"
        "# It holds no secret.\n";
    const Config defaults;
    std::string_view section;
    for (const ConfigKey& key : config_keys()) {
        if (section_of(key.name) != section) {
            section = section_of(key.name);
            text += fmt::format("\n[{}]\n", section);
        }
        const std::string value = value_text(key, config);
        const char* mark = value == value_text(key, defaults) ? "# " : "";
        if (!key.meaning.empty()) {
            text += fmt::format("# {}\n", key.meaning);
        }
        text += fmt::format("{}{} = {}\n", mark, rest_of(key.name), value);
    }
    return text;
}

ListenAddress listen_address(std::string_view text) {
    const auto colon = text.rfind(':');
    assert(colon != std::string_view::npos);
    std::string_view host = text.substr(0, colon);
    if (host.starts_with('[')) {
        host = host.substr(1, host.size() - 2);
    }
    std::uint16_t port = 0;
    std::from_chars(text.data() + colon + 1, text.data() + text.size(), port);
    return {std::string(host), port};
}

}  // namespace tanji::node
