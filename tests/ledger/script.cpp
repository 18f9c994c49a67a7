// Rows, blocks of rows, and files of them.
#include "tests/ledger/script.h"

#include "tests/ledger/script_options.h"
#include "tests/ledger/script_text.h"
#include "tests/support/vectors.h"

#include <algorithm>
#include <sstream>

#include <gtest/gtest.h>

namespace tanji::ledger::test {
namespace {

bool has_no_leaf(std::string_view code) {
    const auto found = error_code_of(code);
    return found && *found < ErrorCode::command_expired;
}

bool is_award(std::string_view text) {
    const auto words = words_of(text);
    return words.size() > 1 && words[1] == "award";
}

// Records of a batch are ranges of their own.
std::vector<std::string> rows_of(std::string_view text) {
    const auto words = words_of(text);
    const bool many = text.find("..") != std::string_view::npos && words.at(1) != "submit" &&
                      words.at(1) != "award";
    return many ? expanded(text) : std::vector<std::string>{std::string(text)};
}

}  // namespace

Script::Pending Script::pending(const std::string& text, std::string_view expected) {
    found();
    const Order order = order_of(text);
    Words words = words_of(text);
    const Options options = take_options(words);
    Pending row;
    row.text = text;
    row.expected = expected;
    row.name = !options.name.empty()                       ? options.name
               : order.type.starts_with("activity.submit") ? words.at(2)
                                                           : "";
    row.again = options.has("again");
    // Again: the very bytes that were sent under this name before.
    row.command = row.again ? sent_.at(options.name) : world_.sign(order);
    if (options.has("forged")) {
        row.command.envelope.signatures.front().sig.bytes[7] ^= 1;
    }
    if (!row.name.empty()) {
        sent_.emplace(row.name, row.command);
    }
    return row;
}

// What the leaf alone does not say: its name, and whose records were first.
void Script::note(const Pending& row, RowResult& result, const View& view) {
    if (has_no_leaf(result.code) || result.replayed) {
        return;
    }
    if (!row.name.empty()) {
        leaves_[row.name] = result.leaf;
    }
    for (const std::string& entry : view.conflicts(result.leaf)) {
        const auto conflict = read_conflict(entry);
        ASSERT_TRUE(conflict) << entry;
        for (const auto& [batch, index] : leaves_) {
            if (index == conflict->leaf) {
                result.facts["first"] = fmt::format("{}/{}", batch, conflict->first);
            }
        }
    }
}

std::vector<RowResult> Script::seal(const std::vector<Pending>& rows) {
    std::vector<StoredCommand> commands;
    for (const Pending& each : rows) {
        commands.push_back(each.command);
    }
    const std::vector<Done> done = world_.seal(commands);
    EXPECT_EQ(done.size(), rows.size());
    const auto view = world_.view();
    std::vector<RowResult> results;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        RowResult result = result_of(done[i]);
        const bool leaf = done[i].outcome && !done[i].outcome->replayed;
        EXPECT_EQ(leaf, !has_no_leaf(result.code) && !result.replayed) << rows[i].text;
        note(rows[i], result, *view);
        results.push_back(std::move(result));
    }
    return results;
}

RowResult Script::row(std::string_view text) {
    if (is_award(text)) {
        return award(words_of(text));
    }
    return seal({pending(std::string(text))}).front();
}

RowResult Script::given(std::string_view text) {
    std::vector<RowResult> results;
    if (is_award(text)) {
        results.push_back(row(text));
    } else {
        std::vector<Pending> rows;
        for (const std::string& each : rows_of(text)) {
            rows.push_back(pending(each));
        }
        results = seal(rows);
    }
    for (RowResult& result : results) {
        EXPECT_EQ(result.code, "ok") << "given " << text << " " << result.facts["reason"];
    }
    return results.back();
}

// PROVIDER award ACCOUNT GRAMS PROGRAMME: a batch of one record and its acceptance, two commands;
// the row is the second.
RowResult Script::award(const Words& row) {
    Words words = row;
    const Options options = take_options(words);
    const std::string name =
        options.name.empty() ? fmt::format("award{}", ++unnamed_) : options.name;
    given(fmt::format(
        "{} submit {} giant {} {} {} g programme={}",
        words.at(0),
        name,
        name,
        words.at(2),
        words.at(3),
        words.at(4)
    ));
    return this->row(fmt::format("verico attest {} accept", name));
}

void Script::check_row(std::string_view text, const RowResult& result, std::string_view expected) {
    const std::vector<std::string> words = words_of(expected);
    if (words.empty()) {
        return;
    }
    std::size_t next = 1;
    if (words[0] == "replay") {
        ASSERT_EQ(words.size(), 3U) << text;
        EXPECT_TRUE(result.replayed) << text;
        EXPECT_EQ(result.leaf, leaves_[words[2]]) << text;
        next = 3;
    } else {
        const auto reason = result.facts.find("reason");
        EXPECT_EQ(result.code, words[0])
            << text << " " << (reason == result.facts.end() ? "" : reason->second);
        EXPECT_FALSE(result.replayed) << text;
    }
    for (; next + 1 < words.size(); next += 2) {
        std::string value = words[next + 1];
        while (!value.empty() && (value.back() == ',' || value.back() == ';')) {
            value.pop_back();
        }
        const auto fact = result.facts.find(words[next]);
        ASSERT_NE(fact, result.facts.end()) << text << ": nothing says " << words[next];
        EXPECT_EQ(fact->second, value) << text << ": " << words[next];
    }
    EXPECT_EQ(next, words.size()) << "words come in pairs: " << expected;
}

// `10 ok, 54 out_of_stock`: the first ten of them, then the others.
void Script::check_many(std::string_view text, std::string_view expected) {
    std::vector<Pending> rows;
    for (const std::string& each : rows_of(text)) {
        rows.push_back(pending(each));
    }
    const std::vector<RowResult> results = seal(rows);
    std::size_t next = 0;
    for (const std::string& part : parts_of(expected, ',')) {
        const auto words = words_of(part);
        ASSERT_EQ(words.size(), 2U) << "so many, then a code: " << part;
        for (std::size_t i = 0; i < std::stoull(words[0]) && next < rows.size(); ++i, ++next) {
            check_row(rows[next].text, results[next], words[1]);
        }
    }
    EXPECT_EQ(next, rows.size()) << "not all rows have a result: " << text;
}

void Script::end_block() {
    in_block_ = false;
    const std::vector<Pending> rows = std::move(block_);
    block_.clear();
    const std::vector<RowResult> results = seal(rows);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        check_row(rows[i].text, results[i], rows[i].expected);
    }
}

void Script::line(std::string_view whole) {
    const std::string text = trimmed(whole.substr(0, whole.find('#')));
    if (text.empty()) {
        return;
    }
    if (text == "----") {
        in_views_ = true;
        return;
    }
    const auto columns = columns_of(text);
    if (in_views_) {
        for (const std::string& column : columns) {
            check_view(words_of(column));
        }
        return;
    }
    if (directive(text)) {
        return;
    }
    if (columns[0].starts_with("given ")) {
        given(columns[0].substr(6));
        return;
    }
    ASSERT_EQ(columns.size(), 2U) << "a row has a command and a result: " << text;
    if (in_block_) {
        for (const std::string& each : rows_of(columns[0])) {
            block_.push_back(pending(each, columns[1]));
        }
    } else if (rows_of(columns[0]).size() > 1) {
        check_many(columns[0], columns[1]);
    } else {
        check_row(columns[0], row(columns[0]), columns[1]);
    }
}

void Script::run_file(const std::string& path) {
    const auto text = tests::read_file(path);
    ASSERT_TRUE(text) << path;
    std::istringstream in(*text);
    std::size_t number = 0;
    for (std::string each; std::getline(in, each);) {
        SCOPED_TRACE(fmt::format("{}:{}", path, ++number));
        line(each);
        if (::testing::Test::HasFatalFailure()) {
            return;
        }
    }
    EXPECT_FALSE(in_block_) << path << " has a block without end";
    EXPECT_TRUE(founded_) << path << " does nothing";
    if (!planted_) {
        world_.expect_replay_is_equal();
        world_.expect_audit_agrees();
    }
}

}  // namespace tanji::ledger::test
