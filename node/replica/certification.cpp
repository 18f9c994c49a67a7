#include "node/replica/certification.h"

#include "consensus/quorum.h"

#include <utility>

#include <fmt/format.h>

namespace tanji::node {
namespace {

constexpr std::uint32_t ticks_per_question = 20;
constexpr std::uint32_t questions_max = 30;

}  // namespace

Certification::Certification(
    const Rounds::Pace& pace,
    CosignerIdentity identity,
    const CosignedHead& last,
    const Ports& ports
)
    : identity_(std::move(identity)),
      ports_(ports),
      rounds_(pace, identity_.log, last.size),
      cosigner_(identity_.name, identity_.cosign, last) {}

OwnTree Certification::tree() const {
    return {
        .block = head_.block,
        .size = head_.size,
        .row = [this](ledger::BlockIndex block) { return ports_.applier.row(block); },
        .root_at = [this](ledger::TreeSize size) { return ports_.applier.root_at(size); },
        .leaf_at = [this](ledger::LeafIndex index) { return ports_.applier.leaf_at(index); },
    };
}

Condition Certification::condition() const {
    Condition condition;
    condition.fit = fit_;
    condition.quarantined = halted_;
    condition.faulty = faulty_;
    return condition;
}

void Certification::set_electorate(Electorate electorate, consensus::Membership membership) {
    identity_.electorate = std::move(electorate);
    identity_.membership = std::move(membership);
}

void Certification::found_at_start(const ledger::CheckpointCertificate& certificate) {
    certificates_.kept(certificate, identity_.electorate);
    newest_ = certificate;
    rounds_.certified(certificate.size);
}

void Certification::lead(bool leads) {
    rounds_.lead(leads);
    faulty_.clear();
}

void Certification::applied(const CosignedHead& head, const ledger::BlockHeader& header) {
    head_ = head;
    rounds_.applied(head);
    const CosignVoter* leader = nullptr;
    for (const CosignVoter& voter : identity_.electorate.voters) {
        if (ledger::key_id(voter.log.key) == header.leader && voter.node != identity_.node) {
            leader = &voter;
        }
    }
    if (leader != nullptr && header.claim_index > 0) {
        const auto own = ports_.applier.row(header.claim_index);
        if (own && (own->size != header.claim_size || own->root != header.claim_root)) {
            disagree(leader->node, header.claim_size, header.claim_root);
        }
    }
    const ledger::TimeMs now = ports_.clock.now_ms();
    for (const Cosigner::Step& step :
         cosigner_.retry(now, tree(), identity_.electorate, condition())) {
        take(step);
    }
    for (const Certificates::Found& found : certificates_.retry(tree(), identity_.electorate)) {
        take(found);
    }
}

void Certification::received(consensus::NodeId from, const CosignRequest& request) {
    take(cosigner_.ask(
        from, request, ports_.clock.now_ms(), tree(), identity_.electorate, condition()
    ));
}

void Certification::received(consensus::NodeId from, const CosignReply& reply) {
    answered(from, reply);
}

void Certification::received(consensus::NodeId from, const CertificateFound& found) {
    take(certificates_.found(from, found.note, tree(), identity_.electorate));
}

void Certification::received(consensus::NodeId from, const RootQuery& query) {
    ports_.wire.send(from, answer_of(query, tree()));
}

void Certification::received(consensus::NodeId from, const RootReply& reply) {
    if (bisection_ && bisection_->answered(from, reply, tree())) {
        bisect_further();
    }
}

void Certification::received(consensus::NodeId from, const LeafQuery& query) {
    ports_.wire.send(from, answer_of(query, tree()));
}

void Certification::received(consensus::NodeId from, const LeafReply& reply) {
    if (leaf_search_ && leaf_search_->answered(from, reply, tree())) {
        search_further();
    }
}

void Certification::take(const Cosigner::Step& step) {
    if (step.tree_changed) {
        // Nothing that was cosigned once is contradicted: blocks that others gave instead of lost
        // ones led to another tree.
        halt("the tree is not the one any more that this node cosigned");
    } else if (step.mark) {
        ports_.disk.mark_head(*step.mark);
    } else if (step.answer) {
        answer(*step.answer);
    }
}

void Certification::answer(const Cosigner::Answer& answer) {
    if (answer.to == identity_.node) {
        answered(identity_.node, answer.reply);
    } else {
        ports_.wire.send(answer.to, answer.reply);
    }
}

void Certification::answered(consensus::NodeId from, const CosignReply& reply) {
    const Rounds::Heard heard =
        rounds_.answered(from, reply, ports_.clock.now_ms(), identity_.electorate);
    ports_.observer.cosignature(
        from, heard.counted ? "counted" : (reply.code.empty() ? "ignored" : reply.code)
    );
    if (heard.certificate) {
        keep(*heard.certificate);
        tell_all({.note = heard.certificate->note});
    }
    if (heard.dissent) {
        disagree(heard.dissent->node, heard.dissent->size, heard.dissent->root);
    }
}

void Certification::tell_all(const CertificateFound& found) {
    for (const consensus::NodeId node : consensus::members_of(identity_.membership)) {
        if (node != identity_.node) {
            ports_.wire.send(node, found);
        }
    }
}

void Certification::keep(const ledger::CheckpointCertificate& certificate) {
    certificates_.kept(certificate, identity_.electorate);
    newest_ = certificate;
    ports_.applier.keep(certificate);
}

void Certification::greet(consensus::NodeId node) {
    if (newest_.size > 0) {
        ports_.wire.send(node, CertificateFound{.note = newest_.note});
    }
}

void Certification::take(const Certificates::Found& found) {
    if (found.certificate) {
        newest_ = *found.certificate;
        ports_.applier.keep(*found.certificate);
    }
    if (found.against) {
        accuse(*found.against, found.own_root);
        halt(fmt::format(
            "a certificate says another root for {} leaves than this node has", found.against->size
        ));
    }
}

// Whoever signed both, a certificate that was kept here and this one, is convicted by the two of
// them; without such a one the file only says where to look.
void Certification::accuse(
    const ledger::CheckpointCertificate& against, const ledger::Hash& own_root
) {
    ports_.observer.evidence(ledger::WrongRoot{.note = against.note, .header = {}, .root = own_root}
    );
    const auto consistency = [this](ledger::TreeSize from, ledger::TreeSize to) {
        return ports_.applier.consistency(from, to);
    };
    if (const auto fork = fork_of(newest_, against, tree(), consistency)) {
        ports_.observer.evidence(*fork);
    }
}

void Certification::head_marked(const CosignedHead& head) {
    for (const Cosigner::Answer& each : cosigner_.marked(head)) {
        answer(each);
    }
}

ledger::TimeMs Certification::kept(ledger::TreeSize size) {
    rounds_.certified(size);
    return ports_.clock.now_ms() - rounds_.opened_at();
}

void Certification::fault_of(const ledger::PublicKey& log_key) {
    faulty_.push_back(log_key);
}

void Certification::tick(bool fit) {
    fit_ = fit;
    for (const Cosigner::Step& step :
         cosigner_.retry(ports_.clock.now_ms(), tree(), identity_.electorate, condition())) {
        take(step);
    }
    ask_again();
}

void Certification::run(bool awaited) {
    if (halted_) {
        return;
    }
    const auto request = rounds_.open(ports_.clock.now_ms(), awaited, identity_.electorate);
    if (!request) {
        return;
    }
    for (const CosignVoter& voter : identity_.electorate.voters) {
        if (voter.node != identity_.node) {
            ports_.wire.send(voter.node, *request);
        }
    }
    received(identity_.node, *request);
}

// Same blocks, other root. Who stands alone halts; where it began is looked for in any case.
void Certification::disagree(
    consensus::NodeId peer, ledger::TreeSize size, const ledger::Hash& root
) {
    ports_.observer.root_mismatch(peer);
    if (size <= head_.size && ports_.applier.root_at(size) == root) {
        return;  // a liar that names the own root
    }
    dissents_.heard(peer, size, root);
    const auto boundary = tree().boundary(size);
    if (!bisection_ && !leaf_search_ && boundary && *boundary > 1) {
        const auto own = ports_.applier.row(*boundary);
        if (own) {
            bisection_.emplace(
                peer,
                1,
                *boundary,
                BlockView{.hash = own->hash, .size = own->size, .root = own->root},
                BlockView{.hash = own->hash, .size = size, .root = root}
            );
            bisect_further();
        }
    }
    if (dissents_.outvoted(tree(), identity_.membership)) {
        halt("a majority of the voters agree with each other and not with this node");
    }
}

// Questions and answers get lost; a peer that never answers is given up.
void Certification::ask_again() {
    const bool asks = bisection_ || leaf_search_;
    if (!asks || ++bisection_ticks_ % ticks_per_question != 0) {
        return;
    }
    if (bisection_ticks_ > questions_max * ticks_per_question) {
        bisection_.reset();
        leaf_search_.reset();
    } else if (bisection_ && bisection_->question()) {
        ports_.wire.send(bisection_->peer(), *bisection_->question());
    } else if (leaf_search_ && leaf_search_->question()) {
        ports_.wire.send(leaf_search_->peer(), *leaf_search_->question());
    }
}

void Certification::bisect_further() {
    bisection_ticks_ = 0;
    if (const auto question = bisection_->question()) {
        ports_.wire.send(bisection_->peer(), *question);
        return;
    }
    if (const auto found = bisection_->result()) {
        const bool is_told = divergence_.leaf && divergence_.peer == bisection_->peer() &&
                             divergence_.block.block == found->block;
        if (is_told) {
            bisection_.reset();
            return;
        }
        divergence_ = {
            .self = identity_.node,
            .own_program = identity_.program,
            .peer = bisection_->peer(),
            .peer_program = {},
            .block = *found,
            .leaf = {},
        };
        bisection_.reset();
        ports_.observer.divergence(to_text(divergence_));
        begin_leaf_search();
    }
}

// The block is told at once; the leaf follows, if the other answers once more.
void Certification::begin_leaf_search() {
    const FirstDifference& found = divergence_.block;
    const auto before = ports_.applier.row(found.block - 1);
    const bool goes_on =
        before && (before->size < found.own.size || before->size < found.other.size);
    if (found.exact && !found.is_conflict() && goes_on) {
        leaf_search_.emplace(divergence_.peer, before->size, found.own.size, found.other.size);
        search_further();
    }
}

void Certification::search_further() {
    bisection_ticks_ = 0;
    if (const auto question = leaf_search_->question()) {
        ports_.wire.send(leaf_search_->peer(), *question);
        return;
    }
    divergence_.leaf = leaf_search_->result();
    leaf_search_.reset();
    if (divergence_.leaf) {
        ports_.observer.divergence(to_text(divergence_));
    }
}

void Certification::halt(const std::string& sentence) {
    if (!std::exchange(halted_, true)) {
        ports_.observer.quarantined(Quarantine::divergent, sentence);
    }
}

}  // namespace tanji::node
