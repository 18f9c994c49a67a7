#include "tools/command_line.h"
#include "tools/subcommands.h"

namespace tanji::tools {

namespace {

using Publish = Attempt<void> (*)(Tool&, const PublishOptions&);

void add_publish(Group& published, const std::string& name, Publish run) {
    published.add(
        {.name = name,
         .about = "governed: every governor needed signs, here or with tanji cosign",
         .examples =
             "  tanji publish " + name + " file.json --key governor.pem --also-key second.pem"},
        run,
        [&name](Words& words, PublishOptions& options) {
            words.option("FILE", &options.file).required();
            if (name == "methodology") {
                words.option("--scheme", &options.scheme, "whose rules it serves").required();
            }
            take_sending(words, options.send);
        }
    );
}

void take_documents(Words& words, ComputeOptions& options) {
    words.option("--methodology", &options.methodology, "ref or file");
    words.option("--factors", &options.factors, "ref or file");
}

}  // namespace

void describe_documents(Group& top) {
    Group published = top.group({
        .name = "publish",
        .about = "a methodology, factor set or programme",
        .examples = "  tanji publish methodology bike.json --scheme sz-ph --key governor.pem\n"
                    "  tanji publish programme points.json --key governor.pem --also-key owner.pem",
    });
    add_publish(published, "methodology", publish_methodology);
    add_publish(published, "factors", publish_factors);
    add_publish(published, "programme", publish_programme);
    Group membership = top.group({
        .name = "membership",
        .about = "which nodes take part",
        .examples = "  tanji membership list\n"
                    "  tanji membership decide --add node-5.json --key governor.pem "
                    "--also-key second.pem\n"
                    "  tanji membership decide --add node-6.json --remove 4 --key governor.pem",
    });
    membership.add(
        {.name = "list",
         .about = "every membership, the newest last",
         .examples = "  tanji membership list"},
        list_memberships
    );
    membership.add(
        {.name = "decide",
         .about = "governed: new nodes, learners that shall vote, nodes that go",
         .examples = "  tanji membership decide --add node-5.json --key governor.pem "
                     "--also-key second.pem"},
        decide_membership,
        [](Words& words, MembershipOptions& options) {
            words.option("--add", &options.added, "entry that tanjid init --join wrote");
            words.option("--promote", &options.promoted, "number of a learner");
            words.option("--remove", &options.removed, "number of a voter or learner");
            words.option("--base", &options.base, "membership it starts from; else the newest");
            take_sending(words, options.send);
        }
    );
    top.add(
        {.name = "check",
         .about = "units, bounds and vectors of documents, offline",
         .examples = "  tanji check bike.json factors.json"},
        check_documents,
        [](Words& words, ComputeOptions& options) {
            words.option("FILES", &options.files).required();
        }
    );
    top.add(
        {.name = "recompute",
         .about = "grams of records, offline or of a batch",
         .examples = "  tanji recompute --methodology bike.json --factors factors.json "
                     "--records batch.ndjson\n"
                     "  tanji recompute --batch 01a1fb67180070008000000000000002"},
        recompute,
        [](Words& words, ComputeOptions& options) {
            take_documents(words, options);
            words.option("--batch", &options.batch, "at the node");
            words.option("--records", &options.records, "NDJSON");
        }
    );
    top.add(
        {.name = "estimate",
         .about = "what one act would give, step by step",
         .examples = "  tanji estimate --methodology bike.json --factors factors.json "
                     "--input distance=2400"},
        estimate,
        [](Words& words, ComputeOptions& options) {
            take_documents(words, options);
            words.option("--input", &options.inputs, "name=number").required();
            words.option("--value", &options.keys, "key=value");
            words.option("--quality", &options.quality);
            words.option("--date", &options.date, "default: today");
        }
    );
}

}  // namespace tanji::tools
