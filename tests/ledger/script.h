#pragma once

#include "tests/ledger/documents.h"
#include "tests/ledger/world.h"

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

// Business rules as text (rules/README.md): one row is one signed command in one block.
namespace tanji::ledger::test {

// What a row came to: `ok` or a code, and what its leaf says, as name → value.
struct RowResult {
    std::string code;
    std::map<std::string, std::string> facts;
    bool replayed = false;
    LeafIndex leaf = 0;

    bool ok() const { return code == "ok"; }
};

class Script {
public:
    Script();

    // A whole file, with its expected results. Failures name file and line.
    void run_file(const std::string& path);
    // One line: directive, row with or without an expected result, or view.
    void line(std::string_view text);
    // A row's command without an expectation.
    RowResult row(std::string_view text);
    // A row that has to be ok.
    RowResult given(std::string_view text);

    World& world();
    Account account(std::string_view name) const;
    std::string class_named(std::string_view word) const;
    Amount held(std::string_view account, std::string_view word = "metro");
    ClassSupply supply(std::string_view word = "metro");

    // Codes that rows were expected to have.
    const std::set<std::string>& codes_met() const { return codes_met_; }

private:
    using Words = std::vector<std::string>;
    struct Options;

    void directive_use(const std::string& name);
    void directive_member(const Words& words);
    void directive_scheme(const Words& words);
    bool directive(std::string_view text);
    void check_row(std::string_view text, const RowResult& result, std::string_view expected);
    void check_view(const Words& words);
    std::map<std::string, std::string> view_of(const std::string& subject);
    void seal_block();
    RowResult result_of(const Done& done) const;
    void plant(const Words& words);

    Order order_of(std::string_view text);
    static Options take_options(Words& words);
    Order order_open(const std::string& actor, const Words& words, const Options& options);
    Order order_submit(const std::string& actor, const Words& words, const Options& options);
    Order order_attest(const Words& words, const Options& options);
    Order order_revoke(const Words& words, const Options& options);
    Order order_credit(const std::string& actor, const Words& words, const Options& options);
    Order order_publish(const std::string& actor, const Words& words, const Options& options);
    Record record_of(const TestMethod& method, const Words& item);
    TimeMs time_of_day(std::string_view text) const;
    void found();

    World world_;
    Genesis genesis_;
    std::vector<std::string> setup_;  // rows of the world, run once it is founded
    bool founded_ = false;
    bool planted_ = false;
    bool in_views_ = false;
    std::uint64_t unnamed_ = 0;
    std::map<std::string, StoredCommand> sent_;  // by name
    std::map<std::string, LeafIndex> leaves_;    // by name
    std::set<std::string> codes_met_;

    struct Pending {
        std::string text;
        std::string expected;
        StoredCommand command;
    };
    bool in_block_ = false;
    std::vector<Pending> pending_;
};

}  // namespace tanji::ledger::test
