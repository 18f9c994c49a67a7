#pragma once

#include "api/gate.h"
#include "api/handlers/handlers.h"
#include "api/router.h"
#include "api/server.h"
#include "ledger/governance/genesis.h"
#include "node/admin.h"
#include "node/api_observer.h"
#include "node/cluster_watch.h"
#include "node/current_view.h"
#include "node/ledger_store.h"
#include "node/ledger_thread.h"
#include "node/log_writer.h"
#include "node/members.h"
#include "node/node.h"
#include "node/replica_observer.h"
#include "node/service.h"
#include "node/snapshots.h"
#include "node/storage/room.h"
#include "node/storage/scrubber.h"
#include "node/storage/startup.h"

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>

// What a node is made of. Private to node.cpp and the files node_*.cpp.
namespace tanji::node {

inline constexpr std::string_view program_version = "0.1.0";

inline std::unexpected<NodeRefused> refused(int exit_code, std::string sentence) {
    return std::unexpected(NodeRefused{.exit_code = exit_code, .sentence = std::move(sentence)});
}
inline std::unexpected<NodeRefused> refused(const ledger::Error& error) {
    return refused(exit_configuration, error.detail);
}

// Who this node is: genesis, its number, its keys.
struct Identity {
    ledger::Genesis genesis;
    std::string file;  // of genesis, byte for byte
    std::uint64_t node = 0;
    ledger::NodeRow entry;    // that genesis or governance names it with
    bool has_others = false;  // in genesis: they may know what this node forgot
    ledger::SigningKey log;
    ledger::SigningKey cosign;
    ledger::SigningKey peer;
};

class SystemClock : public Clock {
public:
    ledger::TimeMs now_ms() const override {
        return std::chrono::duration_cast<std::chrono::milliseconds>(
                   std::chrono::system_clock::now().time_since_epoch()
        )
            .count();
    }
};

// In the order in which they are made; the destructor goes the other way.
struct Node::Parts {
    Parts(const Config& configured, const NodeOptions& chosen, Logger& log, Identity who);

    Config config;
    NodeOptions options;
    Logger& logger;
    Identity identity;
    Metrics metrics;
    SystemClock clock;
    ReplicaObserver replica_observer;
    DataDirectory directory;
    RoomLimits limits;
    std::atomic<std::int64_t> free_now = INT64_MAX;  // on the disk, a second ago at most
    Room room = Room::enough;                        // the same, as the loop was told
    KnownPeers remembered;                           // as the file says
    std::unique_ptr<AccessLog> access_log;
    std::optional<DirectoryLock> lock;
    std::unique_ptr<LogStore> log;
    std::unique_ptr<ledger::Store> store;
    std::unique_ptr<CurrentView> current_view;
    std::unique_ptr<LedgerThread> ledger_thread;
    std::unique_ptr<LogWriter> writer;
    std::unique_ptr<Members> members;
    std::unique_ptr<Snapshots> snapshots;
    std::unique_ptr<Replica> replica;
    std::atomic<ledger::BlockIndex> settled = 0;  // applied, so on disk and never replaced
    std::unique_ptr<WorkThread> loop;
    std::unique_ptr<Scrubber> scrubber;
    std::unique_ptr<ClusterWatch> cluster;
    std::unique_ptr<NodeService> service;
    std::unique_ptr<NodeOperator> acting;
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
    std::expected<Storage, NodeRefused> open_stores();
    void remember_peers();
    void keep_peers(const ledger::Roster& roster);
    bool has_others() const;
    std::expected<Storage, NodeRefused> open_log(const std::optional<ledger::Bytes>& installed);
    std::expected<void, NodeRefused> open_ledger(Storage& storage);
    ledger::RocksOptions ledger_options() const;
    void say_repaired(const std::vector<std::string>& notes);
    std::expected<void, NodeRefused> start_replica(Storage storage);
    void make_members(const Mark& mark, const std::shared_ptr<const ledger::Roster>& roster);
    void follow(const std::shared_ptr<const ledger::Roster>& roster);
    void make_snapshots(const ledger::Roster& roster);
    void prune(ledger::BlockIndex first);
    std::expected<void, NodeRefused> join();
    std::expected<void, NodeRefused> start_api();
    void measure_room();
    void tell_room();
    bool gives_reserve();
    void keep_reserve();
    void start_scrubbing();
    void start_ticking();
    void stop();
};

}  // namespace tanji::node
