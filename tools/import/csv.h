#pragma once

#include <cstdint>
#include <istream>
#include <string>
#include <string_view>
#include <vector>

namespace tanji::tools {

// One line of a table. A row that breaks RFC 4180 has no fields and says in `fault` what is wrong.
struct CsvRow {
    std::uint64_t line = 0;  // where it begins in the file, from 1
    std::vector<std::string> fields;
    std::string fault;
};

// Reads RFC 4180: fields in quotes may hold separators, line ends and doubled quotes; lines end
// with CRLF or LF; a byte-order mark at the start is skipped, as are empty lines. Memory stays
// bounded whatever the file holds: after a fault reading goes on at the next line.
class CsvReader {
public:
    static constexpr std::size_t row_bytes_max = 64 * 1024;
    static constexpr std::size_t fields_max = 256;

    // Keeps a reference to the stream.
    explicit CsvReader(std::istream& in, char separator = ',');

    // False at the end of the file.
    bool next(CsvRow& row);

private:
    bool read_row(CsvRow& row);
    void read_quoted(CsvRow& row, std::string& field);
    void fail(CsvRow& row, std::string_view why);
    int take();

    std::istream& in_;
    char separator_;
    std::uint64_t line_ = 1;
    std::size_t row_bytes_ = 0;
};

// Text as one field: in quotes when it holds a separator, a quote or a line end.
std::string csv_field(std::string_view text);

}  // namespace tanji::tools
