#include "tools/import/csv.h"

#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tanji::tools {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<CsvRow> rows_of(const std::string& text, char separator = ',') {
    std::istringstream in(text);
    CsvReader reader(in, separator);
    std::vector<CsvRow> rows;
    for (CsvRow row; reader.next(row);) {
        rows.push_back(row);
    }
    return rows;
}

struct Reading {
    std::string text;
    std::vector<std::string> first;
};

TEST(Csv, TheFirstRowIsWhatRfc4180Says) {
    const std::vector<Reading> readings{
        {"a,b,c\n", {"a", "b", "c"}},
        {"a,b,c", {"a", "b", "c"}},
        {"a,b,c\r\nd", {"a", "b", "c"}},
        {"a,,\n", {"a", "", ""}},
        {",\n", {"", ""}},
        {"\"a,b\",c\n", {"a,b", "c"}},
        {"\"a \"\"b\"\" c\"\n", {"a \"b\" c"}},
        {"\"line\nbreak\",c\n", {"line\nbreak", "c"}},
        {"\"\",c\n", {"", "c"}},
        {"\xEF\xBB\xBF"
         "a,b\n",
         {"a", "b"}},
        {"\n\r\n\na,b\n", {"a", "b"}},
        {"a\rb,c\n", {"a\rb", "c"}},
        {" a , b \n", {" a ", " b "}},
    };
    for (const Reading& reading : readings) {
        const auto rows = rows_of(reading.text);
        ASSERT_FALSE(rows.empty()) << reading.text;
        EXPECT_EQ(rows[0].fault, "") << reading.text;
        EXPECT_EQ(rows[0].fields, reading.first) << reading.text;
    }
}

TEST(Csv, ARowThatIsBrokenCostsThatRowOnly) {
    const auto rows = rows_of("a,b\nx\"y,z\n\"p\"q,r\nc,d\n");
    ASSERT_EQ(rows.size(), 4U);
    EXPECT_NE(rows[1].fault, "");
    EXPECT_NE(rows[2].fault, "");
    EXPECT_THAT(rows[1].fields, IsEmpty());
    EXPECT_THAT(rows[3].fields, ElementsAre("c", "d"));
    EXPECT_EQ(rows[3].line, 4U);
}

TEST(Csv, AQuoteThatIsNeverClosedIsAFaultAndNotAField) {
    const auto rows = rows_of("a,b\n\"c,d\ne,f\n");
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_EQ(rows[1].fault, "a quote is never closed");
}

TEST(Csv, LinesAreCountedThroughQuotedLineEnds) {
    const auto rows = rows_of("a\n\"b\nc\"\nd\n");
    ASSERT_EQ(rows.size(), 3U);
    EXPECT_EQ(rows[1].line, 2U);
    EXPECT_EQ(rows[2].line, 4U);
}

TEST(Csv, NoRowIsKeptThatIsLongerThanTheLimit) {
    const std::string huge(CsvReader::row_bytes_max + 10, 'x');
    for (const std::string& text : {huge + "\na,b\n", "\"" + huge + "\"\na,b\n"}) {
        const auto rows = rows_of(text);
        ASSERT_EQ(rows.size(), 2U);
        EXPECT_EQ(rows[0].fault, "the row is too long");
        EXPECT_THAT(rows[1].fields, ElementsAre("a", "b"));
    }
    const auto many = rows_of(std::string(CsvReader::fields_max + 5, ',') + "\na,b\n");
    ASSERT_EQ(many.size(), 2U);
    EXPECT_EQ(many[0].fault, "the row has too many fields");
    EXPECT_THAT(many[1].fields, ElementsAre("a", "b"));
}

TEST(Csv, AFieldThatIsWrittenIsReadBack) {
    for (const std::string text : {"plain", "a,b", "say \"no\"", "two\nlines", ""}) {
        const auto rows = rows_of(csv_field(text) + ",end\n");
        ASSERT_EQ(rows.size(), 1U);
        EXPECT_THAT(rows[0].fields, ElementsAre(text, "end"));
    }
}

}  // namespace
}  // namespace tanji::tools
