#include "tests/consensus/scenario_climate.h"

#include "tests/consensus/scenario_storm.h"

namespace tanji::consensus::scenario {

Climate::Climate(Dice& dice)
    : members(3 + dice.below(3)),
      loss(dice.chance(50) ? dice.below(40) : 0),
      repeats(dice.chance(50) ? dice.below(20) : 0),
      disorder(dice.chance(50) ? dice.below(50) : 0),
      crashes(dice.chance(50) ? 1 + dice.below(20) : 0),
      cuts(dice.chance(50) ? 1 + dice.below(20) : 0),
      slow_disks(dice.chance(50)),
      changes(dice.chance(30)),
      transfers(dice.chance(40)),
      snapshots(dice.chance(40)),
      damage(dice.chance(30)) {}

Setup setup_of(std::uint64_t seed, const Climate& climate, Dice& dice) {
    Setup setup;
    setup.seed = seed;
    for (NodeId id = 1; id <= climate.members; ++id) {
        setup.voters.push_back(id);
    }
    if (climate.changes) {
        setup.spares = {climate.members + 1};
    } else if (dice.chance(20)) {
        setup.learners = {climate.members + 1};
    }
    setup.settings.election_ticks = 5 + static_cast<std::uint32_t>(dice.below(11));
    setup.settings.heartbeat_ticks = 1;
    setup.settings.limits.inflight_blocks = 1 + dice.below(8);
    setup.settings.limits.append_messages = 1 + dice.below(4);
    setup.settings.limits.blocks_per_append = 1 + dice.below(6);
    return setup;
}

Weather& Weather::operator+=(const Weather& other) {
    events += other.events;
    elections += other.elections;
    committed += other.committed;
    crashes += other.crashes;
    lost += other.lost;
    repeated += other.repeated;
    reordered += other.reordered;
    cuts += other.cuts;
    changes += other.changes;
    transfers += other.transfers;
    snapshots += other.snapshots;
    damaged += other.damaged;
    reads += other.reads;
    return *this;
}

std::string text_of(const Weather& weather) {
    std::string text;
    const auto add = [&](const char* name, std::uint64_t count) {
        text += (text.empty() ? "" : ", ") + std::string(name) + " " + std::to_string(count);
    };
    add("events", weather.events);
    add("changes of leader", weather.elections);
    add("blocks", weather.committed);
    add("crashes", weather.crashes);
    add("lost", weather.lost);
    add("repeated", weather.repeated);
    add("reordered", weather.reordered);
    add("cuts", weather.cuts);
    add("memberships", weather.changes);
    add("transfers", weather.transfers);
    add("compactions", weather.snapshots);
    add("damaged logs", weather.damaged);
    add("reads", weather.reads);
    return text;
}

}  // namespace tanji::consensus::scenario
