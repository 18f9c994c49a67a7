#include "tools/tool.h"

#include "ledger/value/json.h"

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <iostream>

#include <unistd.h>

namespace tanji::tools {

namespace {

// Three digits and a unit: `1.30 M`.
std::string short_number(std::uint64_t number) {
    if (number < 1'000) {
        return std::to_string(number);
    }
    const char* unit = number < 1'000'000 ? "k" : "M";
    const double scaled = static_cast<double>(number) / (number < 1'000'000 ? 1e3 : 1e6);
    return fmt::format("{:.{}f} {}", scaled, scaled < 10 ? 2 : scaled < 100 ? 1 : 0, unit);
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) {
        row[j] = j;
    }
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t above = row[j];
            row[j] =
                std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0U : 1U)});
            diagonal = above;
        }
    }
    return row[b.size()];
}

// Columns that a terminal needs: code points, those of Chinese, Japanese and Korean twice.
std::size_t width(std::string_view text) {
    std::size_t columns = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        const auto next = static_cast<unsigned char>(i + 1 < text.size() ? text[i + 1] : 0);
        const bool begins = (byte & 0xC0U) != 0x80U;
        const bool full_width = byte == 0xEFU && (next == 0xBCU || next == 0xBDU);
        const bool wide = (byte >= 0xE3U && byte <= 0xEDU) || full_width;
        columns += begins ? wide ? 2 : 1 : 0;
    }
    return columns;
}

}  // namespace

std::unexpected<Failure> fail(Exit exit, const ledger::Error& error) {
    std::string sentence = error.detail;
    if (!error.pointer.empty()) {
        sentence += fmt::format(" (at {})", error.pointer);
    }
    if (!error.reason.empty()) {
        sentence += fmt::format(" ({})", error.reason);
    }
    return std::unexpected(
        Failure{exit, std::move(sentence), std::string(ledger::name_of(error.code))}
    );
}

bool Tool::is_lively() const {
    if (json || quiet || color == "never" || std::getenv("NO_COLOR") != nullptr ||
        std::getenv("CI") != nullptr) {
        return false;
    }
    return color == "always" || (&err == &std::cerr && isatty(STDERR_FILENO) != 0);
}

void Tool::say(std::string_view sentence) const {
    if (!quiet) {
        err << sentence << '\n' << std::flush;
    }
}

void Tool::print(std::string_view line) const {
    out << line << '\n';
}

void Tool::tick(bool good, std::string_view sentence) const {
    if (!json && !quiet) {
        out << (good ? "  ✓ " : "  ✗ ") << sentence << '\n';
    }
}

bool Tool::confirm(std::string_view question) const {
    if (yes) {
        return true;
    }
    if (no_input || json || isatty(STDIN_FILENO) == 0) {
        return false;
    }
    err << question << " [y/N] " << std::flush;
    std::string answer;
    std::getline(std::cin, answer);
    return answer == "y" || answer == "Y" || answer == "yes";
}

int finish(const Tool& tool, const Attempt<void>& attempt) {
    tool.out.flush();
    if (attempt) {
        return static_cast<int>(Exit::done);
    }
    const Failure& failed = attempt.error();
    const int number = static_cast<int>(failed.exit);
    if (failed.sentence.empty()) {
        return number;
    }
    if (tool.json) {
        ledger::JsonWriter error;
        error.open_object();
        error.member("error", failed.sentence);
        error.name("code");
        failed.code.empty() ? error.null() : error.string(failed.code);
        error.member("exit", static_cast<std::uint64_t>(failed.exit)).close_object();
        tool.err << error.text() << '\n';
    } else if (failed.code.empty()) {
        tool.err << "tanji: " << failed.sentence << '\n';
    } else {
        tool.err << "tanji: " << failed.code << ": " << failed.sentence << '\n';
    }
    return number;
}

std::string to_table(const std::vector<std::vector<std::string>>& rows) {
    std::vector<std::size_t> widths;
    for (const auto& row : rows) {
        widths.resize(std::max(widths.size(), row.size()));
        for (std::size_t i = 0; i < row.size(); ++i) {
            widths[i] = std::max(widths[i], width(row[i]));
        }
    }
    std::string table;
    for (const auto& row : rows) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            table += row[i];
            if (i + 1 < row.size()) {
                table.append(widths[i] - width(row[i]) + 2, ' ');
            }
        }
        table += '\n';
    }
    return table;
}

std::string grouped(ledger::Int128 number) {
    std::string text = ledger::to_text(number);
    const std::size_t first = text.starts_with('-') ? 1 : 0;
    for (std::size_t end = text.size(); end > first + 3;) {
        end -= 3;
        text.insert(end, "\u202F");
    }
    return text;
}

std::string local_time_text(ledger::TimeMs time) {
    const std::time_t seconds = time / 1'000;
    std::tm parts{};
    localtime_r(&seconds, &parts);
    const long offset = parts.tm_gmtoff / 60;
    return fmt::format(
        "{:04}-{:02}-{:02} {:02}:{:02}:{:02} {}{:02}:{:02}",
        parts.tm_year + 1900,
        parts.tm_mon + 1,
        parts.tm_mday,
        parts.tm_hour,
        parts.tm_min,
        parts.tm_sec,
        offset < 0 ? '-' : '+',
        std::abs(offset) / 60,
        std::abs(offset) % 60
    );
}

ledger::TimeMs now_ms() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::system_clock::now().time_since_epoch()
    )
        .count();
}

std::optional<ledger::Amount> parse_weight(std::string_view text) {
    int places = 0;
    if (text.ends_with("kg")) {
        places = 3;
        text.remove_suffix(2);
    } else if (text.ends_with('g')) {
        text.remove_suffix(1);
    } else if (text.ends_with('t')) {
        places = 6;
        text.remove_suffix(1);
    }
    std::string digits(text.substr(0, text.find('.')));
    std::string fraction;
    if (text.find('.') != std::string_view::npos) {
        fraction = text.substr(text.find('.') + 1);
        while (fraction.ends_with('0')) {
            fraction.pop_back();
        }
    }
    if (digits.empty() || fraction.size() > static_cast<std::size_t>(places)) {
        return std::nullopt;
    }
    fraction.resize(static_cast<std::size_t>(places), '0');
    digits += fraction;
    digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size() - 1));
    const auto grams = ledger::parse_amount(digits);
    return grams && *grams > 0 ? grams : std::nullopt;
}

std::optional<std::int64_t> parse_duration(std::string_view text) {
    if (text.empty()) {
        return std::nullopt;
    }
    std::int64_t unit = 1;
    switch (text.back()) {
        case 's':
            break;
        case 'm':
            unit = 60;
            break;
        case 'h':
            unit = 3'600;
            break;
        case 'd':
            unit = 86'400;
            break;
        default:
            return std::nullopt;
    }
    const auto count = ledger::parse_amount(text.substr(0, text.size() - 1));
    return count && *count > 0 && *count <= 1'000'000 ? std::optional(*count * unit) : std::nullopt;
}

std::optional<std::vector<std::pair<std::uint32_t, std::uint32_t>>> parse_ranges(
    std::string_view text
) {
    std::vector<std::pair<std::uint32_t, std::uint32_t>> ranges;
    const auto number = [](std::string_view digits) -> std::optional<std::uint32_t> {
        const auto value = ledger::parse_amount(digits);
        return value && *value < 10'000 ? std::optional(static_cast<std::uint32_t>(*value))
                                        : std::nullopt;
    };
    while (!text.empty()) {
        const std::string_view part = text.substr(0, text.find(','));
        text.remove_prefix(std::min(text.size(), part.size() + 1));
        const std::size_t dash = part.find('-');
        const auto first = number(part.substr(0, dash));
        const auto last = dash == std::string_view::npos ? first : number(part.substr(dash + 1));
        if (!first || !last || *last < *first ||
            (!ranges.empty() && *first <= ranges.back().second)) {
            return std::nullopt;
        }
        ranges.emplace_back(*first, *last);
    }
    return ranges.empty() ? std::nullopt : std::optional(ranges);
}

std::optional<std::string> nearest(
    std::string_view word, const std::vector<std::string>& candidates
) {
    std::optional<std::string> best;
    std::size_t least = std::max<std::size_t>(2, word.size() / 3) + 1;
    for (const std::string& candidate : candidates) {
        const std::size_t distance = edit_distance(word, candidate);
        if (distance < least) {
            least = distance;
            best = candidate;
        }
    }
    return best;
}

Progress::Progress(const Tool& tool, std::string label, std::string unit, std::uint64_t total)
    : tool_(tool),
      label_(std::move(label)),
      unit_(std::move(unit)),
      total_(total),
      begun_(std::chrono::steady_clock::now()),
      drawn_(begun_) {}

Progress::~Progress() {
    end();
}

void Progress::at(std::uint64_t done) {
    const auto now = std::chrono::steady_clock::now();
    const auto pause =
        tool_.is_lively() ? std::chrono::milliseconds(100) : std::chrono::milliseconds(10'000);
    if (tool_.quiet || tool_.json || now - drawn_ < pause) {
        return;
    }
    drawn_ = now;
    draw(done);
}

void Progress::draw(std::uint64_t done) {
    const double elapsed = std::max(seconds(), 0.001);
    const double rate = static_cast<double>(done) / elapsed;
    std::string line = label_ + "  ";
    if (total_ > 0) {
        const std::uint64_t filled = std::min<std::uint64_t>(20, 20 * done / total_);
        for (std::uint64_t i = 0; i < 20 && tool_.is_lively(); ++i) {
            line += i < filled ? "█" : "░";
        }
        line += fmt::format("  {} / {} {}", short_number(done), short_number(total_), unit_);
    } else {
        line += fmt::format("{} {}", short_number(done), unit_);
    }
    line += fmt::format("  {}/s", short_number(static_cast<std::uint64_t>(rate)));
    if (total_ > done && rate > 0) {
        const auto left = static_cast<std::uint64_t>(static_cast<double>(total_ - done) / rate);
        line += fmt::format("  {}:{:02} left", left / 60, left % 60);
    }
    if (tool_.is_lively()) {
        tool_.err << "\r\x1b[K" << line << std::flush;
        drawn_any_ = true;
    } else {
        tool_.err << line << '\n' << std::flush;
    }
}

void Progress::end() {
    if (drawn_any_) {
        tool_.err << "\r\x1b[K" << std::flush;
        drawn_any_ = false;
    }
}

double Progress::seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun_).count();
}

}  // namespace tanji::tools
