#include "node/storage/chain.h"

#include "ledger/proof/header.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace tanji::node {

using ledger::BlockIndex;
using ledger::ByteView;

bool Chain::take(BlockIndex index, ByteView bytes) {
    const auto header =
        ledger::decode_header(bytes.substr(0, std::min(bytes.size(), ledger::header_bytes)));
    if (!header) {
        return broken(index, header.error().detail);
    }
    if (header->index != index || header->ledger != mark_.ledger) {
        return broken(index, "another block stands at its place");
    }
    const ledger::Hash& before = index == 1 ? mark_.ledger : end_.hash;
    const bool is_base = end_.index == 0 && index > 1;
    const bool follows = index == end_.index + 1 && header->prev_hash == before;
    if (!is_base && (!follows || header->term < end_.term)) {
        return broken(index, "it does not follow the block before it");
    }
    if (index == mark_.block_index) {
        before_marked_ = end_;
    }
    end_ = {.term = header->term, .index = index, .hash = ledger::hash_of(*header)};
    if (is_base && index >= mark_.block_index) {
        marked_ = Marked::there;
    } else if (index == mark_.block_index) {
        const bool same = end_.hash == mark_.block_hash && end_.term == mark_.block_term;
        marked_ = same ? Marked::there : Marked::another;
    }
    return true;
}

ChainEnd Chain::end() const {
    const bool stale = marked_ == Marked::another && !contradicts_marked();
    return stale ? before_marked_ : end_;
}

bool Chain::contradicts_marked() const {
    return marked_ != Marked::there && end_.term > mark_.block_term;
}

std::string Chain::fault() const {
    if (!fault_.empty()) {
        return fault_;
    }
    if (marked_ == Marked::another) {
        return fmt::format("block {}: it is not the block that the mark names", mark_.block_index);
    }
    if (marked_ == Marked::not_met) {
        return fmt::format(
            "the mark names block {}, the log ends at block {}", mark_.block_index, end_.index
        );
    }
    return {};
}

bool Chain::broken(BlockIndex index, std::string_view why) {
    fault_ = fmt::format("block {}: {}", index, why);
    return false;
}

FoundChain follow_chain(const LogStore& log, const Mark& mark) {
    FoundChain found{.chain = Chain(mark)};
    const auto base = log.base();
    if (base) {
        found.chain.take(log.first() - 1, *base);
    } else if (log.first() != 1) {
        found.unreadable = "block 1 is not in the log";
        return found;
    }
    const auto scanned = log.scan(log.first(), log.last(), [&](BlockIndex index, ByteView bytes) {
        return found.chain.take(index, bytes);
    });
    if (!scanned) {
        found.unreadable = scanned.error().detail;
    }
    return found;
}

}  // namespace tanji::node
