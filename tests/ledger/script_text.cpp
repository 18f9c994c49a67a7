#include "tests/ledger/script_text.h"

#include <algorithm>
#include <sstream>

#include <fmt/format.h>

namespace tanji::ledger::test {

std::vector<std::string> words_of(std::string_view text) {
    std::istringstream in{std::string(text)};
    std::vector<std::string> words;
    for (std::string word; in >> word;) {
        words.push_back(word);
    }
    return words;
}

std::string trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r");
    const auto last = text.find_last_not_of(" \t\r");
    return first == std::string_view::npos ? std::string()
                                           : std::string(text.substr(first, last - first + 1));
}

std::vector<std::string> columns_of(std::string_view text) {
    std::vector<std::string> columns;
    while (!text.empty()) {
        const auto gap = std::min(text.find("  "), text.size());
        if (auto column = trimmed(text.substr(0, gap)); !column.empty()) {
            columns.push_back(std::move(column));
        }
        text.remove_prefix(gap);
        text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    }
    return columns;
}

std::vector<std::string> parts_of(std::string_view text, char at) {
    std::istringstream in{std::string(text)};
    std::vector<std::string> parts;
    for (std::string part; std::getline(in, part, at);) {
        parts.push_back(trimmed(part));
    }
    return parts;
}

bool is_number(std::string_view word) {
    return !word.empty() && std::ranges::all_of(word, [](char c) { return c >= '0' && c <= '9'; });
}

std::vector<std::string> range_of(std::string_view word) {
    const auto dots = word.find("..");
    if (dots == std::string_view::npos) {
        return {};
    }
    const std::string_view first = word.substr(0, dots);
    const std::string_view last = word.substr(dots + 2);
    const auto digits = first.find_last_not_of("0123456789") + 1;
    const std::string_view stem = first.substr(0, digits);
    if (!is_number(first.substr(digits)) || !last.starts_with(stem) ||
        !is_number(last.substr(digits))) {
        return {};
    }
    std::vector<std::string> names;
    for (int i = std::stoi(std::string(first.substr(digits)));
         i <= std::stoi(std::string(last.substr(digits)));
         ++i) {
        names.push_back(fmt::format("{}{}", stem, i));
    }
    return names;
}

std::vector<std::string> expanded(std::string_view text) {
    std::vector<std::string> texts;
    for (const std::string& word : words_of(text)) {
        const auto names = range_of(word);
        if (texts.size() < 2 && names.size() > texts.size()) {
            texts.resize(names.size(), texts.empty() ? std::string() : texts.front());
        }
        texts.resize(std::max<std::size_t>(texts.size(), 1));
        for (std::size_t i = 0; i < texts.size(); ++i) {
            texts[i] += (texts[i].empty() ? "" : " ") + (names.empty() ? word : names.at(i));
        }
    }
    return texts;
}

std::string local_text(TimeMs time) {
    const TimeMs midnight =
        start_of_day(local_day(time / 1'000, city_offset_minutes), city_offset_minutes) * 1'000;
    const TimeMs past = time - midnight;
    std::string text = to_text(civil_from_day(local_day(time / 1'000, city_offset_minutes)));
    if (past != 0) {
        text += fmt::format("T{:02}:{:02}", past / 3'600'000, past / 60'000 % 60);
    }
    if (past % 60'000 != 0) {
        text += fmt::format(":{:02}", past / 1'000 % 60);
    }
    if (past % 1'000 != 0) {
        text += fmt::format(".{:03}", past % 1'000);
    }
    return text;
}

TimeMs clock_of(std::string_view text) {
    int hours = 0;
    int minutes = 0;
    int seconds = 0;
    int millis = 0;
    std::sscanf(std::string(text).c_str(), "%d:%d:%d.%d", &hours, &minutes, &seconds, &millis);
    return ((hours * 60 + minutes) * 60 + seconds) * 1'000LL + millis;
}

}  // namespace tanji::ledger::test
