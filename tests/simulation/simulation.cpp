#include "tests/simulation/simulation.h"

#include "tests/simulation/clients.h"
#include "tests/simulation/liar.h"
#include "tests/simulation/member.h"
#include "tests/simulation/nemesis.h"

#include <algorithm>
#include <fstream>
#include <memory>
#include <set>
#include <vector>

#include <fmt/format.h>

namespace tanji::simulation {
namespace {

using consensus::Status;

constexpr Micros tick = 50'000;
constexpr int seconds_to_recover = 60;
constexpr std::uint64_t events_max = 30'000'000;

// The same members sign the same commands in every seed of a process.
Alliance& alliance_of(const Weather& weather) {
    static std::map<std::pair<std::uint64_t, std::uint64_t>, std::unique_ptr<Alliance>> known;
    auto& alliance = known[{weather.voters, weather.learners}];
    if (!alliance) {
        alliance = std::make_unique<Alliance>(weather.voters, weather.learners);
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
    }
    if (plan.canary) {
        weather.canary = true;
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
          },
          nemesis_(world_, members_),
          clients_(world_, members_) {
        if (!plan.trace_file.empty()) {
            trace_.open(plan.trace_file);
            world_.trace = [this](const std::string& line) { trace_ << line << '\n'; };
            world_.trace(weather_.text());
        }
        Draw draw(plan.seed, "members");
        for (NodeId node = 1; node <= alliance_.size(); ++node) {
            Member& member = *members_.emplace_back(std::make_unique<Member>(world_, node));
            const std::uint64_t skew = draw.below(weather_.tick_skew_ppm + 1);
            member.set_tick(
                draw.coin() ? tick + tick * skew / 1'000'000 : tick - tick * skew / 2'000'000
            );
            const auto either = [&](std::int64_t most) {
                return static_cast<std::int64_t>(
                           draw.below(2 * static_cast<std::uint64_t>(most) + 1)
                       ) -
                       most;
            };
            member.set_clock(either(weather_.clock_offset_ms) / 2, either(weather_.drift_ppm));
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
        pass(plan_.ticks * tick);
    }

    // --- liveness ---

    // Nodes that could go on: a random majority of voters, and perhaps more.
    std::set<NodeId> draw_core(Draw& draw, bool all) {
        std::vector<NodeId> order;
        for (NodeId node = 1; node <= alliance_.size(); ++node) {
            if (!member(node).disk().is_lost()) {
                order.push_back(node);
            }
        }
        for (std::size_t i = order.size(); i > 1; --i) {
            std::swap(order[i - 1], order[draw.below(i)]);
        }
        const std::uint64_t wanted =
            all ? weather_.voters : draw.between(weather_.voters / 2 + 1, weather_.voters);
        std::set<NodeId> core;
        std::uint64_t voters = 0;
        for (const NodeId node : order) {
            const bool is_voter = node <= weather_.voters;
            if (is_voter ? voters < wanted : (all || draw.coin())) {
                core.insert(node);
                voters += is_voter ? 1 : 0;
            }
        }
        return core;
    }

    // Whether one of them is fit and ends at or behind the claims of a majority: else no leader can
    // arise, because what was acknowledged is missing.
    bool can_elect(const std::set<NodeId>& core) {
        for (const NodeId candidate : core) {
            if (candidate > weather_.voters || !has_all(candidate)) {
                continue;
            }
            std::uint64_t votes = 0;
            for (const NodeId voter : core) {
                const bool behind = claim_of(voter) <= last_of(candidate);
                votes += voter <= weather_.voters && behind ? 1 : 0;
            }
            if (votes > weather_.voters / 2) {
                return true;
            }
        }
        return false;
    }
    bool has_all(NodeId node) {
        const SimDisk& disk = member(node).disk();
        return member(node).is_up()
                   ? member(node).replica().status().fit
                   : disk.holds_all(disk.mark().block.at.index, disk.mark().block.hash);
    }
    consensus::Position claim_of(NodeId node) {
        return member(node).is_up() ? member(node).replica().status().claim
                                    : member(node).disk().mark().block.at;
    }
    consensus::Position last_of(NodeId node) {
        return member(node).is_up() ? member(node).replica().status().last
                                    : member(node).disk().mark().block.at;
    }

    void mend() {
        nemesis_.freeze();
        clients_.stop();
        Draw draw(plan_.seed, "core");
        core_ = draw_core(draw, false);
        if (!can_elect(core_)) {
            core_ = draw_core(draw, true);
        }
        excused_ = !can_elect(core_);
        network_.mend(core_);
        // For ever: whoever is outside hears nothing of the core, or is not heard, or both. Who
        // hears nothing may go on asking for votes, and calling himself a leader.
        for (NodeId outside = 1; outside <= alliance_.size(); ++outside) {
            if (core_.contains(outside)) {
                continue;
            }
            const std::uint64_t way = draw.below(3);
            for (const NodeId inside : core_) {
                network_.heal(inside, outside);
                network_.heal(outside, inside);
                if (way != 0) {
                    network_.cut(inside, outside);
                }
                if (way != 1) {
                    network_.cut(outside, inside);
                }
            }
        }
        for (const NodeId node : core_) {
            Member& each = member(node);
            each.resume();
            each.disk().set_slow(false);
            each.set_clock(0, 0);
        }
        weather_.sync_mean = std::min<Micros>(weather_.sync_mean, 2'000);
        for (const NodeId node : core_) {
            if (!member(node).is_up()) {
                nemesis_.start(node);
            }
        }
        std::string names;
        for (const NodeId node : core_) {
            names += fmt::format(" {}", node);
        }
        if (world_.trace) {
            world_.trace(fmt::format("{} mended:{}", timeline_.now(), names));
        }
    }

    std::uint64_t core_voters() const {
        return static_cast<std::uint64_t>(std::ranges::count_if(core_, [&](NodeId node) {
            return node <= weather_.voters;
        }));
    }

    // Why the core has not recovered yet; empty: it has.
    std::string missing() {
        const Status first = member(*core_.begin()).replica().status();
        if (first.leader == 0 || !core_.contains(first.leader)) {
            return fmt::format("node {} knows no leader of the core", *core_.begin());
        }
        for (const NodeId node : core_) {
            const Status status = member(node).replica().status();
            if (member(node).is_quarantined()) {
                return fmt::format("node {} is quarantined", node);
            }
            if (status.leader != first.leader || status.term != first.term) {
                return fmt::format("node {} follows {}", node, status.leader);
            }
            if (status.last != first.last || status.committed != first.committed ||
                status.committed != status.last.index || status.applied != status.committed) {
                return fmt::format(
                    "node {}: last {}/{}, durable {}, committed {}, applied {}{}; node {}: last "
                    "{}/{}, "
                    "committed {}",
                    node,
                    status.last.term,
                    status.last.index,
                    status.durable,
                    status.committed,
                    status.applied,
                    status.fit ? "" : ", recovering",
                    *core_.begin(),
                    first.last.term,
                    first.last.index,
                    first.committed
                );
            }
        }
        return open_ == 0 ? "" : fmt::format("{} questions have no answer, {}", open_, open_text());
    }
    ledger::TimeMs true_ms() const { return static_cast<ledger::TimeMs>(timeline_.now() / 1'000); }
    std::string open_text() const {
        std::string text;
        for (const auto& [name, done] : questions_) {
            text += done ? "" : name + " ";
        }
        return text;
    }

    void liveness() {
        mend();
        if (excused_) {
            return;
        }
        const std::size_t quorum = ledger::quorum(weather_.voters);
        // Whoever cosigns refuses a tree from the future, as it should.
        const bool enough = core_voters() >= quorum;
        const auto certifies = [this, enough] {
            return enough && judge_.newest_time() <= founded_ms + 2'000 + true_ms();
        };
        for (const NodeId node : core_) {
            ask(fmt::format("write@{}", node), [&](std::function<void()> done) {
                clients_.insist(node, certifies, std::move(done));
            });
            ask(fmt::format("read@{}", node), [&](std::function<void()> done) {
                clients_.insist_on_reading(node, std::move(done));
            });
        }
        std::string why;
        for (int i = 0; i < seconds_to_recover; ++i) {
            pass(second);
            why = missing();
            if (why.empty() || judge_.has_fault()) {
                recovered_in_ = static_cast<std::uint64_t>(i) + 1;
                return;
            }
        }
        judge_.blame(
            "liveness", fmt::format("{} s after everything was mended: {}", seconds_to_recover, why)
        );
    }
    template <typename Asking>
    void ask(const std::string& name, Asking asking) {
        ++open_;
        questions_[name] = false;
        asking([this, name] {
            --open_;
            questions_[name] = true;
        });
    }

    void finish() {
        if (!judge_.has_fault()) {
            judge_.replay();
        }
        if (!judge_.has_fault()) {
            judge_.check(clients_.history());
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
        counts["roots compared"] += judge_.roots_compared();
        counts["convictions"] += judge_.convictions();
        counts["liveness excused"] += excused_ ? 1 : 0;
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

    Member& member(NodeId node) { return *members_.at(node - 1); }

    Plan plan_;
    Weather weather_;
    Timeline timeline_;
    Alliance& alliance_;
    Judge judge_;
    Network network_;
    World world_;
    std::vector<std::unique_ptr<Member>> members_;
    Nemesis nemesis_;
    Clients clients_;
    std::unique_ptr<Liar> liar_;
    std::ofstream trace_;
    std::set<NodeId> core_;
    bool excused_ = false;
    std::uint64_t recovered_in_ = 0;
    std::uint64_t open_ = 0;
    std::map<std::string, bool> questions_;
};

}  // namespace

Verdict simulate(const Plan& plan) {
    return std::make_unique<Simulation>(plan)->run();
}

}  // namespace tanji::simulation
