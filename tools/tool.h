#pragma once

#include "ledger/value/amount.h"
#include "ledger/value/result.h"
#include "ledger/value/time.h"

#include <chrono>
#include <cstdint>
#include <expected>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tanji::tools {

// How `tanji` ends; scripts rely on the numbers.
enum class Exit : std::uint8_t {
    done = 0,     // verify, audit: proven
    refused = 1,  // by the ledger; the code was printed
    usage = 2,    // or malformed input
    not_found = 3,
    unproven = 4,     // a verification failed
    unavailable = 5,  // or timed out; the outcome may be unknown
    fork = 6,         // proven, and the evidence is in a file
};

// Why a subcommand ends early: one sentence for people, and what the ledger or a node called it.
struct Failure {
    Exit exit = Exit::usage;
    std::string sentence;
    std::string code;
};

template <typename Value>
using Attempt = std::expected<Value, Failure>;

template <typename... Args>
std::unexpected<Failure> fail(Exit exit, fmt::format_string<Args...> sentence, Args&&... args) {
    return std::unexpected(Failure{exit, fmt::format(sentence, std::forward<Args>(args)...), {}});
}

// A refusal of the ledger's own code, met on this side of the wire.
std::unexpected<Failure> fail(Exit exit, const ledger::Error& error);

template <typename Value>
std::unexpected<Failure> failure(Attempt<Value>& failed) {
    return std::unexpected(std::move(failed.error()));
}

// What every subcommand was given besides its own options, and where its words go: data to `out`,
// everything else to `err`.
struct Tool {
    std::ostream& out;
    std::ostream& err;
    std::string node = "http://127.0.0.1:8460";
    std::string key_file = {};
    std::string token_file = {};
    std::string policy_file = {};
    std::string color = "auto";
    std::string language = "en";
    unsigned timeout_s = 30;
    bool json = false;
    bool quiet = false;
    bool verbose = false;
    bool no_input = false;
    bool yes = false;

    // Whether bars and colours go to stderr.
    bool is_lively() const;
    // A sentence for people, unless -q.
    void say(std::string_view sentence) const;
    // Data: one line on stdout.
    void print(std::string_view line) const;
    // A tick or a cross before a sentence on stdout; nothing with --json.
    void tick(bool good, std::string_view sentence) const;
    // Whether the user agrees. True with -y; false when nobody can be asked.
    bool confirm(std::string_view question) const;
};

// Says what went wrong, as text or as JSON, and gives the number to exit with.
int finish(const Tool& tool, const Attempt<void>& attempt);

// Columns as wide as their longest cell; the last one ragged.
std::string to_table(const std::vector<std::vector<std::string>>& rows);

// `12 840`, with narrow no-break spaces.
std::string grouped(ledger::Int128 number);

// `2026-11-21 20:04:08 +08:00` in the zone of this machine.
std::string local_time_text(ledger::TimeMs time);

// The time by the clock of this machine.
ledger::TimeMs now_ms();

// `500g`, `1.2kg`, `3t` or a bare number of grams; nothing unless it is a whole number of grams.
std::optional<ledger::Amount> parse_weight(std::string_view text);

// `15m`, `2h`, `30s`, `1d` in seconds.
std::optional<std::int64_t> parse_duration(std::string_view text);

// `3,10-14` as pairs of first and last; nothing unless ascending and disjoint.
std::optional<std::vector<std::pair<std::uint32_t, std::uint32_t>>> parse_ranges(
    std::string_view text
);

// The word that is most like `word`, if one is like it at all.
std::optional<std::string> nearest(
    std::string_view word, const std::vector<std::string>& candidates
);

// How far a long job is. On a terminal a bar on one line, else a line every ten seconds.
class Progress {
public:
    // `total` 0: unknown. Keeps a reference to the tool.
    Progress(const Tool& tool, std::string label, std::string unit, std::uint64_t total);
    ~Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    void at(std::uint64_t done);
    // Removes the bar, so that other words may follow.
    void end();
    double seconds() const;

private:
    void draw(std::uint64_t done);

    const Tool& tool_;
    std::string label_;
    std::string unit_;
    std::uint64_t total_;
    std::chrono::steady_clock::time_point begun_;
    std::chrono::steady_clock::time_point drawn_;
    bool drawn_any_ = false;
};

}  // namespace tanji::tools
