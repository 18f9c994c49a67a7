#include "tools/documents.h"

#include "ledger/value/crypto.h"
#include "tools/files.h"

#include <algorithm>
#include <filesystem>

namespace tanji::tools {

namespace {

bool is_file(const std::string& ref_or_file) {
    std::error_code error;
    return !ledger::is_ref(ref_or_file) || std::filesystem::exists(ref_or_file, error);
}

Attempt<std::string> load_text(
    Remote* remote, std::string_view route, const std::string& ref_or_file
) {
    if (is_file(ref_or_file)) {
        return read_file(ref_or_file, 1024 * 1024);
    }
    if (remote == nullptr) {
        return fail(Exit::usage, "{} is no file here, and no node is asked", ref_or_file);
    }
    return remote->get_text(fmt::format("{}/{}", route, ref_or_file));
}

// The only factor set that the node calls current.
Attempt<std::string> current_factors(Remote* remote) {
    if (remote == nullptr) {
        return fail(Exit::usage, "say which factor set: --factors FILE");
    }
    auto reply = remote->get_json("/v1/factors?limit=500");
    if (!reply) {
        return failure(reply);
    }
    const ledger::JsonValue* data = reply->find("data");
    std::vector<std::string> current;
    if (data != nullptr && data->array() != nullptr) {
        for (const ledger::JsonValue& entry : *data->array()) {
            std::string ref = text_of(entry, "ref");
            if (ref.empty()) {
                ref = text_of(entry, "set");
            }
            if (text_of(entry, "status") != "superseded" && !ref.empty()) {
                current.push_back(ref);
            }
        }
    }
    if (current.size() != 1) {
        return fail(
            Exit::usage, "{} factor sets are current: say which with --factors", current.size()
        );
    }
    return current.front();
}

}  // namespace

Attempt<ledger::Methodology> load_methodology(Remote* remote, const std::string& ref_or_file) {
    if (ref_or_file.empty()) {
        return fail(Exit::usage, "say which methodology: --methodology REF or FILE");
    }
    auto text = load_text(remote, "/v1/methodologies", ref_or_file);
    if (!text) {
        return failure(text);
    }
    auto methodology = ledger::read_methodology(*text);
    if (!methodology) {
        return fail(Exit::usage, methodology.error());
    }
    return std::move(*methodology);
}

Attempt<ledger::FactorSet> load_factors(Remote* remote, const std::string& ref_or_file) {
    std::string wanted = ref_or_file;
    if (wanted.empty()) {
        auto current = current_factors(remote);
        if (!current) {
            return failure(current);
        }
        wanted = *current;
    }
    auto text = load_text(remote, "/v1/factors", wanted);
    if (!text) {
        return failure(text);
    }
    auto factors = ledger::read_factor_set(*text);
    if (!factors) {
        return fail(Exit::usage, factors.error());
    }
    return std::move(*factors);
}

Attempt<ledger::Genesis> load_genesis(Remote& remote) {
    auto file = remote.get_text("/v1/genesis");
    if (!file) {
        return failure(file);
    }
    auto genesis = ledger::read_genesis(*file);
    if (!genesis) {
        return fail(Exit::unavailable, genesis.error());
    }
    return std::move(*genesis);
}

std::string owner_of(const ledger::Genesis& genesis, const ledger::KeyId& key) {
    const auto found = std::ranges::find_if(genesis.keys, [&](const ledger::KeyRow& row) {
        return ledger::key_id(row.key) == key;
    });
    return found != genesis.keys.end() ? found->owner : std::string();
}

Attempt<std::string> choose_scheme(const ledger::Genesis& genesis, const std::string& scheme) {
    if (!scheme.empty()) {
        return scheme;
    }
    if (genesis.schemes.size() != 1) {
        return fail(Exit::usage, "genesis has {} schemes: say --scheme", genesis.schemes.size());
    }
    return genesis.schemes.front().scheme;
}

Attempt<std::string> rank_of_provider(
    const ledger::Genesis& genesis, const std::string& provider, const std::string& methodology
) {
    const auto member = std::ranges::find(genesis.members, provider, &ledger::Member::member);
    const ledger::RoleGrant* grant =
        member != genesis.members.end()
            ? member->grant(ledger::Role::provider, ledger::slug_of(methodology), now_ms())
            : nullptr;
    if (grant == nullptr) {
        return fail(Exit::usage, "{} is no provider for {}", provider, methodology);
    }
    return std::string(name_of(grant->rank));
}

}  // namespace tanji::tools
