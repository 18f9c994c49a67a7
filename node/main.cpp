// The subcommands of `tanjid`.
#include "node/admin_commands.h"
#include "node/cluster_new.h"
#include "node/config.h"
#include "node/demo.h"
#include "node/lifecycle.h"
#include "node/node.h"
#include "node/offline.h"
#include "node/setup.h"

#include <chrono>
#include <condition_variable>
#include <expected>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <mutex>
#include <optional>
#include <sstream>
#include <thread>

#include <CLI/CLI.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

namespace {

using namespace tanji;

ledger::TimeMs now_ms() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::system_clock::now().time_since_epoch()
    )
        .count();
}

std::string program_path(const char* invoked) {
    std::error_code none;
    const auto path = std::filesystem::read_symlink("/proc/self/exe", none);
    return none ? std::string(invoked) : path.string();
}

// --- init
// -----------------------------------------------------------------------------------------

struct InitOptions {
    node::InitRequest request;
    std::string genesis_file;
};

int run_init(InitOptions& options) {
    options.request.time = now_ms();
    if (options.request.join != 0 && options.genesis_file.empty()) {
        return node::say(node::exit_configuration, "--join needs --genesis");
    }
    if (!options.genesis_file.empty()) {
        std::ostringstream text;
        text << std::ifstream(options.genesis_file).rdbuf();
        options.request.genesis = text.str();
        if (options.request.genesis.empty()) {
            return node::say(node::exit_configuration, "cannot read " + options.genesis_file);
        }
    }
    const auto done = node::init_node(options.request, node::first_block_of);
    if (!done) {
        return node::say(node::exit_configuration, done.error().detail);
    }
    std::cout << "ledger  " << done->ledger.hex() << "\nnode    " << done->node << "\n";
    for (const std::string& file : done->files) {
        std::cout << "wrote   " << file << "\n";
    }
    std::cout << "next    tanjid start -c " << options.request.out << "/node.toml\n";
    return 0;
}

// --- cluster new
// -------------------------------------------------------------------------------

int run_cluster_new(node::ClusterRequest request) {
    request.time = now_ms();
    const auto done = node::new_cluster(request);
    if (!done) {
        return node::say(node::exit_configuration, done.error().detail);
    }
    std::cout << node::to_text(*done);
    return 0;
}

// --- start
// ----------------------------------------------------------------------------------------

node::LoggerOptions logger_options(const node::Config& config) {
    return {
        .level = node::log_level_of(config.log.level).value_or(node::LogLevel::info),
        .format = config.log.format == "json"   ? node::LogFormat::json
                  : config.log.format == "text" ? node::LogFormat::text
                                                : node::automatic_log_format(),
        .node = {},
        .file = config.log.file,
        .file_bytes_max = static_cast<std::uint64_t>(config.log.max_mb) << 20U,
        .files = static_cast<std::uint32_t>(config.log.files),
    };
}

// Says READY=1 once the node can answer, and tells the service manager how it is.
void watch(boost::asio::steady_timer& timer, node::Node& running, bool& told) {
    timer.expires_after(std::chrono::milliseconds(told ? 5'000 : 50));
    timer.async_wait([&](const boost::system::error_code& error) {
        if (error) {
            return;
        }
        if (!told && running.is_ready()) {
            told = true;
            node::notify_ready(running.status_text());
        } else if (told) {
            node::notify_status(running.status_text());
        }
        watch(timer, running, told);
    });
}

// The watchdog runs from the first READY=1 on, and a start that installs a snapshot may take longer
// than it allows.
class AliveWhileStarting {
public:
    AliveWhileStarting()
        : beat_([](const std::stop_token& stop) {
              std::mutex mutex;
              std::condition_variable_any wake;
              std::unique_lock lock(mutex);
              while (!stop.stop_requested()) {
                  node::notify_alive();
                  wake.wait_for(lock, stop, std::chrono::seconds(5), [] { return false; });
              }
          }) {}

private:
    std::jthread beat_;
};

// Runs until it is told to stop, or wants to be started anew: then true.
std::expected<bool, int> run_once(const node::Config& config, node::Logger& logger) {
    boost::asio::io_context io;
    bool again = false;
    node::NodeOptions options;
    options.wants_restart = [&] {
        boost::asio::post(io, [&] {
            again = true;
            io.stop();
        });
    };
    std::optional<AliveWhileStarting> alive(std::in_place);
    auto started = node::Node::start(config, options, logger);
    alive.reset();
    if (!started) {
        return std::unexpected(node::say(started.error().exit_code, started.error().sentence));
    }
    node::Node& running = **started;
    logger.log(
        node::LogLevel::info,
        "node",
        "node.started",
        {{"msg", "listens"}, {"port", std::uint64_t{running.api_port()}}}
    );
    boost::asio::steady_timer timer(io);
    bool told = false;
    watch(timer, running, told);
    const node::Signals signals(
        io,
        {
            .stop = [&] { io.stop(); },
            .stop_again = [] { std::_Exit(0); },
            .reload = [&] { running.reload(); },
        }
    );
    io.run();
    if (again) {
        node::notify_status("starts anew, with the state of a snapshot");
        running.stop_to_restart();
        return true;
    }
    node::notify_stopping("draining");
    running.stop();
    return false;
}

int run_start(const std::string& file, const std::vector<std::string>& sets) {
    auto loaded = node::configured(file, sets);
    if (!loaded) {
        return loaded.error();
    }
    auto logger = node::Logger::open(logger_options(loaded->config));
    if (!logger) {
        return node::say(node::exit_configuration, logger.error().detail);
    }
    for (;;) {
        const auto again = run_once(loaded->config, **logger);
        if (!again || !*again) {
            return again ? 0 : again.error();
        }
    }
}

// --- the words
// ------------------------------------------------------------------------------------

struct Words {
    CLI::App app{"tanjid: a node of a Tanji ledger", "tanjid"};
    InitOptions init;
    node::DemoOptions demo;
    node::TokenOptions token;
    node::ClusterRequest cluster;
    node::AdminOptions admin;
    std::string config_file = "/etc/tanji/node.toml";
    std::vector<std::string> sets;
    std::string data_dir = "/var/lib/tanji";
    bool json = false;
    int status = 0;

    void add_init() {
        auto* sub = app.add_subcommand("init", "keys, genesis, node.toml and block 1");
        init.request.data_dir = "/var/lib/tanji";
        init.request.out = "/etc/tanji";
        sub->add_option("--member", init.request.member, "slug of the member")->required();
        sub->add_option("--data-dir", init.request.data_dir, "where the node keeps its data")
            ->capture_default_str();
        sub->add_option("--out", init.request.out, "where genesis.json and node.toml go")
            ->capture_default_str();
        sub->add_option("--genesis", init.genesis_file, "an alliance's file; else one is made");
        sub->add_option(
            "--join", init.request.join, "the next node number: this one is not in the file"
        );
        sub->add_flag(
            "--learner", init.request.learner, "with --join: it receives and never votes"
        );
        sub->add_option("--address", init.request.address, "host:port where others reach it")
            ->capture_default_str();
        sub->add_option(
            "--peers", init.request.settings.peers.listen, "where it listens for other nodes"
        );
        sub->add_option("--admin", init.request.settings.admin.listen, "where operators reach it");
        sub->add_option("--origin", init.request.origin, "name of the log, when one is made");
        sub->add_option("--listen", init.request.listen, "API address")->capture_default_str();
        sub->callback([this] { status = run_init(init); });
    }

    void add_cluster() {
        auto* sub = app.add_subcommand("cluster", "an alliance of several nodes");
        sub->require_subcommand(1);
        auto* made = sub->add_subcommand("new", "genesis, keys and a folder for each member");
        made->add_option("--members", cluster.members, "metro,ev,…: each runs a node and votes")
            ->delimiter(',')
            ->required();
        made->add_option("--guests", cluster.guests, "members that run no node at first")
            ->delimiter(',');
        made->add_option("--origin", cluster.origin, "name of the log, log.example/name")
            ->required();
        made->add_option("--out", cluster.out, "a new folder")->required();
        made->add_flag("--loopback", cluster.loopback, "all nodes on this machine");
        made->add_option("--port", cluster.port, "with --loopback: of the first API; next +10")
            ->capture_default_str();
        made->add_option("--address", cluster.addresses, "member=host:port, where others reach it");
        made->add_option(
            "--role", cluster.roles, "member:role[:scope,scope[:rank]], besides operator"
        );
        made->add_option("--scheme", cluster.schemes, "slug of a scheme that issues credits");
        made->add_option(
                "--snapshot-every", cluster.snapshot_every_blocks, "blocks between two snapshots"
        )
            ->check(CLI::Range(1, 1'000'000'000))
            ->capture_default_str();
        made->callback([this] { status = run_cluster_new(cluster); });
    }

    CLI::App* add_admin(
        const std::string& name, const std::string& what, int (*run)(const node::AdminOptions&)
    ) {
        auto* sub = app.add_subcommand(name, what);
        sub->add_option("--admin", admin.url, "of a running node")->capture_default_str();
        sub->add_flag("--json", admin.json, "what the node answers, as it is");
        sub->callback([this, run] { status = run(admin); });
        return sub;
    }

    void add_operating() {
        add_admin(
            "status", "how a running node is, and the others as it sees them", node::run_status
        );
        add_admin("transfer", "let another node lead", node::run_transfer)
            ->add_option("MEMBER", admin.to, "or a node's number; else who has most");
        add_admin("drain", "before a stop: no new writes, leads no more", node::run_drain);
        add_admin("log-level", "until the next start", node::run_log_level)
            ->add_option("LEVEL", admin.level, "debug, info, warn, error")
            ->required();
    }

    void add_config_options(CLI::App* sub) {
        sub->add_option("-c,--config", config_file, "node.toml")->capture_default_str();
        sub->add_option("--set", sets, "section.key=value, before the file");
    }

    void add_start() {
        auto* sub = app.add_subcommand("start", "run the node");
        add_config_options(sub);
        sub->callback([this] { status = run_start(config_file, sets); });
    }

    void add_config() {
        auto* sub = app.add_subcommand("config", "look at node.toml");
        sub->require_subcommand(1);
        auto* check = sub->add_subcommand("check", "every fault with line and column");
        add_config_options(check);
        check->callback([this] { status = node::run_config_check(config_file, sets); });
        auto* show = sub->add_subcommand("show", "every key, its value and where it is from");
        add_config_options(show);
        show->add_flag_callback("--effective", [] {}, "what holds now: the only view there is");
        show->callback([this] { status = node::run_config_show(config_file, sets); });
    }

    void add_demo() {
        auto* sub = app.add_subcommand("demo", "a whole alliance in one process, SYNTHETIC data");
        sub->add_option("--nodes", demo.nodes, "of metro, ev, wallet, registry")
            ->check(CLI::Range(1, 4))
            ->capture_default_str();
        sub->add_option(
               "--port", demo.port, "API of the first node; +1 peers, +2 admin; the next node +10"
        )
            ->capture_default_str();
        sub->add_option("--seed", demo.seed, "everything follows from it")->capture_default_str();
        sub->add_option("--keep", demo.keep, "a new folder that stays");
        sub->add_flag("--empty", demo.empty, "members and keys, no data");
        sub->add_flag("--json", demo.json, "the facts as one document, then wait");
        sub->add_flag("--no-input", demo.no_input, "no keys are read");
        sub->add_flag("--check", demo.check, "run the whole story and print `demo: ok`");
        sub->callback([this] { status = node::run_demo(demo); });
    }

    void add_fsck() {
        auto* sub = app.add_subcommand("fsck", "check a stopped node's directory from nothing");
        sub->add_option("--data-dir", data_dir, "of the node")->capture_default_str();
        sub->add_flag("--json", json);
        sub->callback([this] { status = node::run_fsck(data_dir, json); });
    }

    void add_token() {
        auto* sub = app.add_subcommand("token", "read tokens of members at this node");
        sub->require_subcommand(1);
        auto* add = sub->add_subcommand("add", "make one and show it once");
        add->add_option("--member", token.member)->required();
        add->add_option("--scope", token.scopes, "read, stream");
        add->add_option("--days", token.days, "until it expires")->check(CLI::Range(1, 365));
        add->callback([this] { status = node::run_token_add(token); });
        auto* list = sub->add_subcommand("list", "which there are");
        list->callback([this] { status = node::run_token_list(token); });
        auto* revoke = sub->add_subcommand("revoke", "end one");
        revoke->add_option("ID", token.id)->required();
        revoke->callback([this] { status = node::run_token_revoke(token); });
        for (auto* each : {add, list, revoke}) {
            each->add_option("--data-dir", token.data_dir, "of the node")->capture_default_str();
        }
    }
};

}  // namespace

int main(int argc, char** argv) {
    Words words;
    words.demo.program = program_path(argv[0]);
    words.app.require_subcommand(1);
    words.app.set_version_flag("--version", "tanjid 0.1.0");
    words.app.footer(
        "Examples:\n"
        "  tanjid demo                                      try it, on loopback\n"
        "  tanjid init --member metro --data-dir d --out d   a ledger of your own\n"
        "  tanjid cluster new --members metro,ev,shop --origin log.example/try --out d --loopback\n"
        "  tanjid start -c d/node.toml                       run it\n"
        "  tanjid status                                     how it is\n"
        "  tanjid fsck --data-dir d                          check everything, stopped"
    );
    words.add_init();
    words.add_cluster();
    words.add_start();
    words.add_operating();
    words.add_config();
    words.add_demo();
    words.add_fsck();
    words.add_token();
    try {
        words.app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        const int status = words.app.exit(error);
        return status == 0 ? 0 : 2;
    }
    return words.status;
}
