#include "tools/command_line.h"
#include "tools/subcommands.h"

namespace tanji::tools {

namespace {

void describe_submit(Words& words, BenchOptions& options) {
    words.option("--prepare", &options.prepare, "make batches into this file, send nothing");
    words.option("--load", &options.load, "send the batches of this file");
    words.option("--rate", &options.rate, "batches a second; default: as fast as replies come");
    words.option("--connections", &options.connections);
    words.option("--seconds", &options.seconds, "stop after");
    words.option("--records", &options.records, "to make");
    words.option("--accounts", &options.accounts);
    words.option("--batch", &options.batch, "records a batch");
    words.option("--methodology", &options.methodology, "ref at the node");
    words.option("--factors", &options.factors);
    words.option("--scheme", &options.scheme);
    words.option("--programme", &options.programme, "whose points the grams are to give");
    words.option("--region", &options.region);
    words.option("--operator-key", &options.operator_key, "opens accounts; default: --key");
    words.option("--node-pid", &options.node_pid, "measure this process");
    words.option("--data-dir", &options.data_dir, "measure this folder");
}

void describe_mix(Words& words, MixOptions& options) {
    words.option("--demo", &options.demo, "folder of tanjid demo --keep: where all keys are");
    words.option("--pairs", &options.pairs, "reserve and confirm, all signed before the clock");
    words.option("--seconds", &options.seconds, "stop after");
    words.option("--rate", &options.rate, "pairs a second; default: as fast as replies come");
    words.option("--connections", &options.connections, "at once, each one request at a time");
    words.option("--lines", &options.lines, "commands a request, each with its own signature")
        .between(1, 500);
    words.option("--accounts", &options.accounts, "with a key each");
    words.option("--programme", &options.programme, "default: the first that pays at once");
    words.option("--methodology", &options.methodology, "by event, at the node");
    words.option("--provider-key", &options.provider_key, "reports the acts that earn points");
    words.option("--operator-key", &options.operator_key, "opens accounts");
    words.option("--verifier-key", &options.verifier_key, "attests");
    words.option("--merchant-key", &options.merchant_key, "has the offer, confirms");
    words.option("--node-pid", &options.node_pid, "measure this process");
    take_until(words, options.until);
}

}  // namespace

void describe_bench(Group& top) {
    Group bench = top.group({
        .name = "bench",
        .about = "load, with exact percentiles",
        .examples = "  tanji bench submit --methodology metro-shenzhen@1 --records 1000000\n"
                    "  tanji bench mix --demo /tmp/demo --until certified",
    });
    bench.add(
        {.name = "submit",
         .about = "SYNTHETIC batches over HTTP, certified",
         .examples =
             "  tanji bench submit --methodology metro-shenzhen@1 --key bike.pem "
             "--records 1000000\n"
             "  tanji bench submit … --prepare load.bin && tanji bench submit --load load.bin"},
        bench_submit,
        describe_submit
    );
    bench.add(
        {.name = "mix",
         .about = "SYNTHETIC redemptions over HTTP: pairs of reserve and confirm, each signed",
         .examples = "  tanjid demo --keep /tmp/demo --no-input &\n"
                     "  tanji bench mix --demo /tmp/demo --until certified --node-pid $!\n"
                     "  tanji bench mix --demo /tmp/demo --rate 500 --seconds 20"},
        bench_mix,
        describe_mix
    );
}

}  // namespace tanji::tools
