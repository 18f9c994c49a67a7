#pragma once

#include "node/replica/certificates.h"
#include "node/replica/cosigner.h"
#include "node/replica/divergence.h"
#include "node/replica/rounds.h"

#include <optional>
#include <string>
#include <variant>

namespace tanji::node {

// Who this node is when it certifies.
struct CosignerIdentity {
    consensus::NodeId node = 0;
    std::string name;  // of the cosign key
    std::string program;
    const ledger::SigningKey& log;
    const ledger::SigningKey& cosign;
    Electorate electorate;
    consensus::Membership membership;
};

// Certification on one node: its rounds while it leads, its cosignatures for whoever leads,
// certificates from anybody, and what follows when two trees differ. Carries out through the ports
// what its parts decide.
class Certification {
public:
    // `last` is what the mark says was cosigned before; both arguments after it are kept by
    // reference.
    Certification(
        const Rounds::Pace& pace,
        CosignerIdentity identity,
        const CosignedHead& last,
        const Ports& ports
    );

    // Who counts from now on.
    void set_electorate(Electorate electorate, consensus::Membership membership);
    // What was applied before this start: certificates of it are weighed, and it is cosigned,
    // though no block comes for an hour.
    void found_head(const CosignedHead& head) { head_ = head; }
    // The newest certificate that was kept before this start.
    void found_at_start(const ledger::CheckpointCertificate& certificate);
    void lead(bool leads);
    // That node is there again: it may have missed the newest certificate, and on a quiet night no
    // other comes for a minute.
    void greet(consensus::NodeId node);
    // A block was applied; the header may claim a root of its leader's.
    void applied(const CosignedHead& head, const ledger::BlockHeader& header);
    void received(consensus::NodeId from, const CosignRequest& request);
    void received(consensus::NodeId from, const CosignReply& reply);
    void received(consensus::NodeId from, const CertificateFound& found);
    void received(consensus::NodeId from, const RootQuery& query);
    void received(consensus::NodeId from, const RootReply& reply);
    void received(consensus::NodeId from, const LeafQuery& query);
    void received(consensus::NodeId from, const LeafReply& reply);
    void head_marked(const CosignedHead& head);
    // A certificate of that size is where readers find it. Time since its round began.
    ledger::TimeMs kept(ledger::TreeSize size);
    // A leader broke its word in this term: its heads are not cosigned.
    void fault_of(const ledger::PublicKey& log_key);
    void tick(bool fit);
    // Opens a round if one is due; `awaited`: somebody waits for it.
    void run(bool awaited);

    ledger::TreeSize certified_size() const { return rounds_.certified_size(); }
    // The block of the newest head that is marked or on its way there: never cut.
    consensus::Index floor() const { return cosigner_.last().block; }
    bool is_halted() const { return halted_; }
    bool is_uncertifiable() const { return rounds_.is_uncertifiable(ports_.clock.now_ms()); }
    const Electorate& electorate() const { return identity_.electorate; }

private:
    OwnTree tree() const;
    Condition condition() const;
    void take(const Cosigner::Step& step);
    void answer(const Cosigner::Answer& answer);
    void answered(consensus::NodeId from, const CosignReply& reply);
    void take(const Certificates::Found& found);
    void accuse(const ledger::CheckpointCertificate& against, const ledger::Hash& own_root);
    void keep(const ledger::CheckpointCertificate& certificate);
    void tell_all(const CertificateFound& found);
    void disagree(consensus::NodeId peer, ledger::TreeSize size, const ledger::Hash& root);
    void bisect_further();
    void begin_leaf_search();
    void search_further();
    void ask_again();
    void halt(const std::string& sentence);

    CosignerIdentity identity_;
    Ports ports_;
    Rounds rounds_;
    Cosigner cosigner_;
    Certificates certificates_;
    Dissents dissents_;
    std::optional<Bisection> bisection_;
    DivergenceReport divergence_;            // as told last
    std::optional<LeafSearch> leaf_search_;  // behind it
    std::uint32_t bisection_ticks_ = 0;      // since its last step
    CosignedHead head_;
    std::vector<ledger::PublicKey> faulty_;
    ledger::CheckpointCertificate newest_;  // that was kept last; size 0: none yet
    bool fit_ = true;
    bool halted_ = false;
};

}  // namespace tanji::node
