#include "tests/simulation/weather.h"

#include "tests/simulation/draw.h"

#include <array>

#include <fmt/format.h>

namespace tanji::simulation {

std::string name_of(Lie lie) {
    static const std::array<std::string, lies + 1> names = {
        "none",
        "fork",
        "forged_command",
        "replay",
        "false_commit",
        "wrong_root",
        "clock_ahead",
        "withhold",
        "long_log"
    };
    return names.at(static_cast<std::size_t>(lie));
}

// Each kind of fault is there with probability one half: a seed with few of them goes further than
// one with all.
Weather draw_weather(std::uint64_t seed) {
    Draw draw(seed, "weather");
    Weather weather;
    weather.voters = draw.between(1, 7);
    weather.learners = draw.chance(250'000) ? draw.between(1, 2) : 0;
    if (draw.coin()) {
        weather.loss_ppm = draw.below(300'000);
    }
    if (draw.coin()) {
        weather.duplicate_ppm = draw.below(300'000);
    }
    if (draw.coin()) {
        weather.delay_min = draw.between(50, 30'000);
        weather.delay_mean = draw.between(1'000, 200'000);
    }
    if (draw.coin()) {
        weather.capacity = draw.between(2, 64);
    }
    if (draw.coin()) {
        weather.cut_ppm = draw.below(500'000);
        weather.heal_ppm = draw.between(100'000, 1'000'000);
        weather.one_way = draw.coin();
        weather.swizzle = draw.coin();
    }
    if (draw.coin()) {
        weather.reset_ppm = draw.below(100'000);
    }
    if (draw.coin()) {
        weather.sync_mean = draw.between(100, 500'000);
    }
    if (draw.coin()) {
        weather.slow_disk_ppm = draw.below(20'000);
    }
    if (draw.coin()) {
        weather.damage_ppm = draw.below(300'000);
    }
    if (draw.coin()) {
        weather.lost_ppm = draw.below(50'000);
    }
    if (draw.coin()) {
        weather.flush_every = draw.between(1, 30) * second;
    }
    if (draw.coin()) {
        weather.crash_ppm = draw.below(100'000);
        weather.restart_max = draw.between(1, 20 * second);
    }
    if (draw.coin()) {
        weather.storm_ppm = draw.below(10'000);
    }
    if (draw.coin()) {
        weather.pause_ppm = draw.below(33'000);
        weather.pause_max = draw.between(second, 60 * second);
    }
    if (draw.coin()) {
        weather.tick_skew_ppm = draw.below(1'000'000);
    }
    if (draw.coin()) {
        weather.clock_offset_ms = static_cast<std::int64_t>(draw.below(2'000));
        weather.drift_ppm = static_cast<std::int64_t>(draw.below(50'000));
    }
    if (draw.coin()) {
        weather.jump_ppm = draw.below(10'000);
        weather.jump_ms = draw.coin() ? 3'600'000 : static_cast<std::int64_t>(draw.below(10'000));
    }
    if (draw.coin()) {
        weather.transfer_ppm = draw.below(66'000);
    }
    weather.questions = draw.between(100, 800);
    weather.burst = draw.coin() ? draw.between(1, 64) : 3;
    weather.accounts = draw.between(4, 200);
    if (draw.coin()) {
        weather.inflight_blocks = draw.between(1, 8);
        weather.append_messages = draw.between(1, 16);
        weather.blocks_per_append = draw.between(1, 64);
    }
    if (draw.coin()) {
        weather.certify_interval_ms = static_cast<std::int64_t>(draw.between(0, 2'000));
        weather.refresh_ms = static_cast<std::int64_t>(draw.between(2'000, 60'000));
    }
    if (draw.chance(200'000) && weather.voters >= 4) {
        weather.lie = static_cast<Lie>(draw.between(1, lies));
        weather.liar = draw.between(1, weather.voters);
    }
    // What a liar makes the members believe of each other is another story.
    if (draw.chance(350'000) && weather.lie == Lie::none) {
        weather.decide_ppm = draw.between(5'000, 66'000);
        weather.spares = draw.between(1, 4);
        weather.harsh = draw.coin();
        weather.abandons = draw.chance(250'000);
    }
    if (draw.chance(350'000) && weather.lie == Lie::none) {
        weather.snapshot_every = draw.between(4, 48);
        weather.keep_blocks = draw.between(2, 32);
    }
    return weather;
}

std::string Weather::text() const {
    return fmt::format(
        "voters {} learners {} | loss {} dup {} delay {}+{} capacity {} cut {}/{}{}{} reset {} | "
        "sync {} slow {} damage {} lost {} flush {} | crash {} storm {} restart {} pause {}/{} "
        "skew {} | clocks {} drift {} jump {}/{} | transfer {} | questions {} burst {} accounts {} "
        "| "
        "inflight {} appends {}x{} | certify {}/{} | lie {} by {} | decide {} spares {}{}{} | "
        "snapshot {} keep {}{}",
        voters,
        learners,
        loss_ppm,
        duplicate_ppm,
        delay_min,
        delay_mean,
        capacity,
        cut_ppm,
        heal_ppm,
        one_way ? " one-way" : "",
        swizzle ? " swizzle" : "",
        reset_ppm,
        sync_mean,
        slow_disk_ppm,
        damage_ppm,
        lost_ppm,
        flush_every,
        crash_ppm,
        storm_ppm,
        restart_max,
        pause_ppm,
        pause_max,
        tick_skew_ppm,
        clock_offset_ms,
        drift_ppm,
        jump_ppm,
        jump_ms,
        transfer_ppm,
        questions,
        burst,
        accounts,
        inflight_blocks,
        append_messages,
        blocks_per_append,
        certify_interval_ms,
        refresh_ms,
        name_of(lie),
        liar,
        decide_ppm,
        spares,
        harsh ? " harsh" : "",
        abandons ? " abandons" : "",
        snapshot_every,
        keep_blocks,
        canary ? " canary" : ""
    );
}

}  // namespace tanji::simulation
