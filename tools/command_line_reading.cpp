#include "tools/command_line.h"
#include "tools/subcommands.h"

namespace tanji::tools {

void describe_reading(Group& top) {
    top.add(
        {.name = "show",
         .about = "one object",
         .examples = "  tanji show batch 01a1fb67180070008000000000000002\n"
                     "  tanji show account a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1 --key holder.pem\n"
                     "  tanji show clearing --filter member=shop --token-file shop.token"},
        show,
        [](Words& words, ShowOptions& options) {
            words.option("KIND", &options.kind, "account, offer, redemption, leaf, …").required();
            words.option("ID", &options.id, "of clearing there is only one");
            words.option("--filter", &options.filters, "name=value, as the API has them");
        }
    );
    top.add(
        {.name = "list",
         .about = "objects of a kind",
         .examples = "  tanji list batch --filter state=issued\n"
                     "  tanji list offers --filter merchant=shop --filter open=true"},
        list,
        [](Words& words, ShowOptions& options) {
            words.option("KIND", &options.kind, "batch, offers, redemptions, …").required();
            words.option("--filter", &options.filters, "name=value, as the API has them");
            words.option("--limit", &options.limit);
        }
    );
    top.add(
        {.name = "receipt",
         .about = "the receipt of a command or of one record",
         .examples = "  tanji receipt 01a1fb67180070008000000000000002 --record 17 --save ride.json"
        },
        fetch_receipt,
        [](Words& words, ReceiptOptions& options) {
            words.option("ID", &options.id).required();
            words.option("--record", &options.record);
            words.option("--upgrade", &options.upgrade, "wait for the quorum");
            words.option("--save", &options.save, "file; .tlog-proof for that form");
        }
    );
    top.add(
        {.name = "status", .about = "what a node says about itself", .examples = "  tanji status"},
        status
    );
    top.add({.name = "version", .about = "this program", .examples = "  tanji version"}, version);
}

void describe_proving(Group& top) {
    top.add(
        {.name = "verify",
         .about = "receipts, certificates and evidence, without any network",
         .examples = "  tanji verify receipt.json --policy policy.txt\n"
                     "  tanji verify evidence fork.json --policy policy.txt"},
        verify_files,
        [](Words& words, VerifyOptions& options) {
            words.option("FILES", &options.files).required();
            words.option("--leaf", &options.leaf, "text of the leaf, for a plain tlog-proof");
            words.option(
                "--committed", &options.committed, "accept what the quorum has not signed"
            );
        }
    );
    top.add(
        {.name = "audit",
         .about = "everything public, recomputed from leaf 0",
         .examples = "  tanji audit http://127.0.0.1:8460 --save copy\n  tanji audit copy"},
        audit,
        [](Words& words, AuditOptions& options) {
            words.option("SOURCE", &options.source, "URL of a node, or a folder saved before")
                .required();
            words.option("--save", &options.save, "folder for a copy of all that was read");
            words.option(
                "--from", &options.from, "do not check signatures of leaves before this one"
            );
            words.option("--jobs", &options.jobs, "threads; default: one per core");
        }
    );
}

}  // namespace tanji::tools
