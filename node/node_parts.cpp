#include "node/node_parts.h"

#include "ledger/proof/checkpoint.h"
#include "ledger/store/rocks_store.h"
#include "node/lifecycle.h"

#include <algorithm>

namespace tanji::node {
namespace {

consensus::BlockRef ref_of(const ledger::BlockHeader& header, std::size_t bytes) {
    return {
        .at = {.term = header.term, .index = header.index},
        .prev = header.prev_hash.bytes,
        .hash = ledger::hash_of(header).bytes,
        .kind = static_cast<consensus::Kind>(header.kind),
        .bytes = static_cast<std::uint32_t>(bytes),
    };
}

}  // namespace

Node::Parts::Parts(
    const Config& configured, const NodeOptions& chosen, Logger& log_to, Identity who
)
    : config(configured),
      options(chosen),
      logger(log_to),
      identity(std::move(who)),
      metrics(program_version, TANJI_COMMIT),
      replica_observer(metrics, logger) {}

std::expected<void, NodeRefused> Node::Parts::open_storage_and_ledger() {
    directory.path = config.node.data_dir;
    const NodeIdentity who = {
        .ledger = identity.genesis.ledger,
        .node = identity.node,
        .log_key = identity.log.id(),
    };
    auto storage = open_storage(directory, who, {});
    if (!storage) {
        return refused(storage.error().exit_code, storage.error().sentence);
    }
    for (const std::string& note : storage->notes) {
        logger.log(LogLevel::warn, "storage", "storage.repaired", {{"msg", note}});
    }
    const auto cache = static_cast<std::uint64_t>(config.storage.cache_mb) << 20U;
    auto opened = ledger::open_rocks_store(
        directory.ledger(),
        {.cache_bytes = cache,
         .flush_bytes = static_cast<std::uint64_t>(config.storage.flush_mb) << 20U}
    );
    if (!opened) {
        return refused(exit_storage, opened.error().detail);
    }
    store = std::move(*opened);
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

std::expected<void, NodeRefused> Node::Parts::start_replica(Storage storage) {
    lock = std::move(storage.lock);
    log = std::move(storage.log);
    const Mark mark = storage.mark.current();
    current_view = std::make_unique<CurrentView>([this] { return ledger_thread->ledger().view(); });
    ledger_thread = std::make_unique<LedgerThread>(
        *store,
        *log,
        config.storage.flush_s,
        metrics,
        LedgerThread::Heard{
            .applied =
                [this](const auto& applied, const auto& block, auto due) {
                    current_view->changed();
                    // Only what the waiters need goes along: a block's records stay behind.
                    auto decoded = std::make_shared<ledger::DecodedBlock>(block);
                    loop->post([this, applied, decoded, due] {
                        replica->applied(applied, *decoded, due);
                    });
                },
            .certified =
                [this](ledger::TreeSize size) {
                    current_view->changed();
                    loop->post([this, size] { replica->certified(size); });
                },
        }
    );
    ReplicaSettings settings;
    consensus::Restored restored;
    restored.term = storage.term;
    restored.applied = ledger_thread->ledger().head().block;
    const auto scanned = log->scan(
        std::max<std::uint64_t>(1, restored.applied),
        log->last(),
        [&](ledger::BlockIndex index, ledger::ByteView bytes) {
            const auto header = ledger::decode_header(bytes.substr(0, ledger::header_bytes));
            assert(header.has_value());  // open_storage followed the chain
            restored.last = ref_of(*header, bytes.size());
            settings.last_block_time = header->time_ms;
            if (index > restored.applied) {
                restored.tail.push_back(restored.last);
            }
            return true;
        }
    );
    if (!scanned) {
        return refused(exit_storage, scanned.error().detail);
    }
    if (restored.applied > log->last()) {
        return refused(exit_storage, "the ledger has applied blocks that the log does not have");
    }
    writer = std::make_unique<LogWriter>(
        *log,
        std::move(storage.mark),
        storage.term,
        storage.vote,
        metrics,
        LogWriter::Heard{
            .wrote = [this](consensus::Token token
                     ) { loop->post([this, token] { replica->wrote(token); }); },
            .head_marked = [this] { loop->post([this] { replica->head_marked(); }); },
        }
    );
    ledger::Pinned policy = {
        .origin = identity.genesis.origin,
        .ledger = identity.genesis.ledger,
        .policies = {},
    };
    auto parsed = ledger::Policy::parse(identity.genesis.policy());
    assert(parsed.has_value());
    policy.policies.push_back({.from = 0, .policy = std::move(*parsed)});
    settings.raft.self = identity.node;
    settings.raft.voters = {identity.node};
    settings.raft.election_ticks = static_cast<std::uint32_t>(config.consensus.election_ticks);
    settings.raft.heartbeat_ticks = static_cast<std::uint32_t>(config.consensus.heartbeat_ticks);
    settings.raft.limits.inflight_blocks =
        static_cast<std::uint64_t>(config.consensus.inflight_blocks);
    settings.certify = {
        .interval_ms = config.certify.interval_ms,
        .refresh_ms = 1'000 * config.certify.refresh_s,
    };
    settings.backlog_commands = static_cast<std::size_t>(config.limits.backlog_commands);
    settings.backlog_bytes = static_cast<std::uint64_t>(config.limits.backlog_mb) << 20U;
    replica = std::make_unique<Replica>(
        settings,
        std::move(restored),
        CosignerIdentity{
            .origin = identity.genesis.origin,
            .name = ledger::parse_vkey(identity.self().cosign)->name,
            .log = identity.log,
            .cosign = identity.cosign,
            .policy = std::move(policy),
        },
        CosignedHead{
            .block = mark.cosigned_block,
            .size = mark.cosigned_size,
            .root = mark.cosigned_root,
            .time_s = mark.cosigned_time,
        },
        identity.genesis.ledger,
        Ports{
            .disk = *writer,
            .applier = *ledger_thread,
            .clock = clock,
            .observer = replica_observer,
        }
    );
    loop = std::make_unique<WorkThread>([this] {
        replica->run();
        const consensus::Status status = replica->status();
        service->set_status(status);
        metrics.set(Gauge::raft_committed_index, static_cast<double>(status.committed));
        metrics.set(Gauge::commands_in_flight, static_cast<double>(replica->waiting()));
        metrics.set(Gauge::backlog_bytes, static_cast<double>(replica->backlog_bytes()));
    });
    service = std::make_unique<NodeService>(NodeService::Parts{
        .member = config.node.member,
        .origin = identity.genesis.origin,
        .ledger = identity.genesis.ledger,
        .demo = options.demo,
        .min_free_bytes = config.storage.min_free_mb << 20,
        .evidence_directory = directory.path + "/evidence",
        .tokens_file = directory.path + "/tokens",
        .store = *store,
        .reading = ledger_thread->ledger(),
        .current_view = *current_view,
        .replica = *replica,
        .loop = *loop,
        .log_key = identity.log,
        .metrics = metrics,
        .access_log = *access_log,
        .free_bytes =
            [this] { return static_cast<std::int64_t>(free_bytes(directory).value_or(INT64_MAX)); },
    });
    return {};
}

void Node::Parts::start_ticking() {
    ticking = true;
    ticker = std::thread([this] {
        const auto period = std::chrono::milliseconds(config.consensus.tick_ms);
        while (ticking) {
            loop->post([this] {
                replica->tick();
                notify_alive();
            });
            std::this_thread::sleep_for(period);
        }
    });
}

void Node::Parts::stop() {
    if (stopped) {
        return;
    }
    stopped = true;
    logger.log(LogLevel::info, "node", "node.stopping", {});
    if (service) {
        service->drain();
    }
    if (server && !options.quick_stop) {
        std::this_thread::sleep_for(std::chrono::seconds(config.drain.delay_s));
    }
    for (const auto* listening : {&server, &admin_server}) {
        if (*listening) {
            (*listening)->drain();
        }
    }
    api_waiting.stop();  // who waits for a certificate is answered now
    if (server) {
        const auto deadline = static_cast<std::uint32_t>(1'000 * config.drain.deadline_s);
        server->stop(options.quick_stop ? 2'000 : deadline);
    }
    if (admin_server) {
        admin_server->stop(1'000);
    }
    ticking = false;
    if (ticker.joinable()) {
        ticker.join();
    }
    if (loop) {
        loop->post([this] {
            replica->drain();
            replica->abandon();
        });
        loop->stop();
    }
    if (service) {
        service->stop();
    }
    if (writer) {
        writer->stop();
    }
    if (ledger_thread) {
        ledger_thread->stop();
    }
    logger.log(LogLevel::info, "node", "node.stopped", {});
}

}  // namespace tanji::node
