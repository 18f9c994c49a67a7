#include "node/snapshot/fetch.h"

#include "ledger/proof/merkle.h"
#include "node/replica/witness.h"
#include "node/snapshot/offer.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace tanji::node {
namespace {

constexpr ledger::TimeMs ask_again_ms = 2'000;
constexpr ledger::TimeMs named_ms = 30'000;  // what a voter says holds so long
constexpr std::size_t named_max = 2;         // blocks for a voter: it keeps as many
constexpr ledger::TimeMs alarm_again_ms = 10'000;
constexpr ledger::TimeMs chunk_ms = 10'000;   // then another one is asked
constexpr ledger::TimeMs stuck_ms = 120'000;  // without a chunk: nobody has that snapshot any more

bool is_sound(const Chunk& chunk, const ledger::SnapshotManifest& manifest) {
    return chunk.bytes.size() == manifest.bytes_of(chunk.number) &&
           ledger::verify_inclusion(
               chunk.number,
               manifest.chunks,
               ledger::leaf_hash(chunk.bytes),
               chunk.path,
               manifest.chunk_root
           );
}

}  // namespace

SnapshotFetch::SnapshotFetch(Parts parts) : parts_(std::move(parts)) {
    wanted_ = parts_.folder.fetching();
    if (wanted_) {
        digest_ = ledger::digest_of(wanted_->manifest);
    }
}

void SnapshotFetch::received(
    consensus::NodeId from, const ManifestReply& offer, consensus::Index applied, ledger::TimeMs now
) {
    const bool is_voter = from != parts_.self && parts_.electorate.voter(from) != nullptr;
    const bool is_other = wanted_ && offer.block != wanted_->manifest.block;
    if (!is_voter || is_whole() || is_other || offer.block <= applied) {
        return;
    }
    if (offer.manifest.empty()) {
        forget(from, offer.block);
        return;
    }
    const auto manifest = check(offer);
    if (!manifest) {
        alarm_once(from, offer.block, "snapshot.refused", manifest.error().detail, now);
        return;
    }
    const ledger::Hash digest = ledger::digest_of(*manifest);
    if (wanted_) {
        if (digest == digest_ && !liars_.contains(from)) {
            sources_.insert(from);
            ask_for_chunks(now);
        }
        return;
    }
    const bool is_new = !is_named(offer.block);
    name(from, offer.block, digest, now);
    if (is_new && now >= ask_again_) {
        ask(now);  // else it is asked for with the others, soon
    }
    if (suffices(who_name(offer.block, digest), manifest->size)) {
        begin(*manifest, offer, now);
    }
}

ledger::Result<ledger::SnapshotManifest> SnapshotFetch::check(const ManifestReply& offer) const {
    if (offer.block % parts_.every_blocks != 0) {
        return ledger::refuse(
            ledger::ErrorCode::internal, "nobody keeps a snapshot of block {}", offer.block
        );
    }
    return check_offer(offer, parts_.electorate);
}

// Every other voter, about every block that is in question.
void SnapshotFetch::ask(ledger::TimeMs now) {
    ask_again_ = now + ask_again_ms;
    std::set<consensus::Index> blocks;
    if (wanted_) {
        blocks.insert(wanted_->manifest.block);
    }
    for (const auto& [voter, named] : named_) {
        for (const auto& [block, what] : named) {
            blocks.insert(block);
        }
    }
    for (const consensus::Index block : blocks) {
        for (const CosignVoter& voter : parts_.electorate.voters) {
            if (voter.node != parts_.self) {
                parts_.send(voter.node, ManifestQuery{.block = block});
            }
        }
    }
}

void SnapshotFetch::name(
    consensus::NodeId from, consensus::Index block, const ledger::Hash& digest, ledger::TimeMs now
) {
    for (const auto& [voter, named] : named_) {
        const auto other = named.find(block);
        if (voter != from && other != named.end() && other->second.digest != digest) {
            alarm_once(
                from,
                block,
                "snapshot.manifests_differ",
                fmt::format("voters name different states after block {}", block),
                now
            );
        }
    }
    auto& own = named_[from];
    own.insert_or_assign(block, Named{.digest = digest, .at = now});
    if (own.size() > named_max) {
        own.erase(own.begin());
    }
}

void SnapshotFetch::forget(consensus::NodeId from, consensus::Index block) {
    const auto named = named_.find(from);
    if (named != named_.end() && named->second.erase(block) > 0 && named->second.empty()) {
        named_.erase(named);
    }
}

void SnapshotFetch::forget_old(consensus::Index applied, ledger::TimeMs now) {
    for (auto& [voter, named] : named_) {
        std::erase_if(named, [&](const auto& each) {
            return each.first <= applied || now - each.second.at > named_ms;
        });
    }
    std::erase_if(named_, [&](const auto& of_voter) {
        return of_voter.second.empty() || parts_.electorate.voter(of_voter.first) == nullptr;
    });
}

bool SnapshotFetch::is_named(consensus::Index block) const {
    return std::ranges::any_of(named_, [&](const auto& of_voter) {
        return of_voter.second.contains(block);
    });
}

// Of those that vote still.
std::set<consensus::NodeId> SnapshotFetch::who_name(
    consensus::Index block, const ledger::Hash& digest
) const {
    std::set<consensus::NodeId> found;
    for (const auto& [voter, named] : named_) {
        const auto what = named.find(block);
        const bool same = what != named.end() && what->second.digest == digest;
        if (same && parts_.electorate.voter(voter) != nullptr) {
            found.insert(voter);
        }
    }
    return found;
}

// The quorum of certificates, or every other voter: the one that asks cannot vouch for itself.
bool SnapshotFetch::suffices(const std::set<consensus::NodeId>& named, ledger::TreeSize size)
    const {
    const ledger::Policy* policy = parts_.electorate.policy_at(size);
    std::set<std::string, std::less<>> witnesses;
    bool all_others = true;
    for (const CosignVoter& voter : parts_.electorate.voters) {
        const bool names_it = named.contains(voter.node);
        all_others = all_others && (names_it || voter.node == parts_.self);
        const auto* witness =
            names_it && policy != nullptr ? witness_of(*policy, voter.cosign) : nullptr;
        if (witness != nullptr) {
            witnesses.insert(witness->name);
        }
    }
    return all_others || (policy != nullptr && policy->satisfied(witnesses));
}

void SnapshotFetch::begin(
    const ledger::SnapshotManifest& manifest, const ManifestReply& offer, ledger::TimeMs now
) {
    // The chunks, and the state that is made of them.
    if (!parts_.has_room(2 * manifest.bytes)) {
        alarm_once(
            parts_.self, manifest.block, "snapshot.not_begun", "the disk has no room for it", now
        );
        return;
    }
    SnapshotFolder::Fetching wanted = {
        .manifest = manifest, .header = offer.header, .certificate = offer.note
    };
    if (auto begun = parts_.folder.begin_fetching(wanted); !begun) {
        parts_.alarm(parts_.self, "snapshot.not_begun", begun.error().detail);
        return;
    }
    for (std::uint32_t number = 0; number < manifest.chunks; ++number) {
        wanted.missing.insert(number);
    }
    digest_ = ledger::digest_of(manifest);
    wanted_ = std::move(wanted);
    sources_ = who_name(manifest.block, digest_);
    named_.clear();
    liars_.clear();
    asked_.clear();
    progress_ = now;
    ask_for_chunks(now);
}

std::optional<std::uint32_t> SnapshotFetch::next_chunk() const {
    for (const std::uint32_t number : wanted_->missing) {
        const bool is_asked = std::ranges::any_of(asked_, [&](const auto& each) {
            return each.second.number == number;
        });
        if (!is_asked) {
            return number;
        }
    }
    return std::nullopt;
}

// One from each source at a time: what is under way is bounded.
void SnapshotFetch::ask_for_chunks(ledger::TimeMs now) {
    for (const consensus::NodeId source : sources_) {
        const auto number = asked_.contains(source) ? std::nullopt : next_chunk();
        if (number) {
            asked_[source] = {.number = *number, .until = now + chunk_ms};
            parts_.send(source, FetchChunk{.digest = digest_, .number = *number});
        }
    }
}

void SnapshotFetch::received(consensus::NodeId from, const Chunk& chunk, ledger::TimeMs now) {
    const auto asked = asked_.find(from);
    const bool is_answer = wanted_ && asked != asked_.end() && chunk.digest == digest_ &&
                           asked->second.number == chunk.number;
    if (!is_answer) {
        return;
    }
    if (chunk.bytes.empty()) {
        sources_.erase(from);  // it keeps newer ones by now
    } else if (!is_sound(chunk, wanted_->manifest)) {
        sources_.erase(from);
        liars_.insert(from);
        parts_.alarm(
            from,
            "snapshot.bad_chunk",
            fmt::format("chunk {} of block {} is not that", chunk.number, wanted_->manifest.block)
        );
    } else if (auto taken = parts_.folder.take_chunk(chunk.number, chunk.bytes); !taken) {
        parts_.alarm(parts_.self, "snapshot.not_taken", taken.error().detail);
        return;  // asked for again when its time is over: the disk may have room then
    } else {
        wanted_->missing.erase(chunk.number);
        progress_ = now;
        parts_.took_chunk();
    }
    asked_.erase(asked);
    ask_for_chunks(now);
}

void SnapshotFetch::passed(consensus::Index applied) {
    if (wanted_ && wanted_->manifest.block <= applied) {
        give_up();
    }
}

void SnapshotFetch::tick(consensus::Index applied, ledger::TimeMs now) {
    passed(applied);
    forget_old(applied, now);
    if (is_whole()) {
        return;
    }
    if (wanted_ && progress_ == 0) {
        progress_ = now;  // the first tick of a process that goes on
    }
    if (wanted_ && now - progress_ > stuck_ms) {
        give_up();
    }
    std::erase_if(asked_, [&](const auto& each) {
        const bool late = each.second.until < now;
        if (late) {
            sources_.erase(each.first);  // until it names the manifest again
        }
        return late;
    });
    const bool is_asking = wanted_ ? sources_.empty() : !named_.empty();
    if (is_asking && now >= ask_again_) {
        ask(now);
    }
    if (wanted_) {
        ask_for_chunks(now);
    }
}

void SnapshotFetch::give_up() {
    if (wanted_) {
        if (auto dropped = parts_.folder.drop_fetching(); !dropped) {
            parts_.alarm(parts_.self, "snapshot.not_dropped", dropped.error().detail);
        }
    }
    wanted_.reset();
    sources_.clear();
    liars_.clear();
    asked_.clear();
}

// What a liar sends costs a line for a block, and few of them.
void SnapshotFetch::alarm_once(
    consensus::NodeId peer,
    consensus::Index block,
    std::string_view event,
    const std::string& sentence,
    ledger::TimeMs now
) {
    const auto [last, first] = alarmed_.try_emplace(peer);
    if (first || (last->second.block != block && now >= last->second.at + alarm_again_ms)) {
        last->second = {.block = block, .at = now};
        parts_.alarm(peer, event, sentence);
    }
}

}  // namespace tanji::node
