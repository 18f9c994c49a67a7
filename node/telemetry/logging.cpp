#include "node/telemetry/logging.h"

#include "ledger/value/json.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <utility>

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <unistd.h>

namespace tanji::node {
namespace {

using ledger::TimeMs;

constexpr TimeMs window_ms = 10'000;
constexpr std::uint64_t told_per_window = 10;
constexpr std::size_t causes_max = 1024;

constexpr std::array<std::string_view, 4> level_names{"debug", "info", "warn", "error"};

std::string_view name_of(LogLevel level) {
    return level_names[static_cast<std::size_t>(level)];
}

TimeMs system_time() {
    const auto since = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
}

// 2026-11-21T12:00:00.123Z
std::string time_text(TimeMs time) {
    const auto seconds = time / 1000;
    const auto in_day = seconds % 86'400;
    return fmt::format(
        "{}T{:02}:{:02}:{:02}.{:03}Z",
        ledger::to_text(ledger::civil_from_day(ledger::local_day(seconds, 0))),
        in_day / 3600,
        in_day / 60 % 60,
        in_day % 60,
        time % 1000
    );
}

// Whatever stands in a field must neither end the line nor break a reader.
std::string harmless(std::string_view text) {
    std::string made(text);
    if (!ledger::is_plain_text(text)) {
        const auto strange = [](char letter) { return letter < 0x20 || letter == 0x7f; };
        std::ranges::replace_if(made, strange, '?');
    }
    return made;
}

struct JsonValueWriter {
    ledger::JsonWriter& out;

    void operator()(std::string_view text) const { out.string(harmless(text)); }
    void operator()(std::uint64_t number) const { out.integer(number); }
    void operator()(std::int64_t number) const { out.raw(fmt::to_string(number)); }
    void operator()(double number) const { out.raw(fmt::format("{:.3f}", number)); }
    void operator()(bool truth) const { out.boolean(truth); }
};

struct TextValue {
    std::string operator()(std::string_view text) const {
        const std::string plain = harmless(text);
        const bool bare = !plain.empty() && plain.find_first_of(" \"=") == std::string::npos;
        return bare ? plain : ledger::JsonWriter().string(plain).take();
    }
    std::string operator()(std::uint64_t number) const { return fmt::to_string(number); }
    std::string operator()(std::int64_t number) const { return fmt::to_string(number); }
    std::string operator()(double number) const { return fmt::format("{:.3f}", number); }
    std::string operator()(bool truth) const { return truth ? "true" : "false"; }
};

struct Line {
    TimeMs time = 0;
    LogLevel level = LogLevel::info;
    std::string_view part;
    std::string_view event;
};

std::string json_line(const Line& line, const std::string& node, std::span<const LogField> fields) {
    ledger::JsonWriter out;
    out.open_object()
        .member("ts", time_text(line.time))
        .member("level", name_of(line.level))
        .member("part", line.part)
        .member("event", line.event);
    if (!node.empty()) {
        out.member("node", node);
    }
    for (const LogField& field : fields) {
        out.name(field.key);
        std::visit(JsonValueWriter{out}, field.value);
    }
    return out.close_object().take();
}

std::string text_line(const Line& line, const std::string& node, std::span<const LogField> fields) {
    std::string text = fmt::format(
        "{} {:<5} {} {}", time_text(line.time), name_of(line.level), line.part, line.event
    );
    if (!node.empty()) {
        text += " node=" + TextValue{}(std::string_view(node));
    }
    for (const LogField& field : fields) {
        text += fmt::format(" {}={}", field.key, std::visit(TextValue{}, field.value));
    }
    return text;
}

// An event and who or what caused it, as far as that tells one flood from another.
std::string cause_of(std::string_view event, std::span<const LogField> fields) {
    std::string cause(event);
    for (const LogField& field : fields) {
        if (field.key == "code" || field.key == "peer" || field.key == "member") {
            cause += "\n" + std::visit(TextValue{}, field.value);
        }
    }
    return cause;
}

// The lines of one cause since the first of them.
struct Window {
    TimeMs since = 0;
    std::uint64_t seen = 0;
    LogLevel level = LogLevel::info;
    std::string part;
    std::string event;
};

std::shared_ptr<spdlog::logger> open_spdlog(const LoggerOptions& options) {
    spdlog::sink_ptr sink;
    if (options.file.empty()) {
        sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    } else {
        const std::size_t older = options.files > 0 ? options.files - 1 : 0;
        sink = std::make_shared<spdlog::sinks::rotating_file_sink_mt>(
            options.file, options.file_bytes_max, older
        );
    }
    auto logger = std::make_shared<spdlog::logger>("tanji", std::move(sink));
    logger->set_pattern("%v");
    logger->set_level(spdlog::level::trace);
    logger->flush_on(spdlog::level::trace);
    return logger;
}

}  // namespace

struct Logger::Inside {
    LoggerOptions options;
    std::atomic<LogLevel> level;
    std::shared_ptr<spdlog::logger> out;
    std::mutex mutex;
    std::map<std::string, Window> windows;
    TimeMs next_end = 0;

    void write(const Line& line, std::span<const LogField> fields) {
        const std::string text = options.format == LogFormat::json
                                     ? json_line(line, options.node, fields)
                                     : text_line(line, options.node, fields);
        if (options.sink) {
            options.sink(text);
        } else {
            out->info(spdlog::string_view_t(text));
        }
    }

    // Whether this line is one too many.
    bool is_flood(const Line& line, const std::string& cause) {
        if (windows.size() >= causes_max && !windows.contains(cause)) {
            end_windows(line.time, true);
        }
        Window& window = windows[cause];
        if (window.seen == 0) {
            window = {line.time, 0, line.level, std::string(line.part), std::string(line.event)};
            next_end = windows.size() == 1 ? line.time + window_ms : next_end;
        }
        window.seen += 1;
        return window.seen > told_per_window;
    }

    // Tells and forgets the windows that are over.
    void end_windows(TimeMs now, bool all) {
        TimeMs next = now + window_ms;
        for (auto at = windows.begin(); at != windows.end();) {
            const Window& window = at->second;
            if (!all && now - window.since < window_ms) {
                next = std::min(next, window.since + window_ms);
                ++at;
                continue;
            }
            if (window.seen > told_per_window) {
                const std::uint64_t more = window.seen - told_per_window;
                const std::array fields{
                    LogField("count", more),
                    LogField("msg", "as many more of the same cause, not told one by one"),
                };
                write({now, window.level, window.part, window.event}, fields);
            }
            at = windows.erase(at);
        }
        next_end = next;
    }
};

std::optional<LogLevel> log_level_of(std::string_view name) {
    const auto found = std::ranges::find(level_names, name);
    return found == level_names.end()
               ? std::nullopt
               : std::optional(static_cast<LogLevel>(found - level_names.begin()));
}

ledger::Result<std::unique_ptr<Logger>> Logger::open(const LoggerOptions& options) {
    auto inside = std::make_unique<Inside>();
    inside->options = options;
    inside->level = options.level;
    if (!options.now) {
        inside->options.now = system_time;
    }
    try {
        if (!options.sink) {
            inside->out = open_spdlog(options);
        }
    } catch (const spdlog::spdlog_ex& error) {
        return ledger::refuse(ledger::ErrorCode::internal, "the log: {}", error.what());
    }
    return std::unique_ptr<Logger>(new Logger(std::move(inside)));
}

Logger::Logger(std::unique_ptr<Inside> inside) : inside_(std::move(inside)) {}
Logger::~Logger() = default;

void Logger::log(
    LogLevel level,
    std::string_view part,
    std::string_view event,
    std::initializer_list<LogField> fields
) {
    if (level < inside_->level) {
        return;
    }
    const std::span<const LogField> list(fields.begin(), fields.size());
    const Line line{inside_->options.now(), level, part, event};
    const std::scoped_lock lock(inside_->mutex);
    if (line.time >= inside_->next_end) {
        inside_->end_windows(line.time, false);
    }
    if (!inside_->is_flood(line, cause_of(event, list))) {
        inside_->write(line, list);
    }
}

void Logger::set_level(LogLevel level) {
    inside_->level = level;
}

void Logger::flush() {
    const std::scoped_lock lock(inside_->mutex);
    inside_->end_windows(inside_->options.now(), true);
}

std::string coarse_address(std::string_view address) {
    if (const auto dot = address.rfind('.'); dot != std::string_view::npos) {
        return std::string(address.substr(0, dot)) + ".0/24";
    }
    std::size_t end = 0;
    for (int groups = 0; groups < 3; ++groups) {
        const auto colon = address.find(':', end);
        if (colon == std::string_view::npos || address.substr(colon).starts_with("::")) {
            return std::string(address.substr(0, std::min(colon, address.size()))) + "::/48";
        }
        end = colon + 1;
    }
    return std::string(address.substr(0, end)) + ":/48";
}

LogFormat automatic_log_format() {
    return ::isatty(STDERR_FILENO) == 1 ? LogFormat::text : LogFormat::json;
}

}  // namespace tanji::node
