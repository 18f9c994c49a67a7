#include "tools/import_setup.h"

#include "tools/documents.h"
#include "tools/files.h"
#include "tools/keys.h"

namespace tanji::tools {

namespace {

Attempt<void> set_up_node(
    Tool& tool, const ImportOptions& options, Remote& remote, ImportSetup& setup
) {
    auto keys = load_keys(tool, {});
    if (!keys) {
        return failure(keys);
    }
    setup.key = keys->front();
    auto facts = ask_ledger(remote);
    if (!facts) {
        return failure(facts);
    }
    setup.facts = *facts;
    if (options.demo && !setup.facts->demo) {
        return fail(Exit::usage, "--demo only works on a ledger that calls itself a demo");
    }
    auto genesis = load_genesis(remote);
    if (!genesis) {
        return failure(genesis);
    }
    setup.genesis = std::move(*genesis);
    setup.words.provider =
        options.provider.empty() ? owner_of(*setup.genesis, setup.key->id()) : options.provider;
    if (setup.words.provider.empty()) {
        return fail(Exit::usage, "{} is no key of a member of this ledger", tool.key_file);
    }
    auto scheme = choose_scheme(*setup.genesis, options.scheme);
    if (!scheme) {
        return failure(scheme);
    }
    setup.words.scheme = *scheme;
    setup.words.rank = options.rank;
    if (!options.programme.empty()) {
        setup.words.programme = options.programme;
    }
    if (options.open_accounts) {
        auto key = load_key(options.operator_key.empty() ? tool.key_file : options.operator_key);
        if (!key) {
            return failure(key);
        }
        setup.operator_key = *key;
    }
    return {};
}

// A key is for the year that it is given with, or for the years whose digest genesis has.
Attempt<void> set_up_event_keys(const ImportOptions& options, ImportSetup& setup) {
    for (const std::string& given : options.event_keys) {
        const bool with_year = given.size() > 5 && given[4] == '=';
        const int year =  // 0: any
            with_year ? static_cast<int>(ledger::parse_amount(given.substr(0, 4)).value_or(0)) : 0;
        auto key = load_secret(year != 0 ? given.substr(5) : given);
        if (!key) {
            return failure(key);
        }
        if (!setup.genesis) {
            setup.rules.event_keys[year] = *key;
            continue;
        }
        bool known = false;
        for (const ledger::EventKey& event_key : setup.genesis->event_keys) {
            const int key_year = static_cast<int>(event_key.year);
            if (event_key.digest == ledger::sha256(*key) && (year == 0 || year == key_year)) {
                setup.rules.event_keys[key_year] = *key;
                known = true;
            }
        }
        if (!known) {
            return fail(Exit::usage, "{} is not the event key that genesis names", given);
        }
    }
    return {};
}

Attempt<void> set_up_documents(const ImportOptions& options, Remote& remote, ImportSetup& setup) {
    // Documents that are no files come from the node, also in a dry run.
    auto methodology = load_methodology(&remote, options.methodology);
    if (!methodology) {
        return failure(methodology);
    }
    setup.methodology = std::make_unique<ledger::Methodology>(std::move(*methodology));
    auto factors = load_factors(&remote, options.factors);
    if (!factors) {
        return failure(factors);
    }
    setup.factors = std::make_unique<ledger::FactorSet>(std::move(*factors));
    setup.rules.methodology = setup.methodology.get();
    setup.rules.factors = setup.factors.get();
    if (options.quality.size() > 1) {
        return fail(Exit::usage, "a quality is one letter");
    }
    setup.rules.quality = options.quality.empty() ? setup.methodology->discounts_ppm.rbegin()->first
                                                  : options.quality.front();
    return {};
}

// Whether these acts may be counted by that methodology, or may at least be pretended to.
Attempt<void> check_fit(const ImportOptions& options, const ledger::Methodology& methodology) {
    const bool citibike = options.format == "citibike";
    if (citibike && (methodology.kind != "bike.order" || methodology.inputs.size() != 1)) {
        return fail(Exit::usage, "{} does not count bicycle rides by metres", methodology.ref);
    }
    if (!methodology.covers(options.region)) {
        return fail(Exit::usage, "{} does not cover {}", methodology.ref, options.region);
    }
    if (citibike && !options.demo && !ledger::region_covers(citibike_region, options.region)) {
        return fail(
            Exit::usage,
            "these rides took place in {}, not in {}: only --demo may pretend otherwise",
            citibike_region,
            options.region
        );
    }
    if (options.shift_days && !options.demo) {
        return fail(Exit::usage, "--shift-days needs --demo: nothing else may move times");
    }
    return {};
}

Attempt<void> check_options(const ImportOptions& options) {
    if (options.batch < 1 || options.batch > ledger::batch_records_max) {
        return fail(Exit::usage, "a batch has 1 to {} records", ledger::batch_records_max);
    }
    if (options.region.empty() || !ledger::is_region(options.region)) {
        return fail(Exit::usage, "say where the acts took place, such as --region 110000");
    }
    if (options.account_salt.empty() || options.event_keys.empty()) {
        return fail(Exit::usage, "an import needs --account-salt FILE and --event-key FILE");
    }
    return {};
}

}  // namespace

Attempt<ImportSetup> set_up(Tool& tool, const ImportOptions& options, Remote& remote) {
    if (auto checked = check_options(options); !checked) {
        return failure(checked);
    }
    ImportSetup setup;
    auto salt = load_secret(options.account_salt);
    if (!salt) {
        return failure(salt);
    }
    setup.rules.account_salt = *salt;
    setup.rules.region = options.region;
    if (!options.map.empty()) {
        auto map = read_file(options.map, 64 * 1024);
        if (!map) {
            return failure(map);
        }
        setup.map_text = *map;
    }
    if (!options.dry_run) {
        if (auto node = set_up_node(tool, options, remote, setup); !node) {
            return failure(node);
        }
    }
    if (auto documents = set_up_documents(options, remote, setup); !documents) {
        return failure(documents);
    }
    if (auto fit = check_fit(options, *setup.methodology); !fit) {
        return failure(fit);
    }
    if (setup.genesis && setup.words.rank.empty()) {
        auto rank = rank_of_provider(*setup.genesis, setup.words.provider, setup.methodology->ref);
        if (!rank) {
            return failure(rank);
        }
        setup.words.rank = *rank;
    }
    if (auto keys = set_up_event_keys(options, setup); !keys) {
        return failure(keys);
    }
    return setup;
}

}  // namespace tanji::tools
