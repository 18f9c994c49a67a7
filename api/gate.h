#pragma once

#include "api/callers.h"
#include "api/exchange.h"
#include "api/framing.h"
#include "api/observer.h"
#include "api/router.h"
#include "api/throttle.h"

#include <atomic>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

// What is decided from the head alone, in this order: route, method, content type and length,
// query, load, credential and bucket. Nothing large is read for a caller who will be refused.
namespace tanji::api {

struct GateSettings {
    Limits limits;
    std::vector<std::string>
        cors_origins;  // browsers that may call the routes of members and holders
    Language language = Language::zh;
    bool tls = false;
    TrustedProxies proxies;
    bool admin = false;  // the admin listener: loopback names only, no CORS, no buckets
    // The buckets; commands are charged from the same ones.
    std::shared_ptr<Throttle> throttle = std::make_shared<Throttle>(65'536);
    std::function<ledger::TimeMs()> now;
    // A node that must not be believed: it answers diagnostics only. Never, unless given.
    std::function<bool()> quarantined = [] { return false; };
    // Whose member token this is: what follows "Bearer ".
    std::function<ledger::Result<Principal>(std::string_view bearer, ledger::TimeMs now)> token;
};

// A request that may go on to its body.
struct Admitted {
    std::shared_ptr<Request> request;
    const Route* route = nullptr;
    std::size_t body_bytes_max = 0;
    bool is_upload = false;
    bool is_head = false;  // answered without its body
};

class Gate {
public:
    Gate(GateSettings settings, const Router& router, Observer& observer);

    // The request, or the reply that refuses it. `peer`: the address of the other end.
    std::expected<Admitted, Response> admit(Head head, const std::string& peer);

    // The reply to a head that could not be read.
    Response refuse_head(const ledger::Error& error) const;

    // Adds what every reply carries.
    void complete(Response& response, const Request* request) const;

    // From now on new writes are refused and connections end with their reply.
    void drain() { draining_ = true; }
    bool is_draining() const { return draining_; }

    // A place for one more request in work, or not. leave() gives it back.
    bool enter(bool upload);
    void leave(bool upload);
    std::size_t in_work() const { return in_work_; }

    const GateSettings& settings() const { return settings_; }

private:
    ledger::Status check_body(const Head& head, Admitted& admitted) const;
    ledger::Status check_query(const Request& request) const;
    // By member when a token of one was verified, else by address. For a signed command that bucket
    // only must not be empty: who pays for it is known when its signatures are verified.
    std::expected<void, Response> charge(const Admitted& admitted, bool credential_fits);
    ledger::Status check_credential(Request& request) const;
    Response preflight(const Router::Match& match, const Request& request) const;

    GateSettings settings_;
    const Router& router_;
    Observer& observer_;
    std::atomic<bool> draining_ = false;
    std::atomic<std::size_t> in_work_ = 0;
    std::atomic<std::size_t> uploads_ = 0;
};

inline constexpr std::string_view command_type = "application/vnd.tanji.command+json";
inline constexpr std::string_view batch_type = "application/vnd.tanji.batch+cereal";
inline constexpr std::string_view ndjson_type = "application/x-ndjson";

}  // namespace tanji::api
