#pragma once

#include "ledger/value/result.h"
#include "ledger/value/time.h"

#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace tanji::node {

enum class LogLevel : std::uint8_t { debug, info, warn, error };

std::optional<LogLevel> log_level_of(std::string_view name);

// A field of a line. Keys of the contract: msg trace command type code leaf index member peer ms.
struct LogField {
    std::string_view key;
    std::variant<std::string_view, std::uint64_t, std::int64_t, double, bool> value;

    LogField(std::string_view name, std::string_view text) : key(name), value(text) {}
    LogField(std::string_view name, const char* text) : key(name), value(std::string_view(text)) {}
    LogField(std::string_view name, const std::string& text)
        : key(name),
          value(std::string_view(text)) {}
    LogField(std::string_view name, bool truth) : key(name), value(truth) {}
    LogField(std::string_view name, double number) : key(name), value(number) {}
    template <std::unsigned_integral Number>
    LogField(std::string_view name, Number number) : key(name),
                                                     value(std::uint64_t{number}) {}
    template <std::signed_integral Number>
    LogField(std::string_view name, Number number) : key(name),
                                                     value(std::int64_t{number}) {}
};

enum class LogFormat : std::uint8_t { text, json };

struct LoggerOptions {
    LogLevel level = LogLevel::info;
    LogFormat format = LogFormat::text;
    std::string node = {};  // stands in every line when several nodes share a terminal
    std::string file = {};  // stderr unless given
    std::uint64_t file_bytes_max = 100ULL << 20;
    std::uint32_t files = 10;
    // Tests: where lines go instead, and the time.
    std::function<void(std::string_view line)> sink = {};
    std::function<ledger::TimeMs()> now = {};
};

// Writes events, one line each: time, level, part, event, fields. Events are stable names
// (`command.refused`); the sentence for people is the field `msg`. Never give it bodies, salts,
// tokens, or whole addresses of callers (coarse_address). Any thread.
//
// The same event from the same cause (its code, peer or member) more than 10 times within 10
// seconds is counted instead, and told in one line when the 10 seconds are over.
class Logger {
public:
    // Refused when the file cannot be written.
    static ledger::Result<std::unique_ptr<Logger>> open(const LoggerOptions& options);
    ~Logger();

    void log(
        LogLevel level,
        std::string_view part,
        std::string_view event,
        std::initializer_list<LogField> fields = {}
    );
    void set_level(LogLevel level);
    // Tells what was counted and not told yet; for the end of the process.
    void flush();

private:
    struct Inside;
    explicit Logger(std::unique_ptr<Inside> inside);

    std::unique_ptr<Inside> inside_;
};

// An address as far as a log may know it: cut to /24, or to /48.
std::string coarse_address(std::string_view address);

// Text for a terminal, JSON otherwise: what `log.format = "auto"` means on stderr.
LogFormat automatic_log_format();

}  // namespace tanji::node
