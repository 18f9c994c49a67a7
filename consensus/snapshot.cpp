#include "consensus/snapshot.h"

#include "consensus/replication.h"

#include <algorithm>

namespace tanji::consensus {

void install_snapshot(State& state, const BlockRef& block, const Membership& membership) {
    const Index index = block.at.index;
    if (index <= state.committed) {
        return;
    }
    const BlockRef* held = state.log.held(index);
    if (held != nullptr && held->hash == block.hash) {
        commit_up_to(state, index);  // what follows it here may still be right
    } else {
        // Nothing that was under way counts any more, an uncommitted membership least of all.
        become_follower(state, std::max(state.term, block.at.term), 0);
        state.log.reset(block);
        state.durable.reset(index);
        state.memberships.reset(index, membership);
        state.to_write.clear();
        state.committed = index;
        state.kept = index;
        state.gated.clear();
    }
    state.applied = std::max(state.applied, index);
    state.handed_out = std::max(state.handed_out, index);
    if (state.recovering && state.marked.at.index <= index) {
        state.recovering = false;
        state.notice(Noticed::recovered);
    }
}

}  // namespace tanji::consensus
