#pragma once

#include "ledger/proof/merkle.h"
#include "ledger/store/state.h"

namespace tanji::ledger {

// The ledger's tree as it is stored: tiles of up to 256 hashes per level, of which the last is
// partial. Every node of the tree is in a tile or made from one.
class StoredTree {
public:
    // REQUIRES: `edge` is the right edge of a tree of `size` leaves in `state`.
    StoredTree(State& state, TreeSize size, std::vector<Hash> edge);

    void append(const Hash& leaf);
    TreeSize size() const { return builder_.size(); }
    Hash root() const { return builder_.root(); }
    const std::vector<Hash>& edge() const { return builder_.edge(); }

private:
    State& state_;
    TreeBuilder builder_;
};

// Nodes out of stored tiles. The reader is kept by reference.
NodeReader stored_nodes(const Reader& reader);

}  // namespace tanji::ledger
