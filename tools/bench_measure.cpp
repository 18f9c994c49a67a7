#include "tools/bench_measure.h"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include <unistd.h>

namespace tanji::tools {

namespace fs = std::filesystem;

double at_share(const std::vector<double>& sorted, std::uint64_t per_mille) {
    if (sorted.empty()) {
        return 0;
    }
    const std::uint64_t rank = (sorted.size() * per_mille + 999) / 1'000;  // from 1
    return sorted[std::clamp<std::uint64_t>(rank, 1, sorted.size()) - 1];
}

Percentiles percentiles_of(std::vector<double>& milliseconds) {
    std::ranges::sort(milliseconds);
    return {
        .p50 = at_share(milliseconds, 500),
        .p90 = at_share(milliseconds, 900),
        .p99 = at_share(milliseconds, 990),
        .p999 = at_share(milliseconds, 999),
        .most = at_share(milliseconds, 1'000),
    };
}

std::string to_text(const Percentiles& took) {
    return fmt::format(
        "p50 {:.2f}  p90 {:.2f}  p99 {:.2f}  p99.9 {:.2f}  max {:.2f}",
        took.p50,
        took.p90,
        took.p99,
        took.p999,
        took.most
    );
}

std::string to_json(const Percentiles& took) {
    return fmt::format(
        R"("p50_ms":{:.2f},"p90_ms":{:.2f},"p99_ms":{:.2f},"p999_ms":{:.2f},"max_ms":{:.2f})",
        took.p50,
        took.p90,
        took.p99,
        took.p999,
        took.most
    );
}

void add(Faults& all, const Faults& more) {
    for (const auto& [code, count] : more) {
        all[code] += count;
    }
}

std::string to_json(const Faults& faults) {
    std::string members;
    for (const auto& [code, count] : faults) {
        members += fmt::format("{}\"{}\":{}", members.empty() ? "" : ",", code, count);
    }
    return "{" + members + "}";
}

std::string fault_of(const Attempt<Reply>& reply) {
    if (!reply) {
        return "unavailable";
    }
    if (reply->ok()) {
        return "not_certified";
    }
    const Failure problem = problem_of(*reply);
    return problem.code.empty() ? std::to_string(reply->status) : problem.code;
}

// A line such as `VmHWM:  12345 kB` of /proc/<pid>/status, in bytes.
std::uint64_t peak_memory(int pid) {
    std::ifstream status(fmt::format("/proc/{}/status", pid));
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with("VmHWM:")) {
            const std::size_t digits = line.find_first_of("0123456789");
            std::uint64_t kibibytes = 0;
            std::from_chars(line.data() + digits, line.data() + line.size(), kibibytes);
            return kibibytes * 1'024;
        }
    }
    return 0;
}

// User and system time of a process in seconds.
double cpu_seconds(int pid) {
    std::ifstream stat(fmt::format("/proc/{}/stat", pid));
    std::string line;
    std::getline(stat, line);
    // Fields after the name in parentheses; utime and stime are the 12th and 13th of them.
    std::string_view left = line;
    left.remove_prefix(std::min(left.size(), left.rfind(')') + 2));
    std::uint64_t ticks = 0;
    for (int field = 1; field <= 13 && !left.empty(); ++field) {
        const std::string_view word = left.substr(0, left.find(' '));
        std::uint64_t value = 0;
        std::from_chars(word.data(), word.data() + word.size(), value);
        ticks += field >= 12 ? value : 0;
        left.remove_prefix(std::min(left.size(), word.size() + 1));
    }
    return static_cast<double>(ticks) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

std::uint64_t bytes_on_disk(const std::string& folder) {
    std::uint64_t bytes = 0;
    std::error_code error;
    for (const auto& entry : fs::recursive_directory_iterator(folder, error)) {
        if (entry.is_regular_file(error)) {
            bytes += entry.file_size(error);
        }
    }
    return bytes;
}

double verify_rate(
    const ledger::PublicKey& key,
    std::string_view message,
    const ledger::Signature& signature,
    double seconds
) {
    using Clock = std::chrono::steady_clock;
    const auto begin = Clock::now();
    const std::chrono::duration<double> wanted(seconds);
    std::atomic<std::uint64_t> verified = 0;
    {
        std::vector<std::jthread> threads;
        for (unsigned i = 0; i < std::max(1U, std::thread::hardware_concurrency()); ++i) {
            threads.emplace_back([&] {
                std::uint64_t good = 0;
                while (Clock::now() - begin < wanted) {
                    good += ledger::verify(key, message, signature) ? 1U : 0U;
                }
                verified += good;
            });
        }
    }
    const std::chrono::duration<double> took = Clock::now() - begin;
    return static_cast<double>(verified) / took.count();
}

}  // namespace tanji::tools
