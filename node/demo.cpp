#include "node/demo.h"

#include "ledger/decoded_block.h"
#include "ledger/value/json.h"
#include "node/demo_data.h"
#include "node/demo_records.h"
#include "node/demo_story.h"
#include "node/lifecycle.h"
#include "node/node.h"
#include "node/storage/file.h"
#include "node/storage/startup.h"
#include "node/tokens.h"

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <unistd.h>

namespace tanji::node {
namespace {

constexpr std::size_t demo_rides = 120;
constexpr std::int64_t ready_wait_ms = 20'000;

ledger::TimeMs now_ms() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::system_clock::now().time_since_epoch()
    )
        .count();
}

// Thrown inside this file only: a demo that cannot be set up says why and ends.
struct DemoFailed {
    std::string sentence;
};

template <typename Value>
Value must(ledger::Result<Value> result) {
    if (!result) {
        throw DemoFailed{result.error().detail};
    }
    if constexpr (!std::is_void_v<Value>) {
        return std::move(*result);
    }
}

class Demo {
public:
    explicit Demo(const DemoOptions& options) : options_(options) {}
    ~Demo();
    Demo(const Demo&) = delete;
    Demo& operator=(const Demo&) = delete;

    int run();

private:
    void make_folder();
    void write_alliance();
    void start_node();
    void add_tokens();
    void seed();
    void write_facts() const;
    void print_banner() const;
    void wait_for_end();
    std::string file(std::string_view name) const { return fmt::format("{}/{}", folder_, name); }
    std::string url() const { return fmt::format("http://127.0.0.1:{}", options_.port); }

    DemoOptions options_;
    std::string folder_;
    bool temporary_ = false;
    DemoAlliance alliance_;
    Config config_;
    std::unique_ptr<Logger> logger_;
    std::unique_ptr<Node> node_;
    DemoData data_;
};

Demo::~Demo() {
    node_.reset();
    if (temporary_) {
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }
}

void Demo::make_folder() {
    if (!options_.keep.empty()) {
        folder_ = options_.keep;
        if (std::filesystem::exists(folder_) && !std::filesystem::is_empty(folder_)) {
            throw DemoFailed{folder_ + " is not empty: --keep wants a new folder"};
        }
        must(make_directory(folder_));
        return;
    }
    std::string pattern = (std::filesystem::temp_directory_path() / "tanji-demo-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) {
        throw DemoFailed{"no temporary folder can be made"};
    }
    folder_ = pattern;
    temporary_ = true;
}

void Demo::write_alliance() {
    alliance_ = build_demo({
        .seed = options_.seed,
        .nodes = 1,
        .time = now_ms(),
        .addresses = {fmt::format("127.0.0.1:{}", options_.port + 1)},
    });
    must(write_file(file("genesis.json"), alliance_.file, 0644, Existing::refuse));
    must(write_file(file("policy.txt"), alliance_.genesis.policy(), 0644, Existing::refuse));
    for (const auto& [member, key] : alliance_.keys) {
        must(write_key(file(fmt::format("keys/{}.key", member)), key));
    }
    for (std::size_t i = 1; i <= 5; ++i) {
        const std::string name = fmt::format("wallet-{}", i);
        must(write_key(file(fmt::format("keys/{}.key", name)), demo_key(options_.seed, name)));
    }
    for (const auto& [year, key] : alliance_.event_keys) {
        const std::string name = fmt::format("keys/event-{}.hex", year);
        must(write_file(file(name), ledger::to_hex(key) + "\n", 0600, Existing::refuse));
    }
    const auto salt = demo_key(options_.seed, "account-salt").sign("salt");
    must(write_file(
        file("keys/account-salt.hex"),
        ledger::to_hex(salt.view().substr(0, 32)) + "\n",
        0600,
        Existing::refuse
    ));
    must(write_node_keys(file("node-1/keys"), alliance_.nodes.front()));
    const ledger::Bytes block = ledger::genesis_block(alliance_.file, alliance_.genesis.time);
    const auto header =
        ledger::decode_header(ledger::ByteView(block).substr(0, ledger::header_bytes));
    must(create_storage(
        {.path = file("node-1")},
        {.ledger = alliance_.genesis.ledger, .node = 1, .log_key = alliance_.nodes.front().log.id()
        },
        {.bytes = block, .hash = ledger::hash_of(*header)}
    ));
}

void Demo::start_node() {
    config_.node.member = "metro";
    config_.node.name = "metro";
    config_.node.data_dir = file("node-1");
    config_.node.genesis = file("genesis.json");
    config_.keys = {
        .log = file("node-1/keys/log.key"),
        .cosign = file("node-1/keys/cosign.key"),
        .peer = file("node-1/keys/peer.key"),
    };
    config_.api.listen = fmt::format("127.0.0.1:{}", options_.port);
    config_.api.language = "en";
    config_.admin.listen = fmt::format("127.0.0.1:{}", options_.port + 2);
    config_.storage.cache_mb = 64;
    config_.storage.min_free_mb = 64;
    config_.rate.signer = {.burst = 0, .per_second = 0};
    config_.rate.ip = {.burst = 0, .per_second = 0};
    config_.rate.member = {.burst = 0, .per_second = 0};
    auto started = Node::start(config_, {.demo = true, .quick_stop = true}, *logger_);
    if (!started) {
        throw DemoFailed{started.error().sentence};
    }
    node_ = std::move(*started);
    const ledger::TimeMs deadline = now_ms() + ready_wait_ms;
    while (!node_->is_ready()) {
        if (now_ms() > deadline) {
            throw DemoFailed{"the node is not ready after 20 s"};
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
}

// Read tokens of the members that look into batches and accounts.
void Demo::add_tokens() {
    for (const std::string member : {"ev", "metro", "registry", "verico", "wallet"}) {
        const auto token = must(
            add_token(file("node-1/tokens"), member, {"read"}, now_ms() + 30 * ledger::ms_per_day)
        );
        const std::string name = fmt::format("keys/{}.token", member);
        must(write_file(file(name), token + "\n", 0600, Existing::refuse));
    }
    node_->reload();
}

void Demo::seed() {
    if (!options_.empty) {
        data_ = must(seed_demo(node_->service(), alliance_, options_.seed, now_ms()));
    }
    const std::string rides = demo_rides_csv(options_.seed, demo_rides, now_ms());
    must(write_file(file("rides.csv"), rides, 0644, Existing::refuse));
    const ledger::TimeMs deadline = now_ms() + ready_wait_ms;
    for (;;) {
        const auto view = node_->service().local();
        const auto certificate = view->certificate();
        if (certificate && certificate->size == view->head().size) {
            return;
        }
        if (now_ms() > deadline) {
            throw DemoFailed{"the ledger is not certified after 20 s"};
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
}

void Demo::write_facts() const {
    ledger::JsonWriter out;
    out.open_object().member("folder", folder_).member("api", url());
    out.member("admin", fmt::format("http://127.0.0.1:{}", options_.port + 2));
    out.member("ledger", alliance_.genesis.ledger.hex()).member("synthetic", true);
    out.member("genesis", file("genesis.json")).member("policy", file("policy.txt"));
    out.member("records", data_.records).member("conflicts", data_.conflicts);
    out.member("retirements", data_.retirements).member("offers", data_.offers);
    out.member("redemptions", data_.redemptions).name("accounts").open_array();
    for (const DemoData::Holder& holder : data_.holders) {
        out.open_object().member("account", holder.account);
        out.member("key", file(fmt::format("keys/{}.key", holder.key)));
        out.member("class", holder.credit_class).amount_member("grams", holder.grams);
        out.amount_member("points", holder.points);
        out.close_object();
    }
    out.close_array().name("batches").open_array();
    for (const std::string& batch : data_.batches) {
        out.string(batch);
    }
    out.close_array().close_object();
    must(write_file(file("demo.json"), out.text() + "\n", 0644, Existing::replace));
    if (options_.json) {
        std::cout << out.text() << std::endl;
    }
}

void Demo::print_banner() const {
    if (options_.json) {
        return;
    }
    const std::string folder = folder_;
    std::cout << fmt::format(
        "\n  Tanji demo: 1 node, its own cosignature certifies.  Data is SYNTHETIC{}\n\n"
        "  API        {}/v1     Contract  {}/v1/openapi.json\n"
        "  Metrics    http://127.0.0.1:{}/metrics\n",
        temporary_ ? " and vanishes on exit (--keep DIR to keep it)." : ".",
        url(),
        url(),
        options_.port + 2
    );
    if (data_.holders.empty()) {
        std::cout << fmt::format("  Keys       {}/keys\n\n", folder) << std::flush;
        return;
    }
    std::cout << "  Accounts   ";
    for (const DemoData::Holder& holder : data_.holders) {
        std::cout << fmt::format(
            "{}… {} g {} points   ", holder.account.substr(0, 8), holder.grams, holder.points
        );
    }
    const DemoData::Holder& first = data_.holders.front();
    std::cout << fmt::format("keys in {}/keys\n", folder);
    std::cout << fmt::format(
        "  Counted    {} records, {} rides were reported twice and counted once\n"
        "  Offers     {}, with {} redemptions in all states: tanji list offer --node {}\n\n"
        "  Redeem     tanji redeem shop.metro-card --node {} --account {} --key {}/keys/{}.key "
        "--until certified --save reservation.json\n"
        "  Retire     tanji retire --node {} --account {} --class {} --amount 10g --purpose "
        "voluntary --beneficiary me --key {}/keys/{}.key --until certified --save receipt.json -y\n"
        "  Verify     tanji verify receipt.json --policy {}/policy.txt\n"
        "  Import     tanji import citibike {}/rides.csv --node {} --demo --methodology "
        "bike-demo@1 "
        "--region 440300 --key {}/keys/ev.key --operator-key {}/keys/wallet.key --open-accounts "
        "--account-salt {}/keys/account-salt.hex --event-key {}/keys/event-{}.hex\n"
        "  Totals     curl -s {}/v1/summary\n"
        "  Audit      tanji audit {} --policy {}/genesis.json\n\n",
        data_.records,
        data_.conflicts,
        data_.offers,
        data_.redemptions,
        url(),
        url(),
        first.account,
        folder,
        first.key,
        url(),
        first.account,
        first.credit_class,
        folder,
        first.key,
        folder,
        folder,
        url(),
        folder,
        folder,
        folder,
        folder,
        alliance_.event_keys.rbegin()->first,
        url(),
        url(),
        folder
    );
    if (!options_.no_input && isatty(STDIN_FILENO) != 0) {
        std::cout << "  [q] quit\n\n";
    }
    std::cout << std::flush;
}

// Until SIGINT or SIGTERM, or `q` on a terminal.
void Demo::wait_for_end() {
    boost::asio::io_context io;
    const auto stop = [&] { io.stop(); };
    const Signals signals(io, {.stop = stop, .stop_again = stop, .reload = [] {}});
    boost::asio::posix::stream_descriptor terminal(io);
    std::array<char, 1> key{};
    std::function<void()> read_key = [&] {
        terminal.async_read_some(
            boost::asio::buffer(key),
            [&](const boost::system::error_code& error, std::size_t) {
                if (error) {
                    return;
                }
                if (key[0] == 'q') {
                    io.stop();
                } else {
                    read_key();
                }
            }
        );
    };
    if (!options_.no_input && !options_.json && isatty(STDIN_FILENO) != 0) {
        terminal.assign(dup(STDIN_FILENO));
        read_key();
    }
    const auto work = boost::asio::make_work_guard(io);
    io.run();
}

int Demo::run() {
    make_folder();
    logger_ = must(Logger::open({
        .level = LogLevel::info,
        .format = LogFormat::text,
        .node = "metro",
        .file = file("node.log"),
    }));
    write_alliance();
    start_node();
    add_tokens();
    seed();
    write_facts();
    if (options_.check) {
        return run_story({
            .program = options_.program,
            .folder = folder_,
            .url = url(),
            .event_year = alliance_.event_keys.rbegin()->first,
            .restart =
                [this] {
                    node_.reset();
                    start_node();
                },
        });
    }
    print_banner();
    wait_for_end();
    return 0;
}

}  // namespace

int run_demo(const DemoOptions& options) {
    try {
        return Demo(options).run();
    } catch (const DemoFailed& failed) {
        std::cerr << "tanjid demo: " << failed.sentence << "\n";
        return 1;
    }
}

}  // namespace tanji::node
