#pragma once

#include "api/gate.h"
#include "api/observer.h"
#include "ledger/value/result.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace tanji::api {

struct TlsFiles {
    std::string certificate;  // PEM, the whole chain
    std::string key;          // PEM
    bool tls13_only = false;
};

struct ServerSettings {
    std::string address = "127.0.0.1";
    std::uint16_t port = 8460;  // 0: any free one, see Server::port
    std::size_t io_threads = 2;
    std::size_t workers = 2;      // for handlers that block
    std::optional<TlsFiles> tls;  // without it: plain HTTP
};

// Listens and serves one Gate's routes. All threads are its own.
class Server {
public:
    // Listens when it returns. `gate` and `observer` outlive the server. The message of a refusal
    // says what cannot be bound or read.
    static ledger::Result<std::unique_ptr<Server>> start(
        ServerSettings settings, Gate& gate, Observer& observer
    );

    // As stop(0).
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    std::uint16_t port() const;
    std::size_t connections() const;

    // Reads certificate and key again, for connections from now on. The old ones stay on a fault.
    ledger::Status reload_tls();

    // No new connections, idle ones end, the others after the reply under way.
    void drain();

    // Drains, waits up to `deadline_ms` for replies under way, cuts what is left, joins all
    // threads. Handlers must answer what they took: this waits for them.
    void stop(std::uint32_t deadline_ms);

private:
    struct Parts;
    explicit Server(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace tanji::api
