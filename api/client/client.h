#pragma once

#include "ledger/value/result.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// The other end of the wire: HTTP/1.1 requests, each with a deadline.
namespace tanji::api {

struct ClientSettings {
    std::string url;  // http://host:port or https://host[:port], no path
    std::uint32_t timeout_ms = 30'000;
    std::string ca_file;  // PEM; empty: what the system trusts
    std::size_t reply_bytes_max = 64 * 1024 * 1024;
};

struct HeaderField {
    std::string name;
    std::string value;
};

struct ClientRequest {
    std::string method = "GET";
    std::string target = "/";
    std::vector<HeaderField> fields;
    std::string body;
};

struct ClientReply {
    int status = 0;
    std::vector<HeaderField> fields;
    std::string body;

    // The first field of that name, in any case; or null.
    const std::string* field(std::string_view name) const;
};

// A connection that is kept and opened again when it went away. Blocks; one thread at a time. A
// request whose connection breaks before any byte of its reply is sent once more on a new one:
// commands have ids, so that repeating is safe.
class Client {
public:
    // Checks the URL; connects on first use.
    static ledger::Result<Client> open(ClientSettings settings);
    Client(Client&&) noexcept;
    Client& operator=(Client&&) noexcept;
    ~Client();

    // Any HTTP status is a reply. Refuses with outcome_unknown when there was none in time.
    ledger::Result<ClientReply> send(const ClientRequest& request);
    ledger::Result<ClientReply> get(std::string_view target);
    ledger::Result<ClientReply> post(
        std::string_view target, std::string_view content_type, std::string body
    );

    // Writes all, then reads all replies, in the same order. After a fault the rest have it too.
    std::vector<ledger::Result<ClientReply>> send_all(std::span<const ClientRequest> requests);

    const ClientSettings& settings() const;

private:
    struct Wire;
    explicit Client(std::unique_ptr<Wire> wire);
    std::unique_ptr<Wire> wire_;
};

}  // namespace tanji::api
