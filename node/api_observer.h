#pragma once

#include "api/observer.h"
#include "node/telemetry/access_log.h"
#include "node/telemetry/logging.h"
#include "node/telemetry/metrics.h"

namespace tanji::node {

// Turns what the API reports into metrics, log lines and the access log.
class ApiObserver : public api::Observer {
public:
    ApiObserver(Metrics& metrics, Logger& logger, AccessLog& access_log)
        : metrics_(metrics), logger_(logger), access_log_(access_log) {}

    void answered(const Answered& answered) override;
    void rejected(std::string_view reason) override { metrics_.http_rejected(reason); }
    void rate_limited(std::string_view bucket) override { metrics_.rate_limited(bucket); }
    void connections(std::size_t open) override {
        metrics_.http_connections("open", static_cast<double>(open));
    }
    void accessed(const Access& access) override;
    void failed(std::string_view what, std::string_view trace_id) override;

private:
    Metrics& metrics_;
    Logger& logger_;
    AccessLog& access_log_;
};

}  // namespace tanji::node
