// The words of the command line, all in one file although it is long: CLI11 costs five seconds in
// each file that includes it. What the subcommands do is declared in subcommands.h.

#include "tools/subcommands.h"

#include <algorithm>
#include <functional>
#include <iostream>

#include <CLI/CLI.hpp>

namespace {

using namespace tanji::tools;

// Help begins with examples, because that is what people look for.
class ExamplesFirst : public CLI::Formatter {
public:
    std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode)
        const override {
        std::string examples = app->get_footer();
        if (!examples.empty() && mode != CLI::AppFormatMode::Sub) {
            examples = "Examples:\n" + examples + "\n";
        }
        return examples + Formatter::make_help(app, std::move(name), mode);
    }
    std::string make_footer(const CLI::App*) const override { return {}; }
};

// The program as it is being put together: each subcommand writes into an options object that it
// owns, and leaves in `chosen` what is to be done.
struct Program {
    Tool tool{std::cout, std::cerr};
    CLI::App app{"Tanji 碳迹: counts low-carbon acts so that anybody can check the sum.", "tanji"};
    std::function<Attempt<void>()> chosen;

    Program() {
        app.formatter(std::make_shared<ExamplesFirst>());
        app.footer(
            "  tanji status                                      what a node says about itself\n"
            "  tanji verify receipt.json --policy policy.txt     a receipt, without any network\n"
            "  tanji audit http://127.0.0.1:8460                 everything public, recomputed"
        );
        app.fallthrough();
        app.require_subcommand(1);
        app.set_help_flag("-h,--help", "this text");
        app.add_option("--node", tool.node, "URL of a node")->envname("TANJI_NODE");
        app.add_option("--key", tool.key_file, "private key (PEM, mode 0600)")
            ->envname("TANJI_KEY");
        app.add_option("--token-file", tool.token_file, "bearer token or read grant");
        app.add_option("--policy", tool.policy_file, "tlog-policy or genesis file to verify by");
        app.add_flag("--json", tool.json, "JSON on stdout");
        app.add_flag("-q,--quiet", tool.quiet, "data and errors only");
        app.add_flag("-v,--verbose", tool.verbose, "say more");
        app.add_option("--color", tool.color, "auto, always, never")
            ->check(CLI::IsMember({"auto", "always", "never"}));
        app.add_option("--lang", tool.language, "zh or en")->check(CLI::IsMember({"zh", "en"}));
        app.add_option("--timeout", tool.timeout_s, "seconds for one request")
            ->check(CLI::Range(1, 600));
        app.add_flag("--no-input", tool.no_input, "never ask");
        app.add_flag("-y,--yes", tool.yes, "agree to everything that is asked");
        app.add_flag_callback("--version", [this] {
            static_cast<void>(version(tool));
            throw CLI::Success{};
        });
    }

    // A subcommand with options of type `Options`, which `run` gets.
    template <typename Options>
    CLI::App* add(
        CLI::App& parent,
        const std::string& name,
        const std::string& about,
        const std::string& examples,
        Attempt<void> (*run)(Tool&, const Options&),
        std::shared_ptr<Options> options
    ) {
        CLI::App* sub = parent.add_subcommand(name, about);
        sub->footer(examples);
        sub->fallthrough();
        sub->callback([this, run, options] {
            chosen = [this, run, options] { return run(tool, *options); };
        });
        return sub;
    }

    CLI::App* add_plain(
        const std::string& name,
        const std::string& about,
        const std::string& examples,
        Attempt<void> (*run)(Tool&)
    ) {
        CLI::App* sub = app.add_subcommand(name, about);
        sub->footer(examples);
        sub->fallthrough();
        sub->callback([this, run] { chosen = [this, run] { return run(tool); }; });
        return sub;
    }
};

// How far a reply is waited for: `--until certified`.
void add_until(CLI::App* sub, bool& until_certified) {
    sub->add_option_function<std::string>(
           "--until",
           [&until_certified](const std::string& word) { until_certified = word == "certified"; },
           "committed (the default), or certified by the quorum"
    )
        ->check(CLI::IsMember({"committed", "certified"}));
}

template <typename Options>
void add_send_options(CLI::App* sub, Options& options) {
    sub->add_option("--also-key", options.send.other_keys, "another key that signs too");
    sub->add_option("--envelope", options.send.envelope, "save for co-signing, do not send");
    sub->add_option("--save", options.send.save, "file for the receipt");
    sub->add_flag("--dry-run", options.send.dry_run, "what would happen");
    add_until(sub, options.send.until_certified);
}

void add_keys(Program& program) {
    CLI::App* keys = program.app.add_subcommand("keys", "make and show keys");
    keys->footer("  tanji keys new --out provider.pem\n  tanji keys show provider.pem");
    keys->require_subcommand(1);
    keys->fallthrough();
    auto made = std::make_shared<KeyOptions>();
    program
        .add(
            *keys, "new", "a new Ed25519 key", "  tanji keys new --out provider.pem", new_key, made
        )
        ->add_option("--out", made->file, "file to write")
        ->required();
    auto shown = std::make_shared<KeyOptions>();
    program
        .add(
            *keys,
            "show",
            "key id and public key",
            "  tanji keys show provider.pem",
            show_key,
            shown
        )
        ->add_option("FILE", shown->file)
        ->required();

    CLI::App* trust = program.app.add_subcommand("trust", "pin ledgers to verify by");
    trust->footer("  tanji trust add genesis.json\n  tanji trust list");
    trust->require_subcommand(1);
    trust->fallthrough();
    auto pinned = std::make_shared<TrustOptions>();
    program
        .add(
            *trust,
            "add",
            "pin a ledger by its genesis file",
            "  tanji trust add genesis.json",
            add_trust,
            pinned
        )
        ->add_option("GENESIS", pinned->file)
        ->required();
    CLI::App* listed = trust->add_subcommand("list", "pinned ledgers");
    listed->footer("  tanji trust list");
    listed->fallthrough();
    listed->callback([&program] {
        program.chosen = [&program] { return list_trust(program.tool); };
    });
}

void add_commands(Program& program) {
    auto sent = std::make_shared<SubmitOptions>();
    CLI::App* sub = program.add(
        program.app,
        "submit",
        "send any command or envelope",
        "  tanji submit command.json --key member.pem\n"
        "  tanji submit envelope.json --until certified --save receipt.json",
        submit,
        sent
    );
    sub->add_option("FILE", sent->file, "command, envelope, one a line, or -")->required();
    add_send_options(sub, *sent);

    auto cosigned = std::make_shared<SubmitOptions>();
    sub = program.add(
        program.app,
        "cosign",
        "add a signature to a saved envelope",
        "  tanji cosign envelope.json --key governor.pem",
        cosign,
        cosigned
    );
    sub->add_option("FILE", cosigned->file)->required();
    sub->add_option("--out", cosigned->send.envelope, "write here instead");
    sub->add_option("--also-key", cosigned->send.other_keys, "another key that signs too");
    program.add_plain("resume", "send what the outbox still holds", "  tanji resume", resume);
}

void add_activities(Program& program) {
    auto import = std::make_shared<ImportOptions>();
    CLI::App* sub = program.add(
        program.app,
        "import",
        "turn rows of a file into signed batches",
        "  tanji import citibike rides.csv --methodology shared-bike-jjj@1 --region 110000 \\\n"
        "      --account-salt salt.hex --event-key 2026.hex --key bike.pem --dry-run",
        import_rides,
        import
    );
    sub->add_option("FORMAT", import->format, "citibike or csv")->required();
    sub->add_option("FILES", import->files)->required();
    sub->add_option("--methodology", import->methodology, "ref at the node, or a file")->required();
    sub->add_option("--factors", import->factors, "ref or file; default: the current set");
    sub->add_option("--scheme", import->scheme, "default: the only one");
    sub->add_option("--provider", import->provider, "default: whose key --key is");
    sub->add_option("--programme", import->programme);
    sub->add_option("--rank", import->rank, "default: that of the provider's role")
        ->check(CLI::IsMember({"operator", "payer", "app"}));
    sub->add_option("--region", import->region, "where the acts took place")->required();
    sub->add_option("--quality", import->quality, "default: the lowest of the methodology");
    sub->add_option("--account-salt", import->account_salt, "secret that makes accounts")
        ->required();
    sub->add_option("--event-key", import->event_keys, "[YEAR=]FILE")->required();
    sub->add_option("--map", import->map, "TOML map of the format csv");
    sub->add_option("--zone", import->zone, "zone of printed times, default New York");
    sub->add_option("--operator-key", import->operator_key, "opens accounts; default: --key");
    sub->add_option("--out", import->out, "folder for batches; default: FILE.tanji");
    sub->add_option("--rejects", import->rejects, "file for rows that were dropped");
    sub->add_option("--batch", import->batch, "records a batch at most");
    sub->add_option("--shift-days", import->shift_days, "move all times, with --demo");
    sub->add_flag("--open-accounts", import->open_accounts, "open accounts that are missing");
    sub->add_flag("--dry-run", import->dry_run, "send nothing, write the records");
    sub->add_flag("--strict", import->strict, "a rejected or repeated row is a failure");
    sub->add_flag("--demo", import->demo, "pretend region and time, on a demo ledger only");
    add_until(sub, import->until_certified);

    auto attested = std::make_shared<AttestOptions>();
    sub = program.add(
        program.app,
        "attest",
        "a verifier's verdict on a batch",
        "  tanji attest 01a1fb67180070008000000000000002 --accept --evidence report.pdf \\\n"
        "      --key verifier.pem",
        attest,
        attested
    );
    sub->add_option("BATCH", attested->batch)->required();
    sub->add_flag("--accept", attested->accept);
    sub->add_flag("--reject", attested->reject);
    sub->add_option("--except", attested->except, "accept all but these: 3,10-14");
    sub->add_option("--level", attested->level)->check(CLI::IsMember({"limited", "reasonable"}));
    sub->add_option("--sampled", attested->sampled, "records looked at; default: as the rules ask");
    sub->add_option("--evidence", attested->evidence, "the report: file or digest");
    sub->add_option("--reason", attested->reason);
    add_send_options(sub, *attested);

    auto revoked = std::make_shared<RevokeOptions>();
    sub = program.add(
        program.app,
        "revoke",
        "take back what was issued for a batch",
        "  tanji revoke 01a1fb67180070008000000000000002 --reason wrong_method --free",
        revoke,
        revoked
    );
    sub->add_option("BATCH", revoked->batch)->required();
    sub->add_option("--records", revoked->records, "only these: 3,10-14");
    sub->add_option("--reason", revoked->reason)
        ->check(CLI::IsMember({"false_data", "double_counted", "wrong_method", "consent", "other"})
        );
    sub->add_flag("--free", revoked->free, "a corrected batch may take the same events");
    sub->add_option("--evidence", revoked->evidence, "file or digest");
    add_send_options(sub, *revoked);
}

void add_accounts(Program& program) {
    auto opened = std::make_shared<OpenOptions>();
    CLI::App* sub = program.add(
        program.app,
        "open",
        "a new account",
        "  tanji open --key operator.pem --keys holder.pem",
        open_account,
        opened
    );
    sub->add_option("ACCOUNT", opened->account, "default: a random one");
    sub->add_option("--keys", opened->holder_keys, "key files of the holder, at most 3");
    sub->add_flag("--venue", opened->venue);
    sub->add_option("--owner", opened->owner, "text that is committed to, never sent");
    add_send_options(sub, *opened);

    auto granted = std::make_shared<GrantOptions>();
    sub = program.add(
        program.app,
        "grant",
        "a bearer value to read an account with",
        "  tanji grant a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1 --key holder.pem --for 15m",
        grant,
        granted
    );
    sub->add_option("ACCOUNT", granted->account)->required();
    sub->add_option("--scope", granted->scopes, "account, history, records; default: all");
    sub->add_option("--for", granted->life, "15m at most");
}

void add_credit(
    Program& program,
    const std::string& name,
    const std::string& about,
    const std::string& examples,
    Attempt<void> (*run)(Tool&, const CreditOptions&)
) {
    auto options = std::make_shared<CreditOptions>();
    CLI::App* sub = program.add(program.app, name, about, examples, run, options);
    sub->add_option("--account", options->account, "whose grams")->required();
    sub->add_option("--class", options->credit_class, "scheme:methodology:region:year")->required();
    sub->add_option("--amount", options->amount, "500g, 1.2kg, 3t")->required();
    if (name == "transfer" || name == "assign" || name == "donate") {
        sub->add_option("--to", options->to)->required();
    }
    if (name == "transfer") {
        sub->add_option("--memo", options->memo);
    }
    if (name == "assign" || name == "donate") {
        sub->add_option("--consent", options->consent, "file or digest");
        sub->add_option("--consideration", options->memo, "what the holder gets for it");
    }
    if (name == "retire") {
        sub->add_option(
               "--purpose",
               options->purpose,
               "voluntary, neutrality, event, ets-offset, compensation"
        )
            ->required();
        sub->add_option("--beneficiary", options->beneficiary, "an organisation, in clear");
        sub->add_option("--commitment", options->commitment, "a person, as a commitment");
        sub->add_option("--statement", options->statement);
    }
    sub->add_option(
        "--instruction",
        options->instruction,
        "the holder's order, where a custodian signs: file or digest"
    );
    add_send_options(sub, *options);
}

void add_credits(Program& program) {
    const std::string of = " --account shop --class sz-ph:metro-shenzhen@1:440300:2026";
    add_credit(
        program,
        "transfer",
        "grams from member to member",
        "  tanji transfer" + of + " --to mall --amount 1.2kg",
        transfer
    );
    add_credit(
        program,
        "assign",
        "a user's grams to a member",
        "  tanji assign --account a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1 \\\n"
        "      --class sz-ph:metro-shenzhen@1:440300:2026 --to shop --amount 500g \\\n"
        "      --also-key shop.pem",
        assign
    );
    add_credit(
        program,
        "donate",
        "a user's grams to a venue",
        "  tanji donate --account a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1 \\\n"
        "      --class sz-ph:metro-shenzhen@1:440300:2026 --amount 500g \\\n"
        "      --to b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2",
        donate
    );
    add_credit(
        program,
        "retire",
        "take grams out for good",
        "  tanji retire" + of +
            " \\\n"
            "      --amount 980g --purpose neutrality --beneficiary 'Mall Ltd'",
        retire
    );
    add_credit(
        program,
        "cancel",
        "pay an obligation with grams",
        "  tanji cancel" + of + " --amount 1180g",
        cancel
    );
}

void add_documents(Program& program) {
    CLI::App* published = program.app.add_subcommand("publish", "a methodology or factor set");
    published->footer("  tanji publish methodology bike.json --scheme sz-ph --key governor.pem");
    published->require_subcommand(1);
    published->fallthrough();
    const auto add_publish = [&](const std::string& name, auto run) {
        auto options = std::make_shared<PublishOptions>();
        CLI::App* sub = program.add(
            *published,
            name,
            "governed: every governor needed signs, here or with tanji cosign",
            "  tanji publish " + name + " file.json --key governor.pem --also-key second.pem",
            run,
            options
        );
        sub->add_option("FILE", options->file)->required();
        sub->add_option("--scheme", options->scheme, "of a methodology");
        add_send_options(sub, *options);
    };
    add_publish("methodology", publish_methodology);
    add_publish("factors", publish_factors);

    auto checked = std::make_shared<ComputeOptions>();
    program
        .add(
            program.app,
            "check",
            "units, bounds and vectors of documents, offline",
            "  tanji check bike.json factors.json",
            check_documents,
            checked
        )
        ->add_option("FILES", checked->files)
        ->required();

    const auto add_compute = [&](const std::string& name,
                                 const std::string& about,
                                 const std::string& examples,
                                 auto run,
                                 auto more) {
        auto options = std::make_shared<ComputeOptions>();
        CLI::App* sub = program.add(program.app, name, about, examples, run, options);
        sub->add_option("--methodology", options->methodology, "ref or file");
        sub->add_option("--factors", options->factors, "ref or file");
        more(*sub, *options);
    };
    add_compute(
        "recompute",
        "grams of records, offline or of a batch",
        "  tanji recompute --methodology bike.json --factors factors.json --records batch.ndjson\n"
        "  tanji recompute --batch 01a1fb67180070008000000000000002",
        recompute,
        [](CLI::App& sub, ComputeOptions& options) {
            sub.add_option("--batch", options.batch, "at the node");
            sub.add_option("--records", options.records, "NDJSON");
        }
    );
    add_compute(
        "estimate",
        "what one act would give, step by step",
        "  tanji estimate --methodology bike.json --factors factors.json --input distance=2400",
        estimate,
        [](CLI::App& sub, ComputeOptions& options) {
            sub.add_option("--input", options.inputs, "name=number")->required();
            sub.add_option("--value", options.keys, "key=value");
            sub.add_option("--quality", options.quality);
            sub.add_option("--date", options.date, "default: today");
        }
    );
}

void add_reading(Program& program) {
    auto shown = std::make_shared<ShowOptions>();
    CLI::App* sub = program.add(
        program.app,
        "show",
        "one object",
        "  tanji show batch 01a1fb67180070008000000000000002\n  tanji show leaf 5",
        show,
        shown
    );
    sub->add_option("KIND", shown->kind)->required();
    sub->add_option("ID", shown->id)->required();

    auto listed = std::make_shared<ShowOptions>();
    sub = program.add(
        program.app,
        "list",
        "objects of a kind",
        "  tanji list batch --filter state=issued",
        list,
        listed
    );
    sub->add_option("KIND", listed->kind)->required();
    sub->add_option("--filter", listed->filters, "name=value, as the API has them");
    sub->add_option("--limit", listed->limit);

    auto receipt = std::make_shared<ReceiptOptions>();
    sub = program.add(
        program.app,
        "receipt",
        "the receipt of a command or of one record",
        "  tanji receipt 01a1fb67180070008000000000000002 --record 17 --save ride.json",
        fetch_receipt,
        receipt
    );
    sub->add_option("ID", receipt->id)->required();
    sub->add_option("--record", receipt->record);
    sub->add_flag("--upgrade", receipt->upgrade, "wait for the quorum");
    sub->add_option("--save", receipt->save, "file; .tlog-proof for that form");
    program.add_plain("status", "what a node says about itself", "  tanji status", status);
    program.add_plain("version", "this program", "  tanji version", version);
}

void add_proving(Program& program) {
    auto verified = std::make_shared<VerifyOptions>();
    CLI::App* sub = program.add(
        program.app,
        "verify",
        "receipts, certificates and evidence, without any network",
        "  tanji verify receipt.json --policy policy.txt\n"
        "  tanji verify evidence fork.json --policy policy.txt",
        verify_files,
        verified
    );
    sub->add_option("FILES", verified->files)->required();
    sub->add_option("--leaf", verified->leaf, "text of the leaf, for a plain tlog-proof");
    sub->add_flag("--committed", verified->committed, "accept what the quorum has not signed");

    auto audited = std::make_shared<AuditOptions>();
    sub = program.add(
        program.app,
        "audit",
        "everything public, recomputed from leaf 0",
        "  tanji audit http://127.0.0.1:8460 --save copy\n  tanji audit copy",
        audit,
        audited
    );
    sub->add_option("SOURCE", audited->source, "URL of a node, or a folder saved before")
        ->required();
    sub->add_option("--save", audited->save, "folder for a copy of all that was read");
    sub->add_option("--from", audited->from, "do not check signatures of leaves before this one");
    sub->add_option("--jobs", audited->jobs, "threads; default: one per core");

    CLI::App* bench = program.app.add_subcommand("bench", "load, with exact percentiles");
    bench->footer("  tanji bench submit --methodology metro-shenzhen@1 --records 1000000");
    bench->require_subcommand(1);
    bench->fallthrough();
    auto load = std::make_shared<BenchOptions>();
    sub = program.add(
        *bench,
        "submit",
        "SYNTHETIC batches over HTTP, certified",
        "  tanji bench submit --methodology metro-shenzhen@1 --key bike.pem --records 1000000\n"
        "  tanji bench submit … --prepare load.bin && tanji bench submit --load load.bin",
        bench_submit,
        load
    );
    sub->add_option("--prepare", load->prepare, "make batches into this file, send nothing");
    sub->add_option("--load", load->load, "send the batches of this file");
    sub->add_option("--rate", load->rate, "batches a second; default: as fast as replies come");
    sub->add_option("--connections", load->connections);
    sub->add_option("--seconds", load->seconds, "stop after");
    sub->add_option("--records", load->records, "to make");
    sub->add_option("--accounts", load->accounts);
    sub->add_option("--batch", load->batch, "records a batch");
    sub->add_option("--methodology", load->methodology, "ref at the node");
    sub->add_option("--factors", load->factors);
    sub->add_option("--scheme", load->scheme);
    sub->add_option("--region", load->region);
    sub->add_option("--operator-key", load->operator_key, "opens accounts; default: --key");
    sub->add_option("--node-pid", load->node_pid, "measure this process");
    sub->add_option("--data-dir", load->data_dir, "measure this folder");
}

// The names that could have been meant where CLI11 met a word that it does not know.
std::vector<std::string> known_words(const CLI::App& app, bool options) {
    std::vector<std::string> words;
    for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
        options ? static_cast<void>(0) : words.push_back(sub->get_name());
    }
    for (const CLI::App* at = &app; options && at != nullptr; at = at->get_parent()) {
        for (const CLI::Option* option : at->get_options()) {
            for (const std::string& name : option->get_lnames()) {
                words.push_back("--" + name);
            }
        }
    }
    return words;
}

const CLI::App& innermost(const CLI::App& app) {
    const auto chosen = app.get_subcommands();
    return chosen.empty() ? app : innermost(*chosen.front());
}

int explain(const Program& program, const CLI::ParseError& error, int argc, char** argv) {
    const CLI::App& at = innermost(program.app);
    std::string sentence = error.what();
    for (int i = 1; i < argc; ++i) {
        const std::string word = argv[i];
        const bool is_option = word.starts_with("--");
        const auto known = known_words(at, is_option);
        const bool blamed = sentence.find(word.substr(0, word.find('='))) != std::string::npos ||
                            error.get_name() == "RequiredError";
        if (!blamed || std::ranges::count(known, word) > 0) {
            continue;
        }
        if (const auto like = nearest(word, known)) {
            sentence = word + " is not known here; did you mean " + *like + "?";
            break;
        }
    }
    while (sentence.ends_with('\n')) {
        sentence.pop_back();
    }
    return finish(program.tool, fail(Exit::usage, "{}", sentence));
}

}  // namespace

int main(int argc, char** argv) {
    Program program;
    add_keys(program);
    add_commands(program);
    add_activities(program);
    add_accounts(program);
    add_credits(program);
    add_documents(program);
    add_reading(program);
    add_proving(program);
    try {
        program.app.parse(argc, argv);
    } catch (const CLI::Success& done) {
        program.app.exit(done);
        return 0;
    } catch (const CLI::ParseError& error) {
        return explain(program, error, argc, argv);
    }
    return finish(program.tool, program.chosen());
}
