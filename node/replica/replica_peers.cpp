#include "ledger/leader_fault.h"
#include "node/replica/replica.h"

#include <cassert>
#include <utility>

#include <fmt/format.h>

// What other members say, and what follows when they contradict each other.
namespace tanji::node {
namespace {

template <typename... Handlers>
struct Overloaded : Handlers... {
    using Handlers::operator()...;
};

}  // namespace

void Replica::joined(
    consensus::NodeId peer, consensus::Incarnation incarnation, consensus::Position marked
) {
    // A new process whose mark is below what the one before acknowledged in this very term: an
    // older copy of its disk was put back, and what it forgot may be what a majority rests on.
    if (incarnation > met_[peer]) {
        const auto acknowledged = raft_.matches();
        const auto match = acknowledged.find(peer);
        const bool is_below = match != acknowledged.end() && marked.index < match->second;
        if (is_below && marked.term <= raft_.status().term) {  // else a later leader cut it
            ports_.observer.peer_event(
                peer,
                "rolled_back",
                fmt::format(
                    "its mark names block {}, it acknowledged {}", marked.index, match->second
                )
            );
            ports_.wire.turn_away(peer, incarnation);
            return;
        }
        met_[peer] = incarnation;
    }
    raft_.peer_joined(peer, incarnation);
    certification_.greet(peer);
}

void Replica::received(
    consensus::NodeId from,
    consensus::Incarnation incarnation,
    const Agreement& agreement,
    const Admitted<std::vector<SealedBlockPtr>>& admitted
) {
    if (is_quarantined()) {
        return;
    }
    const ledger::TimeMs now = ports_.clock.now_ms();
    consensus::Message message = agreement.message;
    auto* append = std::get_if<consensus::Append>(&message);
    if (append != nullptr && append->count > 0 && room_ == Room::none) {
        refuse(from, *append);  // no fault of the leader: it is heard on
        return;
    }
    Admitted<void> good = {};
    std::optional<ledger::TimeMs> before;
    if (append != nullptr) {
        before = time_of(append->prev.index, append->prev_hash);
    }
    if (!admitted) {
        good = std::unexpected(admitted.error());
    } else if (append != nullptr) {
        good = admission_.check(*append, *admitted, before, raft_.status().term, now);
        if (good) {
            good = check_memberships(*append, *admitted);
        }
    }
    if (!good) {
        ports_.observer.peer_event(from, good.error().code, good.error().sentence);
        if (good.error().headers) {
            ports_.observer.evidence(*good.error().headers);
            raft_.leave_term(append->term);
        }
        if (append != nullptr) {
            refuse(from, *append);
            doubts_.begin(from, append->term, now);
        }
        return;
    }
    // Blocks that follow one whose time nobody here knows were not compared with it: the core gets
    // none of them.
    if (append != nullptr && before) {
        for (std::size_t i = 0; i < admitted->size(); ++i) {
            const SealedBlockPtr& block = (*admitted)[i];
            if (!may_follow(*block, *append, std::span(*admitted).first(i))) {
                break;
            }
            append->blocks.push_back(block->ref);
            arrived_[block->ref.hash] = block;
        }
        // Those that cannot be judged yet come again with a later heartbeat. What leads to them may
        // not be committed here: then the block before them is acknowledged.
        const consensus::Index covered = std::min(append->commit, append->prev.index);
        if (append->blocks.empty() && append->count > 0 && covered <= raft_.status().committed) {
            refuse(from, *append);
            return;
        }
        append->count = append->blocks.size();
    }
    const bool is_heartbeat = std::holds_alternative<consensus::Heartbeat>(message);
    if (is_heartbeat && doubts_.has(from, consensus::term_of(message), now)) {
        return;
    }
    const bool has_clock =
        is_heartbeat || std::holds_alternative<consensus::HeartbeatReply>(message);
    if (has_clock) {
        clocks_.heard(from, agreement.clock, now);
    }
    raft_.step(from, incarnation, message);
}

std::optional<ledger::TimeMs> Replica::time_of(consensus::Index index, const consensus::Hash& hash)
    const {
    if (const auto known = times_.find(index);
        known != times_.end() && known->second.hash == hash) {
        return known->second.time;
    }
    // In the same burst as its successor: the core may have taken it, the disk not yet.
    if (const auto known = arrived_.find(hash);
        known != arrived_.end() && known->second->ref.at.index == index) {
        return known->second->decoded.header.time_ms;
    }
    return std::nullopt;
}

// Without a hint: the leader tries once more with each heartbeat.
void Replica::refuse(consensus::NodeId from, const consensus::Append& append) {
    const consensus::Status status = raft_.status();
    if (append.term != status.term) {
        return;
    }
    Agreement agreement;
    agreement.message = consensus::AppendReply{
        .term = status.term,
        .accepted = false,
        .index = append.prev.index,
        .hint = {},
        .conflict = false,
    };
    ports_.wire.send(from, std::move(agreement));
}

void Replica::received(
    consensus::NodeId from,
    const Forward& forward,
    const std::vector<std::shared_ptr<const ledger::Prepared>>& commands
) {
    const consensus::Status status = raft_.status();
    ForwardReply reply = {.request = forward.request, .code = {}, .leader = status.leader};
    if (status.role != consensus::Role::leader) {
        reply.code = "not_leader";
    } else if (auto may = may_take(); !may) {
        reply.code = ledger::name_of(may.error().code);  // of all or of none: the reply is one
    } else if (room_ != Room::enough) {
        reply.code = ledger::name_of(ledger::ErrorCode::storage_full);  // for the next leader
    } else {
        for (const auto& command : commands) {
            if (command) {
                sealer_.add(command);
            } else {
                reply.code = "not_verified";
            }
        }
    }
    if (!reply.code.empty()) {
        ports_.wire.send(from, std::move(reply));
    }
}

void Replica::received(consensus::NodeId from, const PeerMessage& message) {
    const bool asks_where_it_differs =
        std::holds_alternative<RootQuery>(message) || std::holds_alternative<LeafQuery>(message);
    if (is_quarantined() && !asks_where_it_differs) {
        return;
    }
    std::visit(
        Overloaded{
            [](const Agreement&) {},
            [](const Forward&) {},
            [&](const ForwardReply& reply) { not_taken(reply); },
            [&](const ReadIndex& read) {
                if (raft_.status().role == consensus::Role::leader) {
                    raft_.request_read(reading_.remote(from, read.request));
                } else {
                    ports_.wire.send(from, ReadIndexReply{.request = read.request, .index = 0});
                }
            },
            [&](const ReadIndexReply& reply) { reading_.heard(reply); },
            [](const ManifestQuery&) {},  // snapshots are no matter of the loop
            [](const ManifestReply&) {},
            [](const FetchChunk&) {},
            [](const Chunk&) {},
            [&](const auto& certifying) { certification_.received(from, certifying); },
        },
        message
    );
}

// Only a leader that is full is final, and only if no other message may have brought it the command
// before: then the client hears it. Everything else is tried again.
void Replica::not_taken(const ForwardReply& reply) {
    const bool is_full = reply.code == ledger::name_of(ledger::ErrorCode::overloaded);
    for (const Waiters::Bytes& key : forwarding_.of(reply.request)) {
        if (is_full && forwarding_.was_sent_once(key)) {
            forwarding_.finished(key);
            waiters_.finished(
                key,
                ledger::refuse(ledger::ErrorCode::overloaded, "the leader has too much to do"),
                certification_.certified_size()
            );
        } else {
            forwarding_.again_soon(key, ports_.clock.now_ms());
        }
    }
}

void Replica::notice(const consensus::Notice& notice) {
    switch (notice.what) {
        case consensus::Noticed::role:
        case consensus::Noticed::membership:
            break;  // notice_role(); the membership is the ledger's to tell
        case consensus::Noticed::conflict:
            contradicted(notice);
            break;
        case consensus::Noticed::fork:
            break;  // reported before it was cut
        case consensus::Noticed::two_leaders:
            ports_.observer.peer_event(notice.from, "two_leaders", "two nodes lead one term");
            break;
        case consensus::Noticed::absurd_message:
            ports_.observer.peer_event(
                notice.from,
                "absurd_message",
                "a term, an index or a membership no honest node sends"
            );
            ports_.wire.hang_up(notice.from);
            break;
        case consensus::Noticed::recovered:
            ports_.observer.peer_event(
                0, "storage.recovered", "the marked block is there again, or was contradicted"
            );
            break;
        case consensus::Noticed::removed:
            quarantine(Quarantine::removed, "this node is no member any more");
            break;
    }
}

// One member may claim any number of terms and contradict in each; so many voters contradict only
// if it is this node that was deceived.
void Replica::contradicted(const consensus::Notice& notice) {
    const consensus::Status status = raft_.status();
    const std::vector<consensus::NodeId>& voters = status.membership.voters;
    if (std::ranges::find(voters, notice.from) == voters.end()) {
        return;
    }
    conflicts_.insert(notice.from);
    const std::size_t others = voters.size() - 1;
    const std::size_t liars_and_one = others / 3 + 1;
    const std::size_t needed = std::min(others, std::max<std::size_t>(2, liars_and_one));
    if (conflicts_.size() >= needed) {
        quarantine(
            Quarantine::conflict,
            fmt::format("{} voters contradict block {} of this node", needed, notice.own.at.index)
        );
    }
}

// An honest leader verifies what it seals. Nothing more is acknowledged in its term, and its heads
// are not cosigned.
void Replica::leader_fault(const ledger::BlockHeader& header, std::size_t command) {
    for (const CosignVoter& voter : certification_.electorate().voters) {
        if (ledger::key_id(voter.log.key) == header.leader) {
            if (header.term == raft_.status().term) {  // an older one leads no more
                certification_.fault_of(voter.log.key);
            }
            ports_.observer.peer_event(
                voter.node,
                "leader.fault",
                fmt::format(
                    "command {} of block {} is none that may be sealed", command, header.index
                )
            );
        }
    }
    raft_.leave_term(header.term);
    if (const BlockBytes block = blocks_.bytes(header.index)) {
        // Keys of signers are the state's to name: what only they show is refused, not proven.
        const auto fault = ledger::find_leader_fault(
            *block,
            static_cast<std::uint32_t>(command),
            [](const ledger::KeyId&) -> std::optional<ledger::PublicKey> { return std::nullopt; }
        );
        if (fault) {
            ports_.observer.evidence(*fault);
        }
    }
}

std::optional<ledger::BlockHeader> Replica::header_of(const consensus::BlockId& block) const {
    if (const auto known = arrived_.find(block.hash); known != arrived_.end()) {
        return known->second->decoded.header;
    }
    const BlockBytes bytes = blocks_.bytes(block.at.index);
    if (!bytes) {
        return std::nullopt;
    }
    auto header = ledger::decode_header(bytes->substr(0, ledger::header_bytes));
    assert(header.has_value());
    return ledger::hash_of(*header).bytes == block.hash ? std::optional(*header) : std::nullopt;
}

// Two blocks at one place: if one key signed both, the file convicts it.
void Replica::report_fork(const consensus::Notice& notice) {
    ports_.observer.peer_event(
        notice.from,
        notice.what == consensus::Noticed::fork ? "block.fork" : "block.conflict",
        fmt::format(
            "block {} of term {} is not the one this node has",
            notice.other.at.index,
            notice.other.at.term
        )
    );
    const auto first = header_of(notice.own);
    const auto second = header_of(notice.other);
    if (!first || !second) {
        return;
    }
    ports_.observer.evidence(ledger::fork_between(*first, *second));
}

void Replica::quarantine(Quarantine reason, const std::string& sentence) {
    if (quarantine_ == Quarantine::none) {
        quarantine_ = reason;
        ports_.observer.quarantined(reason, sentence);
    }
}

}  // namespace tanji::node
