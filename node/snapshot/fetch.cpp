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
constexpr ledger::TimeMs asking_ms = 30'000;  // then whoever needs one hears of it anew
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
        block_ = wanted_->manifest.block;
    }
}

void SnapshotFetch::received(
    consensus::NodeId from, const ManifestReply& offer, consensus::Index applied, ledger::TimeMs now
) {
    const bool is_voter = from != parts_.self && parts_.electorate.voter(from) != nullptr;
    const bool is_of_use = offer.block > applied && offer.block >= block_;
    if (!is_voter || is_whole() || !is_of_use || offer.manifest.empty()) {
        return;
    }
    const auto manifest = check_offer(offer, parts_.electorate);
    if (!manifest) {
        parts_.alarm(from, "snapshot.refused", manifest.error().detail);
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
    if (offer.block > block_) {
        block_ = offer.block;
        named_.clear();
        began_ = now;
        ask_all(block_, now);
    }
    name(from, digest, offer);
    if (suffices(named_[digest], manifest->size)) {
        begin(offer, now);
    }
}

void SnapshotFetch::ask_all(consensus::Index block, ledger::TimeMs now) {
    ask_again_ = now + ask_again_ms;
    for (const CosignVoter& voter : parts_.electorate.voters) {
        if (voter.node != parts_.self) {
            parts_.send(voter.node, ManifestQuery{.block = block});
        }
    }
}

void SnapshotFetch::name(
    consensus::NodeId from, const ledger::Hash& digest, const ManifestReply& offer
) {
    for (auto& [other, voters] : named_) {
        if (other != digest && !voters.empty()) {
            parts_.alarm(
                from,
                "snapshot.manifests_differ",
                fmt::format("voters name different states after block {}", offer.block)
            );
        }
        voters.erase(from);
    }
    named_[digest].insert(from);
}

// The quorum of certificates, or every other voter: the one that asks cannot vouch for itself.
bool SnapshotFetch::suffices(const std::set<consensus::NodeId>& voters, ledger::TreeSize size)
    const {
    const ledger::Policy* policy = parts_.electorate.policy_at(size);
    std::set<std::string, std::less<>> witnesses;
    bool all_others = true;
    for (const CosignVoter& voter : parts_.electorate.voters) {
        const bool names_it = voters.contains(voter.node);
        all_others = all_others && (names_it || voter.node == parts_.self);
        const auto* witness =
            names_it && policy != nullptr ? witness_of(*policy, voter.cosign) : nullptr;
        if (witness != nullptr) {
            witnesses.insert(witness->name);
        }
    }
    return all_others || (policy != nullptr && policy->satisfied(witnesses));
}

void SnapshotFetch::begin(const ManifestReply& offer, ledger::TimeMs now) {
    const auto manifest = ledger::decode_manifest(offer.manifest);
    SnapshotFolder::Fetching wanted = {
        .manifest = *manifest, .header = offer.header, .certificate = offer.note
    };
    if (auto begun = parts_.folder.begin_fetching(wanted); !begun) {
        parts_.alarm(parts_.self, "snapshot.not_begun", begun.error().detail);
        return;
    }
    for (std::uint32_t number = 0; number < wanted.manifest.chunks; ++number) {
        wanted.missing.insert(number);
    }
    digest_ = ledger::digest_of(*manifest);
    wanted_ = std::move(wanted);
    sources_ = std::move(named_[digest_]);
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
            fmt::format("chunk {} of block {} is not that", chunk.number, block_)
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

void SnapshotFetch::tick(consensus::Index applied, ledger::TimeMs now) {
    if (is_whole() || block_ == 0) {
        return;
    }
    if (block_ <= applied) {
        give_up();
        return;
    }
    if (progress_ == 0) {
        progress_ = now;  // the first tick of a process that goes on
    }
    if (wanted_ ? now - progress_ > stuck_ms : now - began_ > asking_ms) {
        give_up();
        return;
    }
    std::erase_if(asked_, [&](const auto& each) {
        const bool late = each.second.until < now;
        if (late) {
            sources_.erase(each.first);  // until it names the manifest again
        }
        return late;
    });
    if (sources_.empty() && now >= ask_again_) {
        ask_all(block_, now);
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
    block_ = 0;
    named_.clear();
    sources_.clear();
    liars_.clear();
    asked_.clear();
}

}  // namespace tanji::node
