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
    // A row that has to be ok; every one of them, if it stands for many.
    RowResult given(std::string_view text);

    World& world();
    Account account(std::string_view name) const;
    std::string class_named(std::string_view word) const;
    Amount held(std::string_view account, std::string_view word = "metro");
    ClassSupply supply(std::string_view word = "metro");

private:
    using Words = std::vector<std::string>;
    using Facts = std::map<std::string, std::string>;
    struct Options;
    struct Pending {
        std::string text;
        std::string name;  // the row's, or empty
        bool again = false;
        StoredCommand command;
        std::string expected;
    };

    // script_world.cpp: what is there before the first row, and time.
    void found();
    bool directive(std::string_view text);
    void directive_use(const std::string& name);
    void directive_member(const Words& words);
    void directive_scheme(const Words& words);
    void plant(const Words& words);
    TimeMs time_of_day(std::string_view text) const;
    TimeMs time_named(std::string_view text) const;

    // script.cpp: rows and blocks of rows.
    Pending pending(const std::string& text, std::string_view expected = {});
    std::vector<RowResult> seal(const std::vector<Pending>& rows);
    void note(const Pending& row, RowResult& result, const View& view);
    void end_block();
    RowResult award(const Words& words);
    void check_row(std::string_view text, const RowResult& result, std::string_view expected);
    void check_many(std::string_view text, std::string_view expected);

    // script_views.cpp: what leaves and states say.
    RowResult result_of(const Done& done) const;
    void check_view(const Words& words);
    Facts view_of(const std::string& subject);
    Facts view_of_class(const std::string& credit_class) const;
    Facts view_of_account(const std::string& subject);
    Facts view_of_purse(const std::string& subject, const std::string& programme) const;
    Facts view_of_programme(const std::string& slug) const;
    Facts view_of_offer(const Offer& offer) const;
    Facts view_of_redemption(const CommandId& id, const Redemption& redemption) const;
    Facts view_of_clearing() const;
    void check_sweep(std::string_view expected) const;

    // script_orders.cpp, script_points_orders.cpp: from a row to its command.
    Order order_of(std::string_view text);
    static Options take_options(Words& words);
    Order order_open(const std::string& actor, const Words& words, const Options& options);
    Order order_submit(const std::string& actor, const Words& words, const Options& options);
    Order order_attest(const Words& words, const Options& options);
    Order order_revoke(const Words& words, const Options& options);
    Order order_credit(const std::string& actor, const Words& words, const Options& options);
    Order order_publish(const std::string& actor, const Words& words, const Options& options);
    Order order_programme(const Words& words, const Options& options);
    Order order_offer(const std::string& verb, const Words& words, const Options& options);
    Order order_reserve(const std::string& actor, const Words& words, const Options& options);
    Order order_redemption(const std::string& verb, const Words& words, const Options& options);
    std::vector<std::string> governors_named(const std::string& actor) const;
    Record record_of(const TestMethod& method, const Words& item);

    World world_;
    Genesis genesis_;
    std::vector<std::string> setup_;  // rows of the world, run once it is founded
    bool founded_ = false;
    bool planted_ = false;
    bool in_views_ = false;
    bool in_block_ = false;
    std::vector<Pending> block_;
    std::uint64_t unnamed_ = 0;
    std::map<std::string, StoredCommand> sent_;  // by name
    std::map<std::string, LeafIndex> leaves_;    // by name
};

}  // namespace tanji::ledger::test
