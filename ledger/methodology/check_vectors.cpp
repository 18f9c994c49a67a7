#include "ledger/methodology/cap.h"
#include "ledger/methodology/check.h"
#include "ledger/methodology/evaluate.h"
#include "ledger/methodology/sum.h"

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <utility>

namespace tanji::ledger {
namespace {

constexpr ErrorCode invalid = ErrorCode::methodology_invalid;
constexpr std::size_t vectors_min = 3;
constexpr std::size_t vectors_max = 32;

// Runs the vectors of a methodology whose units, size and bounds are proved.
class VectorRun {
public:
    VectorRun(const Methodology& methodology, std::size_t index)
        : methodology_(methodology),
          vector_(methodology.vectors[index]),
          index_(index) {}

    Status run() {
        std::map<std::string, Int128, std::less<>> sums;
        for (std::size_t i = 0; i < vector_.records.size(); ++i) {
            const VectorRecord& record = vector_.records[i];
            const auto charged = evaluate(i);
            if (!charged) {
                return std::unexpected(charged.error());
            }
            if (name_of(charged->outcome) != record.outcome ||
                charged->micrograms != record.micrograms) {
                return refuse_here(
                    i,
                    "It gives {} {} ug, not {} {}.",
                    name_of(charged->outcome),
                    charged->micrograms,
                    record.outcome,
                    to_text(record.micrograms)
                );
            }
            sums[record.account] += charged->micrograms;
        }
        std::map<std::string, Amount, std::less<>> grams;
        for (const auto& [account, micrograms] : sums) {
            grams[account] = sum_up(micrograms).grams;
        }
        if (grams != vector_.grams) {
            return refuse_document(
                invalid,
                "vector_failed",
                fmt::format("/vectors/{}/grams", index_),
                "The grams of the accounts of vector \"{}\" come out otherwise.",
                vector_.name
            );
        }
        return {};
    }

private:
    Result<Charged> evaluate(std::size_t i) {
        const VectorRecord& record = vector_.records[i];
        std::vector<Amount> inputs;
        inputs.reserve(methodology_.inputs.size());
        for (const Input& input : methodology_.inputs) {
            inputs.push_back(record.inputs.at(input.name));
        }
        std::vector<std::uint16_t> keys;
        for (const Key& key : methodology_.keys) {
            const auto named = record.keys.find(key.name);
            const auto found = named == record.keys.end()
                                   ? key.values.end()
                                   : std::ranges::find(key.values, named->second);
            // A place behind the list is refused below, like any other key that is unknown.
            keys.push_back(static_cast<std::uint16_t>(found - key.values.begin()));
        }
        const bool nothing_else = record.inputs.size() == inputs.size() &&
                                  record.keys.size() == keys.size() && record.quality.size() == 1;
        const RecordInputs given = {
            .inputs = inputs,
            .keys = keys,
            .quality = nothing_else ? record.quality[0] : '\0',
            .day = day_from_civil(record.day),
        };
        if (Status passed = check_record_inputs(methodology_, given); !passed) {
            return refuse_here(i, "It is no record: {}.", passed.error().reason);
        }
        std::vector<Amount> factors;
        for (const FactorBinding& factor : methodology_.factors) {
            const auto stated = find_stated(factor.name, i);
            if (!stated) {
                return refuse_here(i, "No value of {} is stated for it.", factor.name);
            }
            factors.push_back(*stated);
        }
        NodeValues values{};
        evaluate_nodes(methodology_, given, factors, values);
        const Evaluated evaluated = conclude(methodology_, given.quality, values);
        if (!evaluated.required) {
            return Charged{.outcome = Outcome::ineligible, .micrograms = 0};
        }
        return charge(
            methodology_, evaluated.micrograms, record.account, record.subject, record.day, windows_
        );
    }

    std::optional<Amount> find_stated(std::string_view factor, std::size_t record) const {
        auto found = vector_.factors.find(factor);
        if (found == vector_.factors.end()) {
            found = vector_.factors.find(fmt::format("{}#{}", factor, record));
        }
        return found == vector_.factors.end() ? std::nullopt : std::optional(found->second);
    }

    template <typename... Args>
    std::unexpected<Error> refuse_here(
        std::size_t record, fmt::format_string<Args...> sentence, Args&&... args
    ) const {
        return refuse_document(
            invalid,
            "vector_failed",
            fmt::format("/vectors/{}/records/{}", index_, record),
            sentence,
            std::forward<Args>(args)...
        );
    }

    const Methodology& methodology_;
    const Vector& vector_;
    std::size_t index_;
    WindowMap windows_;
};

}  // namespace

Status check_vectors(const Methodology& methodology) {
    const std::size_t count = methodology.vectors.size();
    if (count < vectors_min || count > vectors_max) {
        return refuse_document(
            invalid,
            "vector_failed",
            "/vectors",
            "There are {} vectors, not {}..{}.",
            count,
            vectors_min,
            vectors_max
        );
    }
    for (std::size_t i = 0; i < count; ++i) {
        if (Status passed = VectorRun(methodology, i).run(); !passed) {
            return passed;
        }
    }
    return {};
}

}  // namespace tanji::ledger
