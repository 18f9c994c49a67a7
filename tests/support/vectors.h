#pragma once

#include "ledger/value/bytes.h"
#include "ledger/value/json.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

// Data of tests: golden files of the project, and the vectors that lie beside it and may be absent.
namespace tanji::tests {

inline std::optional<std::string> read_file(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        return std::nullopt;
    }
    return std::string(std::istreambuf_iterator<char>(file), {});
}

// `path` below the shared data: TANJI_SHARED/data, or what the build was told.
inline std::filesystem::path shared_path(std::string_view path) {
    // Read before any thread is started.
    const char* shared = std::getenv("TANJI_SHARED");
#ifdef TANJI_SHARED_DATA
    const std::filesystem::path fallback = TANJI_SHARED_DATA;
#else
    const std::filesystem::path fallback =
        std::filesystem::path(TANJI_TEST_DATA) / "../../shared/data";
#endif
    return (shared != nullptr ? std::filesystem::path(shared) / "data" : fallback) / path;
}

// A value of a JSON file that a test trusts: what is not there ends the test.
class Json {
public:
    // Keeps a reference.
    explicit Json(const ledger::JsonValue& value) : value_(&value) {}

    bool has(std::string_view name) const {
        const auto* found = value_->find(name);
        return found != nullptr && !found->is_null();
    }
    Json operator[](std::string_view name) const {
        const auto* found = value_->find(name);
        if (found == nullptr) {
            throw std::out_of_range("no member " + std::string(name));
        }
        return Json(*found);
    }
    Json operator[](std::size_t index) const { return Json(array().at(index)); }
    // Elements of an array; none for null.
    std::vector<Json> each() const {
        std::vector<Json> all;
        if (!value_->is_null()) {
            for (const auto& element : array()) {
                all.emplace_back(element);
            }
        }
        return all;
    }
    const std::string& text() const {
        if (value_->string() == nullptr) {
            throw std::out_of_range("not a string");
        }
        return *value_->string();
    }
    // Also integers beyond 2^53, which the tolerant reader leaves as text.
    std::uint64_t number() const {
        return value_->integer() != nullptr ? *value_->integer() : std::stoull(text());
    }
    bool boolean() const { return value_->boolean() != nullptr && *value_->boolean(); }
    std::string hex() const { return *ledger::from_hex(text()); }
    std::string base64() const { return *ledger::from_base64(text()); }
    ledger::Hash hash() const { return *ledger::Hash::from_hex(text()); }
    std::vector<ledger::Hash> base64_hashes() const {
        std::vector<ledger::Hash> hashes;
        for (const Json& element : each()) {
            hashes.push_back(ledger::Hash::from_base64(element.text()).value_or(ledger::Hash{}));
        }
        return hashes;
    }
    const ledger::JsonValue& value() const { return *value_; }

private:
    const ledger::JsonValue::Array& array() const {
        if (value_->array() == nullptr) {
            throw std::out_of_range("not an array");
        }
        return *value_->array();
    }

    const ledger::JsonValue* value_;
};

// A JSON file below the shared data, or nothing.
inline std::optional<ledger::JsonValue> shared_json(std::string_view path) {
    const auto text = read_file(shared_path(path));
    if (!text) {
        return std::nullopt;
    }
    auto value = ledger::parse_tolerant_json(*text);
    if (!value) {
        throw std::runtime_error(std::string(path) + ": " + value.error().detail);
    }
    return std::move(*value);
}

// Compares with tests/golden/<name>. Golden files are added, never changed: with
// TANJI_ADD_GOLDEN=1 a file that is missing is written, and no other.
inline void expect_golden(std::string_view name, std::string_view actual) {
    const auto path = std::filesystem::path(TANJI_TEST_DATA) / "golden" / name;
    auto golden = read_file(path);
    if (!golden && std::getenv("TANJI_ADD_GOLDEN") != nullptr) {
        std::filesystem::create_directories(path.parent_path());
        std::ofstream(path, std::ios::binary) << actual;
        golden = actual;
    }
    ASSERT_TRUE(golden.has_value()) << path << " is missing";
    EXPECT_EQ(*golden, actual) << name;
}

}  // namespace tanji::tests

// Loads a file of vectors into a `const Json name`, or skips the test when the data is absent.
#define TANJI_VECTORS(name, path)                                                                \
    const auto name##_value = ::tanji::tests::shared_json(path);                                 \
    if (!name##_value) {                                                                         \
        GTEST_SKIP() << ::tanji::tests::shared_path(path) << " is not there (set TANJI_SHARED)"; \
    }                                                                                            \
    const ::tanji::tests::Json name(*name##_value)
