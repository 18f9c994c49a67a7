#include "node/demo.h"

#include "node/demo_banner.h"
#include "node/demo_data.h"
#include "node/demo_failed.h"
#include "node/demo_keys.h"
#include "node/demo_nodes.h"
#include "node/demo_records.h"
#include "node/demo_story.h"
#include "node/lifecycle.h"
#include "node/storage/file.h"

#include <array>
#include <chrono>
#include <functional>
#include <iostream>
#include <optional>
#include <thread>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <fmt/format.h>
#include <termios.h>
#include <unistd.h>

namespace tanji::node {
namespace {

constexpr std::size_t demo_rides = 120;
constexpr std::int64_t certified_wait_ms = 20'000;

ledger::TimeMs now_ms() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::system_clock::now().time_since_epoch()
    )
        .count();
}

// A terminal that gives keys at once, without showing them; as it was when this goes.
class KeyTerminal {
public:
    KeyTerminal() {
        if (::tcgetattr(STDIN_FILENO, &before_) == 0) {
            termios keys = before_;
            keys.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
            changed_ = ::tcsetattr(STDIN_FILENO, TCSANOW, &keys) == 0;
        }
    }
    ~KeyTerminal() {
        if (changed_) {
            ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
        }
    }
    KeyTerminal(const KeyTerminal&) = delete;
    KeyTerminal& operator=(const KeyTerminal&) = delete;

private:
    termios before_{};
    bool changed_ = false;
};

class Demo {
public:
    explicit Demo(const DemoOptions& options) : options_(options), nodes_(options) {}

    int run();

private:
    bool reads_keys() const {
        return !options_.no_input && !options_.json && isatty(STDIN_FILENO) != 0;
    }
    void seed();
    void write_facts() const;
    int tell_story();
    void wait_for_end();

    DemoOptions options_;
    DemoNodes nodes_;
    DemoData data_;
    std::optional<ledger::TimeMs> seeded_;
};

void Demo::seed() {
    const ledger::TimeMs now = now_ms();
    api::Service& service = nodes_.node(0).service();
    if (!options_.empty) {
        data_ = must(seed_demo(service, nodes_.alliance(), options_.seed, now));
        seeded_ = now;
    }
    const std::string rides = demo_rides_csv(options_.seed, demo_rides, now);
    must(write_file(nodes_.file("rides.csv"), rides, 0644, Existing::refuse));
    const ledger::TimeMs deadline = now_ms() + certified_wait_ms;
    for (;;) {
        const auto view = service.local();
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
    const std::string facts = demo_facts(nodes_, data_) + "\n";
    must(write_file(nodes_.file("demo.json"), facts, 0644, Existing::replace));
    if (options_.json) {
        std::cout << facts << std::flush;
    }
}

int Demo::tell_story() {
    std::vector<std::string> urls;
    for (std::size_t node = 0; node < nodes_.size(); ++node) {
        urls.push_back(nodes_.url(node));
    }
    return run_story({
        .program = options_.program,
        .folder = nodes_.folder(),
        .urls = urls,
        .event_year = nodes_.alliance().event_keys.rbegin()->first,
        .stop = [this](std::size_t node) { nodes_.stop(node); },
        .start =
            [this](std::size_t node) {
                nodes_.start(node);
                nodes_.wait_until_ready();
            },
    });
}

// Until SIGINT or SIGTERM, or `q` on a terminal.
void Demo::wait_for_end() {
    boost::asio::io_context io;
    const auto stop = [&] { io.stop(); };
    const Signals signals(io, {.stop = stop, .stop_again = stop, .reload = [] {}});
    boost::asio::posix::stream_descriptor terminal(io);
    DemoKeys keys(nodes_, options_.seed, seeded_);
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
                    return;
                }
                if (const std::string changed = keys.press(key[0]); !changed.empty()) {
                    std::cout << "  " << changed << std::endl;
                }
                read_key();
            }
        );
    };
    std::optional<KeyTerminal> at_once;
    if (reads_keys()) {
        at_once.emplace();
        terminal.assign(dup(STDIN_FILENO));
        read_key();
    }
    const auto work = boost::asio::make_work_guard(io);
    io.run();
}

int Demo::run() {
    nodes_.start_all();
    nodes_.add_tokens();
    seed();
    write_facts();
    if (options_.check) {
        return tell_story();
    }
    if (!options_.json) {
        std::cout << demo_banner(nodes_, data_, reads_keys()) << std::flush;
    }
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
