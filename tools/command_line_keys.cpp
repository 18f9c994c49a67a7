#include "tools/command_line.h"
#include "tools/subcommands.h"

namespace tanji::tools {

void describe_keys(Group& top) {
    Group keys = top.group({
        .name = "keys",
        .about = "make and show keys",
        .examples = "  tanji keys new --out provider.pem\n  tanji keys show provider.pem",
    });
    keys.add(
        {.name = "new",
         .about = "a new Ed25519 key",
         .examples = "  tanji keys new --out provider.pem"},
        new_key,
        [](Words& words, KeyOptions& options) {
            words.option("--out", &options.file, "file to write").required();
        }
    );
    keys.add(
        {.name = "show",
         .about = "key id and public key",
         .examples = "  tanji keys show provider.pem"},
        show_key,
        [](Words& words, KeyOptions& options) { words.option("FILE", &options.file).required(); }
    );
    Group trust = top.group({
        .name = "trust",
        .about = "pin ledgers to verify by",
        .examples = "  tanji trust add genesis.json\n  tanji trust list",
    });
    trust.add(
        {.name = "add",
         .about = "pin a ledger by its genesis file",
         .examples = "  tanji trust add genesis.json"},
        add_trust,
        [](Words& words, TrustOptions& options) {
            words.option("GENESIS", &options.file).required();
        }
    );
    trust.add(
        {.name = "list", .about = "pinned ledgers", .examples = "  tanji trust list"}, list_trust
    );
}

}  // namespace tanji::tools
