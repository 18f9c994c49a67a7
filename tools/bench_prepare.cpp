#include "tools/bench_prepare.h"

#include "ledger/command/batch.h"
#include "ledger/command/command.h"
#include "ledger/methodology/evaluate.h"
#include "ledger/proof/merkle.h"
#include "ledger/value/json.h"
#include "tools/accounts_book.h"
#include "tools/compose.h"
#include "tools/documents.h"
#include "tools/keys.h"
#include "tools/load_file.h"

#include <algorithm>
#include <set>

namespace tanji::tools {

using ledger::TimeS;

namespace {

constexpr TimeS span_s = 3'600;  // all acts begin within the hour that ends this long ago
constexpr ledger::TimeMs load_life_ms = 6 * ledger::ms_per_day;

// A command that lives long enough to wait in a file.
std::string compose_long(const LedgerFacts& facts, std::string_view body) {
    LedgerFacts later = facts;
    later.time = std::max(now_ms(), facts.time) + load_life_ms - command_life_ms;
    return compose("activity.submit", later, body);
}

ledger::Record make_record(const LoadRules& rules, std::uint64_t number) {
    const std::string random = ledger::random_bytes(48);
    ledger::Record record;
    record.account = rules.accounts[number % rules.accounts.size()];
    record.source = decltype(record.source)::event;
    record.tag = *ledger::Tag::from(std::string_view(random).substr(0, 32));
    record.start = rules.begin + static_cast<TimeS>(number % static_cast<std::uint64_t>(span_s));
    record.end = record.start + 600;
    record.region = rules.region;
    record.quality = static_cast<std::uint8_t>(rules.methodology.discounts_ppm.begin()->first);
    for (const ledger::Input& input : rules.methodology.inputs) {
        const ledger::Amount room = std::min<ledger::Amount>(input.max - input.min, 4'999);
        record.inputs.push_back(input.min + static_cast<ledger::Amount>(number) % (room + 1));
    }
    record.keys.assign(rules.methodology.keys.size(), 0);
    record.salt = *ledger::Salt::from(std::string_view(random).substr(32, 16));
    return record;
}

Attempt<BatchDraft> make_batch(
    const LoadRules& rules, ledger::Evaluator& evaluator, std::uint64_t first, std::uint32_t count
) {
    Batcher batcher(count);
    for (std::uint64_t number = first;; ++number) {
        ImportedRecord made;
        made.record = make_record(rules, number);
        const ledger::RecordInputs inputs{
            .inputs = made.record.inputs,
            .keys = made.record.keys,
            .quality = static_cast<char>(made.record.quality),
            .day = ledger::local_day(made.record.end, rules.methodology.utc_offset_minutes),
        };
        const auto evaluated = evaluator.evaluate(inputs);
        if (!evaluated) {
            return fail(Exit::usage, evaluated.error());
        }
        made.micrograms = evaluated->micrograms;
        made.required = evaluated->required;
        if (auto full = batcher.add(made)) {
            return std::move(*full);
        }
    }
}

}  // namespace

Attempt<LoadRules> read_rules(
    Remote& remote, const BenchOptions& options, const ledger::SigningKey& key
) {
    LoadRules rules;
    auto facts = ask_ledger(remote);
    if (!facts) {
        return failure(facts);
    }
    rules.facts = *facts;
    auto genesis = load_genesis(remote);
    if (!genesis) {
        return failure(genesis);
    }
    auto methodology = load_methodology(&remote, options.methodology);
    if (!methodology) {
        return failure(methodology);
    }
    rules.methodology = std::move(*methodology);
    auto factors = load_factors(&remote, options.factors);
    if (!factors) {
        return failure(factors);
    }
    rules.factors = std::move(*factors);
    if (rules.methodology.by_interval) {
        return fail(Exit::usage, "the load is made of events: choose a methodology by event");
    }
    rules.region = options.region.empty() ? rules.methodology.regions.front() : options.region;
    rules.words.provider = owner_of(*genesis, key.id());
    auto scheme = choose_scheme(*genesis, options.scheme);
    if (!scheme) {
        return failure(scheme);
    }
    rules.words.scheme = *scheme;
    if (!options.programme.empty()) {
        rules.words.programme = options.programme;
    }
    auto rank = rank_of_provider(*genesis, rules.words.provider, rules.methodology.ref);
    if (!rank) {
        return failure(rank);
    }
    rules.words.rank = *rank;
    rules.begin = now_ms() / 1'000 - 3 * span_s;
    return rules;
}

Attempt<SignedBatch> make_signed_batch(
    const LoadRules& rules,
    std::uint64_t first,
    std::uint32_t count,
    std::span<const ledger::SigningKey> keys
) {
    ledger::Evaluator evaluator(rules.methodology, rules.factors);
    auto draft = make_batch(rules, evaluator, first, count);
    if (!draft) {
        return failure(draft);
    }
    ImportRules header_rules;
    header_rules.methodology = &rules.methodology;
    header_rules.factors = &rules.factors;
    header_rules.region = rules.region;
    ledger::JsonWriter body;
    ledger::write(body, header_of(*draft, header_rules, rules.words));
    auto envelope = sign(compose_long(rules.facts, body.text()), keys);
    if (!envelope) {
        return failure(envelope);
    }
    return SignedBatch{
        .id = ledger::read_command(envelope->payload)->id,
        .signature = ledger::to_signature_header(envelope->signatures),
        .body = ledger::to_container(envelope->payload, draft->records),
    };
}

Attempt<void> prepare_load(Tool& tool, const BenchOptions& options, const std::string& file) {
    if (options.batch < 1 || options.batch > ledger::batch_records_max) {
        return fail(Exit::usage, "a batch has 1 to {} records", ledger::batch_records_max);
    }
    auto keys = load_keys(tool, {});
    if (!keys) {
        return failure(keys);
    }
    Remote remote(tool);
    auto rules = read_rules(remote, options, keys->front());
    if (!rules) {
        return failure(rules);
    }
    const std::string secret = ledger::random_bytes(32);
    for (std::uint32_t i = 0; i < std::max(1U, options.accounts); ++i) {
        rules->accounts.push_back(account_of(secret, std::to_string(i)));
    }
    auto operator_key =
        load_key(options.operator_key.empty() ? tool.key_file : options.operator_key);
    if (!operator_key) {
        return failure(operator_key);
    }
    AccountsBook book(tool, rules->facts);
    const std::set<ledger::UserId> accounts(rules->accounts.begin(), rules->accounts.end());
    if (auto opened = book.open(remote, accounts, *operator_key, "SYNTHETIC"); !opened) {
        return failure(opened);
    }
    LoadWriter writer(file);
    Progress progress(tool, "prepare", "records", options.records);
    for (std::uint64_t first = 0; first < options.records; first += options.batch) {
        auto batch = make_signed_batch(*rules, first, options.batch, *keys);
        if (!batch) {
            return failure(batch);
        }
        writer.add(options.batch, batch->signature, batch->body);
        if (!writer.ok()) {
            return fail(Exit::usage, "cannot write {}", file);
        }
        progress.at(first + options.batch);
    }
    return {};
}

}  // namespace tanji::tools
