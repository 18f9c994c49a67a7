#pragma once

#include "ledger/value/bytes.h"
#include "ledger/value/ids.h"
#include "node/storage/log_store.h"
#include "node/storage/mark.h"

#include <cstdint>
#include <string>

namespace tanji::node {

// The last block of an unbroken chain; index 0 when there is none.
struct ChainEnd {
    std::uint64_t term = 0;
    ledger::BlockIndex index = 0;
    ledger::Hash hash;
};

// Follows the hashes of a log from block 1 on, or from its base, and meets the marked block on the
// way.
class Chain {
public:
    explicit Chain(const Mark& mark) : mark_(mark) {}

    // False at the first block that does not continue the chain. The first one may be a base: a
    // later block than 1, of which the header is enough. It stands for everything before it, the
    // marked block too.
    bool take(ledger::BlockIndex index, ledger::ByteView bytes);

    // Nothing that this node may have acknowledged is behind this block: the marked block or what a
    // later leader put in its place is in the chain. Without either, the chain ends before the
    // index of the marked block, whatever stands there.
    ChainEnd end() const;
    bool holds_marked() const { return marked_ == Marked::there; }
    // A block of a later term shows that the marked block was never committed: its leader, which
    // must have had every committed block, did not have it.
    bool contradicts_marked() const;

    // Why the chain is no longer than it is, or does not do: a sentence. Empty if it holds the
    // marked block and no block was turned away.
    std::string fault() const;

private:
    enum class Marked : std::uint8_t { not_met, there, another };

    bool broken(ledger::BlockIndex index, std::string_view why);

    Mark mark_;
    ChainEnd end_;
    ChainEnd before_marked_;
    Marked marked_ = Marked::not_met;
    std::string fault_;
};

// The chain of a whole log. `unreadable`: the disk does not give what was written, so these files
// cannot stay in use; says which block.
struct FoundChain {
    Chain chain;
    std::string unreadable = {};
};
FoundChain follow_chain(const LogStore& log, const Mark& mark);

}  // namespace tanji::node
