#pragma once

#include "ledger/value/result.h"
#include "ledger/value/time.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace tanji::node {

// One answered request. Who it was only as far as the law wants it: the account or member that
// signed or held a token, and a cut address (logging.h, coarse_address).
struct AccessEntry {
    ledger::TimeMs time = 0;
    std::string_view request_id;
    std::string_view route;  // operationId
    std::string_view method;
    int status = 0;
    std::uint64_t bytes_in = 0;
    std::uint64_t bytes_out = 0;
    double ms = 0;
    std::string_view address;
    std::string_view caller;   // member or key id, or empty
    std::string_view command;  // its id, or empty
    std::string_view code;     // of the problem, or empty
};

// Append-only JSON lines, one file a day: at the first line of a new day (UTC) the file is renamed
// to <file>.YYYY-MM-DD, and files older than `keep_days` go. Any thread. A line that cannot be
// written is dropped and counted: answering matters more.
class AccessLog {
public:
    static ledger::Result<std::unique_ptr<AccessLog>> open(
        const std::string& file, std::int64_t keep_days
    );
    ~AccessLog();

    void write(const AccessEntry& entry);
    std::uint64_t dropped() const;

private:
    struct Inside;
    explicit AccessLog(std::unique_ptr<Inside> inside);

    std::unique_ptr<Inside> inside_;
};

}  // namespace tanji::node
