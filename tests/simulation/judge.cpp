#include "tests/simulation/judge.h"

#include "ledger/decoded_block.h"
#include "node/replica/electorate.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace tanji::simulation {
namespace {

std::string short_hex(const consensus::Hash& hash) {
    ledger::Hash value;
    value.bytes = hash;
    return value.hex().substr(0, 12);
}

}  // namespace

Judge::Judge(Timeline& timeline, Alliance& alliance, const Weather& weather)
    : timeline_(timeline),
      alliance_(alliance),
      weather_(weather) {
    const auto header =
        ledger::decode_header(alliance.genesis_block().substr(0, ledger::header_bytes));
    committed_.push_back({.hash = ledger::hash_of(*header).bytes, .by = 0});
    bytes_[committed_.front().hash] =
        std::make_shared<const ledger::Bytes>(alliance.genesis_block());
    roster_ = ledger::first_roster(alliance.genesis());
    pinned_ = node::electorate_of(roster_).pinned;
    membership_ = node::core_of(roster_.newest().membership);
}

void Judge::blame(std::string_view checker, const std::string& what) {
    if (fault_.empty()) {
        fault_ = fmt::format("{} at {} us: {}", checker, timeline_.now(), what);
    }
}

// --- as it happens ---

void Judge::restarted(NodeId node, const SimDisk& disk, const consensus::Status& status) {
    Seen& seen = of(node);
    seen.log.clear();
    for (Index index = 1; index <= status.last.index; ++index) {
        const auto header =
            ledger::decode_header(disk.blocks().at(index - 1)->substr(0, ledger::header_bytes));
        seen.log.push_back(ledger::hash_of(*header).bytes);
    }
    seen.held.clear();
    seen.committed = 0;
    seen.fit = status.fit;
    seen.removed = false;
    seen.quiet = false;
}

void Judge::wrote(NodeId node, const node::DiskWrite& write) {
    Seen& seen = of(node);
    if (write.promise && seen.mark && write.promise->term < seen.mark->term) {
        blame("C4", fmt::format("node {} went back to term {}", node, write.promise->term));
    }
    for (const node::SealedBlockPtr& block : write.blocks) {
        const consensus::BlockRef& ref = block->ref;
        if (ref.at.index < 2 || ref.at.index > seen.log.size() + 1) {
            blame("C2", fmt::format("node {} writes block {} behind a gap", node, ref.at.index));
            return;
        }
        if (is_strict()) {
            const auto [known, is_new] =
                blocks_.emplace(std::pair(ref.at.term, ref.at.index), ref.hash);
            if (!is_new && known->second != ref.hash) {
                blame(
                    "C2",
                    fmt::format(
                        "two blocks {} of term {} (node {})", ref.at.index, ref.at.term, node
                    )
                );
            }
        }
        if (seen.log.size() >= 1 && ref.prev != seen.log.at(ref.at.index - 2)) {
            blame("C2", fmt::format("block {} of node {} follows nothing", ref.at.index, node));
        }
        const auto held = seen.held.emplace(ref.at, ref.hash).first;
        const bool was_there =
            ref.at.index <= seen.log.size() && seen.log.at(ref.at.index - 1) == held->second;
        if (was_there && held->second != ref.hash && is_honest(node)) {
            forks_.insert(ref.at);
        }
        bytes_.emplace(ref.hash, block->bytes);
        if (ref.membership) {
            introduced_.emplace(ref.hash, *ref.membership);
        }
        seen.log.resize(ref.at.index - 1);
        seen.log.push_back(ref.hash);
    }
}

void Judge::marked(NodeId node, const SimMark& mark) {
    Seen& seen = of(node);
    if (seen.mark) {
        const SimMark& before = *seen.mark;
        const bool vote_changed =
            mark.term == before.term && before.vote != 0 && mark.vote != before.vote;
        if (mark.term < before.term || vote_changed) {
            blame(
                "C4",
                fmt::format(
                    "the mark of node {} goes from term {} vote {} to term {} vote {}",
                    node,
                    before.term,
                    before.vote,
                    mark.term,
                    mark.vote
                )
            );
        }
        if (mark.seq != before.seq + 1 || mark.incarnation < before.incarnation) {
            blame(
                "C4",
                fmt::format("the mark of node {} goes from {} to {}", node, before.seq, mark.seq)
            );
        }
        if (mark.cosigned.size < before.cosigned.size ||
            (mark.cosigned.size == before.cosigned.size &&
             mark.cosigned.root != before.cosigned.root) ||
            mark.cosigned.time_s < before.cosigned.time_s) {
            blame("C4", fmt::format("the cosigned head of node {} goes back", node));
        }
    }
    seen.mark = mark;
}

void Judge::ran(NodeId node, const consensus::Status& status) {
    Seen& seen = of(node);
    if (status.committed < seen.committed) {
        blame("C4", fmt::format("node {} commits less than before", node));
    }
    seen.fit = status.fit;
    if (status.last.index != seen.log.size()) {
        blame(
            "C2",
            fmt::format(
                "node {} ends at {}, wrote up to {}", node, status.last.index, seen.log.size()
            )
        );
        return;
    }
    const Index first = std::max<Index>(seen.committed, 1) + 1;
    seen.committed = status.committed;
    if (!is_strict()) {
        return;
    }
    for (Index index = first; index <= status.committed; ++index) {
        const consensus::Hash& hash = seen.log.at(index - 1);
        if (index > committed_.size()) {
            committed_.push_back({.hash = hash, .by = node, .in = status.term});
            if (const auto made = introduced_.find(hash); made != introduced_.end()) {
                membership_ = made->second;
            }
        } else if (committed_.at(index - 1).hash != hash) {
            blame(
                "C3",
                fmt::format(
                    "node {} commits block {} as {}, node {} as {}",
                    node,
                    index,
                    short_hex(hash),
                    committed_.at(index - 1).by,
                    short_hex(committed_.at(index - 1).hash)
                )
            );
        }
    }
    check_removed(node, status);
    const bool leads = status.role == consensus::Role::leader;
    if (leads) {
        const auto [leader, is_new] = leaders_.emplace(status.term, node);
        if (leader->second != node) {
            blame(
                "C1", fmt::format("nodes {} and {} lead term {}", leader->second, node, status.term)
            );
        }
        // Votes may be late: nobody of an older term knows what a later one committed.
        Index all = committed_.size();
        while (all > 0 && committed_.at(all - 1).in >= status.term) {
            --all;
        }
        const bool lacks = all > 0 && (seen.log.size() < all ||
                                       seen.log.at(all - 1) != committed_.at(all - 1).hash);
        if (is_new && lacks) {
            blame(
                "C3",
                fmt::format(
                    "node {} leads term {} without the committed block {}", node, status.term, all
                )
            );
        }
    }
}

void Judge::check_acknowledged(
    NodeId node, Index index, const SimDisk& disk, std::string_view what
) {
    const Seen& seen = of(node);
    const bool there = index <= seen.log.size() && disk.holds(index, seen.log.at(index - 1));
    const bool marked = !seen.fit || disk.mark().block.at.index >= index;
    if (!there || !marked) {
        blame(
            "C5",
            fmt::format(
                "node {} sends {} of block {}: {}",
                node,
                what,
                index,
                there ? "the mark names an earlier one" : "it is not synced"
            )
        );
    }
}

// What leaves must rest on what the disk model calls synced. Not asked of the canary: its fault has
// to show in what others see.
void Judge::sent(NodeId node, NodeId to, const node::PeerMessage& message, const SimDisk& disk) {
    if (!is_honest(node)) {
        return;
    }
    if (const auto* reply = std::get_if<node::CosignReply>(&message);
        reply && reply->code.empty()) {
        const node::CosignedHead& head = disk.mark().cosigned;
        const bool marked =
            head.size > reply->size || (head.size == reply->size && head.root == reply->root);
        if (!marked) {
            blame("C5", fmt::format("node {} cosigns {} before the mark", node, reply->size));
        }
        const auto [said, is_new] = of(node).said.emplace(reply->size, reply->root);
        if (said->second != reply->root) {
            blame("C10", fmt::format("node {} cosigns two trees of {}", node, reply->size));
        }
    }
    const auto* agreement = std::get_if<node::Agreement>(&message);
    if (agreement != nullptr && of(node).quiet) {
        blame("C12", fmt::format("node {} was removed and goes on", node));
    }
    if (agreement == nullptr || weather_.canary) {
        return;
    }
    const SimMark& mark = disk.mark();
    if (const auto* ack = std::get_if<consensus::AppendReply>(&agreement->message)) {
        if (ack->accepted) {
            check_acknowledged(node, ack->index, disk, "an acknowledgement");
        }
    } else if (const auto* vote = std::get_if<consensus::VoteReply>(&agreement->message)) {
        if (vote->granted && (mark.term != vote->term || mark.vote != to)) {
            blame("C5", fmt::format("node {} votes in {} before the mark", node, vote->term));
        }
    } else if (const auto* ask = std::get_if<consensus::Vote>(&agreement->message)) {
        if (mark.term != ask->term || mark.vote != node) {
            blame("C5", fmt::format("node {} stands in {} before the mark", node, ask->term));
        }
    }
}

void Judge::applied(
    NodeId node,
    const ledger::Applied& applied,
    const ledger::DecodedBlock& block,
    const ledger::Reader& after
) {
    newest_time_ = std::max(newest_time_, block.header.time_ms);
    if (applied.roster && applied.block > roster_of_) {
        roster_ = *applied.roster;
        roster_of_ = applied.block;
        pinned_ = node::electorate_of(roster_).pinned;
    }
    if (!is_honest(node)) {
        return;
    }
    ++roots_compared_;
    const Root own = {.size = applied.size, .root = applied.root, .node = node};
    const auto [known, is_new] =
        roots_.emplace(std::pair(applied.block, ledger::hash_of(block.header)), own);
    if (known->second.size != own.size || known->second.root != own.root) {
        blame(
            "C9",
            fmt::format(
                "after block {} nodes {} and {} have other trees",
                applied.block,
                known->second.node,
                node
            )
        );
    }
    compare_states(fmt::format("node {}", node), block.header, after);
    if (is_strict()) {
        sizes_.emplace(applied.size, applied.root);
    }
}

void Judge::saw_event(NodeId node, std::string_view event, const std::string& sentence) {
    static const std::set<std::string_view> alarming = {
        "two_leaders",
        "absurd_message",
        "block.fork",
        "block.conflict",
        "leader.fault",
        "header_unsigned",
        "membership_wrong",
        "claim_invalid",
        "block_invalid",
        "wrong_ledger",
        "order_unsigned",
        "time_falls"
    };
    if (is_strict() && alarming.contains(event)) {
        blame("C12", fmt::format("node {} accuses an honest one: {}, {}", node, event, sentence));
    }
}

}  // namespace tanji::simulation
