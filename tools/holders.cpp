#include "tools/holders.h"

#include "tools/files.h"

namespace tanji::tools {

namespace {

std::filesystem::path holders_file(const ledger::Hash& ledger) {
    return state_folder() / "holders" / ledger.hex();
}

}  // namespace

std::optional<std::string> account_of_key(const ledger::Hash& ledger, const ledger::KeyId& key) {
    const auto text = read_file(holders_file(ledger));
    if (!text) {
        return std::nullopt;
    }
    const std::size_t found = text->rfind(key.hex() + " ");
    if (found == std::string::npos) {
        return std::nullopt;
    }
    const std::size_t begin = found + key.hex().size() + 1;
    return text->substr(begin, text->find('\n', begin) - begin);
}

Attempt<void> remember_account(
    const ledger::Hash& ledger, const ledger::KeyId& key, const std::string& account
) {
    if (account_of_key(ledger, key) == account) {
        return {};
    }
    const auto file = holders_file(ledger);
    if (auto made = make_folder(file.parent_path()); !made) {
        return made;
    }
    const std::string known = read_file(file).value_or("");
    return write_file(file, known + key.hex() + " " + account + "\n", true);
}

}  // namespace tanji::tools
