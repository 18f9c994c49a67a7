#include "tools/bench_shots.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

#include <unistd.h>

namespace tanji::tools {

using Clock = std::chrono::steady_clock;

namespace {

constexpr double verify_seconds = 1;  // before the run, and again after it
constexpr std::string_view one_command = "application/vnd.tanji.command+json";
constexpr std::string_view many_commands = "application/x-ndjson";

// What was seen of one kind of command, all connections together.
struct Seen {
    std::vector<double> milliseconds;  // one for each good command
    Faults faults;

    void add(const Answers& answers, Clock::duration took) {
        const std::chrono::duration<double, std::milli> each = took;
        milliseconds.insert(milliseconds.end(), answers.good, each.count());
        tools::add(faults, answers.faults);
    }
    void add(const Seen& more) {
        milliseconds.insert(milliseconds.end(), more.milliseconds.begin(), more.milliseconds.end());
        tools::add(faults, more.faults);
    }
};

struct MixSeen {
    Seen reserve;
    Seen confirm;

    void add(const MixSeen& more) {
        reserve.add(more.reserve);
        confirm.add(more.confirm);
    }
    std::uint64_t commands() const {
        return reserve.milliseconds.size() + confirm.milliseconds.size();
    }
};

class MixRun {
public:
    MixRun(const Tool& tool, const MixOptions& options, const std::vector<PairOfShots>& shots)
        : tool_(tool),
          shots_(shots),
          connections_(std::max(1U, options.connections)),
          certified_(options.until == "certified"),
          target_(certified_ ? "/v1/commands?until=certified&wait=30" : "/v1/commands") {
        if (options.rate > 0) {
            between_ = std::chrono::duration_cast<Clock::duration>(
                std::chrono::duration<double>(options.lines / options.rate)
            );
        }
        if (options.seconds > 0) {
            length_ = std::chrono::seconds(options.seconds);
        }
    }

    // Sends all, or as many as there is time for. Call once.
    MixSeen run() {
        std::vector<MixSeen> seen(connections_);
        begin_ = Clock::now();
        {
            std::vector<std::jthread> threads;
            for (MixSeen& each : seen) {
                threads.emplace_back([this, &each] { send_pairs(each); });
            }
        }
        took_ = Clock::now() - begin_;
        MixSeen all;
        for (const MixSeen& each : seen) {
            all.add(each);
        }
        return all;
    }
    double seconds() const { return std::chrono::duration<double>(took_).count(); }

private:
    // Pairs one after the other over one connection. In an open loop the time of a reservation
    // runs from when it should have been sent, so that a slow reply also counts for those that it
    // delays; the time of a confirmation from when its reservation was answered.
    void send_pairs(MixSeen& seen) {
        Remote remote(tool_);
        for (std::size_t at = next_++; at < shots_.size(); at = next_++) {
            auto intended = Clock::now();
            if (between_) {
                intended = begin_ + *between_ * static_cast<std::int64_t>(at);
                std::this_thread::sleep_until(intended);
            }
            if (Clock::now() - begin_ > length_) {
                return;
            }
            if (send(remote, shots_[at].reserve, intended, seen.reserve)) {
                send(remote, shots_[at].confirm, Clock::now(), seen.confirm);
            }
        }
    }

    // False when nothing of it was good.
    bool send(Remote& remote, const Shot& shot, Clock::time_point intended, Seen& seen) {
        Fields fields;
        if (!shot.signature.empty()) {
            fields.emplace_back("Tanji-Signature", shot.signature);
        }
        const auto reply = remote.post(
            target_, shot.signature.empty() ? many_commands : one_command, shot.body, fields
        );
        const Answers answers = read_answers(reply, shot.commands, certified_);
        seen.add(answers, Clock::now() - intended);
        return answers.good > 0;
    }

    const Tool& tool_;
    const std::vector<PairOfShots>& shots_;
    unsigned connections_;
    bool certified_;
    std::string target_;
    std::optional<Clock::duration> between_;
    Clock::duration length_ = std::chrono::hours(24);
    std::atomic<std::size_t> next_ = 0;
    Clock::time_point begin_;
    Clock::duration took_{};
};

struct MixTotals {
    MixSeen seen;
    double seconds = 0;
    double verify_before = 0;  // a second, on all cores
    double verify_after = 0;
    double own_cpu_s = 0;
    double node_cpu_s = 0;
    std::uint64_t node_peak = 0;

    double commands_per_s() const {
        return static_cast<double>(seen.commands()) / std::max(seconds, 0.001);
    }
    // A command has one signature, and one node verifies it once: where it comes in. What orders
    // and applies it afterwards takes that verdict over, as long as the key is the same.
    double verify_limit() const { return (verify_before + verify_after) / 2; }
    double ratio() const { return commands_per_s() / std::max(verify_limit(), 1.0); }
};

void print_json(const Tool& tool, const MixOptions& options, MixTotals& totals) {
    Faults faults = totals.seen.reserve.faults;
    add(faults, totals.seen.confirm.faults);
    tool.print(fmt::format(
        R"({{"synthetic":true,"commands":{},"connections":{},"lines":{},"rate":{},"until":"{}",)"
        R"("seconds":{:.3f},"commands_per_s":{:.0f},"verify_before_per_s":{:.0f},)"
        R"("verify_after_per_s":{:.0f},"verify_limit_per_s":{:.0f},"ratio":{:.3f},)"
        R"("reserve":{{{}}},"confirm":{{{}}},"generator_cpu_s":{:.2f},"node_cpu_s":{:.2f},)"
        R"("node_peak_bytes":{},"faults":{}}})",
        totals.seen.commands(),
        options.connections,
        options.lines,
        options.rate,
        options.until,
        totals.seconds,
        totals.commands_per_s(),
        totals.verify_before,
        totals.verify_after,
        totals.verify_limit(),
        totals.ratio(),
        to_json(percentiles_of(totals.seen.reserve.milliseconds)),
        to_json(percentiles_of(totals.seen.confirm.milliseconds)),
        totals.own_cpu_s,
        totals.node_cpu_s,
        totals.node_peak,
        to_json(faults)
    ));
}

void print_table(const Tool& tool, const MixOptions& options, MixTotals& totals) {
    MixSeen& seen = totals.seen;
    const std::uint64_t commands = seen.commands();
    std::vector<std::vector<std::string>> rows{
        {"SYNTHETIC commands",
         fmt::format(
             "{} reserve, {} confirm, each with its own signature, {}",
             seen.reserve.milliseconds.size(),
             seen.confirm.milliseconds.size(),
             options.until
         )},
        {"load",
         fmt::format(
             "{} connections, {} commands a request, {}; signed before the clock started",
             options.connections,
             options.lines,
             options.rate > 0 ? fmt::format("open loop at {} pairs/s", options.rate) : "closed loop"
         )},
        {"commands/s", fmt::format("{:.0f} over {:.2f} s", totals.commands_per_s(), totals.seconds)
        },
        {"reserve, ms", to_text(percentiles_of(seen.reserve.milliseconds))},
        {"confirm, ms", to_text(percentiles_of(seen.confirm.milliseconds))},
        {"verify limit",
         fmt::format(
             "{:.0f} commands/s: one node verifies one signature a command, once; this machine "
             "{:.0f}/s before, {:.0f}/s after, all cores",
             totals.verify_limit(),
             totals.verify_before,
             totals.verify_after
         )},
        {"ratio", fmt::format("{:.1f} % of the verify limit", 100 * totals.ratio())},
        {"generator CPU", fmt::format("{:.2f} s, on the same cores", totals.own_cpu_s)},
    };
    if (options.node_pid > 0) {
        rows.push_back(
            {"node CPU",
             fmt::format(
                 "{:.2f} s, {:.1f} µs a command",
                 totals.node_cpu_s,
                 1e6 * totals.node_cpu_s / static_cast<double>(std::max<std::uint64_t>(1, commands))
             )}
        );
        rows.push_back({"node peak memory", fmt::format("{} MiB", totals.node_peak >> 20U)});
    }
    for (const auto& [kind, faults] :
         {std::pair{"reserve", &seen.reserve.faults}, std::pair{"confirm", &seen.confirm.faults}}) {
        for (const auto& [code, count] : *faults) {
            rows.push_back({fmt::format("failed: {}", code), fmt::format("{} {}", count, kind)});
        }
    }
    tool.out << to_table(rows);
}

// The limit is measured with the very bytes that the node has to verify.
struct VerifySample {
    ledger::PublicKey key;
    std::string message;
    ledger::Signature signature;

    double rate() const { return verify_rate(key, message, signature, verify_seconds); }
};

VerifySample verify_sample(const MixWorld& world) {
    const Spender& spender = world.spenders.front();
    VerifySample sample;
    sample.key = spender.key.public_key();
    sample.message = ledger::pae(
        one_command, compose("redemption.reserve", world.facts, reserve_body(world, spender))
    );
    sample.signature = spender.key.sign(sample.message);
    return sample;
}

}  // namespace

Attempt<void> bench_mix(Tool& tool, const MixOptions& options) {
    Remote remote(tool);
    auto world = build_world(tool, remote, options);
    if (!world) {
        return failure(world);
    }
    const auto payable = static_cast<std::uint64_t>(world->points);
    if (payable < options.pairs) {
        return fail(
            Exit::usage,
            "the accounts have earned {} points: --pairs {} at most, or more --accounts",
            payable,
            payable
        );
    }
    tool.say(fmt::format("signing {} pairs", options.pairs));
    auto shots = sign_pairs(*world, options.pairs, std::max(1U, options.lines));
    if (!shots) {
        return failure(shots);
    }
    MixTotals totals;
    const VerifySample sample = verify_sample(*world);
    totals.verify_before = sample.rate();
    const double own_before = cpu_seconds(getpid());
    const double node_before = cpu_seconds(options.node_pid);
    MixRun run(tool, options, *shots);
    totals.seen = run.run();
    totals.seconds = run.seconds();
    totals.own_cpu_s = cpu_seconds(getpid()) - own_before;
    totals.node_cpu_s = cpu_seconds(options.node_pid) - node_before;
    totals.node_peak = peak_memory(options.node_pid);
    totals.verify_after = sample.rate();
    tool.json ? print_json(tool, options, totals) : print_table(tool, options, totals);
    if (!totals.seen.reserve.faults.empty() || !totals.seen.confirm.faults.empty()) {
        return fail(Exit::refused, "not every command was applied as asked");
    }
    return {};
}

}  // namespace tanji::tools
