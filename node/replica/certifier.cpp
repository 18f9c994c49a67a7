#include "node/replica/certifier.h"

#include "ledger/proof/checkpoint.h"

#include <algorithm>
#include <cassert>

namespace tanji::node {

Certifier::Certifier(CosignerIdentity identity, const CosignedHead& last)
    : identity_(std::move(identity)),
      last_(last) {}

std::optional<CosignedHead> Certifier::open_round(
    ledger::TimeMs now, bool awaited, const Pace& pace
) {
    // What was cosigned before this start is cosigned once more: its certificate may be lost.
    const bool grown = newest_.size > last_.size || !signed_;
    const ledger::TimeMs wait = grown ? (awaited ? 0 : pace.interval_ms) : pace.refresh_ms;
    // A node that replays stands behind what it cosigned before: never smaller than that.
    const bool behind = newest_.size < last_.size;
    if (open_ || newest_.size == 0 || behind || now < opened_at_ + wait) {
        return std::nullopt;
    }
    // What was cosigned once is never contradicted: another root at that size means that the own
    // tree changed, and nothing this node says could be believed any more.
    assert(newest_.size != last_.size || newest_.root == last_.root);
    open_ = newest_;
    open_->time_s = std::max(last_.time_s, static_cast<std::uint64_t>(now / 1000));
    opened_at_ = now;
    return open_;
}

std::optional<ledger::CheckpointCertificate> Certifier::head_marked() {
    assert(open_.has_value());
    last_ = *open_;
    open_.reset();
    signed_ = true;
    const ledger::Checkpoint checkpoint = {
        .origin = identity_.origin,
        .size = last_.size,
        .root = last_.root,
    };
    ledger::Note note = {.text = ledger::to_text(checkpoint), .lines = {}};
    note.lines.push_back(ledger::sign_checkpoint(checkpoint, identity_.log));
    note.lines.push_back(
        ledger::cosign_checkpoint(checkpoint, identity_.name, identity_.cosign, last_.time_s)
    );
    std::string text = ledger::to_text(note);
    const auto verdict = ledger::check_note(text, identity_.policy);
    if (!verdict || verdict->standing != ledger::Standing::certified) {
        return std::nullopt;
    }
    return ledger::CheckpointCertificate{.size = last_.size, .note = std::move(text)};
}

}  // namespace tanji::node
