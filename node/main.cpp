// The subcommands of `tanjid`.
#include "ledger/decoded_block.h"
#include "node/config.h"
#include "node/demo.h"
#include "node/fsck.h"
#include "node/lifecycle.h"
#include "node/node.h"
#include "node/setup.h"
#include "node/tokens.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <sstream>
#include <thread>

#include <CLI/CLI.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

namespace {

using namespace tanji;

constexpr int exit_differs = 4;

ledger::TimeMs now_ms() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::system_clock::now().time_since_epoch()
    )
        .count();
}

int say(int status, std::string_view sentence) {
    std::cerr << "tanjid: " << sentence << "\n";
    return status;
}

std::string program_path(const char* invoked) {
    std::error_code none;
    const auto path = std::filesystem::read_symlink("/proc/self/exe", none);
    return none ? std::string(invoked) : path.string();
}

std::expected<node::LoadedConfig, int> configured(
    const std::string& file, const std::vector<std::string>& sets
) {
    auto loaded = node::load_config(file, sets);
    if (!loaded) {
        std::cerr << node::to_text(loaded.error());
        return std::unexpected(node::exit_configuration);
    }
    return std::move(*loaded);
}

// --- init
// -----------------------------------------------------------------------------------------

struct InitOptions {
    node::InitRequest request;
    std::string genesis_file;
};

ledger::Result<node::FirstBlock> first_block(ledger::ByteView file) {
    const auto genesis = ledger::read_genesis(file);
    if (!genesis) {
        return std::unexpected(genesis.error());
    }
    node::FirstBlock first;
    first.bytes = ledger::genesis_block(file, genesis->time);
    const auto header =
        ledger::decode_header(ledger::ByteView(first.bytes).substr(0, ledger::header_bytes));
    first.hash = ledger::hash_of(*header);
    return first;
}

int run_init(InitOptions& options) {
    options.request.time = now_ms();
    if (!options.genesis_file.empty()) {
        std::ostringstream text;
        text << std::ifstream(options.genesis_file).rdbuf();
        options.request.genesis = text.str();
        if (options.request.genesis.empty()) {
            return say(node::exit_configuration, "cannot read " + options.genesis_file);
        }
    }
    const auto done = node::init_node(options.request, first_block);
    if (!done) {
        return say(node::exit_configuration, done.error().detail);
    }
    std::cout << "ledger  " << done->ledger.hex() << "\nnode    " << done->node << "\n";
    for (const std::string& file : done->files) {
        std::cout << "wrote   " << file << "\n";
    }
    std::cout << "next    tanjid start -c " << options.request.out << "/node.toml\n";
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

int run_start(const std::string& file, const std::vector<std::string>& sets) {
    auto loaded = configured(file, sets);
    if (!loaded) {
        return loaded.error();
    }
    auto logger = node::Logger::open(logger_options(loaded->config));
    if (!logger) {
        return say(node::exit_configuration, logger.error().detail);
    }
    auto started = node::Node::start(loaded->config, {}, **logger);
    if (!started) {
        return say(started.error().exit_code, started.error().sentence);
    }
    node::Node& running = **started;
    (*logger)->log(
        node::LogLevel::info,
        "node",
        "node.started",
        {{"msg", "listens"}, {"port", std::uint64_t{running.api_port()}}}
    );
    boost::asio::io_context io;
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
    node::notify_stopping("draining");
    running.stop();
    return 0;
}

// --- config, fsck, token
// --------------------------------------------------------------------------

int run_config_check(const std::string& file, const std::vector<std::string>& sets) {
    const auto loaded = configured(file, sets);
    if (!loaded) {
        return loaded.error();
    }
    std::cout << file << ": ok\n";
    return 0;
}

int run_config_show(const std::string& file, const std::vector<std::string>& sets) {
    const auto loaded = configured(file, sets);
    if (!loaded) {
        return loaded.error();
    }
    for (const node::Setting& setting : loaded->settings) {
        std::cout << setting.key << " = " << setting.value << "  # " << setting.from << "\n";
    }
    return 0;
}

int run_fsck(const std::string& data_dir, bool json) {
    const auto report = node::fsck(data_dir, [&](std::uint64_t block, std::uint64_t last) {
        std::cerr << "fsck  block " << block << " of " << last << "\n";
    });
    if (!report) {
        return say(exit_differs, "fsck: " + report.error().detail);
    }
    if (json) {
        std::cout << fmt::format(
            "{{\"blocks\":{},\"leaves\":{},\"keys\":{},\"certificates\":{},\"root\":\"{}\"}}\n",
            report->blocks,
            report->leaves,
            report->keys,
            report->certificates,
            report->root
        );
    } else {
        std::cout << fmt::format(
            "fsck: ok  {} blocks  {} leaves  {} keys equal  {} certificates  root {}\n",
            report->blocks,
            report->leaves,
            report->keys,
            report->certificates,
            report->root
        );
    }
    return 0;
}

struct TokenOptions {
    std::string data_dir = "/var/lib/tanji";
    std::string member;
    std::string id;
    std::vector<std::string> scopes = {"read"};
    std::int64_t days = 90;

    std::string file() const { return data_dir + "/tokens"; }
};

int run_token_add(const TokenOptions& options) {
    const auto token = node::add_token(
        options.file(), options.member, options.scopes, now_ms() + options.days * 86'400'000
    );
    if (!token) {
        return say(1, token.error().detail);
    }
    std::cout << *token << "\n";
    std::cerr << "shown once; send SIGHUP to the node so that it reads its tokens again\n";
    return 0;
}

int run_token_list(const TokenOptions& options) {
    const auto tokens = node::read_tokens(options.file());
    if (!tokens) {
        return say(1, tokens.error().detail);
    }
    for (const auto& token : *tokens) {
        std::cout << fmt::format(
            "{}  {}  {}  until {}\n",
            token.id,
            token.member,
            fmt::join(token.scopes, ","),
            token.expires_ms
        );
    }
    return 0;
}

int run_token_revoke(const TokenOptions& options) {
    if (const auto revoked = node::revoke_token(options.file(), options.id); !revoked) {
        return say(1, revoked.error().detail);
    }
    return 0;
}

// --- the words
// ------------------------------------------------------------------------------------

struct Words {
    CLI::App app{"tanjid: a node of a Tanji ledger", "tanjid"};
    InitOptions init;
    node::DemoOptions demo;
    TokenOptions token;
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
        sub->add_option("--origin", init.request.origin, "name of the log, when one is made");
        sub->add_option("--listen", init.request.listen, "API address")->capture_default_str();
        sub->callback([this] { status = run_init(init); });
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
        check->callback([this] { status = run_config_check(config_file, sets); });
        auto* show = sub->add_subcommand("show", "every key, its value and where it is from");
        add_config_options(show);
        show->add_flag_callback("--effective", [] {}, "what holds now: the only view there is");
        show->callback([this] { status = run_config_show(config_file, sets); });
    }

    void add_demo() {
        auto* sub = app.add_subcommand("demo", "a whole alliance in one process, SYNTHETIC data");
        sub->add_option("--nodes", demo.nodes, "1 until there is a cluster")
            ->check(CLI::Range(1, 1));
        sub->add_option("--port", demo.port, "API; +1 peers, +2 admin")->capture_default_str();
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
        sub->callback([this] { status = run_fsck(data_dir, json); });
    }

    void add_token() {
        auto* sub = app.add_subcommand("token", "read tokens of members at this node");
        sub->require_subcommand(1);
        auto* add = sub->add_subcommand("add", "make one and show it once");
        add->add_option("--member", token.member)->required();
        add->add_option("--scope", token.scopes, "read, stream");
        add->add_option("--days", token.days, "until it expires")->check(CLI::Range(1, 365));
        add->callback([this] { status = run_token_add(token); });
        auto* list = sub->add_subcommand("list", "which there are");
        list->callback([this] { status = run_token_list(token); });
        auto* revoke = sub->add_subcommand("revoke", "end one");
        revoke->add_option("ID", token.id)->required();
        revoke->callback([this] { status = run_token_revoke(token); });
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
        "  tanjid start -c d/node.toml                       run it\n"
        "  tanjid fsck --data-dir d                          check everything, stopped"
    );
    words.add_init();
    words.add_start();
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
