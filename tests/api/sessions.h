#pragma once

#include "api/client/client.h"
#include "api/server.h"
#include "tests/api/raw_connection.h"

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace tanji::api {

// A server on a real loopback socket, with handlers that do nothing.
class Sessions : public ::testing::Test {
protected:
    ~Sessions() override;

    void SetUp() override;
    void TearDown() override;

    static Response text(std::string body);

    static Route route(
        std::string_view name,
        std::string_view method,
        std::string_view pattern,
        BodyRule body,
        Handler handler
    );

    void add(
        std::string_view name,
        std::string_view method,
        std::string_view pattern,
        BodyRule body,
        Handler handler,
        std::optional<Access> access = {}
    );

    // Serves with these limits; the port is known then.
    void serve();

    Limits& limits() { return settings_.limits; }

    RawConnection connect() const { return RawConnection(server_->port()); }

    Client client() const;

    std::atomic<ledger::TimeMs> now_ = 1'000'000;
    std::atomic<std::size_t> previewed_ = 0;
    Router router_;
    GateSettings settings_;
    Observer observer_;
    std::optional<TlsFiles> tls_;
    std::unique_ptr<Gate> gate_;
    std::unique_ptr<Server> server_;
};

}  // namespace tanji::api
