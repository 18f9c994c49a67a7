#pragma once

#include "tools/tool.h"

#include <cstdint>
#include <fstream>
#include <mutex>
#include <optional>
#include <string>

namespace tanji::tools {

// A signed batch, ready to be sent.
struct LoadedBatch {
    std::uint64_t number = 0;  // from 0, in the order of the file
    std::uint32_t records = 0;
    std::string signature;  // the Tanji-Signature field
    std::string body;       // the container
};

// Batches made before a measurement, one behind the other in a file:
// u32 records | u32 length, signature | u32 length, body.
class LoadWriter {
public:
    explicit LoadWriter(const std::string& file);
    bool ok() const { return out_.good(); }
    void add(std::uint32_t records, std::string_view signature, std::string_view body);

private:
    std::ofstream out_;
};

class LoadReader {
public:
    explicit LoadReader(const std::string& file);
    bool ok() const { return ok_; }
    // The next batch, whichever thread asks; nothing at the end.
    std::optional<LoadedBatch> next();

private:
    std::mutex mutex_;
    std::ifstream in_;
    std::uint64_t number_ = 0;
    bool ok_ = false;
};

}  // namespace tanji::tools
