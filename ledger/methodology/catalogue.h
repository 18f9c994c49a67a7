#pragma once

#include "ledger/methodology/evaluate.h"
#include "ledger/parties/execution.h"
#include "ledger/store/state.h"
#include "ledger/value/json.h"
#include "ledger/value/result.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

// Which methodologies and factor sets are published, and in force when.
namespace tanji::ledger {

// A published document. `superseded` is when its next version came, or 0.
struct DocumentRow {
    Bytes document;  // exact bytes
    Hash digest;
    std::string scheme;  // of a methodology; empty for a factor set
    LeafIndex leaf = 0;
    TimeMs time = 0;
    TimeMs superseded = 0;

    template <typename Archive>
    void serialize(Archive& archive) {
        archive(text(document), digest, text(scheme), leaf, time, superseded);
    }
};

std::optional<DocumentRow> find_methodology(const Reader& reader, std::string_view ref);
std::optional<DocumentRow> find_factor_set(const Reader& reader, std::string_view ref);

// A superseded factor set is accepted so much longer.
inline constexpr TimeMs factor_grace_ms = 30 * ms_per_day;

struct MethodologyPublish {
    std::string scheme;
    Bytes document;

    static MethodologyPublish read(JsonReader& body);
    bool is_sealed(const Reader&) const { return false; }
    void write_public(JsonWriter&, const Reader&, const Salt&) const {}
    Status apply(Execution& execution) const;
};

struct FactorsPublish {
    Bytes document;

    static FactorsPublish read(JsonReader& body);
    bool is_sealed(const Reader&) const { return false; }
    void write_public(JsonWriter&, const Reader&, const Salt&) const {}
    Status apply(Execution& execution) const;
};

// Reads each published document once. Documents are governed, so there are few; nothing depends on
// what is in here. Not for several threads at once.
class MethodCache {
public:
    // REQUIRES: rows that come from the store, so that reading their documents cannot fail.
    const Methodology& methodology(const DocumentRow& row);
    Evaluator& evaluator(const DocumentRow& methodology, const DocumentRow& factors);

private:
    const FactorSet& factor_set(const DocumentRow& row);

    std::map<Hash, std::unique_ptr<const Methodology>> methodologies_;
    std::map<Hash, std::unique_ptr<const FactorSet>> factor_sets_;
    std::map<std::pair<Hash, Hash>, std::unique_ptr<Evaluator>> evaluators_;
};

}  // namespace tanji::ledger
