#include "tests/simulation/simulation.h"

#include "tests/simulation/liar.h"
#include "tests/simulation/recovery.h"

#include <fstream>
#include <memory>
#include <tuple>

#include <fmt/format.h>

namespace tanji::simulation {
namespace {

constexpr Micros tick = 50'000;
constexpr std::uint64_t seconds_to_recover = 60;
constexpr std::uint64_t events_max = 30'000'000;

// The same members sign the same commands in every seed of a process.
Alliance& alliance_of(const Weather& weather) {
    using Sizes = std::tuple<std::uint64_t, std::uint64_t, std::uint64_t>;
    static std::map<Sizes, std::unique_ptr<Alliance>> known;
    auto& alliance = known[{weather.voters, weather.learners, weather.spares}];
    if (!alliance) {
        alliance = std::make_unique<Alliance>(weather.voters, weather.learners, weather.spares);
    }
    return *alliance;
}

Weather weather_of(const Plan& plan) {
    Weather weather = draw_weather(plan.seed);
    if (plan.calm) {
        const Weather drawn = weather;
        weather = Weather{};
        weather.voters = drawn.voters;
        weather.learners = drawn.learners;
        weather.burst = drawn.burst;
        if (plan.decides) {
            weather.decide_ppm = 60'000;
            weather.spares = 4;
        }
    }
    if (plan.canary) {
        weather.canary = true;
        weather.snapshot_every = 0;  // of blocks that are not there nothing can be kept
        weather.lie = Lie::none;
    }
    return weather;
}

class Simulation {
public:
    explicit Simulation(const Plan& plan)
        : plan_(plan),
          weather_(weather_of(plan)),
          alliance_(alliance_of(weather_)),
          judge_(timeline_, alliance_, weather_),
          network_(
              timeline_,
              weather_,
              plan.seed,
              [this](
                  NodeId from, NodeId to, const Network::Lives& lives, const MessagePtr& message
              ) { members_.at(to - 1)->hear(from, lives, message); }
          ),
          world_{
              .timeline = timeline_,
              .weather = weather_,
              .alliance = alliance_,
              .network = network_,
              .judge = judge_,
              .seed = plan.seed,
              .trace = {},
              .life_of = [this](NodeId node) { return members_.at(node - 1)->life(); },
              .changing = {},
              .offer = [this](
                           NodeId from, NodeId to, const SnapshotPtr& snapshot
                       ) { offer(from, to, snapshot); },
              .start = [this](NodeId node) { nemesis_.start(node); },
          },
          nemesis_(world_, members_),
          clients_(world_, members_),
          governance_(
              world_, members_, nemesis_, [this](const ledger::NodeRow& row) { join(row); }
          ),
          recovery_(world_, members_, nemesis_, clients_, governance_) {
        if (!plan.trace_file.empty()) {
            trace_.open(plan.trace_file);
            world_.trace = [this](const std::string& line) { trace_ << line << '\n'; };
            world_.trace(weather_.text());
        }
        Draw draw(plan.seed, "members");
        for (NodeId node = 1; node <= alliance_.size(); ++node) {
            add_member(node, alliance_.cosigner(node), draw);
        }
        if (weather_.lie != Lie::none) {
            liar_ = std::make_unique<Liar>(world_, *members_.at(weather_.liar - 1));
        }
        for (NodeId node = 1; node <= alliance_.size(); ++node) {
            nemesis_.start(node);
        }
    }

    Verdict run() {
        safety();
        if (!judge_.has_fault() && judge_.is_strict()) {
            liveness();
        }
        finish();
        Verdict verdict = {
            .fault = judge_.fault(), .weather = weather_, .counts = nemesis_.counts()
        };
        count(verdict.counts);
        return verdict;
    }

private:
    Member& add_member(NodeId node, std::string cosigner, Draw& draw) {
        Member& member =
            *members_.emplace_back(std::make_unique<Member>(world_, node, std::move(cosigner)));
        const std::uint64_t skew = draw.below(weather_.tick_skew_ppm + 1);
        member.set_tick(
            draw.coin() ? tick + tick * skew / 1'000'000 : tick - tick * skew / 2'000'000
        );
        const auto either = [&](std::int64_t most) {
            const auto all = 2 * static_cast<std::uint64_t>(most) + 1;
            return static_cast<std::int64_t>(draw.below(all)) - most;
        };
        member.set_clock(either(weather_.clock_offset_ms) / 2, either(weather_.drift_ppm));
        return member;
    }
    void offer(NodeId from, NodeId to, const SnapshotPtr& snapshot) {
        if (to <= members_.size() && network_.connects(from, to)) {
            Member& taker = *members_.at(to - 1);
            if (taker.is_up() && taker.knows(from)) {
                taker.fetch(snapshot);
            }
        }
    }
    // A node that genesis does not name.
    void join(const ledger::NodeRow& row) {
        Draw draw(plan_.seed, "newcomer", row.node);
        add_member(row.node, ledger::parse_vkey(row.cosign)->name, draw);
        nemesis_.start(row.node);
    }

    bool is_over() {
        if (timeline_.events() > events_max) {
            judge_.blame("events", "too many: something goes on for ever");
        }
        return judge_.has_fault();
    }
    void pass(Micros time) {
        timeline_.run_until(timeline_.now() + time, [this] { return is_over(); });
    }

    void safety() {
        clients_.begin();
        if (!plan_.calm) {
            nemesis_.begin();
        }
        if (weather_.decide_ppm > 0) {
            governance_.begin();
        }
        pass(plan_.ticks * tick);
    }

    void liveness() {
        excuse_ = recovery_.mend();
        if (excuse_ != Recovery::Excuse::none) {
            return;
        }
        recovery_.ask_everybody();
        std::string why;
        for (std::uint64_t i = 1; i <= seconds_to_recover; ++i) {
            pass(second);
            why = judge_.has_fault() ? "" : recovery_.missing();
            if (why.empty()) {
                recovered_in_ = i;
                return;
            }
            recovery_.help();
        }
        if (recovery_.has_strangers()) {
            excuse_ = Recovery::Excuse::strangers;
            return;
        }
        judge_.blame(
            "liveness", fmt::format("{} s after everything was mended: {}", seconds_to_recover, why)
        );
    }

    void finish() {
        if (!judge_.has_fault()) {
            judge_.replay();
        }
        if (!judge_.has_fault()) {
            judge_.check(clients_.history());
            judge_.check(governance_.history());
        }
        if (!judge_.has_fault()) {
            judge_.check_lies();
        }
        for (const auto& each : members_) {
            if (!judge_.has_fault() && each->is_up()) {
                judge_.check_tree(each->id(), each->store(), each->head());
            }
        }
    }

    void count(std::map<std::string, std::uint64_t>& counts) {
        const Network::Counts& network = network_.counts();
        counts["messages"] += network.sent;
        counts["message lost"] += network.lost;
        counts["message repeated"] += network.repeated;
        counts["message cut off"] += network.cut;
        counts["queue full"] += network.full;
        counts["events"] += timeline_.events();
        counts["simulated ms"] += timeline_.now() / 1'000;
        counts["blocks committed"] += judge_.committed();
        counts["leaves certified"] += judge_.certified();
        counts["histories searched"] += judge_.searched();
        counts["searches given up"] += judge_.given_up();
        counts["states compared"] += judge_.states_compared();
        counts["roots compared"] += judge_.roots_compared();
        counts["forks held by one node"] += judge_.forks();
        counts["convictions"] += judge_.convictions();
        counts["liveness excused"] += excuse_ == Recovery::Excuse::lost ? 1 : 0;
        counts["liveness excused: strangers"] += excuse_ == Recovery::Excuse::strangers ? 1 : 0;
        for (const auto& each : members_) {
            counts["snapshots installed"] += each->installed();
            counts["logs of no use"] += each->newcomer_again();
            counts["logs pruned"] += each->disk().first() > 1 ? 1U : 0U;
        }
        counts["memberships"] += judge_.membership().number - 1;
        for (const auto& [name, count] : governance_.counts()) {
            counts[name] += count;
        }
        counts["seconds to recover"] += recovered_in_;
        for (const Asked& asked : clients_.history()) {
            ++counts["questions"];
            counts["answers"] += asked.end == Asked::End::answered ? 1 : 0;
            counts["unknown outcomes"] += asked.end == Asked::End::unknown ? 1 : 0;
        }
        if (weather_.lie != Lie::none) {
            ++counts["liar: " + name_of(weather_.lie)];
            counts["lies told"] += liar_->told();
        }
    }

    Plan plan_;
    Weather weather_;
    Timeline timeline_;
    Alliance& alliance_;
    Judge judge_;
    Network network_;
    World world_;
    Members members_;
    Nemesis nemesis_;
    Clients clients_;
    Governance governance_;
    Recovery recovery_;
    std::unique_ptr<Liar> liar_;
    std::ofstream trace_;
    Recovery::Excuse excuse_ = Recovery::Excuse::none;
    std::uint64_t recovered_in_ = 0;
};

}  // namespace

Verdict simulate(const Plan& plan) {
    return std::make_unique<Simulation>(plan)->run();
}

}  // namespace tanji::simulation
