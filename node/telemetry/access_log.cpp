#include "node/telemetry/access_log.h"

#include "ledger/value/json.h"

#include <atomic>
#include <cerrno>
#include <filesystem>
#include <mutex>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tanji::node {
namespace {

namespace fs = std::filesystem;
using ledger::Day;

constexpr mode_t file_mode = 0600;

Day day_of(ledger::TimeMs time) {
    return ledger::local_day(time / 1000, 0);
}

std::string line_of(const AccessEntry& entry) {
    ledger::JsonWriter out;
    const auto text = [&](std::string_view key, std::string_view value) {
        if (!value.empty() && ledger::is_plain_text(value)) {
            out.member(key, value);
        }
    };
    out.open_object().member("ts", static_cast<std::uint64_t>(entry.time));
    text("request", entry.request_id);
    text("route", entry.route);
    text("method", entry.method);
    out.member("status", static_cast<std::uint64_t>(entry.status))
        .member("in", entry.bytes_in)
        .member("out", entry.bytes_out)
        .name("ms")
        .raw(fmt::format("{:.3f}", entry.ms));
    text("address", entry.address);
    text("caller", entry.caller);
    text("command", entry.command);
    text("code", entry.code);
    return out.close_object().take() + "\n";
}

// The day on which the file was begun: that of its last change, when it is there already.
Day day_of_file(const std::string& file, Day otherwise) {
    struct stat found{};
    const bool there = ::stat(file.c_str(), &found) == 0 && found.st_size > 0;
    return there ? ledger::local_day(found.st_mtim.tv_sec, 0) : otherwise;
}

}  // namespace

struct AccessLog::Inside {
    std::string file;
    std::int64_t keep_days = 0;
    int descriptor = -1;
    Day day = -1;  // of the lines in the file
    std::mutex mutex;
    std::atomic<std::uint64_t> dropped = 0;

    ~Inside() { close(); }

    void close() {
        if (descriptor >= 0) {
            ::close(std::exchange(descriptor, -1));
        }
    }

    bool open() {
        close();
        descriptor = ::open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, file_mode);
        return descriptor >= 0;
    }

    std::string name_of_day(Day of) const {
        return file + "." + ledger::to_text(ledger::civil_from_day(of));
    }

    // What cannot be renamed or removed is left: the next day tries again.
    void begin_day(Day today) {
        std::error_code ignored;
        fs::rename(file, name_of_day(day), ignored);
        open();
        day = today;
        const fs::path folder = fs::path(file).parent_path();
        const std::string oldest = fs::path(name_of_day(today - keep_days)).filename().string();
        const std::string prefix = fs::path(file).filename().string() + ".";
        fs::directory_iterator entries(folder.empty() ? "." : folder, ignored);
        for (const auto& entry : entries) {
            const std::string name = entry.path().filename().string();
            if (name.starts_with(prefix) && name.size() == oldest.size() && name < oldest) {
                fs::remove(entry.path(), ignored);
            }
        }
    }
};

ledger::Result<std::unique_ptr<AccessLog>> AccessLog::open(
    const std::string& file, std::int64_t keep_days
) {
    auto inside = std::make_unique<Inside>();
    inside->file = file;
    inside->keep_days = keep_days;
    inside->day = day_of_file(file, -1);
    if (!inside->open()) {
        const int reason = errno;
        return ledger::refuse(
            ledger::ErrorCode::internal,
            "cannot open {}: {}",
            file,
            std::generic_category().message(reason)
        );
    }
    return std::unique_ptr<AccessLog>(new AccessLog(std::move(inside)));
}

AccessLog::AccessLog(std::unique_ptr<Inside> inside) : inside_(std::move(inside)) {}
AccessLog::~AccessLog() = default;

void AccessLog::write(const AccessEntry& entry) {
    const std::string line = line_of(entry);
    const Day today = day_of(entry.time);
    const std::scoped_lock lock(inside_->mutex);
    if (inside_->day < 0) {
        inside_->day = today;
    } else if (today > inside_->day) {
        inside_->begin_day(today);
    }
    // One write of a whole line to a file opened for appending.
    const ssize_t written = ::write(inside_->descriptor, line.data(), line.size());
    if (written != static_cast<ssize_t>(line.size())) {
        inside_->dropped += 1;
    }
}

std::uint64_t AccessLog::dropped() const {
    return inside_->dropped;
}

}  // namespace tanji::node
