#include "ledger/command/batch.h"
#include "tools/bench_measure.h"
#include "tools/bench_prepare.h"
#include "tools/load_file.h"
#include "tools/remote.h"
#include "tools/subcommands.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <thread>

#include <unistd.h>

namespace tanji::tools {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

namespace {

// What one connection saw.
struct Samples {
    std::vector<double> milliseconds;  // of batches that were taken and certified
    std::uint64_t records = 0;
    Faults faults;
};

struct Plan {
    Clock::time_point begin;
    Clock::time_point end;  // no batch is begun after it
    std::optional<Clock::duration> between;
};

bool is_certified(const Reply& reply) {
    // The reply is large and the generator shares its machine with the node: no parsing.
    return reply.ok() && reply.body.find("\"certified\":true") != std::string::npos;
}

// Sends batches one after the other over one connection. In an open loop the time of a batch runs
// from when it should have been sent, so that a slow reply also counts for those that it delays.
Samples send_load(const Tool& tool, LoadReader& load, const Plan& plan) {
    Samples samples;
    Remote remote(tool);
    const std::string target = "/v1/activities?until=certified&wait=30";
    while (Clock::now() < plan.end) {
        const auto batch = load.next();
        if (!batch) {
            break;
        }
        auto intended = Clock::now();
        if (plan.between) {
            intended = plan.begin + *plan.between * static_cast<std::int64_t>(batch->number);
            std::this_thread::sleep_until(intended);
        }
        const auto reply = remote.post(
            target, ledger::batch_media_type, batch->body, {{"Tanji-Signature", batch->signature}}
        );
        if (reply && is_certified(*reply)) {
            const std::chrono::duration<double, std::milli> took = Clock::now() - intended;
            samples.milliseconds.push_back(took.count());
            samples.records += batch->records;
        } else {
            ++samples.faults[fault_of(reply)];
        }
    }
    return samples;
}

struct Totals {
    Samples samples;
    double seconds = 0;
    double node_cpu_s = 0;
    std::uint64_t node_peak = 0;
    std::uint64_t disk_bytes = 0;  // more than before
};

void print_totals(const Tool& tool, const BenchOptions& options, Totals& totals) {
    Samples& samples = totals.samples;
    const double rate = static_cast<double>(samples.records) / std::max(totals.seconds, 0.001);
    const double per_record =
        1.0 / static_cast<double>(std::max<std::uint64_t>(1, samples.records));
    const Percentiles took = percentiles_of(samples.milliseconds);
    const double cpu_us = totals.node_cpu_s * 1e6 * per_record;
    const double disk = static_cast<double>(totals.disk_bytes) * per_record;
    if (tool.json) {
        tool.print(fmt::format(
            R"({{"synthetic":true,"records":{},"batches":{},"batch":{},"connections":{},)"
            R"("seconds":{:.3f},"records_per_s":{:.0f},{},"node_cpu_us_per_record":{:.3f},)"
            R"("node_peak_bytes":{},"disk_bytes_per_record":{:.1f},"faults":{}}})",
            samples.records,
            samples.milliseconds.size(),
            options.batch,
            options.connections,
            totals.seconds,
            rate,
            to_json(took),
            cpu_us,
            totals.node_peak,
            disk,
            to_json(samples.faults)
        ));
        return;
    }
    std::vector<std::vector<std::string>> rows{
        {"SYNTHETIC records",
         fmt::format("{} in {} batches, certified", samples.records, samples.milliseconds.size())},
        {"records/s", fmt::format("{:.0f} over {:.2f} s", rate, totals.seconds)},
        {"ms a batch", to_text(took)},
    };
    if (options.node_pid > 0) {
        rows.push_back({"node peak memory", fmt::format("{} MiB", totals.node_peak >> 20U)});
        rows.push_back({"node CPU a record", fmt::format("{:.2f} µs", cpu_us)});
    }
    if (!options.data_dir.empty()) {
        rows.push_back({"disk bytes a record", fmt::format("{:.1f}", disk)});
    }
    for (const auto& [code, count] : samples.faults) {
        rows.push_back({"failed: " + code, fmt::format("{} batches", count)});
    }
    tool.out << to_table(rows);
}

Attempt<void> send_file(Tool& tool, const BenchOptions& options, const std::string& file) {
    LoadReader load(file);
    if (!load.ok()) {
        return fail(Exit::usage, "cannot read {}", file);
    }
    const double cpu_before = cpu_seconds(options.node_pid);
    const std::uint64_t disk_before = bytes_on_disk(options.data_dir);
    Plan plan;
    plan.begin = Clock::now();
    plan.end = plan.begin + std::chrono::seconds(options.seconds > 0 ? options.seconds : 86'400);
    if (options.rate > 0) {
        plan.between = std::chrono::duration_cast<Clock::duration>(
            std::chrono::duration<double>(1.0 / options.rate)
        );
    }
    std::vector<Samples> per_connection(std::max(1U, options.connections));
    {
        std::vector<std::jthread> threads;
        for (Samples& samples : per_connection) {
            threads.emplace_back([&] { samples = send_load(tool, load, plan); });
        }
    }
    Totals totals;
    totals.seconds = std::chrono::duration<double>(Clock::now() - plan.begin).count();
    for (const Samples& samples : per_connection) {
        totals.samples.milliseconds.insert(
            totals.samples.milliseconds.end(),
            samples.milliseconds.begin(),
            samples.milliseconds.end()
        );
        totals.samples.records += samples.records;
        add(totals.samples.faults, samples.faults);
    }
    totals.node_cpu_s = cpu_seconds(options.node_pid) - cpu_before;
    totals.node_peak = peak_memory(options.node_pid);
    const std::uint64_t disk_after = bytes_on_disk(options.data_dir);
    totals.disk_bytes = disk_after > disk_before ? disk_after - disk_before : 0;
    print_totals(tool, options, totals);
    if (!totals.samples.faults.empty()) {
        return fail(Exit::refused, "not every batch was taken and certified");
    }
    return {};
}

}  // namespace

Attempt<void> bench_submit(Tool& tool, const BenchOptions& options) {
    if (!options.load.empty()) {
        return send_file(tool, options, options.load);
    }
    if (!options.prepare.empty()) {
        return prepare_load(tool, options, options.prepare);
    }
    const fs::path made = fs::temp_directory_path() / fmt::format("tanji-load-{}", getpid());
    auto done = prepare_load(tool, options, made.string());
    if (done) {
        done = send_file(tool, options, made.string());
    }
    std::error_code ignored;
    fs::remove(made, ignored);
    return done;
}

}  // namespace tanji::tools
