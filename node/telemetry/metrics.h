#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace tanji::node {

// Numbers that go up and down, without labels.
enum class Gauge : std::uint8_t {
    raft_is_leader,
    raft_term,
    raft_committed_index,
    raft_applied_index,
    commands_in_flight,
    backlog_bytes,
    ledger_size,
    certified_size,
    disk_free_bytes,
    commands_overdue,
    tls_expiry_timestamp_seconds,
    snapshot_block,
    log_first_block,
};

// Numbers that only grow, without labels.
enum class Counter : std::uint8_t {
    raft_leader_changes_total,
    upload_bytes_total,
    root_mismatch_total,
    invariant_violations_total,
    snapshot_chunks_total,
    snapshot_bad_chunks_total,
    log_scrubbed_bytes_total,
};

// How long something took, or how large it was.
enum class Distribution : std::uint8_t {
    command_commit_seconds,
    signature_verify_seconds,
    log_append_seconds,
    log_sync_seconds,
    block_commands,
    block_bytes,
    block_apply_seconds,
    certify_seconds,
};

// The metrics of one node (docs/operating.md has the list), each with the prefix `tanji_`. No
// globals: several nodes of one process have one each. Any thread.
class Metrics {
public:
    Metrics(std::string_view version, std::string_view commit);
    ~Metrics();

    void set(Gauge gauge, double value);
    void add(Counter counter, std::uint64_t count = 1);
    void observe(Distribution distribution, double value);

    // Labels are bounded: `route` is an operationId of the contract, never a path.
    void http_request(std::string_view route, std::string_view method, int status, double seconds);
    void http_rejected(std::string_view reason);
    void http_connections(std::string_view state, double count);
    void rate_limited(std::string_view bucket);
    void command(std::string_view type, std::string_view outcome);
    void refusal(std::string_view code);
    void signature_verified(bool valid);
    void records(std::string_view outcome, std::uint64_t count);
    void conflicts(std::string_view by, std::uint64_t count);
    void cosignature(std::string_view member, std::string_view result);
    void cosigner_size(std::string_view member, double size);
    // Another node: whether both can talk, how far its log is known to reach, and own clock less
    // its own. What is not known is left out of the exposition. REQUIRES: one thread at a time.
    void peer(
        std::string_view peer,
        bool connected,
        std::optional<double> match,
        std::optional<double> clock_offset_seconds
    );
    void grams(std::string_view bucket, double amount);
    void rocksdb_bytes(std::string_view db, double bytes);

    // Prometheus text format 0.0.4.
    std::string exposition() const;

private:
    struct Inside;
    std::unique_ptr<Inside> inside_;
};

}  // namespace tanji::node
