#include "node/node.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <thread>

#include "api/credentials.h"
#include "api/gate.h"
#include "api/handlers/routes.h"
#include "api/server.h"
#include "ledger/proof/checkpoint.h"
#include "ledger/store/rocks_store.h"
#include "ledger/store/schema.h"
#include "node/api_observer.h"
#include "node/ledger_thread.h"
#include "node/lifecycle.h"
#include "node/service.h"
#include "node/setup.h"
#include "node/storage/file.h"
#include "node/log_writer.h"
#include "node/storage/startup.h"
#include "node/tokens.h"

namespace tanji::node {
namespace {

constexpr std::string_view program_version = "0.1.0";
constexpr std::size_t genesis_file_bytes_max = 64 * 1024;

class SystemClock : public Clock {
public:
    ledger::TimeMs now_ms() const override {
        return std::chrono::duration_cast<std::chrono::milliseconds>(
                   std::chrono::system_clock::now().time_since_epoch()
        )
            .count();
    }
};

std::unexpected<NodeRefused> refused(int exit_code, std::string sentence) {
    return std::unexpected(NodeRefused{.exit_code = exit_code, .sentence = std::move(sentence)});
}
std::unexpected<NodeRefused> refused(const ledger::Error& error) {
    return refused(exit_configuration, error.detail);
}

// Who this node is: genesis, its number, its keys.
struct Identity {
    ledger::Genesis genesis;
    std::uint64_t node = 0;
    ledger::SigningKey log;
    ledger::SigningKey cosign;

    const ledger::GenesisNode& self() const { return genesis.nodes.at(node - 1); }
};

std::expected<Identity, NodeRefused> read_identity(const Config& config) {
    const auto file = read_file(config.node.genesis, genesis_file_bytes_max);
    if (!file) {
        return refused(file.error());
    }
    if (!*file) {
        return refused(exit_configuration, "there is no genesis file " + config.node.genesis);
    }
    auto genesis = ledger::read_genesis(**file);
    if (!genesis) {
        return refused(
            exit_configuration,
            fmt::format(
                "{}: {} {}", config.node.genesis, genesis.error().pointer, genesis.error().detail
            )
        );
    }
    const auto log = read_key(config.keys.log);
    if (!log) {
        return refused(log.error());
    }
    const auto cosign = read_key(config.keys.cosign);
    if (!cosign) {
        return refused(cosign.error());
    }
    const auto node = node_with_log_key(**file, log->public_key());
    if (!node) {
        return refused(node.error());
    }
    return Identity{
        .genesis = std::move(*genesis), .node = *node, .log = *log, .cosign = *cosign
    };
}

consensus::BlockRef ref_of(const ledger::BlockHeader& header, std::size_t bytes) {
    return {
        .at = {.term = header.term, .index = header.index},
        .prev = header.prev_hash.bytes,
        .hash = ledger::hash_of(header).bytes,
        .kind = static_cast<consensus::Kind>(header.kind),
        .bytes = static_cast<std::uint32_t>(bytes),
    };
}

api::Limits limits_of(const Config& config) {
    const auto bucket = [](const Config::Rate& rate) {
        return api::Limits::Bucket{
            .burst = static_cast<std::uint32_t>(rate.burst),
            .per_second = static_cast<std::uint32_t>(rate.per_second),
        };
    };
    api::Limits limits;
    limits.connections_max = static_cast<std::size_t>(config.limits.connections);
    limits.connections_per_address =
        static_cast<std::size_t>(config.limits.connections_per_address);
    limits.requests_in_work = static_cast<std::size_t>(config.limits.requests);
    limits.uploads_in_work = static_cast<std::size_t>(config.limits.uploads);
    limits.head_ms = static_cast<std::uint32_t>(1'000 * config.limits.header_timeout_s);
    limits.body_ms = static_cast<std::uint32_t>(1'000 * config.limits.body_timeout_s);
    limits.idle_ms = static_cast<std::uint32_t>(1'000 * config.limits.idle_timeout_s);
    limits.ip = bucket(config.rate.ip);
    limits.member = bucket(config.rate.member);
    limits.signer = bucket(config.rate.signer);
    limits.compute = bucket(config.rate.compute);
    return limits;
}

class ReplicaObserver : public Observer {
public:
    ReplicaObserver(Metrics& metrics, Logger& logger) : metrics_(metrics), logger_(logger) {}

    void sealed(std::size_t commands, std::size_t bytes) override {
        metrics_.observe(Distribution::block_commands, static_cast<double>(commands));
        metrics_.observe(Distribution::block_bytes, static_cast<double>(bytes));
    }
    void certified(ledger::TreeSize size, std::int64_t took_ms) override {
        metrics_.set(Gauge::certified_size, static_cast<double>(size));
        metrics_.observe(Distribution::certify_seconds, static_cast<double>(took_ms) / 1'000);
    }
    void role_changed(const consensus::Status& status) override {
        const bool leads = status.role == consensus::Role::leader;
        metrics_.set(Gauge::raft_is_leader, leads ? 1 : 0);
        metrics_.set(Gauge::raft_term, static_cast<double>(status.term));
        if (leads) {
            logger_.log(
                LogLevel::info, "replica", "leader.elected",
                {{"msg", "leads"}, {"index", status.last}}
            );
        }
    }

private:
    Metrics& metrics_;
    Logger& logger_;
};

}  // namespace

// In the order in which they are made; the destructor goes the other way.
struct Node::Parts {
    Parts(const Config& configured, const NodeOptions& chosen, Logger& log, Identity who)
        : config(configured),
          options(chosen),
          logger(log),
          identity(std::move(who)),
          metrics(program_version, TANJI_COMMIT),
          replica_observer(metrics, logger) {}

    Config config;
    NodeOptions options;
    Logger& logger;
    Identity identity;
    Metrics metrics;
    SystemClock clock;
    ReplicaObserver replica_observer;
    DataDirectory directory;
    std::unique_ptr<AccessLog> access_log;
    std::optional<DirectoryLock> lock;
    std::unique_ptr<LogStore> log;
    std::unique_ptr<ledger::Store> store;
    std::unique_ptr<LedgerThread> ledger_thread;
    std::unique_ptr<LogWriter> writer;
    std::unique_ptr<Replica> replica;
    std::unique_ptr<WorkThread> loop;
    std::unique_ptr<NodeService> service;
    std::unique_ptr<ApiObserver> api_observer;
    api::Waiting api_waiting;
    std::optional<api::Context> api_context;
    std::optional<api::Router> router;
    std::optional<api::Router> admin_router;
    std::unique_ptr<api::Gate> gate;
    std::unique_ptr<api::Gate> admin_gate;
    std::unique_ptr<api::Server> server;
    std::unique_ptr<api::Server> admin_server;
    std::thread ticker;
    std::atomic<bool> ticking = false;
    bool stopped = false;

    std::expected<void, NodeRefused> open_storage_and_ledger();
    std::expected<void, NodeRefused> start_replica(Storage storage);
    std::expected<void, NodeRefused> start_api();
    void start_ticking();
    void stop();
};

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
    ledger_thread = std::make_unique<LedgerThread>(
        *store, *log, config.storage.flush_s, metrics,
        LedgerThread::Heard{
            .applied =
                [this](const auto& applied, const auto& block, auto due) {
                    // Only what the waiters need goes along: a block's records stay behind.
                    auto decoded = std::make_shared<ledger::DecodedBlock>(block);
                    loop->post([this, applied, decoded, due] {
                        replica->applied(applied, *decoded, due);
                    });
                },
            .certified =
                [this](ledger::TreeSize size) {
                    loop->post([this, size] { replica->certified(size); });
                },
        }
    );
    consensus::Restored restored;
    restored.term = storage.term;
    restored.applied = ledger_thread->ledger().head().block;
    const auto scanned = log->scan(
        std::max<std::uint64_t>(1, restored.applied), log->last(),
        [&](ledger::BlockIndex index, ledger::ByteView bytes) {
            const auto header = ledger::decode_header(bytes.substr(0, ledger::header_bytes));
            assert(header.has_value());  // open_storage followed the chain
            restored.last = ref_of(*header, bytes.size());
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
        *log, std::move(storage.mark), storage.term, storage.vote, metrics,
        LogWriter::Heard{
            .wrote =
                [this](consensus::Token token) {
                    loop->post([this, token] { replica->wrote(token); });
                },
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
    ReplicaSettings settings;
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
        settings, std::move(restored),
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

std::expected<void, NodeRefused> Node::Parts::start_api() {
    api_observer = std::make_unique<ApiObserver>(metrics, logger, *access_log);
    api::ApiSettings settings;
    settings.public_url = config.api.public_url;
    settings.version = program_version;
    settings.commit = TANJI_COMMIT;
    settings.limits = limits_of(config);
    api_context.emplace(*service, *api_observer, settings, api_waiting);
    router = api::make_routes(*api_context);
    admin_router = api::make_admin_routes(*api_context);
    const auto token = [this](std::string_view bearer, ledger::TimeMs now) {
        return api::check_member_token(bearer, service->tokens(), now);
    };
    const bool tls = !config.api.tls.certificate.empty();
    api::GateSettings gated;
    gated.limits = settings.limits;
    gated.cors_origins = config.api.cors_origins;
    gated.language = config.api.language == "en" ? api::Language::en : api::Language::zh;
    gated.tls = tls;
    gated.now = [this] { return clock.now_ms(); };
    gated.token = token;
    gate = std::make_unique<api::Gate>(gated, *router, *api_observer);
    gated.admin = true;
    gated.tls = false;
    admin_gate = std::make_unique<api::Gate>(gated, *admin_router, *api_observer);

    const ListenAddress listen = listen_address(config.api.listen);
    api::ServerSettings serving;
    serving.address = listen.host;
    serving.port = listen.port;
    serving.io_threads = static_cast<std::size_t>(config.api.threads);
    serving.workers = config.api.verify_threads > 0
                          ? static_cast<std::size_t>(config.api.verify_threads)
                          : std::max(2U, std::thread::hardware_concurrency());
    if (tls) {
        serving.tls = api::TlsFiles{
            .certificate = config.api.tls.certificate,
            .key = config.api.tls.key,
            .tls13_only = config.api.tls.min_version == "1.3",
        };
    }
    auto started = api::Server::start(serving, *gate, *api_observer);
    if (!started) {
        return refused(started.error());
    }
    server = std::move(*started);
    const ListenAddress admin = listen_address(config.admin.listen);
    serving.address = admin.host;
    serving.port = admin.port;
    serving.io_threads = 1;
    serving.workers = 1;
    serving.tls.reset();
    auto admin_started = api::Server::start(serving, *admin_gate, *api_observer);
    if (!admin_started) {
        return refused(admin_started.error());
    }
    admin_server = std::move(*admin_started);
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
    if (writer) {
        writer->stop();
    }
    if (ledger_thread) {
        ledger_thread->stop();
    }
    logger.log(LogLevel::info, "node", "node.stopped", {});
}

Node::Node(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Node::~Node() { stop(); }

std::expected<std::unique_ptr<Node>, NodeRefused> Node::start(
    const Config& config, const NodeOptions& options, Logger& logger
) {
    auto identity = read_identity(config);
    if (!identity) {
        return std::unexpected(identity.error());
    }
    if (std::ranges::count(identity->genesis.nodes, true, &ledger::GenesisNode::voter) != 1) {
        return refused(
            exit_configuration,
            "the genesis file names several voters; this version runs alliances of one node"
        );
    }
    auto node = std::unique_ptr<Node>(
        new Node(std::make_unique<Parts>(config, options, logger, std::move(*identity)))
    );
    if (auto opened = node->parts_->open_storage_and_ledger(); !opened) {
        return std::unexpected(opened.error());
    }
    node->reload();
    if (auto serving = node->parts_->start_api(); !serving) {
        return std::unexpected(serving.error());
    }
    node->parts_->start_ticking();
    return node;
}

std::string Node::ledger_id() const { return parts_->identity.genesis.ledger.hex(); }

api::Service& Node::service() { return *parts_->service; }

std::uint16_t Node::api_port() const { return parts_->server->port(); }

bool Node::is_ready() const {
    return std::ranges::all_of(parts_->service->readiness(), &api::Check::ok);
}

std::string Node::status_text() const {
    const auto view = parts_->service->local();
    return fmt::format("block {}, {} leaves", view->head().block, view->head().size);
}

void Node::reload() {
    auto tokens = read_tokens(parts_->directory.path + "/tokens");
    if (tokens) {
        parts_->service->set_tokens(std::move(*tokens));
    } else {
        parts_->logger.log(
            LogLevel::error, "node", "tokens.unreadable", {{"msg", tokens.error().detail}}
        );
    }
    if (parts_->server && !parts_->config.api.tls.certificate.empty()) {
        if (auto reloaded = parts_->server->reload_tls(); !reloaded) {
            parts_->logger.log(
                LogLevel::error, "node", "tls.unreadable", {{"msg", reloaded.error().detail}}
            );
        }
    }
}

void Node::stop() { parts_->stop(); }

}  // namespace tanji::node
