#pragma once

#include "ledger/reductions/batch_row.h"
#include "ledger/reductions/commands.h"

#include <memory>
#include <vector>

namespace tanji::ledger {

// A batch that was submitted before, taken up again with all that belongs to it.
class OpenBatch {
public:
    // Refused with `pruned` when its records are not kept any more: in a dry run whose blocks go
    // meanwhile, and never when a block is applied. REQUIRES: the batch exists.
    static Result<OpenBatch> find(
        Execution& execution, const ReductionTools& tools, const CommandId& id
    );

    BatchRow& row() { return row_; }
    std::vector<StoredResult>& results() { return results_.records; }
    const Record& record(std::uint32_t index) const { return batch_->records[index]; }
    const Methodology& methodology() const { return methodology_; }

    // Counted or cut, and neither excluded nor revoked.
    bool is_live(std::uint32_t index) const;

    // `index_invalid` unless every index of the ranges is a live record.
    Status check_ranges(const IndexRanges& ranges) const;

    // Frees what the record took. REQUIRES: it is not in conflict and not freed.
    void free_source(std::uint32_t index);
    // Gives back what it used of its cap windows. REQUIRES: counted or cut.
    void lower_caps(std::uint32_t index);
    // Both, for every record that is neither in conflict nor freed.
    void free_everything();

    // Stores row and results, and the leaf among those that changed the batch.
    void save_changes();

private:
    OpenBatch(
        Execution& execution,
        const ReductionTools& tools,
        const CommandId& id,
        BatchRow row,
        std::shared_ptr<const DecodedBatch> batch
    );

    Execution& execution_;
    CommandId id_;
    BatchRow row_;
    StoredResults results_;
    std::shared_ptr<const DecodedBatch> batch_;
    const Methodology& methodology_;
};

// The sweep of batches that nobody attested in time: as a rejection.
void lapse(Execution& execution, const ReductionTools& tools, const CommandId& id);

// Removes the batch from what falls due. REQUIRES: state submitted.
void forget_due(
    Execution& execution, const Methodology& methodology, const CommandId& id, const BatchRow& row
);

}  // namespace tanji::ledger
