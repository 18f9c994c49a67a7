#include "api/head_reader.h"

#include "api/framing.h"

#include <chrono>

namespace tanji::api {

using ledger::ErrorCode;

namespace {

// Milliseconds of the steady clock.
std::int64_t steady_ms() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::steady_clock::now().time_since_epoch()
    )
        .count();
}

template <typename... Arguments>
IncomingHead refused(
    ErrorCode code, fmt::format_string<Arguments...> detail, Arguments&&... arguments
) {
    return {
        .bytes = 0,
        .refused = ledger::refuse(code, detail, std::forward<Arguments>(arguments)...).error(),
    };
}

}  // namespace

boost::asio::awaitable<IncomingHead> read_head_bytes(
    Wire& wire, const Limits& limits, std::atomic<std::int64_t>& idle_since
) {
    std::size_t seen = 0;
    bool timed = false;
    if (wire.unread().empty()) {
        wire.allow(limits.idle_ms);
        idle_since = steady_ms();
    }
    for (;;) {
        const std::string_view raw = wire.unread();
        const HeadEnd end = find_head_end(raw, seen);
        if (end.broken) {
            co_return refused(
                ErrorCode::bad_request, "a bare LF, a NUL or an empty line in the head"
            );
        }
        if (end.bytes > 0 && end.bytes <= limits.head_bytes_max) {
            idle_since = 0;
            co_return IncomingHead{.bytes = end.bytes, .refused = {}};
        }
        if (raw.size() >= limits.head_bytes_max) {
            const bool in_line = !raw.contains('\n');
            co_return refused(
                in_line ? ErrorCode::uri_too_long : ErrorCode::headers_too_large,
                "the head has more than {} bytes",
                limits.head_bytes_max
            );
        }
        if (!raw.empty() && !timed) {
            idle_since = 0;
            wire.allow(limits.head_ms);
            timed = true;
        }
        seen = raw.size();
        const bool came = co_await wire.read_more(limits.head_bytes_max);
        if (!came) {
            idle_since = 0;
            if (wire.expired() && seen > 0) {
                co_return refused(ErrorCode::request_timeout, "the head came too slowly");
            }
            co_return IncomingHead{};
        }
    }
}

}  // namespace tanji::api
