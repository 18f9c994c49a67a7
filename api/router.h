#pragma once

#include "api/exchange.h"
#include "api/limits.h"
#include "ledger/value/result.h"

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// Method and path to a handler. Paths are decoded once; what could be read in two ways is refused.
namespace tanji::api {

enum class Access : std::uint8_t {
    open,            // P: anybody
    member,          // A: a member token
    holder,          // H: the holder's read grant, or a token of the account's member
    signed_command,  // S: whoever signed the body; the HTTP layer adds no authority
};

enum class BodyRule : std::uint8_t {
    none,
    command,   // an envelope, or a payload with a detached signature
    commands,  // the same, or NDJSON of many
    upload,    // an activity batch in one of its two encodings
    json,      // /v1/recompute, /v1/estimate
    witness,   // tlog-witness text
};

enum class Bucket : std::uint8_t { none, ip, compute };

// Refuses an upload early: called with what has come of the body until it answers. Runs on a
// worker.
using Preview =
    std::function<std::optional<ledger::Status>(const Request& request, std::string_view body)>;

struct Route {
    std::string_view name;     // operationId of the contract, label of the metrics
    std::string_view method;   // GET (HEAD too) or POST
    std::string_view pattern;  // "/v1/accounts/{account}/history"; `{name*}`: the rest
    Access access = Access::open;
    BodyRule body = BodyRule::none;
    Bucket bucket = Bucket::ip;
    std::vector<std::string_view> query;  // the parameters it knows; others are refused
    bool blocking = true;                 // runs on a worker, not on an I/O thread
    bool diagnostic = false;              // answered by a quarantined node, too
    Handler handler;
    Preview preview;
};

// The target of a request, decoded.
struct Target {
    std::string path;                   // as sent
    std::vector<std::string> segments;  // decoded once, valid UTF-8, none empty, `.` or `..`
    std::vector<Parameter> query;       // decoded, no name twice
};

// Refuses with bad_request (path) or query_invalid.
ledger::Result<Target> read_target(std::string_view target, const Limits& limits);

class Router {
public:
    // A second route of equal method and pattern is an error of the program.
    void add(Route route);

    struct Match {
        const Route* route = nullptr;  // null: no route of this method
        std::vector<Parameter> parameters;
        std::vector<std::string_view> methods;  // what the path knows; empty: no such path
    };
    Match find(std::string_view method, std::span<const std::string> segments) const;

    std::vector<const Route*> routes() const;

private:
    struct Entry {
        Route route;
        std::vector<std::string_view> parts;
    };
    // By the first segments' text, so that a look-up compares few patterns.
    std::map<std::string, std::vector<std::unique_ptr<Entry>>, std::less<>> entries_;
};

}  // namespace tanji::api
