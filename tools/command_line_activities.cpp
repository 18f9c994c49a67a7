#include "tools/command_line.h"
#include "tools/subcommands.h"

namespace tanji::tools {

namespace {

void describe_import(Words& words, ImportOptions& options) {
    words.option("FORMAT", &options.format, "citibike or csv").required();
    words.option("FILES", &options.files).required();
    words.option("--methodology", &options.methodology, "ref at the node, or a file").required();
    words.option("--factors", &options.factors, "ref or file; default: the current set");
    words.option("--scheme", &options.scheme, "default: the only one");
    words.option("--provider", &options.provider, "default: whose key --key is");
    words.option("--programme", &options.programme, "whose points the grams are to give");
    words.option("--rank", &options.rank, "default: that of the provider's role")
        .one_of({"operator", "payer", "app"});
    words.option("--region", &options.region, "where the acts took place").required();
    words.option("--quality", &options.quality, "default: the lowest of the methodology");
    words.option("--account-salt", &options.account_salt, "secret that makes accounts").required();
    words.option("--event-key", &options.event_keys, "[YEAR=]FILE").required();
    words.option("--map", &options.map, "TOML map of the format csv");
    words.option("--zone", &options.zone, "zone of printed times, default New York");
    words.option("--operator-key", &options.operator_key, "opens accounts; default: --key");
    words.option("--out", &options.out, "folder for batches; default: FILE.tanji");
    words.option("--rejects", &options.rejects, "file for rows that were dropped");
    words.option("--batch", &options.batch, "records a batch at most");
    words.option("--shift-days", &options.shift_days, "move all times, with --demo");
    words.option("--open-accounts", &options.open_accounts, "open accounts that are missing");
    words.option("--dry-run", &options.dry_run, "send nothing, write the records");
    words.option("--strict", &options.strict, "a rejected or repeated row is a failure");
    words.option("--demo", &options.demo, "pretend region and time, on a demo ledger only");
    take_until(words, options.until);
}

void describe_attest(Words& words, AttestOptions& options) {
    words.option("BATCH", &options.batch).required();
    words.option("--accept", &options.accept);
    words.option("--reject", &options.reject);
    words.option("--except", &options.except, "accept all but these: 3,10-14");
    words.option("--level", &options.level).one_of({"limited", "reasonable"});
    words.option("--sampled", &options.sampled, "records looked at; default: as the rules ask");
    words.option("--evidence", &options.evidence, "the report: file or digest");
    words.option("--reason", &options.reason);
    take_sending(words, options.send);
}

void describe_revoke(Words& words, RevokeOptions& options) {
    words.option("BATCH", &options.batch).required();
    words.option("--records", &options.records, "only these: 3,10-14");
    words.option("--reason", &options.reason)
        .one_of({"false_data", "double_counted", "wrong_method", "consent", "other"});
    words.option("--free", &options.free, "a corrected batch may take the same events");
    words.option("--evidence", &options.evidence, "file or digest");
    take_sending(words, options.send);
}

}  // namespace

void describe_activities(Group& top) {
    top.add(
        {.name = "import",
         .about = "turn rows of a file into signed batches",
         .examples = "  tanji import citibike rides.csv --methodology shared-bike-jjj@1 --region "
                     "110000 \\\n"
                     "      --account-salt salt.hex --event-key 2026.hex --key bike.pem --dry-run"},
        import_rides,
        describe_import
    );
    top.add(
        {.name = "attest",
         .about = "a verifier's verdict on a batch",
         .examples =
             "  tanji attest 01a1fb67180070008000000000000002 --accept --evidence report.pdf \\\n"
             "      --key verifier.pem --token-file verifier.token"},
        attest,
        describe_attest
    );
    top.add(
        {.name = "revoke",
         .about = "take back what was issued for a batch",
         .examples = "  tanji revoke 01a1fb67180070008000000000000002 --reason wrong_method --free"
        },
        revoke,
        describe_revoke
    );
}

void describe_accounts(Group& top) {
    top.add(
        {.name = "open",
         .about = "a new account",
         .examples = "  tanji open --key operator.pem --keys holder.pem"},
        open_account,
        [](Words& words, OpenOptions& options) {
            words.option("ACCOUNT", &options.account, "default: a random one");
            words.option("--keys", &options.holder_keys, "key files of the holder, at most 3");
            words.option("--venue", &options.venue);
            words.option("--owner", &options.owner, "text that is committed to, never sent");
            take_sending(words, options.send);
        }
    );
    top.add(
        {.name = "grant",
         .about = "a bearer value to read an account with",
         .examples = "  tanji grant a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1 --key holder.pem --for 15m"},
        grant,
        [](Words& words, GrantOptions& options) {
            words.option("ACCOUNT", &options.account).required();
            words.option("--scope", &options.scopes, "account, history, records; default: all");
            words.option("--for", &options.life, "15m at most");
        }
    );
}

}  // namespace tanji::tools
