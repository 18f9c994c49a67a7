#pragma once

#include "consensus/types.h"

#include <deque>

namespace tanji::consensus {

// So close behind the leader a learner may become a voter.
inline constexpr Index caught_up_blocks = 256;

// What the leader knows of one follower, and how it sends to it: one message at a time until the
// logs are known to meet (probe), then up to a window ahead (replicate), or nothing, because what
// the follower needs is no longer kept (snapshot).
class Progress {
public:
    enum class Mode : std::uint8_t { probe, replicate, snapshot };

    Progress(Index next, Incarnation incarnation) : next_(next), incarnation_(incarnation) {}

    Mode mode() const { return mode_; }
    Index match() const { return match_; }  // durable there, and equal
    Index next() const { return next_; }    // what to send next
    Incarnation incarnation() const { return incarnation_; }
    std::uint64_t read() const { return read_; }  // the highest read number it answered

    // What it was last told to be committed.
    Index told() const { return told_; }
    void tell(Index committed) { told_ = committed; }

    bool may_send(const Limits& limits) const;
    void sent(Index first, std::uint64_t count, std::uint64_t bytes);
    // It has everything up to `index`. True if that is news.
    bool accepted(Index index);
    // It refused what followed `prev`; the logs may meet at `meet`. True if it is to be tried
    // there; false for an answer to something older.
    bool refused(Index prev, Index meet);
    // What was sent ahead may be lost: back to where the logs are known to meet.
    void lost() { probe_from(match_ + 1); }
    // A probe may be lost: the same is tried again.
    void retry() { probing_ = false; }
    void needs_snapshot() { mode_ = Mode::snapshot; }
    // It has the state at `index` and is tried from there.
    void has_snapshot(Index index);
    // Another process: it may have lost what it had not promised.
    void joined(Incarnation incarnation);

    // Heard of since the last count.
    void heard() { heard_ = true; }
    bool take_heard();
    void answered_read(std::uint64_t number);
    // One more round of heartbeats: close behind the leader, or not.
    void count_round(bool close) { close_rounds_ = close ? close_rounds_ + 1 : 0; }
    bool is_caught_up() const { return close_rounds_ >= 3; }
    // Whether nothing was acknowledged since the last call, though something is under way.
    bool stalled();

private:
    void probe_from(Index next);

    struct Flight {
        Index last = 0;
        std::uint64_t bytes = 0;
    };

    Mode mode_ = Mode::probe;
    Index match_ = 0;
    Index next_;
    Index told_ = 0;
    Incarnation incarnation_;
    bool probing_ = false;  // a probe is under way
    std::deque<Flight> flights_;
    std::uint64_t flying_bytes_ = 0;
    bool heard_ = false;
    std::uint32_t close_rounds_ = 0;
    std::uint64_t read_ = 0;
    Index match_before_ = 0;  // at the last stalled()
};

}  // namespace tanji::consensus
