#include "node/found_log.h"

#include <algorithm>
#include <cassert>

namespace tanji::node {
namespace {

// Of a block of a membership the body is read, too.
consensus::BlockRef ref_at(const ledger::BlockHeader& header, ledger::ByteView bytes) {
    if (header.kind != ledger::BlockKind::membership) {
        return ref_of(header, bytes.size());
    }
    const auto decoded = ledger::decode_block(bytes, header.ledger);
    assert(decoded.has_value());  // it was admitted, or sealed here
    return ref_of(*decoded, bytes.size());
}

void take(
    FoundLog& found, const ledger::BlockHeader& header, const consensus::BlockRef& ref, bool is_held
) {
    consensus::Restored& restored = found.restored;
    // In force where what is held begins.
    if (ref.membership && ref.at.index > restored.applied && restored.log.empty()) {
        restored.membership = *ref.membership;
    }
    if (restored.log.empty() &&
        (restored.starts.empty() || restored.starts.back().term < ref.at.term)) {
        restored.starts.push_back(ref.at);
    }
    if (is_held) {
        restored.log.push_back(ref);
        found.times.push_back({.index = header.index, .hash = ref.hash, .time = header.time_ms});
    }
    found.last_time = header.time_ms;
}

}  // namespace

ledger::Result<FoundLog> read_log(
    LogStore& log,
    const Storage& storage,
    const Mark& mark,
    consensus::Index applied,
    const consensus::Membership& membership
) {
    if (storage.recovering) {
        const ledger::BlockIndex least = log.base() ? log.first() - 1 : log.first();
        log.end_at(std::max(applied, least));
    }
    FoundLog found;
    consensus::Restored& restored = found.restored;
    restored.term = storage.term;
    restored.vote = storage.vote == 0 ? std::nullopt : std::optional(storage.vote);
    restored.marked = {
        .at = {.term = mark.block_term, .index = mark.block_index},
        .hash = mark.block_hash.bytes,
    };
    restored.first = log.first();
    restored.floor = mark.cosigned_block;
    restored.applied = applied;
    restored.membership = membership;
    const consensus::Index committed = std::min(std::max(applied, restored.floor), log.last());
    if (const auto base = log.base()) {
        const auto header = ledger::decode_header(*base);
        assert(header.has_value());  // open_storage followed the chain
        const auto ref = ref_of(*header, ledger::header_bytes + header->body_bytes);
        take(found, *header, ref, header->index >= committed);
        found.last_header = *base;
    }
    const auto scanned =
        log.scan(log.first(), log.last(), [&](ledger::BlockIndex index, ledger::ByteView bytes) {
            const ledger::ByteView head = bytes.substr(0, ledger::header_bytes);
            const auto header = ledger::decode_header(head);
            assert(header.has_value());  // open_storage followed the chain
            take(found, *header, ref_at(*header, bytes), index >= committed);
            if (index == log.last()) {
                found.last_header = head;
            }
            return true;
        });
    if (!scanned) {
        return std::unexpected(scanned.error());
    }
    return found;
}

}  // namespace tanji::node
