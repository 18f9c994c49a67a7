#pragma once

#include "tools/tool.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

// The words of the command line, without the library that reads them: CLI11 costs five seconds in
// each file that includes it, so only command_line.cpp does. What the subcommands are called and
// which words they take is said in command_line_*.cpp, what they do in subcommands.h.
namespace tanji::tools {

// Where a word that was typed goes. A bool is set by naming it.
using Place = std::variant<
    bool*,
    std::string*,
    std::vector<std::string>*,
    int*,
    unsigned*,
    std::uint64_t*,
    double*,
    std::optional<std::uint32_t>*,
    std::optional<std::int64_t>*>;

struct Intro {
    std::string name;
    std::string about;
    std::string examples;  // help begins with them, because that is what people look for
};

// What one subcommand takes.
class Words {
public:
    explicit Words(CLI::App& app) : app_(&app) {}

    // `--name`, or a NAME that stands for itself.
    Words& option(const std::string& name, const Place& place, const std::string& about = {});
    // These say more about the option before them.
    Words& required();
    Words& one_of(const std::vector<std::string>& known);
    Words& between(unsigned least, unsigned most);
    Words& or_variable(const std::string& environment);

private:
    CLI::App* app_;
    CLI::Option* last_ = nullptr;
};

// Subcommands that stand side by side.
class Group {
public:
    using Run = std::function<Attempt<void>(Tool&)>;

    Group(CLI::App& app, Run& chosen) : app_(&app), chosen_(&chosen) {}

    // `describe(words, options)` says which words fill the options that `run` gets.
    template <typename Options, typename Describe>
    void add(const Intro& intro, Attempt<void> (*run)(Tool&, const Options&), Describe describe) {
        const auto options = std::make_shared<Options>();
        Words words = add_words(intro, [run, options](Tool& tool) { return run(tool, *options); });
        describe(words, *options);
    }
    void add(const Intro& intro, Attempt<void> (*run)(Tool&)) { add_words(intro, run); }
    // A word that does nothing by itself: `keys`, before `new`.
    Group group(const Intro& intro);

private:
    Words add_words(const Intro& intro, Run run);

    CLI::App* app_;
    Run* chosen_;
};

// The whole program.
class CommandLine {
public:
    // Keeps a reference to the tool, and fills it with the global options.
    explicit CommandLine(Tool& tool);
    ~CommandLine();
    CommandLine(const CommandLine&) = delete;
    CommandLine& operator=(const CommandLine&) = delete;

    // Reads the words behind the program's own name, does what they say, and gives the number to
    // exit with.
    int run(const std::vector<std::string>& words);

    // The help of every subcommand, by the words that lead to it.
    std::vector<std::pair<std::string, std::string>> helps() const;

private:
    Group top();
    int explain(const std::string& found, bool missing, const std::vector<std::string>& words)
        const;

    Tool& tool_;
    std::unique_ptr<CLI::App> app_;
    Group::Run chosen_;
};

// One for each chapter of docs/api.md, "tanji".
void describe_keys(Group& top);
void describe_commands(Group& top);
void describe_activities(Group& top);
void describe_accounts(Group& top);
void describe_credits(Group& top);
void describe_points(Group& top);
void describe_documents(Group& top);
void describe_reading(Group& top);
void describe_proving(Group& top);
void describe_bench(Group& top);

// How far a reply is waited for: `--until certified`.
void take_until(Words& words, std::string& until);
struct SendOptions;
// What every subcommand takes that sends one command.
void take_sending(Words& words, SendOptions& send);

}  // namespace tanji::tools
