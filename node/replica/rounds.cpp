#include "node/replica/rounds.h"

#include "ledger/proof/checkpoint.h"
#include "node/replica/witness.h"

#include <algorithm>

namespace tanji::node {
namespace {

constexpr std::size_t line_bytes_max = 1'024;

// A clock that was set back must not hold up anything.
bool has_passed(ledger::TimeMs since, ledger::TimeMs wait, ledger::TimeMs now) {
    return now < since || now - since >= wait;
}

std::optional<ledger::NoteLine> read_line(std::string_view text, std::string_view line) {
    if (line.size() > line_bytes_max) {
        return std::nullopt;
    }
    auto note = ledger::parse_note(std::string(text) + '\n' + std::string(line));
    return note && note->lines.size() == 1 && note->text == text
               ? std::optional(std::move(note->lines.front()))
               : std::nullopt;
}

}  // namespace

Rounds::Rounds(const Pace& pace, const ledger::SigningKey& log, ledger::TreeSize cosigned)
    : pace_(pace),
      log_(log),
      floor_(cosigned) {}

void Rounds::lead(bool leads) {
    if (leads == leads_) {
        return;
    }
    leads_ = leads;
    fresh_ = true;
    open_.reset();
    closed_.reset();
    divergent_.clear();
    hopeless_since_.reset();
}

bool Rounds::is_due(ledger::TimeMs now, bool awaited) const {
    // A node that replays stands behind what it cosigned before.
    if (!leads_ || newest_.size == 0 || newest_.size < floor_) {
        return false;
    }
    if (open_) {
        return has_passed(opened_at_, pace_.patience_ms, now);
    }
    // What was certified before this leadership is asked for once more: the certificate may be
    // lost.
    const bool grown = fresh_ || newest_.size > std::max(certified_, settled_);
    const ledger::TimeMs wait = grown ? (awaited ? 0 : pace_.interval_ms) : pace_.refresh_ms;
    return opened_at_ == 0 || has_passed(opened_at_, wait, now);
}

std::optional<CosignRequest> Rounds::open(
    ledger::TimeMs now, bool awaited, const Electorate& electorate
) {
    if (!is_due(now, awaited)) {
        return std::nullopt;
    }
    const ledger::Policy* policy = electorate.policy_at(newest_.size);
    const ledger::NoteKey log = ledger::log_key(electorate.pinned.origin, log_.public_key());
    if (policy == nullptr || std::ranges::find(policy->logs(), log) == policy->logs().end()) {
        return std::nullopt;  // no note of this node could be certified at that size
    }
    Round round;
    round.number = ++number_;
    round.head = newest_;
    round.checkpoint = {
        .origin = electorate.pinned.origin, .size = newest_.size, .root = newest_.root
    };
    round.log = ledger::sign_checkpoint(round.checkpoint, log_);
    if (open_ && open_->checkpoint == round.checkpoint) {
        round.lines = std::move(open_->lines);
        round.witnesses = std::move(open_->witnesses);
    }
    opened_at_ = now;
    open_ = std::move(round);
    return CosignRequest{
        .round = number_,
        .block = newest_.block,
        .note = ledger::to_text(
            ledger::Note{.text = ledger::to_text(open_->checkpoint), .lines = {open_->log}}
        ),
    };
}

Rounds::Round* Rounds::find(std::uint64_t number) {
    if (open_ && open_->number == number) {
        return &*open_;
    }
    return closed_ && closed_->number == number ? &*closed_ : nullptr;
}

Rounds::Heard Rounds::answered(
    consensus::NodeId from,
    const CosignReply& reply,
    ledger::TimeMs now,
    const Electorate& electorate
) {
    Heard heard;
    Round* round = find(reply.round);
    if (round == nullptr || electorate.voter(from) == nullptr) {
        return heard;
    }
    if (reply.code.empty()) {
        heard.counted = count(*round, from, reply.line, electorate);
        if (!heard.counted) {
            return heard;
        }
        divergent_.erase(from);
    } else {
        round->refused.insert(from);
        if (reply.code == "divergent") {
            heard.dissent = Dissent{.node = from, .size = reply.size, .root = reply.root};
            divergent_.insert(from);
        }
    }
    weigh(now, electorate);
    heard.certificate = settle(*round, electorate);
    return heard;
}

bool Rounds::count(
    Round& round, consensus::NodeId from, std::string_view text, const Electorate& electorate
) {
    const CosignVoter& voter = *electorate.voter(from);
    const std::string signed_text = ledger::to_text(round.checkpoint);
    const auto line = read_line(signed_text, text);
    if (!line || !line->is_by(voter.cosign) || !ledger::is_good(*line, voter.cosign, signed_text)) {
        return false;
    }
    // An old line may come again under a new number; it would make the tree look fresher than it
    // is.
    std::uint64_t& last_time = times_[from];
    const std::uint64_t time_s = ledger::cosigned_at(*line);
    if (time_s < last_time || round.fresh.contains(from)) {
        return false;
    }
    last_time = time_s;
    round.fresh.insert(from);
    round.lines.insert_or_assign(from, *line);
    const ledger::Policy* policy = electorate.policy_at(round.checkpoint.size);
    if (const auto* witness = policy == nullptr ? nullptr : witness_of(*policy, voter.cosign)) {
        round.witnesses.insert(witness->name);
    }
    return true;
}

std::optional<ledger::CheckpointCertificate> Rounds::settle(
    Round& round, const Electorate& electorate
) {
    const ledger::Policy* policy = electorate.policy_at(round.checkpoint.size);
    if (policy == nullptr || !policy->satisfied(round.witnesses)) {
        return std::nullopt;
    }
    const bool first = open_ && &round == &*open_;
    const bool all_answered = std::ranges::all_of(electorate.voters, [&](const CosignVoter& voter) {
        return round.lines.contains(voter.node) || round.refused.contains(voter.node);
    });
    if (!first && (!all_answered || round.lines.size() <= round.certified_with)) {
        return std::nullopt;
    }
    round.certified_with = round.lines.size();
    ledger::Note note{.text = ledger::to_text(round.checkpoint), .lines = {round.log}};
    for (const auto& [node, line] : round.lines) {
        note.lines.push_back(line);
    }
    const ledger::TreeSize size = round.checkpoint.size;
    settled_ = std::max(settled_, size);
    fresh_ = false;
    if (first) {
        closed_ = std::move(open_);
        open_.reset();
    } else {
        closed_.reset();  // everybody has answered
    }
    return ledger::CheckpointCertificate{.size = size, .note = ledger::to_text(note)};
}

// Whether the voters that do not dissent could still be a quorum.
void Rounds::weigh(ledger::TimeMs now, const Electorate& electorate) {
    const ledger::Policy* policy = electorate.policy_at(newest_.size);
    if (policy == nullptr) {
        return;
    }
    std::set<std::string, std::less<>> left;
    for (const CosignVoter& voter : electorate.voters) {
        const auto* witness = witness_of(*policy, voter.cosign);
        if (witness != nullptr && !divergent_.contains(voter.node)) {
            left.insert(witness->name);
        }
    }
    if (policy->satisfied(left)) {
        hopeless_since_.reset();
    } else if (!hopeless_since_ || now < *hopeless_since_) {
        hopeless_since_ = now;
    }
}

bool Rounds::is_uncertifiable(ledger::TimeMs now) const {
    return leads_ && hopeless_since_ && now >= *hopeless_since_ + pace_.despair_ms;
}

}  // namespace tanji::node
