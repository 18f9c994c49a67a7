#include "node/replica/electorate.h"

#include <algorithm>

namespace tanji::node {

using ledger::ErrorCode;
using ledger::refuse_because;

const CosignVoter* Electorate::voter(consensus::NodeId node) const {
    const auto found = std::ranges::find(voters, node, &CosignVoter::node);
    return found == voters.end() ? nullptr : &*found;
}

const ledger::Policy* Electorate::policy_at(ledger::TreeSize size) const {
    const ledger::PinnedPolicy* chosen = nullptr;
    for (const ledger::PinnedPolicy& candidate : pinned.policies) {
        if (candidate.from <= size && (chosen == nullptr || candidate.from > chosen->from)) {
            chosen = &candidate;
        }
    }
    return chosen == nullptr ? nullptr : &chosen->policy;
}

ledger::Result<LogSigned> read_log_signed(std::string_view text, const Electorate& electorate) {
    auto note = ledger::parse_note(text);
    if (!note) {
        return refusal(note);
    }
    auto checkpoint = ledger::parse_checkpoint(note->text);
    if (!checkpoint) {
        return refusal(checkpoint);
    }
    if (checkpoint->origin != electorate.pinned.origin) {
        return refuse_because(
            ErrorCode::bad_request, "origin", "a checkpoint of {}", checkpoint->origin
        );
    }
    LogSigned read{.checkpoint = std::move(*checkpoint), .logs = {}};
    for (const ledger::NoteLine& line : note->lines) {
        for (const CosignVoter& voter : electorate.voters) {
            if (!line.is_by(voter.log)) {
                continue;
            }
            if (!ledger::is_good(line, voter.log, note->text)) {
                return refuse_because(
                    ErrorCode::bad_request, "signature", "a log signature is not good"
                );
            }
            read.logs.push_back(voter.log.key);
        }
    }
    if (read.logs.empty()) {
        return refuse_because(ErrorCode::bad_request, "log", "no voter's log key signed it");
    }
    return read;
}

std::optional<ledger::BlockIndex> OwnTree::boundary(ledger::TreeSize wanted) const {
    ledger::BlockIndex low = 1;
    ledger::BlockIndex high = block + 1;  // the first one that reaches `wanted` is in [low, high]
    while (low < high) {
        const ledger::BlockIndex middle = low + (high - low) / 2;
        const auto found = row(middle);
        if (found && found->size >= wanted) {
            high = middle;
        } else {
            low = middle + 1;  // rows from before a snapshot are of smaller trees
        }
    }
    const auto found = low <= block ? row(low) : std::nullopt;
    return found && found->size == wanted ? std::optional(low) : std::nullopt;
}

}  // namespace tanji::node
