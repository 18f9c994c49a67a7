#include "node/snapshots.h"

#include "ledger/governance/membership.h"
#include "ledger/store/schema.h"
#include "node/snapshot/offer.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <fmt/format.h>

namespace tanji::node {
namespace {

constexpr std::size_t waiting_max = 64;
constexpr ledger::TimeMs offer_again_ms = 1'000;

}  // namespace

Snapshots::Snapshots(Parts parts)
    : parts_(std::move(parts)),
      folder_(parts_.folder),
      electorate_(parts_.electorate),
      fetch_({
          .self = parts_.self,
          .electorate = electorate_,
          .folder = folder_,
          .every_blocks = parts_.every_blocks,
          .send = parts_.send,
          .alarm =
              [this](consensus::NodeId peer, std::string_view event, const std::string& sentence) {
                  if (event == "snapshot.bad_chunk") {
                      parts_.metrics.add(Counter::snapshot_bad_chunks_total);
                  }
                  parts_.log(true, event, peer, sentence);
              },
          .took_chunk = [this] { parts_.metrics.add(Counter::snapshot_chunks_total); },
          .has_room = parts_.has_room,
      }) {
    if (const auto kept = folder_.kept(); !kept.empty()) {
        parts_.metrics.set(Gauge::snapshot_block, static_cast<double>(kept.front().block));
    }
}

void Snapshots::due(std::shared_ptr<const ledger::Reader> at) {
    const std::uint64_t number = ++newest_due_;
    ++readers_;
    maker_.post([this, number, at = std::move(at)]() mutable {
        if (!stopping_ && number == newest_due_) {  // else a newer one waits already
            make(*at);
        }
        at.reset();
        --readers_;
        let_prune();
    });
}

void Snapshots::make(const ledger::Reader& at) {
    const auto head = ledger::load<ledger::Head>(at, ledger::schema::head());
    const auto all = folder_.kept();
    const bool is_kept = std::ranges::any_of(all, [&](const ledger::SnapshotManifest& manifest) {
        return head && manifest.block == head->block;
    });
    if (is_kept) {
        return;  // the block was applied again after a crash
    }
    if (!parts_.has_room(all.empty() ? 0 : 2 * all.front().bytes)) {
        parts_.log(true, "snapshot.not_written", 0, "the disk has no room for it");
        return;
    }
    const auto begun = std::chrono::steady_clock::now();
    const std::uint64_t membership = ledger::read_roster(at).newest().membership.number;
    const auto made = folder_.make(at, parts_.blocks, membership, [this] { return !stopping_; });
    if (!made) {
        parts_.log(true, "snapshot.not_written", 0, made.error().detail);
        return;
    }
    if (!*made) {
        if (!stopping_) {
            parts_.log(true, "snapshot.not_written", 0, "blocks that it needs are pruned");
        }
        return;
    }
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - begun
    );
    parts_.metrics.set(Gauge::snapshot_block, static_cast<double>((*made)->block));
    parts_.log(
        false,
        "snapshot.written",
        0,
        fmt::format(
            "block {}, {} bytes in {} chunks, manifest {}, {} ms",
            (*made)->block,
            (*made)->bytes,
            (*made)->chunks,
            digest_of(**made).hex(),
            took.count()
        )
    );
}

// Whoever installs the older of the two goes on with the block after it. A newer state that waits
// here may need blocks that are older.
void Snapshots::let_prune() {
    if (stopping_ || is_reading()) {
        return;
    }
    const auto kept = folder_.kept();
    const auto view = parts_.view();
    const auto certificate = view->certificate();
    const bool is_certified =
        kept.size() > 1 && certificate && certificate->size >= kept.back().size;
    // A state that was made anew from older blocks still needs those up to the snapshot.
    if (is_certified && view->head().block > kept.back().block) {
        parts_.may_prune(kept.back().block + 1);
    }
}

void Snapshots::wanted_by(consensus::NodeId node) {
    if (desk_.waiting() < waiting_max) {
        desk_.post([this, node] { offer(node); });
    }
}

// The newest one that a certificate covers.
void Snapshots::offer(consensus::NodeId node) {
    const ledger::TimeMs now = parts_.clock.now_ms();
    if (now < offered_[node] + offer_again_ms) {
        return;
    }
    offered_[node] = now;
    const auto view = parts_.view();
    for (const ledger::SnapshotManifest& manifest : folder_.kept()) {
        if (auto offer = offer_of(folder_, manifest, *view)) {
            parts_.send(node, std::move(*offer));
            return;
        }
    }
    parts_.log(true, "snapshot.none_to_offer", node, "it needs blocks that are pruned here");
}

bool Snapshots::heard(consensus::NodeId from, PeerMessage message) {
    if (desk_.waiting() >= waiting_max) {
        return false;
    }
    desk_.post([this, from, message = std::move(message)] { take(from, message); });
    return true;
}

void Snapshots::take(consensus::NodeId from, const PeerMessage& message) {
    const ledger::TimeMs now = parts_.clock.now_ms();
    if (const auto* query = std::get_if<ManifestQuery>(&message)) {
        answer(from, *query);
    } else if (const auto* wanted = std::get_if<FetchChunk>(&message)) {
        answer(from, *wanted);
    } else if (const auto* offered = std::get_if<ManifestReply>(&message)) {
        fetch_.received(from, *offered, parts_.view()->head().block, now);
    } else if (const auto* chunk = std::get_if<Chunk>(&message)) {
        fetch_.received(from, *chunk, now);
    }
    look_whether_whole();
}

void Snapshots::answer(consensus::NodeId from, const ManifestQuery& query) {
    const auto view = parts_.view();
    for (const ledger::SnapshotManifest& manifest : folder_.kept()) {
        if (manifest.block == query.block) {
            if (auto offer = offer_of(folder_, manifest, *view)) {
                parts_.send(from, std::move(*offer));
                return;
            }
        }
    }
    parts_.send(
        from,
        ManifestReply{.block = query.block, .manifest = {}, .header = {}, .note = {}, .path = {}}
    );
}

void Snapshots::answer(consensus::NodeId from, const FetchChunk& wanted) {
    Chunk chunk = {.digest = wanted.digest, .number = wanted.number, .bytes = {}, .path = {}};
    for (const ledger::SnapshotManifest& manifest : folder_.kept()) {
        if (digest_of(manifest) != wanted.digest) {
            continue;
        }
        auto piece = folder_.piece(manifest, wanted.number);
        if (piece) {
            chunk.bytes = std::move(piece->bytes);
            chunk.path = std::move(piece->path);
        } else {
            parts_.log(true, "snapshot.unreadable", 0, piece.error().detail);
        }
    }
    parts_.send(from, std::move(chunk));
}

void Snapshots::follow(Electorate electorate) {
    desk_.post([this, electorate = std::move(electorate)]() mutable {
        electorate_ = std::move(electorate);
    });
}

void Snapshots::tick() {
    if (desk_.waiting() < waiting_max) {
        desk_.post([this] {
            fetch_.tick(parts_.view()->head().block, parts_.clock.now_ms());
            look_whether_whole();
        });
    }
}

// A small state may be whole after the blocks were applied here all the same.
void Snapshots::look_whether_whole() {
    if (told_ || !fetch_.is_whole()) {
        return;
    }
    fetch_.passed(parts_.view()->head().block);
    if (fetch_.is_whole()) {
        told_ = true;
        parts_.log(false, "snapshot.whole", 0, "every chunk is here: the node starts anew with it");
        parts_.wants_restart();
    }
}

void Snapshots::stop() {
    stopping_ = true;
    desk_.stop();
    maker_.stop();
}

}  // namespace tanji::node
