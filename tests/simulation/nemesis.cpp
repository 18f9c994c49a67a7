#include "tests/simulation/nemesis.h"

#include <algorithm>

#include <fmt/format.h>

namespace tanji::simulation {
namespace {

constexpr Micros step = second / 5;

}  // namespace

Nemesis::Nemesis(World& world, Members& members)
    : world_(world),
      members_(members),
      draw_(world.seed, "nemesis") {}

void Nemesis::begin() {
    world_.timeline.after(step, [this] {
        if (!frozen_) {
            strike();
            begin();
        }
    });
}

void Nemesis::strike() {
    const Weather& weather = world_.weather;
    if (happens(weather.cut_ppm)) {
        cut_something();
    }
    if (!world_.network.cuts().empty() && happens(weather.heal_ppm)) {
        heal_something();
    }
    if (happens(weather.storm_ppm)) {
        storm_on();
    }
    for (const auto& each : members_) {
        if (!each->is_up()) {
            continue;
        }
        if (happens(weather.crash_ppm)) {
            crash(each->id());
            continue;
        }
        if (happens(weather.pause_ppm) && !each->is_paused()) {
            ++counts_["pause"];
            each->pause(draw_.between(second / 10, weather.pause_max));
        }
        if (happens(weather.jump_ppm)) {
            ++counts_["clock jump"];
            each->jump(
                static_cast<std::int64_t>(
                    draw_.below(2 * static_cast<std::uint64_t>(weather.jump_ms) + 1)
                ) -
                weather.jump_ms
            );
        }
        if (happens(weather.slow_disk_ppm)) {
            ++counts_["slow disk"];
            each->disk().set_slow(true);
        } else if (each->disk().is_slow() && happens(100'000)) {
            each->disk().set_slow(false);
        }
    }
    if (happens(weather.reset_ppm) && members_.size() > 1) {
        ++counts_["connection reset"];
        reconnect(any(), any());
    }
    if (happens(weather.transfer_ppm)) {
        const NodeId to = draw_.coin() ? 0 : any();
        for (const auto& each : members_) {
            if (each->is_up() && !each->is_paused()) {
                each->in_loop([&](node::Replica& replica) {
                    counts_["transfer"] += replica.transfer_to(to) ? 1U : 0U;
                });
            }
        }
    }
}

// One link, one node, a split, or a bridge: two halves that share one node.
void Nemesis::cut_something() {
    if (members_.size() < 2) {
        return;
    }
    ++counts_["cut"];
    Network& network = world_.network;
    const auto cut = [&](NodeId a, NodeId b) {
        if (a == b) {
            return;
        }
        network.cut(a, b);
        if (!world_.weather.one_way) {
            network.cut(b, a);
        }
    };
    const NodeId node = any();
    switch (draw_.below(4)) {
        case 0:
            cut(node, any());
            return;
        case 1:
            for (NodeId other = 1; other <= members_.size(); ++other) {
                draw_.coin() ? cut(node, other) : cut(other, node);
            }
            return;
        default: {
            const bool bridge = draw_.coin();
            std::vector<bool> side;
            for (std::size_t i = 0; i < members_.size(); ++i) {
                side.push_back(draw_.coin());
            }
            for (NodeId a = 1; a <= members_.size(); ++a) {
                for (NodeId b = 1; b <= members_.size(); ++b) {
                    const bool joins = bridge && (a == node || b == node);
                    if (side[a - 1] && !side[b - 1] && !joins) {
                        cut(a, b);
                    }
                }
            }
            return;
        }
    }
}

void Nemesis::heal_something() {
    ++counts_["heal"];
    Network& network = world_.network;
    if (!world_.weather.swizzle) {
        network.heal_all();
        for (NodeId a = 1; a <= members_.size(); ++a) {
            for (NodeId b = a + 1; b <= members_.size(); ++b) {
                reconnect(a, b);
            }
        }
        return;
    }
    auto at = network.cuts().begin();
    std::advance(at, static_cast<std::ptrdiff_t>(draw_.below(network.cuts().size())));
    const auto [from, to] = *at;
    network.heal(from, to);
    reconnect(from, to);
}

void Nemesis::storm_on() {
    ++counts_["storm"];
    const std::uint64_t how_many = draw_.between(1, members_.size());
    for (std::uint64_t i = 0; i < how_many; ++i) {
        if (const NodeId node = any(); member(node).is_up()) {
            crash(node);
        }
    }
}

void Nemesis::crash(NodeId node) {
    ++counts_["crash"];
    if (draw_.chance(200'000) && !member(node).is_paused()) {
        member(node).drain();
        member(node).in_loop([&](node::Replica& replica) { replica.transfer_to(0); });
    }
    member(node).crash();
    world_.timeline.after(draw_.between(1'000, world_.weather.restart_max + 1'000), [this, node] {
        if (frozen_ || member(node).is_up() || member(node).disk().is_lost()) {
            return;
        }
        damage(node);
        if (!member(node).disk().is_lost()) {
            start(node);
        }
    });
}

// A voter that is lost, or that misses what it marked, counts; so does one that does so only on
// disk.
bool Nemesis::may_damage(NodeId node) const {
    const auto is_bad = [&](NodeId other) {
        if (other > members_.size()) {
            return true;  // it never came
        }
        const SimDisk& disk = member(other).disk();
        const consensus::BlockId& marked = disk.mark().block;
        const bool misses = !disk.holds_all(marked.at.index, marked.hash);
        const bool recovering = member(other).is_up() && !member(other).replica().status().fit;
        return other == node || disk.is_lost() || misses || recovering;
    };
    for (const NodeList& voters : lists_that_count(world_.judge, members_)) {
        if (is_in(voters, node) && count_in(voters, is_bad) > (voters.size() - 1) / 2) {
            return false;
        }
    }
    return true;
}

void Nemesis::split(const NodeList& one, const NodeList& other) {
    ++counts_["lists split"];
    for (const NodeId a : one) {
        for (const NodeId b : other) {
            if (!is_in(other, a) && !is_in(one, b)) {
                world_.network.cut(a, b);
                world_.network.cut(b, a);
            }
        }
    }
}

void Nemesis::damage(NodeId node) {
    SimDisk& disk = member(node).disk();
    const bool lost = draw_.chance(world_.weather.lost_ppm);
    const bool damaged = draw_.chance(world_.weather.damage_ppm);
    const std::uint64_t kind = draw_.below(4);
    const Index end = disk.blocks().size();
    const Index place = end > 1 ? draw_.between(2, end) : 1;
    const Index near_end =
        end > 1 ? std::max<Index>(2, end - draw_.below(std::min<Index>(end - 1, 4))) : 1;
    if ((!lost && !damaged) || !may_damage(node)) {
        return;
    }
    if (lost) {
        ++counts_["disk lost"];
        disk.lose();
        return;
    }
    if (kind == 3) {
        ++counts_["mark slot bad"];
        disk.damage_mark();
        world_.judge.mark_was_damaged(node);
    } else if (end > 1) {
        if (kind == 0) {
            ++counts_["tail cut"];
            disk.cut_tail(near_end - 1);
        } else {
            ++counts_["block damaged"];
            disk.damage_block(kind == 1 ? place : near_end);
        }
    }
}

void Nemesis::start(NodeId node) {
    member(node).start();
    for (NodeId other = 1; other <= members_.size(); ++other) {
        if (other != node) {
            reconnect(node, other);
        }
    }
}

void Nemesis::reconnect(NodeId a, NodeId b) {
    if (a == b || !member(a).is_up() || !member(b).is_up() || !world_.network.connects(a, b)) {
        return;
    }
    const auto tell = [this](NodeId who, NodeId of) {
        world_.timeline.after(
            world_.network.delay(),
            [this, who, of, life = member(of).life(), mark = member(of).disk().mark()] {
                if (member(who).is_up() && member(of).life() == life) {
                    member(who).connect(of, mark.incarnation, mark.block.at);
                }
            }
        );
    };
    tell(a, b);
    tell(b, a);
}

}  // namespace tanji::simulation
