#pragma once

#include "ledger/snapshot.h"
#include "ledger/value/bytes.h"
#include "ledger/value/result.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace tanji::node {

// The snapshots of a node, a folder each, and the one that it is taking from others:
//
//   <block, 20 digits>/   manifest, header, hashes, chunk-<number, 8 digits>: whole, synced,
//   renamed making/               one that is being written; never used fetching/ manifest, header,
//   certificate, and the chunks that have come, each checked install               the header of
//   the block whose state is being installed (installing.h)
//
// What has one of these names is whole, whatever crashed. Several threads may read.
class SnapshotFolder {
public:
    explicit SnapshotFolder(std::string path) : path_(std::move(path)) {}

    const std::string& path() const { return path_; }

    // Manifests of the whole ones, the newest first.
    std::vector<ledger::SnapshotManifest> kept() const;
    // Header of the block of a kept one; refused when the disk does not give it.
    ledger::Result<ledger::Bytes> header(ledger::BlockIndex block) const;

    // Writes the state at a block, reads it again from the disk, and keeps the two newest. Nothing
    // when `go_on` answered false.
    ledger::Result<std::optional<ledger::SnapshotManifest>> make(
        const ledger::Reader& at,
        const ledger::BlockReader& blocks,
        std::uint64_t membership,
        const std::function<bool()>& go_on
    );

    // A chunk of a kept one and its path to the root. Refused when the disk gives other bytes than
    // were written.
    struct Piece {
        ledger::Bytes bytes;
        std::vector<ledger::Hash> path;
    };
    ledger::Result<Piece> piece(const ledger::SnapshotManifest& manifest, std::uint32_t number)
        const;

    // --- one that comes from others ---
    struct Fetching {
        ledger::SnapshotManifest manifest;
        ledger::Bytes header;
        std::string certificate;               // a note that covers its tree
        std::set<std::uint32_t> missing = {};  // chunks
    };
    // Nothing when none is under way, or what is there cannot be used: then it is gone.
    std::optional<Fetching> fetching() const;
    // Instead of another one.
    ledger::Status begin_fetching(const Fetching& wanted);
    // REQUIRES: the bytes were checked.
    ledger::Status take_chunk(std::uint32_t number, ledger::ByteView bytes);
    ledger::Status drop_fetching();
    // It is one of the kept ones now, or gone if its bytes have changed. REQUIRES: no chunk is
    // missing.
    ledger::Status keep_fetched();

    // Reads the chunks of a folder into an empty store and checks all of it.
    ledger::Status load_kept(const ledger::SnapshotManifest& manifest, ledger::Store& store) const;
    ledger::Status load_fetched(const Fetching& fetched, ledger::Store& store) const;

private:
    std::string of(ledger::BlockIndex block) const;
    std::string making() const { return path_ + "/making"; }
    std::string taking() const { return path_ + "/fetching"; }
    ledger::Status keep_two();

    std::string path_;
};

}  // namespace tanji::node
