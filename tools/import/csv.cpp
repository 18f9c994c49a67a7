#include "tools/import/csv.h"

#include <streambuf>

namespace tanji::tools {

namespace {

constexpr int end_of_file = std::char_traits<char>::eof();

}  // namespace

CsvReader::CsvReader(std::istream& in, char separator) : in_(in), separator_(separator) {
    if (in_.peek() == 0xEF) {  // the mark is three bytes; anything else stays part of the data
        std::string mark(3, '\0');
        in_.read(mark.data(), 3);
        if (mark != "\xEF\xBB\xBF") {
            in_.clear();
            in_.seekg(0);
        }
    }
}

bool CsvReader::next(CsvRow& row) {
    do {
        row = {};
        row.line = line_;
        row_bytes_ = 0;
        if (!read_row(row)) {
            return false;
        }
    } while (row.fault.empty() && row.fields.size() == 1 && row.fields[0].empty());
    return true;
}

int CsvReader::take() {
    const int c = in_.rdbuf()->sbumpc();
    if (c == '\n') {
        ++line_;
    }
    if (c != end_of_file) {
        ++row_bytes_;
    }
    return c;
}

// Forgets the rest of the line, so that one bad row costs one row.
void CsvReader::fail(CsvRow& row, std::string_view why) {
    row.fields.clear();
    row.fault = why;
    for (int c = take(); c != '\n' && c != end_of_file;) {
        c = take();
    }
}

// Everything up to the closing quote; what follows it is the caller's.
void CsvReader::read_quoted(CsvRow& row, std::string& field) {
    for (int c = take();; c = take()) {
        if (c == end_of_file) {
            row.fault = "a quote is never closed";
            return;
        }
        if (c == '"') {
            if (in_.rdbuf()->sgetc() != '"') {
                return;
            }
            take();
        }
        if (row_bytes_ > row_bytes_max) {
            fail(row, "the row is too long");
            return;
        }
        field.push_back(static_cast<char>(c));
    }
}

bool CsvReader::read_row(CsvRow& row) {
    if (in_.rdbuf()->sgetc() == end_of_file) {
        return false;
    }
    std::string field;
    bool quoted = false;
    for (;;) {
        int c = take();
        if (c == '"' && field.empty() && !quoted) {
            read_quoted(row, field);
            if (!row.fault.empty()) {
                row.fields.clear();
                return true;
            }
            quoted = true;
            continue;
        }
        if (c == '\r' && in_.rdbuf()->sgetc() == '\n') {
            c = take();
        }
        if (c == separator_ || c == '\n' || c == end_of_file) {
            row.fields.push_back(std::move(field));
            field.clear();
            quoted = false;
            if (row.fields.size() > fields_max) {
                if (c == separator_) {
                    fail(row, "the row has too many fields");
                } else {
                    row.fields.clear();
                    row.fault = "the row has too many fields";
                }
                return true;
            }
            if (c != separator_) {
                return true;
            }
            continue;
        }
        if (quoted || c == '"') {
            fail(row, "a quote stands inside a field");
            return true;
        }
        if (row_bytes_ > row_bytes_max) {
            fail(row, "the row is too long");
            return true;
        }
        field.push_back(static_cast<char>(c));
    }
}

std::string csv_field(std::string_view text) {
    if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
        return std::string(text);
    }
    std::string quoted = "\"";
    for (const char c : text) {
        quoted.append(c == '"' ? 2 : 1, c);
    }
    return quoted + '"';
}

}  // namespace tanji::tools
