#include "tools/load_file.h"

#include "ledger/value/bytes.h"

namespace tanji::tools {

namespace {

constexpr std::uint32_t part_bytes_max = 8 * 1024 * 1024;

std::optional<std::uint32_t> read_number(std::istream& in) {
    std::string bytes(4, '\0');
    in.read(bytes.data(), 4);
    return in.gcount() == 4 ? std::optional(ledger::read_u32(bytes)) : std::nullopt;
}

std::optional<std::string> read_part(std::istream& in) {
    const auto length = read_number(in);
    if (!length || *length > part_bytes_max) {
        return std::nullopt;
    }
    std::string part(*length, '\0');
    in.read(part.data(), static_cast<std::streamsize>(part.size()));
    return in.gcount() == static_cast<std::streamsize>(part.size()) ? std::optional(part)
                                                                    : std::nullopt;
}

}  // namespace

LoadWriter::LoadWriter(const std::string& file) : out_(file, std::ios::binary | std::ios::trunc) {}

void LoadWriter::add(std::uint32_t records, std::string_view signature, std::string_view body) {
    std::string bytes;
    ledger::append_u32(bytes, records);
    ledger::append_u32(bytes, static_cast<std::uint32_t>(signature.size()));
    bytes += signature;
    ledger::append_u32(bytes, static_cast<std::uint32_t>(body.size()));
    bytes += body;
    out_.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    out_.flush();
}

LoadReader::LoadReader(const std::string& file) : in_(file, std::ios::binary), ok_(in_.good()) {}

std::optional<LoadedBatch> LoadReader::next() {
    const std::lock_guard lock(mutex_);
    const auto records = read_number(in_);
    auto signature = records ? read_part(in_) : std::nullopt;
    auto body = signature ? read_part(in_) : std::nullopt;
    if (!body) {
        return std::nullopt;
    }
    return LoadedBatch{number_++, *records, std::move(*signature), std::move(*body)};
}

}  // namespace tanji::tools
