#include "tools/audit_report.h"

#include "ledger/value/json.h"

#include <algorithm>
#include <ostream>

namespace tanji::tools {

void print_audit(const Tool& tool, const Audited& audited) {
    const double seconds = audited.seconds;
    const ledger::TreeSize size = audited.checkpoint.checkpoint.size;
    const ledger::Replay& replay = audited.replay;
    const double busy = std::max(seconds, 0.001) * audited.jobs;
    const auto leaves_rate = static_cast<std::int64_t>(static_cast<double>(size) / seconds);
    const auto records_rate =
        static_cast<std::int64_t>(static_cast<double>(replay.records()) / busy);
    if (tool.json) {
        ledger::JsonWriter out;
        out.open_object().member("ledger", audited.genesis.ledger.hex());
        out.member("origin", audited.checkpoint.checkpoint.origin).member("size", size);
        out.member("root", ledger::to_base64(audited.checkpoint.checkpoint.root.view()));
        out.member("applied", replay.applied()).member("refused", replay.refused());
        out.member("batches", std::uint64_t{replay.batches().size()});
        out.member("records", replay.records());
        out.member("milliseconds", static_cast<std::uint64_t>(seconds * 1e3));
        out.member("records_per_second_and_core", static_cast<std::uint64_t>(records_rate));
        out.name("classes").open_array();
        for (const auto& [name, totals] : replay.classes()) {
            out.open_object().member("class", name).amount_member("issued", totals.issued);
            out.amount_member("held", totals.held).amount_member("reserved", totals.reserved);
            out.amount_member("retired", totals.retired);
            out.amount_member("cancelled", totals.cancelled);
            out.amount_member("reversed", totals.reversed);
            out.member("conserved", totals.conserved()).close_object();
        }
        tool.print(out.close_array().close_object().text());
        return;
    }
    const auto count = [](std::uint64_t n) { return grouped(static_cast<std::int64_t>(n)); };
    tool.tick(true, fmt::format("{} leaves, every root from the entries up", count(size)));
    tool.tick(
        true,
        fmt::format("checkpoint certified by {} cosigners", audited.checkpoint.cosigners.size())
    );
    tool.tick(
        true,
        fmt::format(
            "{} commands applied, {} refused, {} batches with {} records",
            count(replay.applied()),
            count(replay.refused()),
            count(replay.batches().size()),
            count(replay.records())
        )
    );
    std::vector<std::vector<std::string>> rows{
        {"CLASS", "ISSUED", "HELD", "RESERVED", "RETIRED", "CANCELLED", "REVERSED"}
    };
    for (const auto& [name, totals] : replay.classes()) {
        rows.push_back(
            {name,
             grouped(totals.issued),
             grouped(totals.held),
             grouped(totals.reserved),
             grouped(totals.retired),
             grouped(totals.cancelled),
             grouped(totals.reversed)}
        );
    }
    if (rows.size() > 1) {
        tool.out << to_table(rows);
    }
    tool.print(fmt::format(
        "audit: ok  {:.2f} s, {} leaves/s, {} records/s on each of {} threads",
        seconds,
        grouped(leaves_rate),
        grouped(records_rate),
        audited.jobs
    ));
}

}  // namespace tanji::tools
