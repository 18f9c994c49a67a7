#include "node/node_parts.h"

#include "ledger/proof/checkpoint.h"
#include "node/found_log.h"
#include "node/lifecycle.h"
#include "node/setup.h"

#include <algorithm>
#include <cassert>

namespace tanji::node {
namespace {

constexpr std::chrono::seconds room_period(1);

ReplicaSettings replica_settings(
    const Config& config,
    const Identity& identity,
    const FoundLog& found,
    const std::shared_ptr<const ledger::Roster>& roster
) {
    ReplicaSettings settings;
    settings.raft.self = identity.node;
    settings.raft.election_ticks = static_cast<std::uint32_t>(config.consensus.election_ticks);
    settings.raft.heartbeat_ticks = static_cast<std::uint32_t>(config.consensus.heartbeat_ticks);
    settings.raft.limits.inflight_blocks =
        static_cast<std::uint64_t>(config.consensus.inflight_blocks);
    // Two nodes that were started together must not draw the same time-outs.
    settings.raft.seed = ledger::read_u64(identity.log.public_key().view()) ^
                         static_cast<std::uint64_t>(found.last_time);
    settings.certify.interval_ms = config.certify.interval_ms;
    settings.certify.refresh_ms = 1'000 * config.certify.refresh_s;
    settings.last_block_time = found.last_time;
    settings.last_header = found.last_header;
    settings.times = found.times;
    settings.roster = roster;
    settings.forward_ms = config.api.submit_timeout_ms;
    settings.backlog_commands = static_cast<std::size_t>(config.limits.backlog_commands);
    settings.backlog_bytes = static_cast<std::uint64_t>(config.limits.backlog_mb) << 20U;
    return settings;
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
      replica_observer(metrics, logger),
      limits(room_limits(static_cast<std::uint64_t>(config.storage.min_free_mb) << 20U)) {}

std::expected<void, NodeRefused> Node::Parts::start_replica(Storage storage) {
    lock = std::move(storage.lock);
    log = std::move(storage.log);
    const Mark mark = storage.mark.current();
    current_view = std::make_unique<CurrentView>([this] { return ledger_thread->ledger().view(); });
    ledger_thread = std::make_unique<LedgerThread>(
        *store,
        *log,
        LedgerThread::Pace{
            .flush_s = config.storage.flush_s,
            .snapshot_every_blocks = identity.genesis.snapshot_every_blocks,
        },
        metrics,
        LedgerThread::Heard{
            .applied =
                [this](const auto& applied, const auto& block, auto due) {
                    current_view->changed();
                    // Only what the waiters need goes along: a block's records stay behind.
                    auto decoded = std::make_shared<ledger::DecodedBlock>(block);
                    loop->post([this, applied, decoded, due] {
                        replica->applied(applied, *decoded, due);
                        if (applied.roster) {
                            follow(applied.roster);
                        }
                    });
                },
            .certified =
                [this](ledger::TreeSize size) {
                    current_view->changed();
                    loop->post([this, size] { replica->certified(size); });
                },
            .snapshot_due = [this](auto state) { snapshots->due(std::move(state)); },
        }
    );
    const consensus::Index applied = ledger_thread->ledger().head().block;
    if (applied > log->last()) {
        return refused(exit_storage, "the ledger has applied blocks that the log does not have");
    }
    const auto roster =
        std::make_shared<const ledger::Roster>(ledger_thread->ledger().view()->roster());
    const consensus::Membership membership = core_of(roster->newest().membership);
    auto found = read_log(*log, storage, mark, applied, membership);
    if (!found) {
        return refused(exit_storage, found.error().detail);
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
            .head_marked = [this](const CosignedHead& head
                           ) { loop->post([this, head] { replica->head_marked(head); }); },
            .in_loop = [this](std::function<void()> task) { loop->post(std::move(task)); },
        }
    );
    make_members(mark, roster);
    keep_peers(*roster);
    make_snapshots(*roster);
    replica_observer.keep_evidence_in(directory.path + "/evidence");
    replica_observer.call_nodes(names_of_nodes(*roster));
    replica = std::make_unique<Replica>(
        replica_settings(config, identity, *found, roster),
        found->restored,
        CosignerIdentity{
            .node = identity.node,
            .name = ledger::parse_vkey(identity.entry.cosign)->name,
            .program = std::string(program_version),
            .log = identity.log,
            .cosign = identity.cosign,
            .electorate = electorate_of(*roster),
            .membership = membership,
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
            .wire = *members,
            .applier = *ledger_thread,
            .clock = clock,
            .observer = replica_observer,
        }
    );
    const ledger::Head& head = ledger_thread->ledger().head();
    replica->found_head({.block = head.block, .size = head.size, .root = head.root, .time_s = 0});
    if (const auto certificate = ledger_thread->ledger().view()->certificate()) {
        replica->found_certificate(*certificate);
    }
    measure_room();
    replica->set_room(room);
    loop = std::make_unique<WorkThread>([this] {
        replica->run();
        const consensus::Status status = replica->status();
        service->set_status(status);
        settled = status.applied;  // of which the core hands out only what is durable here
        metrics.set(Gauge::raft_committed_index, static_cast<double>(status.committed));
        metrics.set(Gauge::commands_in_flight, static_cast<double>(replica->waiting()));
        metrics.set(Gauge::backlog_bytes, static_cast<double>(replica->backlog_bytes()));
    });
    cluster = std::make_unique<ClusterWatch>(ClusterWatch::Parts{
        .self = identity.node,
        .replica = *replica,
        .loop = *loop,
        .members = *members,
        .observer = replica_observer,
        .view = *current_view,
        .metrics = metrics,
    });
    service = std::make_unique<NodeService>(NodeService::Parts{
        .member = config.node.member,
        .origin = identity.genesis.origin,
        .ledger = identity.genesis.ledger,
        .demo = options.demo,
        .min_free_bytes = static_cast<std::int64_t>(limits.little),
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
        .free_bytes = [this] { return free_now.load(); },
        .cluster = *cluster,
    });
    return {};
}

void Node::Parts::make_members(
    const Mark& mark, const std::shared_ptr<const ledger::Roster>& roster
) {
    PeerOptions wanted;
    wanted.listen = config.peers.listen;
    wanted.self = identity.node;
    wanted.ledger = identity.genesis.ledger;
    wanted.incarnation = mark.incarnation;
    wanted.program = program_version;
    wanted.present = [this] {
        return Present{
            .marked = writer->marked(),
            .membership = members->roster()->newest().membership.number,
        };
    };
    members = std::make_unique<Members>(Members::Parts{
        .options = std::move(wanted),
        .key = identity.peer,
        .ledger = identity.genesis.ledger,
        .roster = roster,
        .remembered = remembered,
        .state = *store,
        .in_loop = [this](std::function<void(Replica&)> task
                   ) { loop->post([this, task = std::move(task)] { task(*replica); }); },
        .refused =
            [this](std::string_view event, const Refusal& refusal) {
                logger.log(
                    LogLevel::warn,
                    "peers",
                    event,
                    {{"msg", refusal.sentence}, {"peer", refusal.node}, {"code", refusal.code}}
                );
            },
        .about_snapshots =
            [this](consensus::NodeId from, PeerMessage message) {
                // Who is quarantined says nothing, and takes nothing.
                const bool takes_part = replica_observer.withdrawn().reason.empty();
                return !takes_part || snapshots->heard(from, std::move(message));
            },
        .needs_snapshot = [this](consensus::NodeId node) { snapshots->wanted_by(node); },
    });
}

// A node that is alone has nobody to listen for, until another one is to come.
std::expected<void, NodeRefused> Node::Parts::join() {
    if (members->has_others()) {
        if (auto started = members->start(); !started) {
            return refused(started.error());
        }
    }
    return {};
}

void Node::Parts::follow(const std::shared_ptr<const ledger::Roster>& roster) {
    const ledger::Membership& newest = roster->newest().membership;
    logger.log(
        LogLevel::info,
        "replica",
        roster->decision ? "membership.open" : "membership.settled",
        {{"msg", newest.is_joint() ? "joint phase" : "in force"}, {"membership", newest.number}}
    );
    replica_observer.call_nodes(names_of_nodes(*roster));
    members->set_roster(roster);
    keep_peers(*roster);
    snapshots->follow(electorate_of(*roster));
    if (!members->has_started() && members->has_others()) {
        if (auto started = members->start(); !started) {
            logger.log(LogLevel::error, "peers", "peers.deaf", {{"msg", started.error().detail}});
        }
    }
}

void Node::Parts::start_ticking() {
    ticking = true;
    ticker = std::thread([this] {
        const auto period = std::chrono::milliseconds(config.consensus.tick_ms);
        auto measured = std::chrono::steady_clock::now();
        while (ticking) {
            if (const auto now = std::chrono::steady_clock::now(); now - measured > room_period) {
                measured = now;
                measure_room();
                tell_room();
            }
            loop->post([this] {
                replica->tick();
                notify_alive();
            });
            snapshots->tick();
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
        service->announce_stop();
    }
    if (server && !options.quick_stop) {
        std::this_thread::sleep_for(std::chrono::seconds(config.drain.delay_s));
    }
    if (service) {
        service->drain();
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
    if (ticking) {
        hand_over(*replica, *loop, std::chrono::seconds(5));
    }
    if (members) {
        members->stop();
    }
    ticking = false;
    if (ticker.joinable()) {
        ticker.join();
    }
    if (scrubber) {
        scrubber->stop();
    }
    if (snapshots) {
        snapshots->stop();
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
