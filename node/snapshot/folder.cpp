#include "node/snapshot/folder.h"

#include "ledger/proof/header.h"
#include "ledger/proof/merkle.h"
#include "node/storage/file.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <utility>

#include <fmt/format.h>

namespace tanji::node {
namespace {

namespace fs = std::filesystem;
using ledger::BlockIndex;
using ledger::Bytes;
using ledger::ByteView;
using ledger::ErrorCode;
using ledger::Hash;
using ledger::SnapshotManifest;

constexpr std::size_t note_bytes_max = 64U << 10U;
constexpr std::size_t hashes_bytes_max = 64U << 20U;  // of 8 TiB
constexpr std::size_t kept_max = 2;

std::string chunk_in(const std::string& folder, std::uint32_t number) {
    return fmt::format("{}/chunk-{:08}", folder, number);
}

ledger::Result<Bytes> read_whole(const std::string& path, std::size_t most) {
    auto content = read_file(path, most);
    if (!content) {
        return ledger::refusal(content);
    }
    if (!*content) {
        return ledger::refuse(ErrorCode::internal, "{} is missing", path);
    }
    return std::move(**content);
}

std::optional<SnapshotManifest> manifest_in(const std::string& folder) {
    const auto bytes = read_whole(folder + "/manifest", ledger::manifest_bytes);
    return bytes ? ledger::decode_manifest(*bytes) : std::nullopt;
}

ledger::Status write_own(const std::string& path, ByteView content) {
    return write_file(path, content, 0600, Existing::replace);
}

ledger::Status load(
    const std::string& folder, const SnapshotManifest& manifest, ledger::Store& store
) {
    ledger::SnapshotLoader loader(store);
    for (std::uint32_t number = 0; number < manifest.chunks; ++number) {
        const auto chunk = read_whole(chunk_in(folder, number), ledger::snapshot_chunk_bytes);
        if (!chunk) {
            return std::unexpected(chunk.error());
        }
        if (auto taken = loader.take(*chunk); !taken) {
            return taken;
        }
    }
    return loader.finish(manifest);
}

// The chunks again, from the disk: their hashes, if they lead to the root. Empty when `go_on`
// answered false.
ledger::Result<Bytes> read_again(
    const std::string& folder, const SnapshotManifest& manifest, const std::function<bool()>& go_on
) {
    if (auto settled = settle_folder(folder); !settled) {
        return ledger::refusal(settled);
    }
    Bytes hashes;
    ledger::TreeBuilder tree;
    for (std::uint32_t number = 0; number < manifest.chunks; ++number) {
        const auto chunk = read_whole(chunk_in(folder, number), ledger::snapshot_chunk_bytes);
        if (!chunk) {
            return std::unexpected(chunk.error());
        }
        if (!go_on()) {
            return Bytes();
        }
        const Hash hash = ledger::leaf_hash(*chunk);
        tree.append(hash);
        hashes.append(hash.view());
    }
    if (tree.root() != manifest.chunk_root) {
        return ledger::refuse(ErrorCode::internal, "{} is not what was written", folder);
    }
    return hashes;
}

}  // namespace

std::string SnapshotFolder::of(BlockIndex block) const {
    return fmt::format("{}/{:020}", path_, block);
}

std::vector<SnapshotManifest> SnapshotFolder::kept() const {
    std::vector<SnapshotManifest> found;
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(path_, none)) {
        const auto manifest = manifest_in(entry.path().string());
        if (manifest && entry.path().string() == of(manifest->block)) {
            found.push_back(*manifest);
        }
    }
    std::ranges::sort(found, std::ranges::greater(), &SnapshotManifest::block);
    return found;
}

ledger::Result<Bytes> SnapshotFolder::header(BlockIndex block) const {
    return read_whole(of(block) + "/header", ledger::header_bytes);
}

ledger::Result<std::optional<SnapshotManifest>> SnapshotFolder::make(
    const ledger::Reader& at,
    const ledger::BlockReader& blocks,
    std::uint64_t membership,
    const std::function<bool()>& go_on
) {
    ledger::Status written = remove_folder(making());
    std::uint32_t number = 0;
    const auto manifest = written
                              ? ledger::write_snapshot(
                                    at,
                                    blocks,
                                    membership,
                                    [&](ByteView chunk) {
                                        written = write_own(chunk_in(making(), number++), chunk);
                                        return written && go_on();
                                    }
                                )
                              : std::nullopt;
    if (!written) {
        return ledger::refusal(written);
    }
    if (!manifest) {
        return std::nullopt;
    }
    const auto block = blocks(manifest->block);
    if (!block) {
        return ledger::refuse(ErrorCode::internal, "block {} is not kept", manifest->block);
    }
    const auto hashes = read_again(making(), *manifest, go_on);
    if (!hashes) {
        return std::unexpected(hashes.error());
    }
    if (hashes->empty()) {
        return std::nullopt;
    }
    const ByteView head = ByteView(*block).substr(0, ledger::header_bytes);
    for (const auto& [name, content] :
         {std::pair<const char*, Bytes>{"hashes", *hashes},
          {"header", Bytes(head)},
          {"manifest", encode_manifest(*manifest)}}) {
        if (auto done = write_own(making() + "/" + name, content); !done) {
            return ledger::refusal(done);
        }
    }
    if (auto done = remove_folder(of(manifest->block)); !done) {
        return ledger::refusal(done);
    }
    if (auto done = rename_synced(making(), of(manifest->block)); !done) {
        return ledger::refusal(done);
    }
    if (auto done = keep_two(); !done) {
        return ledger::refusal(done);
    }
    return manifest;
}

ledger::Result<SnapshotFolder::Piece> SnapshotFolder::piece(
    const SnapshotManifest& manifest, std::uint32_t number
) const {
    const std::string folder = of(manifest.block);
    if (number >= manifest.chunks) {
        return ledger::refuse(ErrorCode::not_found, "there is no chunk {}", number);
    }
    const auto stored = read_whole(folder + "/hashes", hashes_bytes_max);
    auto bytes = read_whole(chunk_in(folder, number), ledger::snapshot_chunk_bytes);
    if (!stored || !bytes) {
        return std::unexpected(stored ? bytes.error() : stored.error());
    }
    std::vector<Hash> hashes;
    for (std::size_t at = 0; at + Hash::length <= stored->size(); at += Hash::length) {
        hashes.push_back(*Hash::from(ByteView(*stored).substr(at, Hash::length)));
    }
    if (hashes.size() != manifest.chunks || hashes[number] != ledger::leaf_hash(*bytes)) {
        return ledger::refuse(
            ErrorCode::internal, "chunk {} in {} is not what was written", number, folder
        );
    }
    return Piece{.bytes = std::move(*bytes), .path = ledger::inclusion_path(hashes, number)};
}

std::optional<SnapshotFolder::Fetching> SnapshotFolder::fetching() const {
    const auto manifest = manifest_in(taking());
    auto header = read_whole(taking() + "/header", ledger::header_bytes);
    auto certificate = read_whole(taking() + "/certificate", note_bytes_max);
    if (!manifest || !header || !certificate) {
        return std::nullopt;
    }
    Fetching found = {
        .manifest = *manifest, .header = std::move(*header), .certificate = std::move(*certificate)
    };
    for (std::uint32_t number = 0; number < manifest->chunks; ++number) {
        std::error_code error;
        const auto size = fs::file_size(chunk_in(taking(), number), error);
        if (error || size != manifest->bytes_of(number)) {
            found.missing.insert(number);
        }
    }
    return found;
}

// The manifest last: without it, nothing is under way.
ledger::Status SnapshotFolder::begin_fetching(const Fetching& wanted) {
    if (auto dropped = drop_fetching(); !dropped) {
        return dropped;
    }
    if (auto written = write_own(taking() + "/header", wanted.header); !written) {
        return written;
    }
    if (auto written = write_own(taking() + "/certificate", wanted.certificate); !written) {
        return written;
    }
    return write_own(taking() + "/manifest", encode_manifest(wanted.manifest));
}

ledger::Status SnapshotFolder::take_chunk(std::uint32_t number, ByteView bytes) {
    return write_own(chunk_in(taking(), number), bytes);
}

ledger::Status SnapshotFolder::drop_fetching() {
    return remove_folder(taking());
}

ledger::Status SnapshotFolder::keep_fetched() {
    const auto manifest = manifest_in(taking());
    if (!manifest) {
        return {};  // it was renamed before
    }
    if (auto settled = settle_folder(taking()); !settled) {
        return settled;
    }
    const auto hashes = read_again(taking(), *manifest, [] { return true; });
    if (!hashes) {
        return drop_fetching();  // it would be of no use to others
    }
    if (auto written = write_own(taking() + "/hashes", *hashes); !written) {
        return written;
    }
    if (auto removed = remove_folder(of(manifest->block)); !removed) {
        return removed;
    }
    if (auto renamed = rename_synced(taking(), of(manifest->block)); !renamed) {
        return renamed;
    }
    return keep_two();
}

ledger::Status SnapshotFolder::load_kept(const SnapshotManifest& manifest, ledger::Store& store)
    const {
    return load(of(manifest.block), manifest, store);
}

ledger::Status SnapshotFolder::load_fetched(const Fetching& fetched, ledger::Store& store) const {
    return load(taking(), fetched.manifest, store);
}

ledger::Status SnapshotFolder::keep_two() {
    const auto all = kept();
    for (std::size_t i = kept_max; i < all.size(); ++i) {
        if (auto removed = remove_folder(of(all[i].block)); !removed) {
            return removed;
        }
    }
    return {};
}

}  // namespace tanji::node
