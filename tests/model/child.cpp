#include "tests/model/child.h"

#include <cstdio>
#include <cstdlib>
#include <sstream>

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tanji::model {
namespace {

// A report as text: counts line by line, then the difference as it is.
std::string to_text(const Report& report) {
    std::string text =
        fmt::format("{} {} {}\n", report.commands, report.blocks, report.outcomes.size());
    for (const auto& [what, count] : report.outcomes) {
        text += fmt::format("{} {}\n", what, count);
    }
    if (report.difference) {
        text += fmt::format(
            "{}\n{}\n{}", report.difference->block, report.difference->kind, report.difference->text
        );
    }
    return text;
}

Report read_report(const std::string& text) {
    Report report;
    std::istringstream in(text);
    std::size_t kinds = 0;
    in >> report.commands >> report.blocks >> kinds;
    for (std::size_t i = 0; i < kinds; ++i) {
        std::string type;
        std::string code;
        std::uint64_t count = 0;
        in >> type >> code >> count;
        report.outcomes[type + " " + code] = count;
    }
    Difference difference;
    if (in >> difference.block) {
        in.ignore();
        std::getline(in, difference.kind);
        difference.text.assign(std::istreambuf_iterator<char>(in), {});
        report.difference = std::move(difference);
    }
    return report;
}

std::string read_all(int from) {
    std::string text;
    char buffer[4096];
    for (ssize_t count = 0; (count = ::read(from, buffer, sizeof buffer)) > 0;) {
        text.append(buffer, static_cast<std::size_t>(count));
    }
    return text;
}

void write_all(int to, std::string_view text) {
    while (!text.empty()) {
        const ssize_t count = ::write(to, text.data(), text.size());
        if (count <= 0) {
            return;
        }
        text.remove_prefix(static_cast<std::size_t>(count));
    }
}

}  // namespace

Report in_child(const std::function<void(Report&)>& run) {
    int ends[2] = {};
    std::FILE* const errors = std::tmpfile();
    if (errors == nullptr || ::pipe(ends) != 0) {
        std::abort();
    }
    std::fflush(nullptr);
    const pid_t child = ::fork();
    if (child == 0) {
        ::dup2(::fileno(errors), STDERR_FILENO);
        Report report;
        run(report);
        write_all(ends[1], to_text(report));
        ::_exit(0);
    }
    ::close(ends[1]);
    Report report = read_report(read_all(ends[0]));
    ::close(ends[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        std::rewind(errors);
        const std::string said = read_all(::fileno(errors));
        report.difference = Difference{
            .block = 0, .kind = "stopped: " + said.substr(0, said.find('\n')), .text = said
        };
    }
    std::fclose(errors);
    return report;
}

}  // namespace tanji::model
