#include "tests/simulation/judge.h"

#include "ledger/decoded_block.h"
#include "ledger/proof/policy.h"
#include "ledger/supply.h"
#include "ledger/tree.h"

#include <algorithm>
#include <tuple>
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
    seen.committed = 0;
    seen.fit = status.fit;
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
        bytes_.emplace(ref.hash, block->bytes);
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
    NodeId node, const ledger::Applied& applied, const ledger::DecodedBlock& block
) {
    newest_time_ = std::max(newest_time_, block.header.time_ms);
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
    if (is_strict()) {
        sizes_.emplace(applied.size, applied.root);
    }
}

void Judge::kept(NodeId node, const ledger::CheckpointCertificate& certificate) {
    if (!is_honest(node)) {
        return;
    }
    const auto verdict = ledger::check_note(certificate.note, alliance_.electorate().pinned);
    if (!verdict || verdict->standing != ledger::Standing::certified ||
        verdict->checkpoint.size != certificate.size) {
        blame("C10", fmt::format("node {} keeps what is no certificate", node));
        return;
    }
    const ledger::Hash& root = verdict->checkpoint.root;
    const auto [known, is_new] = certificates_.emplace(certificate.size, root);
    if (known->second != root) {
        blame("C10", fmt::format("two certificates of {} leaves", certificate.size));
    }
    if (is_strict()) {
        const auto tree = sizes_.find(certificate.size);
        if (tree == sizes_.end() || tree->second != root) {
            blame(
                "C10",
                fmt::format("a certificate of {} leaves, which no node has", certificate.size)
            );
        }
    }
    certified_ = std::max(certified_, certificate.size);
    of(node).kept = std::max(of(node).kept, certificate.size);
}

void Judge::quarantined(NodeId node, const std::string& sentence) {
    if (is_strict()) {
        blame("C12", fmt::format("node {} is quarantined among honest ones: {}", node, sentence));
    }
}

void Judge::saw_evidence(NodeId node, const ledger::Evidence& evidence) {
    if (!is_honest(node)) {
        return;
    }
    std::vector<ledger::NoteKey> keys;
    std::vector<ledger::NoteKey> honest;
    for (const node::CosignVoter& voter : alliance_.electorate().voters) {
        keys.push_back(voter.log);
        keys.push_back(voter.cosign);
        if (is_honest(voter.node)) {
            honest.push_back(voter.log);
            honest.push_back(voter.cosign);
        }
    }
    const auto read = ledger::read_evidence(ledger::to_text(evidence));
    if (!read) {
        blame("C12", fmt::format("evidence of node {} cannot be read", node));
        return;
    }
    const auto guilty = ledger::convict(*read, keys);
    if (!guilty) {
        return;  // two leaders of one term: alarming, and it convicts nobody alone
    }
    ++convictions_;
    for (const ledger::NoteKey& key : *guilty) {
        if (std::ranges::find(honest, key) != honest.end()) {
            blame("C12", fmt::format("evidence of node {} convicts the honest {}", node, key.name));
        }
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

// --- at the end ---

void Judge::replay() {
    if (!is_strict()) {
        return;
    }
    const auto store = ledger::make_memory_store();
    ledger::Ledger fresh(*store, [this](ledger::BlockIndex index) -> std::optional<ledger::Bytes> {
        return index <= committed_.size() ? std::optional(*bytes_.at(committed_.at(index - 1).hash))
                                          : std::nullopt;
    });
    const ledger::KeyId outsider = ledger::key_id(Alliance::outsider_key());
    for (Index index = 1; index <= committed_.size() && !has_fault(); ++index) {
        const auto bytes = bytes_.find(committed_.at(index - 1).hash);
        const auto decoded = ledger::decode_block(*bytes->second, alliance_.ledger());
        if (!decoded) {
            blame("C9", fmt::format("block {} cannot be replayed", index));
            return;
        }
        const ledger::Applied applied = fresh.apply(*decoded);
        model_.begin_block(index, decoded->header.time_ms);
        for (const auto& command : decoded->commands) {
            if (!command) {
                blame("C7", fmt::format("block {} holds what no honest leader seals", index));
                return;
            }
            model_.execute({
                .id = command->head.id.hex(),
                .digest = command->digest.hex(),
                .account = std::get<ledger::AccountOpen>(command->body).account.text(),
                .by_operator = command->envelope.signatures.front().keyid != outsider,
                .not_after = command->head.not_after,
            });
        }
        const auto seen = roots_.find({index, ledger::hash_of(decoded->header)});
        if (seen != roots_.end() && seen->second.root != applied.root) {
            blame("C9", fmt::format("block {} replayed gives another tree", index));
        }
        if (model_.leaves() != applied.size) {
            blame(
                "C7",
                fmt::format(
                    "block {}: {} leaves, the model has {}", index, applied.size, model_.leaves()
                )
            );
        }
    }
    for (const std::string& violation : ledger::recount(*store)) {
        blame("C8", violation);
    }
}

void Judge::check(const History& history) {
    if (!is_strict()) {
        return;
    }
    for (const Asked& asked : history) {
        if (asked.end != Asked::End::answered || has_fault()) {
            continue;
        }
        if (asked.kind != Asked::Kind::write) {
            const std::string account = Alliance::account_name(asked.wish.account);
            if (model_.is_open(account, asked.block) != asked.is_open) {
                blame(
                    "C11",
                    fmt::format("a read at block {} of node {} is wrong", asked.block, asked.node)
                );
            }
            continue;
        }
        const std::string id = Alliance::id_of(asked.wish).hex();
        const std::string digest = alliance_.prepared(asked.wish)->digest.hex();
        const AccountModel::Outcome* outcome = model_.outcome(id);
        if (outcome == nullptr) {
            blame(
                "C6",
                fmt::format(
                    "an answered command is not in the log: block {}, node {}",
                    asked.block,
                    asked.node
                )
            );
        } else if (asked.code == "id_reused") {
            if (outcome->digest == digest) {
                blame("C11", fmt::format("the first bytes of {} were called reused", id));
            }
        } else if (outcome->digest != digest || outcome->code != asked.code ||
                   outcome->block != asked.block || outcome->leaf != asked.leaf) {
            blame(
                "C11",
                fmt::format(
                    "node {} answered `{}` block {} leaf {}, the log says `{}` block {} leaf {}",
                    asked.node,
                    asked.code,
                    asked.block,
                    asked.leaf,
                    outcome->code,
                    outcome->block,
                    outcome->leaf
                )
            );
        }
    }
    check_order(history);
}

// What ended before another thing began comes before it.
void Judge::check_order(const History& history) {
    struct Moment {
        Micros at = 0;
        bool is_begin = false;  // ends first: what ends and begins at once is ordered, too
        const Asked* asked = nullptr;
    };
    std::vector<Moment> moments;
    std::map<std::pair<std::uint64_t, std::uint64_t>, Micros> first_sent;
    for (const Asked& asked : history) {
        if (asked.kind == Asked::Kind::write) {
            const auto [sent, is_new] =
                first_sent.emplace(std::pair(asked.wish.number, asked.wish.variant), asked.began);
            sent->second = std::min(sent->second, asked.began);
        }
        if (asked.end == Asked::End::answered && asked.kind != Asked::Kind::local_read) {
            moments.push_back({.at = asked.began, .is_begin = true, .asked = &asked});
            moments.push_back({.at = asked.ended, .is_begin = false, .asked = &asked});
        }
    }
    std::ranges::sort(moments, [](const Moment& a, const Moment& b) {
        return std::tuple(a.at, a.is_begin, a.asked) < std::tuple(b.at, b.is_begin, b.asked);
    });
    std::uint64_t leaf = 0;   // of the newest answered write
    std::uint64_t block = 0;  // of the newest answer
    for (const Moment& moment : moments) {
        const Asked& asked = *moment.asked;
        const bool is_write = asked.kind == Asked::Kind::write;
        if (is_write && asked.code == "id_reused") {
            continue;
        }
        if (!moment.is_begin) {
            leaf = is_write ? std::max(leaf, asked.leaf) : leaf;
            block = std::max(block, asked.block);
        } else if (is_write) {
            const bool is_first =
                first_sent.at({asked.wish.number, asked.wish.variant}) == asked.began;
            if (is_first && (asked.leaf <= leaf || asked.block < block)) {
                blame(
                    "C11",
                    fmt::format(
                        "leaf {} of block {} began after leaf {} or block {} was answered",
                        asked.leaf,
                        asked.block,
                        leaf,
                        block
                    )
                );
            }
        } else if (asked.block < block) {
            blame(
                "C11",
                fmt::format(
                    "a linearizable read on node {} saw block {}, block {} was answered before",
                    asked.node,
                    asked.block,
                    block
                )
            );
        }
    }
}

void Judge::check_tree(NodeId node, const ledger::Reader& store, const ledger::Head& head) {
    if (!is_honest(node)) {
        return;
    }
    // What a liar shows may be applied for a while; never against what the node knows as certified.
    const ledger::TreeSize bound = is_strict() ? head.size : std::min(head.size, of(node).kept);
    for (const auto& [size, root] : certificates_) {
        if (size <= bound && ledger::root_at(size, ledger::stored_nodes(store)) != root) {
            blame("C10", fmt::format("a certificate contradicts the tree of node {}", node));
        }
    }
}

}  // namespace tanji::simulation
