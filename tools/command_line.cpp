#include "tools/command_line.h"

#include "tools/subcommands.h"

#include <algorithm>

#include <CLI/CLI.hpp>

namespace tanji::tools {

namespace {

class ExamplesFirst : public CLI::Formatter {
public:
    std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode)
        const override {
        std::string examples = app->get_footer();
        if (!examples.empty() && mode != CLI::AppFormatMode::Sub) {
            examples = "Examples:\n" + examples + "\n";
        }
        return examples + Formatter::make_help(app, std::move(name), mode);
    }
    std::string make_footer(const CLI::App*) const override { return {}; }
};

// The names that could have been meant where CLI11 met a word that it does not know.
std::vector<std::string> known_words(const CLI::App& app, bool options) {
    std::vector<std::string> words;
    for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
        options ? static_cast<void>(0) : words.push_back(sub->get_name());
    }
    for (const CLI::App* at = &app; options && at != nullptr; at = at->get_parent()) {
        for (const CLI::Option* option : at->get_options()) {
            for (const std::string& name : option->get_lnames()) {
                words.push_back("--" + name);
            }
        }
    }
    return words;
}

const CLI::App& innermost(const CLI::App& app) {
    const auto chosen = app.get_subcommands();
    return chosen.empty() ? app : innermost(*chosen.front());
}

void collect_helps(
    const CLI::App& app,
    const std::string& path,
    std::vector<std::pair<std::string, std::string>>& helps
) {
    for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
        const std::string name = path.empty() ? sub->get_name() : path + " " + sub->get_name();
        helps.emplace_back(name, sub->help());
        collect_helps(*sub, name, helps);
    }
}

}  // namespace

Words& Words::option(const std::string& name, const Place& place, const std::string& about) {
    last_ = std::visit(
        [&](auto* value) {
            if constexpr (std::is_same_v<decltype(value), bool*>) {
                return app_->add_flag(name, *value, about);
            } else {
                return app_->add_option(name, *value, about);
            }
        },
        place
    );
    return *this;
}

Words& Words::required() {
    last_->required();
    return *this;
}

Words& Words::one_of(const std::vector<std::string>& known) {
    last_->check(CLI::IsMember(known));
    return *this;
}

Words& Words::between(unsigned least, unsigned most) {
    last_->check(CLI::Range(least, most));
    return *this;
}

Words& Words::or_variable(const std::string& environment) {
    last_->envname(environment);
    return *this;
}

Words Group::add_words(const Intro& intro, Run run) {
    CLI::App* sub = app_->add_subcommand(intro.name, intro.about);
    sub->footer(intro.examples);
    sub->fallthrough();
    sub->callback([chosen = chosen_, run = std::move(run)] { *chosen = run; });
    return Words(*sub);
}

Group Group::group(const Intro& intro) {
    CLI::App* sub = app_->add_subcommand(intro.name, intro.about);
    sub->footer(intro.examples);
    sub->fallthrough();
    sub->require_subcommand(1);
    return {*sub, *chosen_};
}

CommandLine::CommandLine(Tool& tool)
    : tool_(tool),
      app_(std::make_unique<CLI::App>(
          "Tanji 碳迹: counts low-carbon acts so that anybody can check the sum.", "tanji"
      )) {
    app_->formatter(std::make_shared<ExamplesFirst>());
    app_->footer(
        "  tanji status                                      what a node says about itself\n"
        "  tanji redeem shop.metro-card-5 --key holder.pem   points for a metro card\n"
        "  tanji verify receipt.json --policy policy.txt     a receipt, without any network\n"
        "  tanji audit http://127.0.0.1:8460                 everything public, recomputed"
    );
    app_->fallthrough();
    app_->require_subcommand(1);
    app_->set_help_flag("-h,--help", "this text");
    Words(*app_)
        .option("--node", &tool.node, "URL of a node")
        .or_variable("TANJI_NODE")
        .option("--key", &tool.key_file, "private key (PEM, mode 0600)")
        .or_variable("TANJI_KEY")
        .option("--token-file", &tool.token_file, "bearer token or read grant")
        .option("--policy", &tool.policy_file, "tlog-policy or genesis file to verify by")
        .option("--json", &tool.json, "JSON on stdout")
        .option("-q,--quiet", &tool.quiet, "data and errors only")
        .option("-v,--verbose", &tool.verbose, "say more")
        .option("--color", &tool.color, "auto, always, never")
        .one_of({"auto", "always", "never"})
        .option("--lang", &tool.language, "zh or en")
        .one_of({"zh", "en"})
        .option("--timeout", &tool.timeout_s, "seconds for one request")
        .between(1, 600)
        .option("--no-input", &tool.no_input, "never ask")
        .option("-y,--yes", &tool.yes, "agree to everything that is asked");
    app_->add_flag_callback("--version", [this] {
        static_cast<void>(version(tool_));
        throw CLI::Success{};
    });
    Group all = top();
    for (const auto describe :
         {describe_keys,
          describe_commands,
          describe_activities,
          describe_accounts,
          describe_credits,
          describe_points,
          describe_documents,
          describe_reading,
          describe_proving,
          describe_bench}) {
        describe(all);
    }
}

CommandLine::~CommandLine() = default;

Group CommandLine::top() {
    return {*app_, chosen_};
}

int CommandLine::run(const std::vector<std::string>& words) {
    try {
        app_->parse(std::vector<std::string>(words.rbegin(), words.rend()));
    } catch (const CLI::Success& done) {
        app_->exit(done, tool_.out, tool_.err);
        return 0;
    } catch (const CLI::ParseError& error) {
        return explain(error.what(), error.get_name() == "RequiredError", words);
    }
    return finish(tool_, chosen_(tool_));
}

// What CLI11 found wrong, or the word that was probably meant.
int CommandLine::explain(
    const std::string& found, bool missing, const std::vector<std::string>& words
) const {
    const CLI::App& at = innermost(*app_);
    std::string sentence = found;
    for (const std::string& word : words) {
        const auto known = known_words(at, word.starts_with("--"));
        const bool blamed =
            missing || sentence.find(word.substr(0, word.find('='))) != std::string::npos;
        if (!blamed || std::ranges::count(known, word) > 0) {
            continue;
        }
        if (const auto like = nearest(word, known)) {
            sentence = word + " is not known here; did you mean " + *like + "?";
            break;
        }
    }
    while (sentence.ends_with('\n')) {
        sentence.pop_back();
    }
    return finish(tool_, fail(Exit::usage, "{}", sentence));
}

std::vector<std::pair<std::string, std::string>> CommandLine::helps() const {
    std::vector<std::pair<std::string, std::string>> helps;
    collect_helps(*app_, {}, helps);
    return helps;
}

}  // namespace tanji::tools
