#include "consensus/quorum.h"
#include "ledger/proof/policy.h"
#include "node/replica/electorate.h"
#include "tests/simulation/judge.h"

#include <algorithm>

#include <fmt/format.h>

// Who counts, who is accused, and what may be called certified.
namespace tanji::simulation {

void Judge::kept(NodeId node, const ledger::CheckpointCertificate& certificate) {
    if (!is_honest(node)) {
        return;
    }
    const auto verdict = ledger::check_note(certificate.note, pinned_);
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

void Judge::quarantined(NodeId node, node::Quarantine reason, const std::string& sentence) {
    if (reason == node::Quarantine::removed) {
        of(node).removed = true;
    } else if (is_strict()) {
        blame("C12", fmt::format("node {} is quarantined among honest ones: {}", node, sentence));
    }
}

// Who is removed knows a committed membership without it, and says nothing any more.
void Judge::check_removed(NodeId node, const consensus::Status& status) {
    Seen& seen = of(node);
    if (!seen.removed || seen.quiet) {
        return;
    }
    seen.quiet = true;
    consensus::Membership newest =
        node::core_of(ledger::first_roster(alliance_.genesis()).newest().membership);
    for (Index index = 1; index <= status.committed; ++index) {
        const auto made = introduced_.find(seen.log.at(index - 1));
        newest = made == introduced_.end() ? newest : made->second;
    }
    if (consensus::is_member(newest, node)) {
        blame("C12", fmt::format("node {} is a member and was told that it is none", node));
    }
}

void Judge::saw_evidence(NodeId node, const ledger::Evidence& evidence) {
    if (!is_honest(node)) {
        return;
    }
    std::vector<ledger::NoteKey> keys;
    for (const ledger::NodeRow& each : roster_.nodes) {
        keys.push_back(*ledger::parse_vkey(each.log));
        keys.push_back(*ledger::parse_vkey(each.cosign));
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
    if (const auto* fork = std::get_if<ledger::BlockFork>(&evidence)) {
        convicted_.insert({.term = fork->a.term, .index = fork->a.index});
    }
    for (const ledger::NoteKey& key : *guilty) {
        if (const auto holder = alliance_.holder(key.key); holder && is_honest(*holder)) {
            blame("C12", fmt::format("evidence of node {} convicts the honest {}", node, key.name));
        }
    }
}

// One file for a leader and a term is enough.
void Judge::check_lies() {
    for (const consensus::Position& fork : forks_) {
        const bool is_known = std::ranges::any_of(convicted_, [&](const consensus::Position& each) {
            return each.term == fork.term;
        });
        if (!is_known) {
            blame(
                "C12",
                fmt::format(
                    "two blocks {} of term {} were held by one node, and nobody is convicted",
                    fork.index,
                    fork.term
                )
            );
        }
    }
}

}  // namespace tanji::simulation
