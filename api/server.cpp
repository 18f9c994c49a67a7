#include "api/server.h"

#include "api/session.h"
#include "api/stream.h"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>

namespace tanji::api {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using ledger::ErrorCode;
using ledger::refuse;
using ledger::Result;

Result<TlsContext> load_tls(const TlsFiles& files) {
    auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_server);
    boost::system::error_code failed;
    context->set_options(
        asio::ssl::context::default_workarounds | asio::ssl::context::no_sslv2 |
            asio::ssl::context::no_sslv3 | asio::ssl::context::no_tlsv1 |
            asio::ssl::context::no_tlsv1_1 | asio::ssl::context::no_compression,
        failed
    );
    if (files.tls13_only && !failed) {
        context->set_options(asio::ssl::context::no_tlsv1_2, failed);
    }
    context->use_certificate_chain_file(files.certificate, failed);
    if (failed) {
        return refuse(
            ErrorCode::internal, "certificate {}: {}", files.certificate, failed.message()
        );
    }
    context->use_private_key_file(files.key, asio::ssl::context::pem, failed);
    if (failed) {
        return refuse(ErrorCode::internal, "key {}: {}", files.key, failed.message());
    }
    return context;
}

// An event loop with a thread of its own.
struct Loop {
    Loop() : context(1), guard(context.get_executor()), thread([this] { context.run(); }) {}

    asio::io_context context;
    asio::executor_work_guard<asio::io_context::executor_type> guard;
    std::thread thread;
};

}  // namespace

struct Server::Parts {
    struct Open {
        std::shared_ptr<Session> session;
        std::string place;  // its address, or its network
    };

    Parts(ServerSettings given, Gate& the_gate, Observer& the_observer)
        : settings(std::move(given)),
          gate(the_gate),
          observer(the_observer),
          workers(std::max<std::size_t>(1, settings.workers)),
          environment{
              .gate = gate,
              .observer = observer,
              .run_on_worker = [this](std::function<void()> work
                               ) { asio::post(workers, std::move(work)); },
          } {
        for (std::size_t i = 0; i < std::max<std::size_t>(1, settings.io_threads); ++i) {
            loops.push_back(std::make_unique<Loop>());
        }
    }

    ledger::Status listen();
    void accept();
    void take(tcp::socket socket, Loop& loop);
    bool has_room(const std::string& place, bool is_proxy);
    void end_longest_idle();
    void stop_accepting();
    void for_each(const std::function<void(Session&)>& visit);

    ServerSettings settings;
    Gate& gate;
    Observer& observer;
    asio::thread_pool workers;
    SessionEnvironment environment;
    std::vector<std::unique_ptr<Loop>> loops;
    std::size_t next_loop = 0;
    std::unique_ptr<tcp::acceptor> acceptor;    // used on the first loop only
    std::unique_ptr<asio::steady_timer> pause;  // after a failed accept
    std::uint16_t bound_port = 0;

    mutable std::mutex mutex;  // guards what follows
    std::condition_variable emptied;
    std::map<std::uint64_t, Open> open;
    std::map<std::string, std::size_t, std::less<>> per_place;
    std::uint64_t next_id = 0;
    TlsContext tls;
    bool stopping = false;
    bool stopped = false;
};

ledger::Status Server::Parts::listen() {
    boost::system::error_code failed;
    const auto address = asio::ip::make_address(settings.address, failed);
    if (failed) {
        return refuse(ErrorCode::internal, "{:?} is not an IP address", settings.address);
    }
    const tcp::endpoint endpoint(address, settings.port);
    acceptor = std::make_unique<tcp::acceptor>(loops.front()->context);
    pause = std::make_unique<asio::steady_timer>(loops.front()->context);
    acceptor->open(endpoint.protocol(), failed);
    if (!failed) {
        acceptor->set_option(tcp::acceptor::reuse_address(true), failed);
    }
    if (!failed) {
        acceptor->bind(endpoint, failed);
    }
    if (!failed) {
        acceptor->listen(1024, failed);
    }
    if (failed) {
        return refuse(
            ErrorCode::internal,
            "cannot listen on {}:{}: {}",
            settings.address,
            settings.port,
            failed.message()
        );
    }
    bound_port = acceptor->local_endpoint(failed).port();
    asio::post(loops.front()->context, [this] { accept(); });
    return {};
}

void Server::Parts::accept() {
    Loop& loop = *loops[next_loop];
    next_loop = (next_loop + 1) % loops.size();
    acceptor->async_accept(
        loop.context,
        [this, &loop](boost::system::error_code failed, tcp::socket socket) {
            if (!acceptor->is_open()) {
                return;
            }
            if (failed) {
                // Out of descriptors, most likely: waiting is better than spinning.
                observer.rejected("accept");
                pause->expires_after(std::chrono::milliseconds(50));
                pause->async_wait([this](boost::system::error_code aborted) {
                    if (!aborted) {
                        accept();
                    }
                });
                return;
            }
            take(std::move(socket), loop);
            accept();
        }
    );
}

void Server::Parts::take(tcp::socket socket, Loop& loop) {
    boost::system::error_code failed;
    const auto peer = socket.remote_endpoint(failed);
    if (failed) {
        return;
    }
    const std::string address = plain_address(peer.address().to_string());
    socket.set_option(tcp::no_delay(true), failed);
    const std::string place = bucket_of_address(address);
    if (!has_room(place, gate.settings().proxies.trusts(address))) {
        observer.rejected("connections");
        return;  // closed by its destructor
    }
    std::size_t count = 0;
    {
        const std::scoped_lock lock(mutex);
        if (stopping) {
            return;
        }
        const std::uint64_t id = next_id++;
        auto stream =
            tls ? make_tls_stream(std::move(socket), tls) : make_plain_stream(std::move(socket));
        const auto ended = [this, id] {
            const std::scoped_lock again(mutex);
            const auto found = open.find(id);
            if (--per_place[found->second.place] == 0) {
                per_place.erase(found->second.place);
            }
            open.erase(found);
            observer.connections(open.size());
            emptied.notify_all();
        };
        // It begins on its loop, which waits for this lock before it can end.
        open.emplace(
            id,
            Open{
                .session = start_session(
                    loop.context.get_executor(), std::move(stream), address, environment, ended
                ),
                .place = place,
            }
        );
        ++per_place[place];
        count = open.size();
    }
    observer.connections(count);
}

bool Server::Parts::has_room(const std::string& place, bool is_proxy) {
    const Limits& limits = gate.settings().limits;
    std::size_t total = 0;
    std::size_t from_there = 0;
    {
        const std::scoped_lock lock(mutex);
        total = open.size();
        const auto found = per_place.find(place);
        from_there = found != per_place.end() ? found->second : 0;
    }
    if (total * 10 >= limits.connections_max * 9) {
        end_longest_idle();
    }
    return total < limits.connections_max &&
           (is_proxy || from_there < limits.connections_per_address);
}

void Server::Parts::end_longest_idle() {
    std::shared_ptr<Session> longest;
    {
        const std::scoped_lock lock(mutex);
        std::int64_t since = 0;
        for (const auto& [id, entry] : open) {
            const std::int64_t idle = entry.session->idle_since();
            if (idle != 0 && (longest == nullptr || idle < since)) {
                longest = entry.session;
                since = idle;
            }
        }
    }
    if (longest) {
        longest->end_soon();
    }
}

void Server::Parts::stop_accepting() {
    asio::post(loops.front()->context, [this] {
        boost::system::error_code ignored;
        acceptor->close(ignored);
        pause->cancel();
    });
}

void Server::Parts::for_each(const std::function<void(Session&)>& visit) {
    std::vector<std::shared_ptr<Session>> sessions;
    {
        const std::scoped_lock lock(mutex);
        for (const auto& [id, entry] : open) {
            sessions.push_back(entry.session);
        }
    }
    for (const auto& session : sessions) {
        visit(*session);
    }
}

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Server::~Server() {
    stop(0);
}

Result<std::unique_ptr<Server>> Server::start(
    ServerSettings settings, Gate& gate, Observer& observer
) {
    TlsContext tls;
    if (settings.tls) {
        auto loaded = load_tls(*settings.tls);
        if (!loaded) {
            return refusal(loaded);
        }
        tls = *loaded;
    }
    std::unique_ptr<Server> server(
        new Server(std::make_unique<Parts>(std::move(settings), gate, observer))
    );
    server->parts_->tls = tls;
    if (ledger::Status listening = server->parts_->listen(); !listening) {
        return refusal(listening);
    }
    return server;
}

std::uint16_t Server::port() const {
    return parts_->bound_port;
}

std::size_t Server::connections() const {
    const std::scoped_lock lock(parts_->mutex);
    return parts_->open.size();
}

ledger::Status Server::reload_tls() {
    if (!parts_->settings.tls) {
        return {};
    }
    auto loaded = load_tls(*parts_->settings.tls);
    if (!loaded) {
        return refusal(loaded);
    }
    const std::scoped_lock lock(parts_->mutex);
    parts_->tls = *loaded;
    return {};
}

void Server::drain() {
    parts_->gate.drain();
    {
        const std::scoped_lock lock(parts_->mutex);
        if (parts_->stopping || !parts_->acceptor) {
            return;
        }
        parts_->stopping = true;
    }
    parts_->stop_accepting();
    parts_->for_each([](Session& session) { session.end_soon(); });
}

void Server::stop(std::uint32_t deadline_ms) {
    {
        const std::scoped_lock lock(parts_->mutex);
        if (parts_->stopped) {
            return;
        }
        parts_->stopped = true;
    }
    drain();
    const auto all_ended = [this] { return parts_->open.empty(); };
    {
        std::unique_lock lock(parts_->mutex);
        parts_->emptied.wait_for(lock, std::chrono::milliseconds(deadline_ms), all_ended);
    }
    parts_->for_each([](Session& session) { session.cut(); });
    {
        std::unique_lock lock(parts_->mutex);
        parts_->emptied.wait(lock, all_ended);
    }
    parts_->workers.join();
    for (const auto& loop : parts_->loops) {
        loop->guard.reset();
        loop->context.stop();
        loop->thread.join();
    }
}

}  // namespace tanji::api
