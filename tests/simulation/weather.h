#pragma once

#include "tests/simulation/timeline.h"

#include <cstdint>
#include <string>

namespace tanji::simulation {

// What one lying member does with what it says; it keeps its own promises otherwise.
enum class Lie : std::uint8_t {
    none,
    fork,            // other blocks to other members
    forged_command,  // a command whose client never signed it
    replay,          // commands again and again
    false_commit,    // calls committed what is not
    wrong_root,      // claims and asks for roots that are not its tree's
    clock_ahead,     // blocks from the future
    withhold,        // neither cosigns nor passes certificates on
    long_log,        // a candidate that claims more than it has
};
inline constexpr std::uint64_t lies = 8;
std::string name_of(Lie lie);

// Everything a seed decides: sizes, and which faults there are at all.
struct Weather {
    std::uint64_t voters = 3;
    std::uint64_t learners = 0;

    // --- network, per message or per second ---
    std::uint64_t loss_ppm = 0;
    std::uint64_t duplicate_ppm = 0;
    Micros delay_min = 100;
    Micros delay_mean = 1'000;
    std::uint64_t capacity = 1'000'000;  // messages under way per link
    std::uint64_t cut_ppm = 0;
    std::uint64_t heal_ppm = 100'000;
    bool one_way = false;
    bool swizzle = false;
    std::uint64_t reset_ppm = 0;

    // --- disks ---
    Micros sync_mean = 300;
    std::uint64_t slow_disk_ppm = 0;   // a disk begins to be a hundred times slower
    std::uint64_t damage_ppm = 0;      // per restart
    std::uint64_t lost_ppm = 0;        // per restart
    Micros flush_every = 30 * second;  // of the ledger
    bool canary = false;               // completions come before the sync

    // --- processes and clocks ---
    std::uint64_t crash_ppm = 0;
    std::uint64_t storm_ppm = 0;  // everybody at once
    Micros restart_max = second;
    std::uint64_t pause_ppm = 0;
    Micros pause_max = 60 * second;
    std::uint64_t tick_skew_ppm = 0;   // 1,000,000: between half and double
    std::int64_t clock_offset_ms = 0;  // at most, either way
    std::int64_t drift_ppm = 0;        // at most, either way
    std::uint64_t jump_ppm = 0;
    std::int64_t jump_ms = 0;
    std::uint64_t transfer_ppm = 0;

    // --- who asks ---
    std::uint64_t questions = 200;  // per 1,000 seconds
    std::uint64_t burst = 4;        // at most at once
    std::uint64_t accounts = 16;

    // --- limits ---
    std::uint64_t inflight_blocks = 8;
    std::uint64_t append_messages = 16;
    std::uint64_t blocks_per_append = 64;
    std::int64_t certify_interval_ms = 50;
    std::int64_t refresh_ms = 60'000;

    Lie lie = Lie::none;
    std::uint64_t liar = 0;

    // --- members ---
    std::uint64_t decide_ppm = 0;  // governance changes the membership
    std::uint64_t spares = 0;      // nodes that may come
    bool harsh = false;            // something breaks just when lists change
    bool abandons = false;         // once, a decision is too late

    // --- snapshots ---
    std::uint64_t snapshot_every = 0;  // blocks; 0: none, and nothing is pruned
    std::uint64_t keep_blocks = 0;

    std::string text() const;
};

Weather draw_weather(std::uint64_t seed);

}  // namespace tanji::simulation
