#pragma once

#include "consensus/types.h"

#include <deque>

namespace tanji::consensus {

// Which write last carried each block that is not durable yet. A block is durable when every block
// up to it is, by a write not older than the last one of its index: an old completion never vouches
// for a block that was cut and written again.
class Durable {
public:
    explicit Durable(Index last) : durable_(last) {}

    // The block is part of that write. REQUIRES: indexes ascend by one, tokens do not descend.
    void writing(Index index, Token token);
    // Blocks from `index` on are replaced by what follows.
    void cut_from(Index index);
    // All writes up to `token` are durable.
    void wrote(Token token);
    // Everything up to `index` came with a snapshot.
    void reset(Index index);

    Index index() const { return durable_; }
    // The write that makes everything up to `index` durable; 0 if it is. REQUIRES: it was written.
    Token token_of(Index index) const;

private:
    Index durable_;
    std::deque<Token> pending_;  // of durable_ + 1, durable_ + 2, …
};

}  // namespace tanji::consensus
