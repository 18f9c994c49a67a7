#include "node/api_observer.h"

namespace tanji::node {

void ApiObserver::answered(const Answered& answered) {
    metrics_.http_request(
        answered.route,
        answered.method,
        answered.status,
        static_cast<double>(answered.microseconds) / 1'000'000
    );
    if (answered.route == "submitActivity") {
        metrics_.add(Counter::upload_bytes_total, answered.bytes_in);
    }
}

void ApiObserver::failed(std::string_view what, std::string_view trace_id) {
    logger_.log(LogLevel::error, "api", "api.failed", {{"msg", what}, {"trace", trace_id}});
}

}  // namespace tanji::node
