#include "node/snapshot/installing.h"

#include "ledger/proof/checkpoint.h"
#include "ledger/proof/header.h"
#include "ledger/store/schema.h"
#include "ledger/tree.h"
#include "node/storage/file.h"
#include "node/storage/mark.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace tanji::node {
namespace {

using ledger::Bytes;
using ledger::ErrorCode;

std::string new_of(const DataDirectory& directory) {
    return directory.ledger() + ".new";
}
std::string install_of(const DataDirectory& directory) {
    return directory.snapshots() + "/install";
}

// A certificate of exactly this tree is worth keeping; of a later one the leaves are not here.
void keep_certificate(ledger::Store& store, const SnapshotFolder::Fetching& fetched) {
    const auto note = ledger::parse_note(fetched.certificate);
    const auto checkpoint = note
                                ? ledger::parse_checkpoint(note->text)
                                : ledger::Result<ledger::Checkpoint>(std::unexpected(note.error()));
    if (checkpoint && checkpoint->size == fetched.manifest.size) {
        store.write({{ledger::schema::certificate(checkpoint->size), fetched.certificate}});
        store.flush();
    }
}

// What this node has promised. The file stays as it is.
ledger::Result<Mark> read_mark(const DataDirectory& directory) {
    const auto file = read_file(directory.mark(), 2 * mark_slot_bytes);
    std::optional<Mark> newest;
    for (std::size_t slot = 0; slot < 2 && file && *file; ++slot) {
        const ledger::ByteView bytes = **file;
        const auto at = std::min(bytes.size(), slot * mark_slot_bytes);
        const auto mark = decode_mark(bytes.substr(at, mark_slot_bytes));
        if (mark && mark->seq % 2 == slot && (!newest || mark->seq > newest->seq)) {
            newest = mark;
        }
    }
    return newest ? ledger::Result<Mark>(*newest)
                  : ledger::refuse(ErrorCode::internal, "{} cannot be read", directory.mark());
}

// What this node cosigned, it cosigned for ever: a state without that tree is another history, and
// the own one is all that shows it. REQUIRES: the store holds the state of the manifest.
ledger::Status check_cosigned(
    const Mark& mark, const ledger::SnapshotManifest& manifest, const ledger::Store& store
) {
    const bool is_before = mark.cosigned_size > 0 && (mark.cosigned_block <= manifest.block ||
                                                      mark.cosigned_size <= manifest.size);
    const bool same =
        !is_before ||
        (mark.cosigned_size <= manifest.size &&
         ledger::root_at(mark.cosigned_size, ledger::stored_nodes(store)) == mark.cosigned_root);
    return same ? ledger::Status{}
                : ledger::refuse(
                      ErrorCode::internal,
                      "the snapshot of block {} contradicts what this node cosigned: {} leaves "
                      "after block {} with another root. Nothing was changed",
                      manifest.block,
                      mark.cosigned_size,
                      mark.cosigned_block
                  );
}

// `ledger.new` of the chunks. False when they are not the state that their manifest names: nothing
// of it is left then.
ledger::Result<bool> build_state(
    const DataDirectory& directory,
    const ledger::RocksOptions& options,
    const SnapshotFolder::Fetching& fetched,
    std::vector<std::string>& notes
) {
    SnapshotFolder folder(directory.snapshots());
    auto mark = read_mark(directory);
    if (!mark) {
        return ledger::refusal(mark);
    }
    auto store = ledger::open_rocks_store(new_of(directory), options);
    if (!store) {
        return ledger::refusal(store);
    }
    const auto loaded = folder.load_fetched(fetched, **store);
    if (loaded) {
        if (auto checked = check_cosigned(*mark, fetched.manifest, **store); !checked) {
            return ledger::refusal(checked);
        }
        keep_certificate(**store, fetched);
        return true;
    }
    store->reset();
    notes.push_back(fmt::format(
        "the snapshot of block {} is dropped: {}", fetched.manifest.block, loaded.error().detail
    ));
    auto dropped = folder.drop_fetching();
    dropped = dropped ? remove_folder(new_of(directory)) : dropped;
    return dropped ? ledger::Result<bool>(false) : ledger::refusal(dropped);
}

bool holds(const LogStore& log, const ledger::SnapshotManifest& manifest) {
    const auto base = log.base();
    const auto block = log.block(manifest.block);
    const bool is_base = base && log.first() == manifest.block + 1;
    if (!is_base && (!block || !*block)) {
        return false;
    }
    const ledger::ByteView bytes = is_base ? *base : **block;
    const auto header =
        ledger::decode_header(bytes.substr(0, std::min(bytes.size(), ledger::header_bytes)));
    return header && ledger::hash_of(*header) == manifest.block_hash;
}

}  // namespace

ledger::Result<std::optional<Bytes>> install_state(
    const DataDirectory& directory,
    const ledger::RocksOptions& options,
    std::vector<std::string>& notes
) {
    if (!exists(install_of(directory))) {
        if (auto removed = remove_folder(new_of(directory)); !removed) {
            return ledger::refusal(removed);
        }
        const auto fetched = SnapshotFolder(directory.snapshots()).fetching();
        if (!fetched || !fetched->missing.empty()) {
            return std::nullopt;
        }
        auto built = build_state(directory, options, *fetched, notes);
        if (!built || !*built) {
            return built ? ledger::Result<std::optional<Bytes>>(std::nullopt)
                         : ledger::refusal(built);
        }
        if (auto decided =
                write_file(install_of(directory), fetched->header, 0600, Existing::replace);
            !decided) {
            return ledger::refusal(decided);
        }
    }
    auto header = read_file(install_of(directory), ledger::header_bytes);
    if (!header) {
        return ledger::refusal(header);
    }
    if (exists(new_of(directory))) {
        auto swapped = remove_folder(directory.ledger());
        swapped = swapped ? rename_synced(new_of(directory), directory.ledger()) : swapped;
        if (!swapped) {
            return ledger::refusal(swapped);
        }
    }
    const auto decoded = ledger::decode_header(**header);
    if (!decoded) {
        return ledger::refuse(ErrorCode::internal, "{} is no header", install_of(directory));
    }
    notes.push_back(fmt::format("the state after block {} is installed", decoded->index));
    return std::move(*header);
}

ledger::Status finish_install(const DataDirectory& directory) {
    SnapshotFolder folder(directory.snapshots());
    if (auto kept = folder.keep_fetched(); !kept) {
        return kept;
    }
    return remove_folder(install_of(directory));
}

ledger::Result<ledger::BlockIndex> restore_ledger(
    const DataDirectory& directory, const ledger::RocksOptions& options, const LogStore& log
) {
    const SnapshotFolder folder(directory.snapshots());
    for (const ledger::SnapshotManifest& manifest : folder.kept()) {
        if (!holds(log, manifest)) {
            continue;
        }
        if (auto removed = remove_folder(new_of(directory)); !removed) {
            return ledger::refusal(removed);
        }
        auto store = ledger::open_rocks_store(new_of(directory), options);
        if (!store) {
            return ledger::refusal(store);
        }
        const auto loaded = folder.load_kept(manifest, **store);
        store->reset();
        if (!loaded) {
            continue;
        }
        if (auto renamed = rename_synced(new_of(directory), directory.ledger()); !renamed) {
            return ledger::refusal(renamed);
        }
        return manifest.block;
    }
    return ledger::refuse(
        ErrorCode::pruned,
        "blocks before {} are pruned, and no snapshot here leads on to them",
        log.first()
    );
}

}  // namespace tanji::node
