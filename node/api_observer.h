#pragma once

#include "api/observer.h"
#include "node/telemetry/logging.h"
#include "node/telemetry/metrics.h"

namespace tanji::node {

// Turns what the API reports into metrics and log lines.
class ApiObserver : public api::Observer {
public:
    ApiObserver(Metrics& metrics, Logger& logger) : metrics_(metrics), logger_(logger) {}

    void answered(const Answered& answered) override;
    void rejected(std::string_view reason) override { metrics_.http_rejected(reason); }
    void rate_limited(std::string_view bucket) override { metrics_.rate_limited(bucket); }
    void connections(std::size_t open) override {
        metrics_.http_connections("open", static_cast<double>(open));
    }
    void failed(std::string_view what, std::string_view trace_id) override;

private:
    Metrics& metrics_;
    Logger& logger_;
};

}  // namespace tanji::node
