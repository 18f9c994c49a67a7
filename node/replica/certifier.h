#pragma once

#include "ledger/proof/policy.h"
#include "ledger/rows.h"
#include "ledger/value/crypto.h"
#include "node/replica/ports.h"

#include <optional>
#include <string>

namespace tanji::node {

// Who this node is when it certifies.
struct CosignerIdentity {
    std::string origin;
    std::string name;  // of the cosign key
    const ledger::SigningKey& log;
    const ledger::SigningKey& cosign;
    ledger::Pinned policy;  // in force
};

// Rounds that turn what was applied into certificates. The leader asks every voter, itself among
// them; each writes the head into its mark before it signs. A round ends when the policy says that
// its cosignatures suffice: with one voter, that is its own.
class Certifier {
public:
    // `last` is what the mark says was cosigned before.
    Certifier(CosignerIdentity identity, const CosignedHead& last);

    // The newest block boundary that this node applied.
    void applied(const CosignedHead& head) { newest_ = head; }

    // The head to put into the mark, if a round is due: something new is applied, no round is open,
    // and the interval has passed or somebody waits. A round without growth is held every
    // `refresh_ms`.
    struct Pace {
        ledger::TimeMs interval_ms = 50;
        ledger::TimeMs refresh_ms = 60'000;
    };
    std::optional<CosignedHead> open_round(ledger::TimeMs now, bool awaited, const Pace& pace);

    // The mark names the head of the open round: signs, and returns the certificate if the policy
    // is satisfied. REQUIRES: a round is open.
    std::optional<ledger::CheckpointCertificate> head_marked();

    ledger::TreeSize certified_size() const { return certified_size_; }
    ledger::TimeMs opened_at() const { return opened_at_; }
    // A certificate is kept where readers find it.
    void kept(ledger::TreeSize size) { certified_size_ = size; }

private:
    CosignerIdentity identity_;
    CosignedHead newest_;
    CosignedHead last_;
    std::optional<CosignedHead> open_;
    bool signed_ = false;  // since the start
    ledger::TimeMs opened_at_ = 0;
    ledger::TreeSize certified_size_ = 0;
};

}  // namespace tanji::node
