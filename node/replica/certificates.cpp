#include "node/replica/certificates.h"

#include "ledger/proof/checkpoint.h"

#include <algorithm>

namespace tanji::node {
namespace {

constexpr std::size_t waiting_max = 4;  // per sender

// How high up in the list of voters the signer stands; after all of them if it is none.
std::size_t place_of(const ledger::NoteLine& line, const Electorate& electorate) {
    const auto found = std::ranges::find_if(electorate.voters, [&](const CosignVoter& voter) {
        return line.is_by(voter.cosign);
    });
    return static_cast<std::size_t>(found - electorate.voters.begin());
}

}  // namespace

// A certificate that verified, without the lines of unknown keys: anybody may have added those, and
// readers need not accept more than sixteen.
struct Certificates::Weighed {
    ledger::Checkpoint checkpoint;
    std::string note;
    Rank rank;
};

namespace {

std::vector<ledger::NoteLine> cosignatures(
    const ledger::Note& note, const ledger::Policy& policy, const Electorate& electorate
) {
    std::vector<ledger::NoteLine> lines;
    for (const auto& witness : policy.witnesses()) {
        const auto line = std::ranges::find_if(note.lines, [&](const ledger::NoteLine& one) {
            return one.is_by(witness.key);
        });
        if (line != note.lines.end()) {
            lines.push_back(*line);
        }
    }
    std::ranges::sort(lines, {}, [&](const ledger::NoteLine& line) {
        return std::pair(place_of(line, electorate), line.name);
    });
    return lines;
}

// The time that half of them state at least. REQUIRES: not empty.
std::uint64_t middle_time(const std::vector<ledger::NoteLine>& lines) {
    std::vector<std::uint64_t> times;
    for (const ledger::NoteLine& line : lines) {
        times.push_back(ledger::cosigned_at(line));
    }
    std::ranges::sort(times);
    return times[(times.size() - 1) / 2];
}

}  // namespace

std::optional<Certificates::Weighed> Certificates::verify(
    std::string_view text, const Electorate& electorate
) {
    const auto verdict = ledger::check_note(text, electorate.pinned);
    if (!verdict || verdict->standing != ledger::Standing::certified) {
        return std::nullopt;
    }
    const auto note = ledger::parse_note(text);
    const auto log = std::ranges::find_if(note->lines, [&](const ledger::NoteLine& line) {
        return line.is_by(verdict->logs.front());
    });
    const auto lines =
        cosignatures(*note, *electorate.policy_at(verdict->checkpoint.size), electorate);
    ledger::Note kept{.text = note->text, .lines = {*log}};
    kept.lines.insert(kept.lines.end(), lines.begin(), lines.end());
    return Weighed{
        .checkpoint = verdict->checkpoint,
        .note = ledger::to_text(kept),
        .rank =
            {.size = verdict->checkpoint.size,
             .time_s = lines.empty() ? 0 : middle_time(lines),
             .cosigners = lines.size()},
    };
}

Certificates::Found Certificates::found(
    consensus::NodeId from, std::string_view note, const OwnTree& tree, const Electorate& electorate
) {
    const auto parsed = ledger::parse_note(note);
    const auto checkpoint = parsed ? ledger::parse_checkpoint(parsed->text)
                                   : ledger::Result<ledger::Checkpoint>(std::unexpect);
    if (!checkpoint || checkpoint->origin != electorate.pinned.origin) {
        return {};
    }
    if (checkpoint->size <= tree.size) {
        return weigh(note, tree, electorate);
    }
    std::deque<Waiting>& waiting = ahead_[from];
    if (waiting.size() == waiting_max) {
        waiting.pop_back();  // the oldest will be within reach first
    }
    waiting.push_back({.size = checkpoint->size, .note = std::string(note)});
    return {};
}

std::vector<Certificates::Found> Certificates::retry(
    const OwnTree& tree, const Electorate& electorate
) {
    std::vector<Found> all;
    for (auto& [from, waiting] : ahead_) {
        for (const Waiting& one : waiting) {
            if (one.size <= tree.size) {
                Found found = weigh(one.note, tree, electorate);
                if (found.certificate || found.against) {
                    all.push_back(std::move(found));
                }
            }
        }
        std::erase_if(waiting, [&](const Waiting& one) { return one.size <= tree.size; });
    }
    return all;
}

Certificates::Found Certificates::weigh(
    std::string_view note, const OwnTree& tree, const Electorate& electorate
) {
    Found found;
    auto weighed = verify(note, electorate);
    if (!weighed) {
        return found;
    }
    ledger::CheckpointCertificate certificate{
        .size = weighed->checkpoint.size, .note = std::move(weighed->note)
    };
    const ledger::Hash own = tree.root_at(certificate.size);
    if (own != weighed->checkpoint.root) {
        found.against = std::move(certificate);
        found.own_root = own;
    } else if (weighed->rank > best_) {
        best_ = weighed->rank;
        found.certificate = std::move(certificate);
    }
    return found;
}

void Certificates::kept(
    const ledger::CheckpointCertificate& certificate, const Electorate& electorate
) {
    if (const auto weighed = verify(certificate.note, electorate)) {
        best_ = std::max(best_, weighed->rank);
    }
}

}  // namespace tanji::node
