#pragma once

#include "consensus/types.h"

#include <vector>

namespace tanji::consensus {

inline constexpr std::size_t voters_max = 15;  // docs/consensus.md: a note has room for 16 lines
inline constexpr std::size_t learners_max = 16;

// The membership in force, and what to go back to when blocks are cut. One is in force from the
// moment its block is appended.
class Memberships {
public:
    Memberships(Index from, Membership membership);

    const Membership& in_force() const { return steps_.back().membership; }
    // In force right behind the block at `index`, which is not below the committed step.
    const Membership& at(Index index) const;
    // From the committed one to the one in force right behind the block at `index`, which is not
    // below the committed step.
    std::vector<Membership> until(Index index) const;
    // The newest one whose block is committed.
    const Membership& committed() const { return steps_.front().membership; }
    bool has_uncommitted() const { return steps_.size() > 1; }
    Index in_force_from() const { return steps_.back().from; }

    // REQUIRES: `from` is above all before.
    void append(Index from, const Membership& membership);
    void cut_from(Index index);
    void commit(Index index);
    // Forgets everything else: a snapshot says what is in force there.
    void reset(Index from, const Membership& membership);

private:
    struct Step {
        Index from = 0;
        Membership membership;
    };
    std::vector<Step> steps_;  // the first is committed
};

// Whether governance may decide this: some voter, none twice, not too many, learners apart.
bool is_well_formed(const Membership& membership);
// Whether a block may introduce `next` while `now` is in force: a joint phase that begins with the
// voters there are, or the end of the one there is.
bool follows(const Membership& next, const Membership& now);

}  // namespace tanji::consensus
