#pragma once

#include "ledger/value/time.h"

#include <string>
#include <string_view>
#include <vector>

// Words, columns and times of scenario files. Local times are those of +08:00.
namespace tanji::ledger::test {

std::vector<std::string> words_of(std::string_view text);
std::string trimmed(std::string_view text);
// Parts that two or more blanks divide.
std::vector<std::string> columns_of(std::string_view text);
// Parts that one character divides, trimmed.
std::vector<std::string> parts_of(std::string_view text, char at);
bool is_number(std::string_view word);

// `c1..c64` stands for c1, c2, … c64; nothing when the word is no such range.
std::vector<std::string> range_of(std::string_view word);
// One text for each name of the ranges in it, which are walked together; the text alone if it has
// none.
std::vector<std::string> expanded(std::string_view text);

inline constexpr int city_offset_minutes = 480;
// `2026-03-05` at midnight, else `2026-03-05T10:10`, with seconds and milliseconds if there are
// any.
std::string local_text(TimeMs time);
// `10:10`, `10:10:59` or `10:10:59.999` as milliseconds since midnight.
TimeMs clock_of(std::string_view text);

}  // namespace tanji::ledger::test
