// What a node finds on its disk, and what it makes of it before anything runs.
#include "node/ledger_store.h"
#include "node/node_parts.h"
#include "node/setup.h"
#include "node/snapshot/installing.h"
#include "node/storage/file.h"

#include <algorithm>

namespace tanji::node {

void Node::Parts::say_repaired(const std::vector<std::string>& notes) {
    for (const std::string& note : notes) {
        logger.log(LogLevel::warn, "storage", "storage.repaired", {{"msg", note}});
    }
}

ledger::RocksOptions Node::Parts::ledger_options() const {
    return {
        .cache_bytes = static_cast<std::uint64_t>(config.storage.cache_mb) << 20U,
        .flush_bytes = static_cast<std::uint64_t>(config.storage.flush_mb) << 20U,
    };
}

// A list that cannot be read costs a node no more than to have none.
void Node::Parts::remember_peers() {
    auto read = read_peers(peers_file(directory.path), identity.genesis.ledger);
    if (read) {
        remembered = std::move(*read);
    } else {
        logger.log(LogLevel::warn, "peers", "peers.unreadable", {{"msg", read.error().detail}});
    }
}

void Node::Parts::keep_peers(const ledger::Roster& roster) {
    KnownPeers known = known_peers(roster);
    if (known.membership < remembered.membership || known == remembered) {
        return;
    }
    const auto kept = write_peers(peers_file(directory.path), identity.genesis.ledger, known);
    if (!kept) {
        logger.log(LogLevel::error, "peers", "peers.not_kept", {{"msg", kept.error().detail}});
        return;
    }
    remembered = std::move(known);
}

// Genesis may have named this node alone, and other voters came: a majority needs one of them, so
// they have what this node acknowledged. A learner need not.
bool Node::Parts::has_others() const {
    const auto is_other = [this](consensus::NodeId voter) { return voter != identity.node; };
    return identity.has_others || std::ranges::any_of(remembered.voters, is_other);
}

std::expected<Storage, NodeRefused> Node::Parts::open_log(
    const std::optional<ledger::Bytes>& installed
) {
    StorageOptions wanted;
    wanted.has_peers = has_others();
    wanted.installed = installed;
    if (auto first = first_block_of(identity.file)) {
        wanted.first = std::move(*first);
    }
    const NodeIdentity who = {
        .ledger = identity.genesis.ledger,
        .node = identity.node,
        .log_key = identity.log.id(),
    };
    auto storage = open_storage(directory, who, wanted);
    if (!storage) {
        return refused(storage.error().exit_code, storage.error().sentence);
    }
    say_repaired(storage->notes);
    return std::move(*storage);
}

// Where no state leads on to the blocks that are here, they are of no use: with others who have
// more, the node begins like a newcomer, its mark still naming what it acknowledged.
std::expected<void, NodeRefused> Node::Parts::open_ledger(Storage& storage) {
    auto opened = open_ledger_store(directory, ledger_options(), *storage.log);
    const bool is_pruned = !opened && opened.error().code == ledger::ErrorCode::pruned;
    if (is_pruned && has_others()) {
        const std::string kept = directory.aside("log", storage.mark.current().incarnation);
        say_repaired({opened.error().detail + ". The log is kept in " + kept});
        {
            const Storage closed = std::move(storage);
        }
        if (auto renamed = rename_synced(directory.log(), kept); !renamed) {
            return refused(exit_storage, renamed.error().detail);
        }
        auto again = open_log(std::nullopt);
        if (!again) {
            return std::unexpected(again.error());
        }
        storage = std::move(*again);
        opened = open_ledger_store(directory, ledger_options(), *storage.log);
    }
    if (!opened) {
        return refused(exit_storage, opened.error().detail);
    }
    say_repaired(opened->notes);
    store = std::move(opened->store);
    return {};
}

std::expected<Storage, NodeRefused> Node::Parts::open_stores() {
    // One process at a time: what follows moves folders.
    std::optional<ledger::Bytes> installed;
    if (exists(directory.identity())) {
        const auto mine = DirectoryLock::take(directory);
        if (!mine) {
            return refused(mine.error());
        }
        remember_peers();
        std::vector<std::string> notes;
        auto state = install_state(directory, ledger_options(), notes);
        if (!state) {
            return refused(exit_storage, state.error().detail);
        }
        installed = std::move(*state);
        say_repaired(notes);
    }
    auto storage = open_log(installed);
    if (!storage) {
        return std::unexpected(storage.error());
    }
    if (installed) {
        if (auto finished = finish_install(directory); !finished) {
            return refused(exit_storage, finished.error().detail);
        }
    }
    if (auto opened = open_ledger(*storage); !opened) {
        return std::unexpected(opened.error());
    }
    return std::move(*storage);
}

std::expected<void, NodeRefused> Node::Parts::open_storage_and_ledger() {
    directory.path = config.node.data_dir;
    gives_reserve();
    auto storage = open_stores();
    if (!storage && gives_reserve()) {
        storage = open_stores();
    }
    if (!storage) {
        return std::unexpected(storage.error());
    }
    keep_reserve();
    auto accesses = AccessLog::open(
        config.access_log.file.empty() ? directory.access_log() : config.access_log.file,
        config.access_log.keep_days
    );
    if (!accesses) {
        return refused(accesses.error());
    }
    access_log = std::move(*accesses);
    return start_replica(std::move(*storage));
}

void Node::Parts::start_scrubbing() {
    scrubber = std::make_unique<Scrubber>(
        Scrubber::Parts{
            .log = *log,
            .directory = directory.log(),
            .ledger = identity.genesis.ledger,
            .settled = [this] { return settled.load(); },
            .has_read = [this](std::uint64_t bytes
                        ) { metrics.add(Counter::log_scrubbed_bytes_total, bytes); },
        },
        Scrubber::Pace{}
    );
}

}  // namespace tanji::node
