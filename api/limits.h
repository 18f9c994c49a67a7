#pragma once

#include <cstddef>
#include <cstdint>

namespace tanji::api {

// What this node accepts (docs/api.md, "Limits and defences"). The node hands these in.
struct Limits {
    std::size_t head_bytes_max = 16 * 1024;
    std::size_t fields_max = 64;
    std::size_t target_bytes_max = 2048;
    std::size_t query_parameters_max = 32;

    std::size_t command_body_bytes_max = 64 * 1024;
    std::size_t upload_bytes_max = 4 * 1024 * 1024;
    std::size_t recompute_bytes_max = 1024 * 1024;
    std::size_t witness_bytes_max = 64 * 1024;

    std::uint32_t handshake_ms = 10'000;
    std::uint32_t head_ms = 10'000;
    std::uint32_t body_ms = 30'000;
    std::uint32_t body_grace_ms = 10'000;  // after it, a body must keep the rate below
    std::uint32_t body_bytes_per_second = 4096;
    std::uint32_t write_stall_ms = 30'000;
    std::uint32_t idle_ms = 60'000;
    std::uint32_t tls_shutdown_ms = 2'000;

    std::size_t connections_max = 4096;
    std::size_t connections_per_address = 64;
    std::size_t requests_per_connection = 1000;

    std::size_t requests_in_work = 512;
    std::size_t uploads_in_work = 16;
    std::size_t streams = 1000;  // of events

    // Token buckets: burst and refill a second. A burst of 0 switches a bucket off.
    struct Bucket {
        std::uint32_t burst = 0;
        std::uint32_t per_second = 0;
    };
    Bucket ip{200, 50};
    Bucket member{1200, 600};
    Bucket signer{20, 5};
    Bucket compute{20, 5};
    std::size_t bucket_keys_max = 65'536;
};

}  // namespace tanji::api
