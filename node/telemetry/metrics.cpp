#include "node/telemetry/metrics.h"

#include <array>
#include <string>

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

namespace tanji::node {
namespace {

using Buckets = prometheus::Histogram::BucketBoundaries;

struct Named {
    const char* name;
    const char* help;
};

// In the order of the enumerators.
constexpr std::array gauges{
    Named{"raft_is_leader", "1 while this node leads"},
    Named{"raft_term", "Current term"},
    Named{"raft_committed_index", "Last committed block"},
    Named{"raft_applied_index", "Last applied block"},
    Named{"commands_in_flight", "Commands taken and not yet answered"},
    Named{"backlog_bytes", "Bytes of commands that wait to be sealed"},
    Named{"ledger_size", "Leaves so far"},
    Named{"certified_size", "Leaves under the newest certificate"},
    Named{"disk_free_bytes", "Free space where the data directory lies"},
    Named{"commands_overdue", "Commands taken here 5 s ago or earlier and not executed yet"},
    Named{"tls_expiry_timestamp_seconds", "End of the certificate of the API"},
    Named{"snapshot_block", "Block of the newest snapshot here; 0: none yet"},
    Named{"log_first_block", "Oldest block that is kept"},
};
constexpr std::array counters{
    Named{"raft_leader_changes_total", "Leaders seen, less one"},
    Named{"upload_bytes_total", "Bytes of bodies received"},
    Named{"root_mismatch_total", "Roots that another node computed differently"},
    Named{"invariant_violations_total", "Sums that did not come out"},
    Named{"snapshot_chunks_total", "Chunks of snapshots taken from other nodes"},
    Named{"snapshot_bad_chunks_total", "Chunks from other nodes that were not what they should be"},
    Named{"log_scrubbed_bytes_total", "Bytes of blocks that were read again in the background"},
};
constexpr std::array distributions{
    Named{"command_commit_seconds", "From the arrival of a command to its answer"},
    Named{"signature_verify_seconds", "One signature"},
    Named{"log_append_seconds", "Blocks and mark on disk"},
    Named{"log_sync_seconds", "One sync"},
    Named{"block_commands", "Commands in a block"},
    Named{"block_bytes", "Bytes of a block"},
    Named{"block_apply_seconds", "One block into the ledger"},
    Named{"certify_seconds", "From the commit of a head to its certificate"},
};

static_assert(gauges.size() == static_cast<std::size_t>(Gauge::log_first_block) + 1);
static_assert(counters.size() == static_cast<std::size_t>(Counter::log_scrubbed_bytes_total) + 1);
static_assert(distributions.size() == static_cast<std::size_t>(Distribution::certify_seconds) + 1);

Buckets seconds() {
    return {
        0.00005,
        0.0001,
        0.00025,
        0.0005,
        0.001,
        0.0025,
        0.005,
        0.01,
        0.025,
        0.05,
        0.1,
        0.25,
        0.5,
        1,
        2.5,
        10
    };
}

Buckets buckets_of(Distribution distribution) {
    if (distribution == Distribution::block_commands) {
        return {1, 2, 5, 10, 50, 100, 500, 1'000, 5'000, 20'000};
    }
    if (distribution == Distribution::block_bytes) {
        return {1'000, 10'000, 100'000, 1'000'000, 4'000'000, 16'000'000, 64'000'000};
    }
    return seconds();
}

template <typename Enum>
std::size_t place(Enum value) {
    return static_cast<std::size_t>(value);
}

std::string text(std::string_view label) {
    return std::string(label);
}

// REQUIRES: one thread at a time for these labels.
void set_or_remove(
    prometheus::Family<prometheus::Gauge>& family,
    const prometheus::Labels& labels,
    std::optional<double> value
) {
    auto& gauge = family.Add(labels);
    if (value) {
        gauge.Set(*value);
    } else {
        family.Remove(&gauge);
    }
}

}  // namespace

struct Metrics::Inside {
    prometheus::Registry registry;

    std::array<prometheus::Gauge*, gauges.size()> plain_gauges{};
    std::array<prometheus::Counter*, counters.size()> plain_counters{};
    std::array<prometheus::Histogram*, distributions.size()> plain_distributions{};

    prometheus::Family<prometheus::Counter>& http_requests =
        counter("http_requests_total", "Requests answered");
    prometheus::Family<prometheus::Histogram>& http_seconds =
        prometheus::BuildHistogram()
            .Name("tanji_http_request_seconds")
            .Help("From the headers to the last byte of the answer")
            .Register(registry);
    prometheus::Family<prometheus::Gauge>& http_connections =
        gauge("http_connections", "Connections by state");
    prometheus::Family<prometheus::Counter>& http_rejected =
        counter("http_rejected_total", "Requests and connections turned away");
    prometheus::Family<prometheus::Counter>& rate_limited =
        counter("rate_limited_total", "Requests that met an empty bucket");
    prometheus::Family<prometheus::Counter>& commands =
        counter("commands_total", "Commands by type and outcome");
    prometheus::Family<prometheus::Counter>& refusals =
        counter("refusals_total", "Refused commands by code");
    prometheus::Family<prometheus::Counter>& signatures =
        counter("signatures_verified_total", "Signatures of commands verified");
    prometheus::Family<prometheus::Counter>& records =
        counter("records_total", "Records of activities by outcome");
    prometheus::Family<prometheus::Counter>& conflicts =
        counter("conflicts_total", "Records that lost to an earlier one");
    prometheus::Family<prometheus::Counter>& cosignatures =
        counter("cosignatures_total", "Cosignatures by member and result");
    prometheus::Family<prometheus::Gauge>& cosigner_size =
        gauge("cosigner_size", "Last size that a member cosigned");
    prometheus::Family<prometheus::Gauge>& peer_connected =
        gauge("raft_peer_connected", "1 while that node and this one can talk");
    prometheus::Family<prometheus::Gauge>& peer_match =
        gauge("raft_peer_match_index", "Last block known to be durable there; at the leader only");
    prometheus::Family<prometheus::Gauge>& clock_offset =
        gauge("clock_offset_seconds", "Own clock less that of the peer");
    prometheus::Family<prometheus::Gauge>& grams = gauge("grams", "Grams by bucket");
    prometheus::Family<prometheus::Gauge>& rocksdb_bytes =
        gauge("rocksdb_bytes", "Bytes in files by store");

    Inside() {
        for (std::size_t i = 0; i < gauges.size(); ++i) {
            plain_gauges[i] = &gauge(gauges[i].name, gauges[i].help).Add({});
        }
        for (std::size_t i = 0; i < counters.size(); ++i) {
            plain_counters[i] = &counter(counters[i].name, counters[i].help).Add({});
        }
        for (std::size_t i = 0; i < distributions.size(); ++i) {
            plain_distributions[i] = &prometheus::BuildHistogram()
                                          .Name(std::string("tanji_") + distributions[i].name)
                                          .Help(distributions[i].help)
                                          .Register(registry)
                                          .Add({}, buckets_of(static_cast<Distribution>(i)));
        }
    }

    prometheus::Family<prometheus::Counter>& counter(const char* name, const char* help) {
        return prometheus::BuildCounter()
            .Name(std::string("tanji_") + name)
            .Help(help)
            .Register(registry);
    }
    prometheus::Family<prometheus::Gauge>& gauge(const char* name, const char* help) {
        return prometheus::BuildGauge()
            .Name(std::string("tanji_") + name)
            .Help(help)
            .Register(registry);
    }
};

Metrics::Metrics(std::string_view version, std::string_view commit)
    : inside_(std::make_unique<Inside>()) {
    inside_->gauge("build_info", "1; its labels tell what runs")
        .Add({{"version", text(version)}, {"commit", text(commit)}})
        .Set(1);
}

Metrics::~Metrics() = default;

void Metrics::set(Gauge gauge, double value) {
    inside_->plain_gauges[place(gauge)]->Set(value);
}

void Metrics::add(Counter counter, std::uint64_t count) {
    inside_->plain_counters[place(counter)]->Increment(static_cast<double>(count));
}

void Metrics::observe(Distribution distribution, double value) {
    inside_->plain_distributions[place(distribution)]->Observe(value);
}

void Metrics::http_request(
    std::string_view route, std::string_view method, int status, double duration
) {
    inside_->http_requests
        .Add({{"route", text(route)}, {"method", text(method)}, {"status", std::to_string(status)}})
        .Increment();
    inside_->http_seconds.Add({{"route", text(route)}}, seconds()).Observe(duration);
}

void Metrics::http_rejected(std::string_view reason) {
    inside_->http_rejected.Add({{"reason", text(reason)}}).Increment();
}

void Metrics::http_connections(std::string_view state, double count) {
    inside_->http_connections.Add({{"state", text(state)}}).Set(count);
}

void Metrics::rate_limited(std::string_view bucket) {
    inside_->rate_limited.Add({{"bucket", text(bucket)}}).Increment();
}

void Metrics::command(std::string_view type, std::string_view outcome) {
    inside_->commands.Add({{"type", text(type)}, {"outcome", text(outcome)}}).Increment();
}

void Metrics::refusal(std::string_view code) {
    inside_->refusals.Add({{"code", text(code)}}).Increment();
}

void Metrics::signature_verified(bool valid) {
    inside_->signatures.Add({{"result", valid ? "valid" : "invalid"}}).Increment();
}

void Metrics::records(std::string_view outcome, std::uint64_t count) {
    inside_->records.Add({{"outcome", text(outcome)}}).Increment(static_cast<double>(count));
}

void Metrics::conflicts(std::string_view by, std::uint64_t count) {
    inside_->conflicts.Add({{"by", text(by)}}).Increment(static_cast<double>(count));
}

void Metrics::cosignature(std::string_view member, std::string_view result) {
    inside_->cosignatures.Add({{"member", text(member)}, {"result", text(result)}}).Increment();
}

void Metrics::cosigner_size(std::string_view member, double size) {
    inside_->cosigner_size.Add({{"member", text(member)}}).Set(size);
}

void Metrics::peer(
    std::string_view peer,
    bool connected,
    std::optional<double> match,
    std::optional<double> clock_offset_seconds
) {
    const prometheus::Labels labels{{"peer", text(peer)}};
    inside_->peer_connected.Add(labels).Set(connected ? 1 : 0);
    set_or_remove(inside_->peer_match, labels, match);
    set_or_remove(inside_->clock_offset, labels, clock_offset_seconds);
}

void Metrics::grams(std::string_view bucket, double amount) {
    inside_->grams.Add({{"bucket", text(bucket)}}).Set(amount);
}

void Metrics::rocksdb_bytes(std::string_view db, double bytes) {
    inside_->rocksdb_bytes.Add({{"db", text(db)}}).Set(bytes);
}

std::string Metrics::exposition() const {
    return prometheus::TextSerializer().Serialize(inside_->registry.Collect());
}

}  // namespace tanji::node
