#include "node/ledger_store.h"

#include "ledger/proof/header.h"
#include "ledger/rows.h"
#include "ledger/store/schema.h"
#include "node/snapshot/installing.h"
#include "node/storage/file.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace tanji::node {
namespace {

using ledger::ErrorCode;

// Block `index` of the log, or its base: header first.
ledger::Result<std::optional<ledger::Bytes>> block_or_base(
    const LogStore& log, ledger::BlockIndex index
) {
    return index + 1 == log.first() ? ledger::Result<std::optional<ledger::Bytes>>(log.base())
                                    : log.block(index);
}

// Whether the log leads to where the state stands, and on from there.
ledger::Status check_head(const ledger::Store& store, const LogStore& log) {
    const auto head = ledger::load<ledger::Head>(store, ledger::schema::head());
    const ledger::BlockIndex applied = head ? head->block : 0;
    if (log.base() && applied + 1 < log.first()) {
        return ledger::refuse(
            ErrorCode::pruned,
            "it has applied block {}, the log begins with block {}",
            applied,
            log.first()
        );
    }
    if (applied == 0) {
        return {};
    }
    if (head->block > log.last()) {
        return ledger::refuse(
            ErrorCode::internal,
            "it has applied block {}, the log ends at block {}",
            head->block,
            log.last()
        );
    }
    const auto block = block_or_base(log, head->block);
    if (!block || !*block) {
        return ledger::refuse(ErrorCode::internal, "the log does not give block {}", head->block);
    }
    const auto header = ledger::decode_header(
        ledger::ByteView(**block).substr(0, std::min((*block)->size(), ledger::header_bytes))
    );
    if (!header || header->ledger != head->ledger || ledger::hash_of(*header) != head->block_hash) {
        return ledger::refuse(
            ErrorCode::internal, "it has applied another block {} than the log holds", head->block
        );
    }
    return {};
}

ledger::Result<std::unique_ptr<ledger::Store>> open_checked(
    const std::string& path, const ledger::RocksOptions& options, const LogStore& log
) {
    if (auto checked = exists(path) ? check_tables(path) : ledger::Status{}; !checked) {
        return ledger::refusal(checked);
    }
    auto store = ledger::open_rocks_store(path, options);
    if (!store) {
        return ledger::refusal(store);
    }
    if (auto checked = check_head(**store, log); !checked) {
        return ledger::refusal(checked);
    }
    return std::move(*store);
}

}  // namespace

ledger::Result<OpenedLedger> open_ledger_store(
    const DataDirectory& directory, const ledger::RocksOptions& options, const LogStore& log
) {
    OpenedLedger opened;
    auto store = open_checked(directory.ledger(), options, log);
    if (store) {
        opened.store = std::move(*store);
        return opened;
    }
    if (store.error().code == ErrorCode::storage_full) {
        return ledger::refusal(store);  // it may be as good as ever
    }
    const std::string kept = directory.aside("ledger", 1);
    if (exists(directory.ledger())) {
        if (auto renamed = rename_synced(directory.ledger(), kept); !renamed) {
            return ledger::refusal(renamed);
        }
    }
    if (log.base()) {
        const auto restored = restore_ledger(directory, options, log);
        if (!restored) {
            return std::unexpected(restored.error());
        }
        opened.notes.push_back(fmt::format(
            "the ledger store is made again from the snapshot of block {}: {}",
            *restored,
            store.error().detail
        ));
        auto again = open_checked(directory.ledger(), options, log);
        if (!again) {
            return ledger::refusal(again);
        }
        opened.store = std::move(*again);
        return opened;
    }
    auto empty = ledger::open_rocks_store(directory.ledger(), options);
    if (!empty) {
        // Not a matter of damage: no room, say. Back with what was there.
        if (auto removed = remove_folder(directory.ledger()); !removed) {
            return ledger::refusal(removed);
        }
        if (auto renamed =
                exists(kept) ? rename_synced(kept, directory.ledger()) : ledger::Status{};
            !renamed) {
            return ledger::refusal(renamed);
        }
        return ledger::refusal(store);
    }
    opened.store = std::move(*empty);
    opened.notes.push_back(fmt::format(
        "the ledger store is not to be trusted: {}. It is kept in {} and made again from the "
        "blocks",
        store.error().detail,
        kept
    ));
    return opened;
}

}  // namespace tanji::node
