#pragma once

#include "ledger/value/crypto.h"
#include "tools/remote.h"
#include "tools/tool.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

// What the load generators measure, and how they say it.
namespace tanji::tools {

// Exact, from all samples: the least sample that as many per mille do not exceed.
double at_share(const std::vector<double>& sorted, std::uint64_t per_mille);

struct Percentiles {
    double p50 = 0;
    double p90 = 0;
    double p99 = 0;
    double p999 = 0;
    double most = 0;
};
// Sorts the samples. All 0 when there are none.
Percentiles percentiles_of(std::vector<double>& milliseconds);
std::string to_text(const Percentiles& percentiles);
// Members of an object, without its braces.
std::string to_json(const Percentiles& percentiles);

// What did not go well: how often, by code.
using Faults = std::map<std::string, std::uint64_t>;
void add(Faults& all, const Faults& more);
std::string to_json(const Faults& faults);
// The code of a reply that is not what was asked for.
std::string fault_of(const Attempt<Reply>& reply);

// Of a process; 0 if there is none.
std::uint64_t peak_memory(int pid);
double cpu_seconds(int pid);
std::uint64_t bytes_on_disk(const std::string& folder);

// Ed25519 verifications a second of this machine: the message and signature again and again, on
// all cores, for that long.
double verify_rate(
    const ledger::PublicKey& key,
    std::string_view message,
    const ledger::Signature& signature,
    double seconds
);

}  // namespace tanji::tools
