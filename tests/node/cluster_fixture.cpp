#include "tests/node/cluster_fixture.h"

#include <future>
#include <stdexcept>
#include <thread>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>

namespace tanji::node::test {

bool wait_until(const std::function<bool()>& holds, std::chrono::milliseconds most) {
    const auto end = std::chrono::steady_clock::now() + most;
    while (!holds()) {
        if (std::chrono::steady_clock::now() > end) {
            return false;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return true;
}

ledger::SigningKey peer_key(std::uint64_t node) {
    return ledger::SigningKey::from_seed(ledger::Bytes(32, static_cast<char>(node)));
}

PeerNode peer_at(std::uint64_t node, std::uint16_t port) {
    return {
        .node = node,
        .address = "127.0.0.1:" + std::to_string(port),
        .key = peer_key(node).public_key(),
    };
}

PeerHeard Inbox::heard() {
    return {
        .message =
            [this](consensus::NodeId from, consensus::Incarnation incarnation, PeerMessage& m) {
                const std::scoped_lock lock(mutex_);
                if (full_) {
                    return false;
                }
                messages_.push_back(
                    {.from = from,
                     .incarnation = incarnation,
                     .frame = encode_frame(std::move(m)).value_or("")}
                );
                return true;
            },
        .joined =
            [this](const Hello& hello) {
                const std::scoped_lock lock(mutex_);
                joined_.push_back(hello);
            },
        .lost =
            [this](consensus::NodeId node) {
                const std::scoped_lock lock(mutex_);
                lost_.push_back(node);
            },
        .refused =
            [this](const Refusal& refusal) {
                const std::scoped_lock lock(mutex_);
                refused_.push_back(refusal);
            },
    };
}

void Inbox::set_full(bool full) {
    const std::scoped_lock lock(mutex_);
    full_ = full;
}

std::vector<Inbox::Message> Inbox::messages() const {
    const std::scoped_lock lock(mutex_);
    return messages_;
}

std::vector<Hello> Inbox::joined() const {
    const std::scoped_lock lock(mutex_);
    return joined_;
}

std::vector<consensus::NodeId> Inbox::lost() const {
    const std::scoped_lock lock(mutex_);
    return lost_;
}

std::size_t Inbox::refusals(const std::string& code, bool by_peer) const {
    const std::scoped_lock lock(mutex_);
    std::size_t count = 0;
    for (const Refusal& one : refused_) {
        count += one.code == code && one.by_peer == by_peer ? 1U : 0U;
    }
    return count;
}

std::string Inbox::all_refusals() const {
    const std::scoped_lock lock(mutex_);
    std::string all;
    for (const Refusal& one : refused_) {
        all += one.code + (one.by_peer ? " by peer: " : ": ") + one.sentence + "\n";
    }
    return all;
}

Member::Member(MemberOptions options) : options_(options) {
    PeerOptions given;
    given.listen = "127.0.0.1:" + std::to_string(options.port);
    given.self = options.node;
    given.ledger = filled_hash(options.ledger);
    given.incarnation = options.incarnation;
    given.program = "test 1";
    given.present = [] { return Present{.marked = {.term = 3, .index = 9}, .membership = 1}; };
    auto started = Peers::start(std::move(given), peer_key(options.node), inbox.heard());
    if (!started) {
        throw std::runtime_error(started.error().detail);
    }
    peers = std::move(*started);
}

PeerStatus Member::status_of(std::uint64_t node) const {
    for (const PeerStatus& one : peers->status()) {
        if (one.node == node) {
            return one;
        }
    }
    return {};
}

bool Member::is_whole_with(std::uint64_t node) const {
    const PeerStatus status = status_of(node);
    return status.control.connected && status.bulk.connected && status.hears_control &&
           status.hears_bulk;
}

void introduce(const std::vector<Member*>& members) {
    for (Member* member : members) {
        std::vector<PeerNode> others;
        for (const Member* other : members) {
            if (other != member) {
                others.push_back(other->place());
            }
        }
        member->peers->set_nodes(others);
    }
}

bool all_whole(const std::vector<Member*>& members) {
    return wait_until([&] {
        for (const Member* one : members) {
            for (const Member* other : members) {
                if (one != other && !one->is_whole_with(other->node())) {
                    return false;
                }
            }
        }
        return true;
    });
}

Stranger::Stranger(const ledger::SigningKey& key) {
    const auto directory = std::make_shared<KeyDirectory>();
    std::vector<std::pair<ledger::PublicKey, consensus::NodeId>> keys;
    for (std::uint64_t node = 1; node < 10; ++node) {
        keys.emplace_back(peer_key(node).public_key(), node);
    }
    directory->replace(std::move(keys));
    tls_ = *Tls::make(key, directory);
}

Stranger::~Stranger() {
    if (connection) {
        connection->close();
    }
    io_.restart();
    io_.run_for(std::chrono::milliseconds(100));
    connection.reset();  // before what it runs on
}

template <typename Value>
Value Stranger::run(boost::asio::awaitable<Value> task) {
    auto done = boost::asio::co_spawn(io_, std::move(task), boost::asio::use_future);
    io_.restart();
    while (done.wait_for(std::chrono::seconds(0)) != std::future_status::ready) {
        io_.run_one();
    }
    return done.get();
}

bool Stranger::dial(std::uint16_t port) {
    connection = std::make_shared<Connection>(io_.get_executor(), Side::dialled, tls_);
    connection->allow(patience_ms);
    const auto address = boost::asio::ip::make_address("127.0.0.1");
    return run(connection->connect({{address, port}})) && run(connection->secure());
}

bool Stranger::say(ledger::Bytes bytes) {
    return run(connection->write(std::make_shared<const ledger::Bytes>(std::move(bytes))));
}

std::optional<Frame> Stranger::listen(Lane lane) {
    return run(connection->read(lane));
}

bool Stranger::join(std::uint16_t port, const Hello& hello) {
    if (!dial(port) || !say(encode_frame(hello))) {
        return false;
    }
    const auto answer = listen();
    return answer && answer->type == static_cast<std::uint8_t>(FrameType::hello);
}

std::string Stranger::last_word() {
    const auto frame = listen();
    const auto refused = frame ? decode_refused(frame->body) : std::nullopt;
    return refused ? refused->code : "";
}

bool Stranger::accept(boost::asio::ip::tcp::acceptor& acceptor) {
    boost::asio::ip::tcp::socket socket(io_);
    acceptor.accept(socket);
    connection = std::make_shared<Connection>(std::move(socket), tls_);
    connection->allow(patience_ms);
    return run(connection->secure());
}

Hello hello_of(std::uint64_t node, Lane lane) {
    Hello hello = sample_hello();
    hello.node = node;
    hello.lane = lane;
    hello.ledger = filled_hash(0x77);
    return hello;
}

}  // namespace tanji::node::test
