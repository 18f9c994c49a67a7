#include "ledger/reductions/open_batch.h"

#include "ledger/reductions/source_events.h"
#include "ledger/reductions/stored_windows.h"
#include "ledger/store/schema.h"

#include <cassert>
#include <utility>

namespace tanji::ledger {
namespace {

template <typename Value>
Value must_load(const Reader& reader, ByteView key) {
    auto value = load<Value>(reader, key);
    assert(value.has_value());
    return std::move(*value);
}

bool used_caps(const StoredResult& result) {
    return result.outcome == static_cast<std::uint8_t>(Outcome::counted) ||
           result.outcome == static_cast<std::uint8_t>(Outcome::cut);
}

}  // namespace

OpenBatch::OpenBatch(
    Execution& execution,
    const ReductionTools& tools,
    const CommandId& id,
    BatchRow row,
    std::shared_ptr<const DecodedBatch> batch
)
    : execution_(execution),
      id_(id),
      row_(std::move(row)),
      results_(must_load<StoredResults>(execution.state, schema::results(id))),
      batch_(std::move(batch)),
      methodology_(tools.methods.methodology(
          must_load<DocumentRow>(execution.state, schema::methodology(row_.methodology))
      )) {
    assert(batch_->records.size() == results_.records.size());
}

Result<OpenBatch> OpenBatch::find(
    Execution& execution, const ReductionTools& tools, const CommandId& id
) {
    auto row = must_load<BatchRow>(execution.state, schema::batch(id));
    auto records = tools.records(row.block, row.position);
    if (records == nullptr) {
        return refuse(ErrorCode::pruned, "the records of batch {} are pruned", id.hex());
    }
    return OpenBatch(execution, tools, id, std::move(row), std::move(records));
}

bool OpenBatch::is_live(std::uint32_t index) const {
    const StoredResult& result = results_.records[index];
    return used_caps(result) && result.later == StoredResult::Later::nothing;
}

Status OpenBatch::check_ranges(const IndexRanges& ranges) const {
    for (const auto& [first, last] : ranges) {
        if (last >= row_.count) {
            return refuse(ErrorCode::index_invalid, "record {} of a batch of {}", last, row_.count);
        }
        for (std::uint32_t index = first; index <= last; ++index) {
            if (!is_live(index)) {
                return refuse(
                    ErrorCode::index_invalid,
                    "record {} counts nothing that could be taken back",
                    index
                );
            }
        }
    }
    return {};
}

void OpenBatch::free_source(std::uint32_t index) {
    const TakenBy by = {.leaf = row_.leaves.front(), .index = index};
    free_taken(execution_.state, methodology_, record(index), by);
}

void OpenBatch::lower_caps(std::uint32_t index) {
    if (methodology_.caps.empty()) {
        return;
    }
    StoredWindows windows(execution_.state, row_.scheme);
    lower_windows(methodology_, record(index), results_.records[index].micrograms, windows);
}

void OpenBatch::free_everything() {
    for (std::uint32_t index = 0; index < row_.count; ++index) {
        StoredResult& result = results_.records[index];
        if (result.outcome == static_cast<std::uint8_t>(Outcome::conflict)) {
            continue;
        }
        free_source(index);
        if (used_caps(result)) {
            lower_caps(index);
        }
        result.later = StoredResult::Later::freed;
    }
    row_.live = 0;
}

void OpenBatch::save_changes() {
    row_.leaves.push_back(execution_.leaf);
    save(execution_.state, schema::batch(id_), row_);
    save(execution_.state, schema::results(id_), results_);
}

void forget_due(
    Execution& execution, const Methodology& methodology, const CommandId& id, const BatchRow& row
) {
    const TimeMs due = row.submitted_at + methodology.attest_within_days * ms_per_day;
    execution.state.erase(schema::due(schema::Due::lapse, due, id.view()));
}

void lapse(Execution& execution, const ReductionTools& tools, const CommandId& id) {
    auto batch = OpenBatch::find(execution, tools, id);
    if (!batch) {
        return;  // a dry run: it leaves that batch as it is
    }
    assert(batch->row().state == BatchState::submitted);
    batch->free_everything();
    batch->row().state = BatchState::lapsed;
    forget_due(execution, batch->methodology(), id, batch->row());
    batch->save_changes();
}

}  // namespace tanji::ledger
