#include "tools/keys.h"

#include "ledger/value/json.h"
#include "tools/files.h"
#include "tools/subcommands.h"

#include <filesystem>

namespace tanji::tools {

using ledger::SigningKey;

namespace {

void print_key(const Tool& tool, const SigningKey& key, const std::string& file) {
    const std::string id = key.id().hex();
    const std::string shown = ledger::to_base64(key.public_key().view());
    if (tool.json) {
        ledger::JsonWriter out;
        out.open_object().member("keyid", id).member("public", shown).member("file", file);
        tool.print(out.close_object().text());
    } else {
        tool.out << to_table({{"key id", id}, {"public key", shown}, {"file", file}});
    }
}

}  // namespace

Attempt<SigningKey> load_key(const std::string& file) {
    auto pem = read_secret(file);
    if (!pem) {
        return failure(pem);
    }
    auto key = SigningKey::from_pem(*pem);
    if (!key) {
        return fail(Exit::usage, "{} holds no Ed25519 key: {}", file, key.error().detail);
    }
    return *key;
}

Attempt<std::vector<SigningKey>> load_keys(
    const Tool& tool, const std::vector<std::string>& others
) {
    if (tool.key_file.empty()) {
        return fail(Exit::usage, "no key to sign with: give --key FILE or set TANJI_KEY");
    }
    std::vector<std::string> files{tool.key_file};
    files.insert(files.end(), others.begin(), others.end());
    std::vector<SigningKey> keys;
    for (const std::string& file : files) {
        auto key = load_key(file);
        if (!key) {
            return failure(key);
        }
        keys.push_back(*key);
    }
    return keys;
}

Attempt<std::string> load_secret(const std::string& file) {
    auto bytes = read_secret(file);
    if (!bytes) {
        return failure(bytes);
    }
    std::string_view text = *bytes;
    while (text.ends_with('\n') || text.ends_with('\r')) {
        text.remove_suffix(1);
    }
    if (auto decoded = ledger::from_hex(text); decoded && decoded->size() >= 16) {
        return *decoded;
    }
    if (bytes->size() < 32) {
        return fail(
            Exit::usage,
            "{} is no secret: expected 32 bytes, or hexadecimal digits (openssl rand -hex 32)",
            file
        );
    }
    return *bytes;
}

Attempt<void> new_key(Tool& tool, const KeyOptions& options) {
    if (std::filesystem::exists(options.file)) {
        return fail(Exit::usage, "{} exists; keys are never overwritten", options.file);
    }
    const SigningKey key = SigningKey::generate();
    if (auto written = write_file(options.file, key.to_pem(), true); !written) {
        return written;
    }
    print_key(tool, key, options.file);
    return {};
}

Attempt<void> show_key(Tool& tool, const KeyOptions& options) {
    auto key = load_key(options.file);
    if (!key) {
        return failure(key);
    }
    print_key(tool, *key, options.file);
    return {};
}

}  // namespace tanji::tools
