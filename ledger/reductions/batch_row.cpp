#include "ledger/reductions/batch_row.h"

#include "ledger/store/schema.h"

namespace tanji::ledger {
namespace {

constexpr std::array<std::string_view, 5> state_names = {
    "submitted",
    "issued",
    "rejected",
    "lapsed",
    "revoked",
};

}  // namespace

std::string_view name_of(BatchState state) {
    return state_names.at(static_cast<std::size_t>(state));
}

RecordResult result_entry(std::uint32_t index, const Hash& record, const StoredResult& stored) {
    return {
        .index = index,
        .record = record,
        .outcome = static_cast<Outcome>(stored.outcome),
        .ug = stored.micrograms,
    };
}

std::optional<BatchRow> find_batch(const Reader& reader, const CommandId& batch) {
    return load<BatchRow>(reader, schema::batch(batch));
}

}  // namespace tanji::ledger
