#include "node/demo_story.h"

#include "ledger/value/json.h"

#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>
#include <regex>
#include <sstream>
#include <vector>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;  // NOLINT(readability-identifier-naming): POSIX calls it so

namespace tanji::node {
namespace {

using Words = std::vector<std::string>;

struct Finished {
    int status = 0;
    std::string output;
};

// Runs a program without a shell; what it prints goes to a file, and from there to the caller.
Finished run(const Words& words, const std::string& output_file) {
    std::vector<char*> arguments;
    for (const std::string& word : words) {
        arguments.push_back(const_cast<char*>(word.c_str()));
    }
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(
        &actions, STDOUT_FILENO, output_file.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600
    );
    posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
    pid_t child = 0;
    const int spawned =
        posix_spawn(&child, words.front().c_str(), &actions, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (spawned != 0) {
        return {.status = 127, .output = words.front() + " cannot be run\n"};
    }
    int status = 0;
    waitpid(child, &status, 0);
    std::ostringstream output;
    output << std::ifstream(output_file).rdbuf();
    return {.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128, .output = output.str()};
}

class Story {
public:
    explicit Story(const StoryPlace& place) : place_(place) {
        tanji_ = (std::filesystem::path(place.program).parent_path() / "tanji").string();
    }

    int run_all();

private:
    // True if the command ended with that status.
    bool step(Words words, int expected = 0);
    std::string file(const std::string& name) const { return place_.folder + "/" + name; }
    const std::string& url() const { return place_.urls.front(); }
    std::string key(const std::string& name) const { return file("keys/" + name); }
    bool import_rides(const std::string& provider);
    bool find_batches();
    bool read_holder();
    bool retire(const std::string& amount, const std::string& receipt);
    bool retire_and_verify();
    bool restart();
    bool go_on_without_one();
    bool redeem_and_refund();
    bool shop(Words words, int expected = 0);
    bool flip_a_byte();

    const StoryPlace& place_;
    std::string tanji_;
    std::string output_;
    std::string submitted_batch_;
    std::string account_;
    std::string credit_class_;
};

bool Story::step(Words words, int expected) {
    std::cout << "$ tanji";
    for (const std::string& word : words) {
        std::cout << " " << word;
    }
    std::cout << "\n";
    words.insert(words.begin(), tanji_);
    Finished finished = run(words, file("story.out"));
    output_ = std::move(finished.output);
    std::cout << output_ << std::flush;
    if (finished.status != expected) {
        std::cout << "demo: FAILED: exit " << finished.status << ", expected " << expected << "\n";
        return false;
    }
    return true;
}

bool Story::import_rides(const std::string& provider) {
    return step({
        "import",
        "citibike",
        file("rides.csv"),
        "--node",
        url(),
        "--demo",
        "--methodology",
        "bike-demo@1",
        "--region",
        "440300",
        "--key",
        key(provider + ".key"),
        "--operator-key",
        key("wallet.key"),
        "--open-accounts",
        "--account-salt",
        key("account-salt.hex"),
        "--event-key",
        key("event-" + std::to_string(place_.event_year) + ".hex"),
        "--out",
        file("import-" + provider),
        "--until",
        "certified",
        "--no-input",
    });
}

// The batch that nobody has attested yet, as the API lists it.
bool Story::find_batches() {
    if (!step({"list", "batch", "--node", url(), "--filter", "state=submitted", "--json"})) {
        return false;
    }
    // One object a line; the newest import comes first or last, any of them will do.
    const auto value = ledger::parse_tolerant_json(output_.substr(0, output_.find('\n')));
    const auto* id = value ? value->find("id") : nullptr;
    if (id == nullptr || id->string() == nullptr) {
        std::cout << "demo: FAILED: no batch waits for a verdict\n";
        return false;
    }
    submitted_batch_ = *id->string();
    return true;
}

bool Story::flip_a_byte() {
    std::ostringstream content;
    content << std::ifstream(file("receipt.json")).rdbuf();
    std::string text = content.str();
    text.at(text.find("\\\"amount\\\":\\\"10\\\"") + 14) = '9';
    std::ofstream(file("forged.json")) << text;
    return step({"verify", file("forged.json"), "--policy", file("policy.txt")}, 4);
}

bool Story::read_holder() {
    const std::string facts_file = file("demo.json");
    std::ostringstream facts;
    facts << std::ifstream(facts_file).rdbuf();
    const auto value = ledger::parse_tolerant_json(facts.str());
    const auto& holder = value->find("accounts")->array()->front();
    account_ = *holder.find("account")->string();
    credit_class_ = *holder.find("class")->string();
    return true;
}

// What the shop does with its key.
bool Story::shop(Words words, int expected) {
    for (const std::string& word :
         {std::string("--node"), url(), std::string("--key"), key("shop.key")}) {
        words.push_back(word);
    }
    words.insert(words.end(), {"--until", "certified", "-y"});
    return step(std::move(words), expected);
}

// Points earned with the metro buy a coffee; a quarter of it comes back, and not more than there
// was.
bool Story::redeem_and_refund() {
    const bool reserved = step({
        "redeem",
        "shop.coffee",
        "--node",
        url(),
        "--account",
        account_,
        "--key",
        key("wallet-1.key"),
        "--until",
        "certified",
        "--save",
        file("reservation.json"),
        "-y",
    });
    std::smatch id;
    if (!reserved || !std::regex_search(output_, id, std::regex("[0-9a-f]{32}"))) {
        return false;
    }
    const std::string redemption = id.str();
    return shop({"confirm", redemption, "--points", "200", "--voucher-file", file("voucher.json")}
           ) &&
           shop({"refund", redemption, "--points", "50", "--reason", "cold"}) &&
           shop({"refund", redemption, "--points", "151", "--reason", "colder"}, 1) &&
           step({"verify", file("reservation.json"), "--policy", file("policy.txt")});
}

bool Story::retire(const std::string& amount, const std::string& receipt) {
    return step({
        "retire",    "--node",        url(),      "--account",   account_,
        "--class",   credit_class_,   "--amount", amount,        "--purpose",
        "voluntary", "--beneficiary", "me",       "--key",       key("wallet-1.key"),
        "--until",   "certified",     "--save",   file(receipt), "-y",
    });
}

bool Story::retire_and_verify() {
    return retire("10g", "receipt.json") &&
           step({"verify", file("receipt.json"), "--policy", file("policy.txt")}) && flip_a_byte();
}

bool Story::restart() {
    std::cout << "(the node is stopped and started)\n";
    place_.stop(0);
    place_.start(0);
    return step({"verify", file("receipt.json"), "--policy", file("policy.txt")}) &&
           step({"audit", url(), "--policy", file("genesis.json")});
}

// One node less: the others commit and certify. When it is back it has what they wrote, and its
// receipt of it holds.
bool Story::go_on_without_one() {
    std::cout << "(node 2 is stopped)\n";
    place_.stop(1);
    if (!retire("5g", "receipt-without.json")) {
        return false;
    }
    std::smatch id;
    if (!std::regex_search(output_, id, std::regex("[0-9a-f]{32}"))) {
        std::cout << "demo: FAILED: no retirement was named\n";
        return false;
    }
    const std::string retirement = id.str();
    const std::string& other = place_.urls.at(1);
    const std::string policy = file("policy.txt");
    std::cout << "(node 2 is started)\n";
    place_.start(1);
    return step({"verify", file("receipt-without.json"), "--policy", policy}) &&
           step(
               {"receipt",
                retirement,
                "--node",
                other,
                "--upgrade",
                "--save",
                file("receipt-2.json")}
           ) &&
           step({"verify", file("receipt-2.json"), "--policy", policy}) &&
           step({"audit", other, "--policy", file("genesis.json")});
}

int Story::run_all() {
    const bool told = step({"status", "--node", url()}) && import_rides("ev") &&
                      import_rides("wallet") && find_batches() &&
                      step({
                          "attest",
                          submitted_batch_,
                          "--node",
                          url(),
                          "--accept",
                          "--key",
                          key("verico.key"),
                          "--token-file",
                          key("verico.token"),
                          "-y",
                      }) &&
                      read_holder() && redeem_and_refund() && retire_and_verify();
    if (!told) {
        return 1;
    }
    if (!(place_.urls.size() > 2 ? go_on_without_one() : restart())) {
        return 1;
    }
    std::cout << "demo: ok\n";
    return 0;
}

}  // namespace

int run_story(const StoryPlace& place) {
    return Story(place).run_all();
}

}  // namespace tanji::node
