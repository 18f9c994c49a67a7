#include "tools/trust.h"

#include "ledger/value/json.h"
#include "tools/files.h"
#include "tools/subcommands.h"

#include <cassert>

namespace tanji::tools {

using ledger::Hash;

ledger::KnownKeys Trust::known_keys() const {
    return [this](const ledger::KeyId& id) -> std::optional<ledger::PublicKey> {
        const auto found = keys.find(id);
        return found != keys.end() ? std::optional(found->second) : std::nullopt;
    };
}

Attempt<Trust> trust_genesis(std::string_view file, std::string source) {
    auto genesis = ledger::read_genesis(file);
    if (!genesis) {
        return fail(Exit::usage, genesis.error());
    }
    auto policy = ledger::Policy::parse(genesis->policy());
    if (!policy) {
        return fail(Exit::usage, policy.error());
    }
    Trust trust;
    trust.pinned.origin = genesis->origin;
    trust.pinned.ledger = genesis->ledger;
    trust.pinned.policies.push_back({0, std::move(*policy)});
    for (const ledger::KeyRow& row : genesis->keys) {
        trust.keys.emplace(ledger::key_id(row.key), row.key);
    }
    trust.source = std::move(source);
    return trust;
}

ledger::Pinned followed(ledger::Pinned pinned, const ledger::Roster& roster) {
    for (const ledger::MembershipRow& row : roster.memberships) {
        if (row.membership.number > 1) {
            auto policy = ledger::Policy::parse(roster.policy(row));
            assert(policy.has_value());
            pinned.policies.push_back({row.policy_from(), std::move(*policy)});
        }
    }
    return pinned;
}

namespace {

std::filesystem::path trust_folder() {
    return config_folder() / "trust";
}

// The ledger id that a policy file states in a comment of its own: `# ledger <64 hex digits>`.
std::optional<Hash> stated_ledger(std::string_view policy) {
    constexpr std::string_view words = "# ledger ";
    for (std::size_t at = policy.find(words); at != std::string_view::npos;
         at = policy.find(words, at + 1)) {
        if (at == 0 || policy[at - 1] == '\n') {
            return Hash::from_hex(policy.substr(at + words.size(), 2 * Hash::length));
        }
    }
    return std::nullopt;
}

Attempt<std::vector<Trust>> pinned_ledgers() {
    std::vector<Trust> pinned;
    for (const std::string& name : file_names(trust_folder())) {
        auto file = read_file(trust_folder() / name, ledger::genesis_bytes_max);
        if (!file) {
            return failure(file);
        }
        auto trust = trust_genesis(*file, "pinned ledger " + name.substr(0, name.find('.')));
        if (!trust) {
            return failure(trust);
        }
        if (trust->pinned.ledger.hex() + ".json" != name) {
            const auto path = trust_folder() / name;
            return fail(Exit::usage, "{} is damaged: pin that ledger again", path.string());
        }
        pinned.push_back(std::move(*trust));
    }
    return pinned;
}

// The file of --policy: a tlog-policy, or a genesis file, from which everything follows.
Attempt<Trust> trust_file(const std::string& file, const Hash& hint) {
    auto text = read_file(file, 64 * 1024);
    if (!text) {
        return failure(text);
    }
    if (text->starts_with('{')) {
        return trust_genesis(*text, "genesis from " + file);
    }
    auto policy = ledger::Policy::parse(*text);
    if (!policy) {
        return fail(Exit::usage, policy.error());
    }
    if (policy->logs().empty()) {
        return fail(Exit::usage, "{} names no log", file);
    }
    Trust trust;
    trust.pinned.origin = policy->logs().front().name;
    trust.pinned.ledger = stated_ledger(*text).value_or(hint);
    trust.pinned.policies.push_back({0, std::move(*policy)});
    trust.source = "policy from " + file;
    return trust;
}

}  // namespace

Attempt<Trust> find_trust(const Tool& tool, const Hash& ledger, const std::string& origin) {
    if (!tool.policy_file.empty()) {
        return trust_file(tool.policy_file, ledger);
    }
    auto pinned = pinned_ledgers();
    if (!pinned) {
        return failure(pinned);
    }
    for (Trust& trust : *pinned) {
        if (trust.pinned.ledger == ledger || (!origin.empty() && trust.pinned.origin == origin)) {
            return std::move(trust);
        }
    }
    return fail(
        Exit::usage,
        "nothing is pinned for {}: give --policy FILE, or run tanji trust add genesis.json",
        origin.empty() ? "ledger " + ledger.hex() : origin
    );
}

Attempt<void> add_trust(Tool& tool, const TrustOptions& options) {
    auto file = read_file(options.file, ledger::genesis_bytes_max);
    if (!file) {
        return failure(file);
    }
    auto trust = trust_genesis(*file, options.file);
    if (!trust) {
        return failure(trust);
    }
    if (auto made = make_folder(trust_folder()); !made) {
        return made;
    }
    const std::string id = trust->pinned.ledger.hex();
    if (auto written = write_file(trust_folder() / (id + ".json"), *file); !written) {
        return written;
    }
    if (tool.json) {
        ledger::JsonWriter out;
        out.open_object().member("ledger", id).member("origin", trust->pinned.origin);
        tool.print(out.close_object().text());
    } else {
        tool.out << to_table({{"ledger", id}, {"origin", trust->pinned.origin}});
    }
    return {};
}

Attempt<void> list_trust(Tool& tool) {
    auto pinned = pinned_ledgers();
    if (!pinned) {
        return failure(pinned);
    }
    ledger::JsonWriter json;
    json.open_array();
    std::vector<std::vector<std::string>> rows{{"LEDGER", "ORIGIN"}};
    for (const Trust& trust : *pinned) {
        const std::string id = trust.pinned.ledger.hex();
        rows.push_back({id, trust.pinned.origin});
        json.open_object().member("ledger", id).member("origin", trust.pinned.origin);
        json.close_object();
    }
    if (tool.json) {
        tool.print(json.close_array().text());
    } else {
        tool.out << to_table(rows);
    }
    return {};
}

}  // namespace tanji::tools
