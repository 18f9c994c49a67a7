#pragma once

#include "ledger/value/time.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Requests and responses as plain values. Handlers see nothing else of HTTP.
namespace tanji::api {

struct Route;

// A header field. Names of requests are in lower case.
struct Field {
    std::string name;
    std::string value;
};

// A name and its value: a path parameter or a query parameter, percent-decoded.
struct Parameter {
    std::string name;
    std::string value;
};

enum class Language : std::uint8_t { zh, en };

// Who a bearer token of this node speaks for. An empty member means nobody.
struct Principal {
    std::string member;
    std::string token_id;
    bool may_read = false;
    bool may_stream = false;  // events of one account

    bool is_member() const { return !member.empty(); }
};

struct Request {
    std::string method;  // HEAD arrives as GET
    std::string target;  // as it was sent
    std::string path;    // without the query, as it was sent
    std::vector<Field> fields;
    std::string body;

    const Route* route = nullptr;
    std::vector<Parameter> path_parameters;
    std::vector<Parameter> query;

    std::string peer;      // the caller's address as text, through a trusted proxy or not
    std::string trace_id;  // 32 hexadecimal digits
    Language language = Language::zh;
    ledger::TimeMs received = 0;
    Principal principal;
    std::string grant;  // a read grant that nobody has checked yet: what follows "Bearer "

    // The field's value, or null. REQUIRES: `name` in lower case.
    const std::string* field(std::string_view name) const { return find(fields, name); }
    // The query parameter, or null.
    const std::string* parameter(std::string_view name) const { return find(query, name); }
    // The path parameter. REQUIRES: the route has it.
    const std::string& of_path(std::string_view name) const {
        static const std::string none;
        const std::string* found = find(path_parameters, name);
        return found != nullptr ? *found : none;
    }

private:
    template <typename Named>
    static const std::string* find(const std::vector<Named>& list, std::string_view name) {
        for (const Named& entry : list) {
            if (entry.name == name) {
                return &entry.value;
            }
        }
        return nullptr;
    }
};

// Handlers may outlive the connection; so may the request that they answer.
using RequestPtr = std::shared_ptr<const Request>;

// A body without an end of its own, asked for piece by piece: the reader's pace is the writer's.
class Feed {
public:
    virtual ~Feed() = default;

    struct Piece {
        std::string text;  // at most 256 KiB; empty: ask again
        bool last = false;
    };
    // Calls `then` exactly once, from any thread, when there is something to say. Runs on a worker.
    // Asked again only after that.
    virtual void next(std::function<void(Piece)> then) = 0;
    // The node stops, or the reader has gone: the next piece is the last one. From any thread.
    virtual void end() = 0;
};

struct Response {
    int status = 200;
    std::string content_type = "application/json";
    std::vector<Field> fields;
    std::string body;
    bool close = false;          // the connection ends after this reply
    std::shared_ptr<Feed> feed;  // instead of a body; the connection ends with it

    Response& with(std::string_view name, std::string_view value) {
        fields.push_back({std::string(name), std::string(value)});
        return *this;
    }
    const std::string* field(std::string_view name) const {
        for (const Field& entry : fields) {
            if (entry.name == name) {
                return &entry.value;
            }
        }
        return nullptr;
    }
};

// Answers one request, once, from any thread. When the last copy goes away unanswered, the caller
// gets `500 internal`: a forgotten request never hangs a connection.
class Respond {
public:
    using Sink = std::function<void(std::optional<Response>)>;

    // What the connection lends to a handler that waits. Both may be called from any thread.
    struct Behind {
        std::function<void(std::function<void()>)> on_worker;  // none: runs it at once
        std::function<void()> park;
    };

    // `sink` is called exactly once, with nothing if nobody answered.
    explicit Respond(Sink sink, Behind behind = {})
        : state_(std::make_shared<State>(std::move(sink), std::move(behind))) {}

    // Goes on with the request on a worker: for handlers that have waited without one.
    void resume(std::function<void()> work) const {
        if (state_->behind.on_worker) {
            state_->behind.on_worker(std::move(work));
        } else {
            work();
        }
    }
    // The request only waits from now on: it gives back its place among those in work.
    void park() const {
        if (state_->behind.park) {
            state_->behind.park();
        }
    }

    // Later answers are ignored.
    void operator()(Response response) const { state_->finish(std::move(response)); }

private:
    struct State {
        State(Sink called, Behind lent) : sink(std::move(called)), behind(std::move(lent)) {}
        State(const State&) = delete;
        State& operator=(const State&) = delete;
        ~State() { finish(std::nullopt); }

        void finish(std::optional<Response> response) {
            if (sink) {
                const Sink once = std::exchange(sink, nullptr);
                once(std::move(response));
            }
        }
        Sink sink;
        const Behind behind;
    };
    std::shared_ptr<State> state_;
};

// Takes a request whose head has passed every check, body included, and answers now or later.
using Handler = std::function<void(RequestPtr, Respond)>;

}  // namespace tanji::api
