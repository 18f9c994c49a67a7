#pragma once

#include "ledger/reductions/batch_row.h"
#include "ledger/reductions/commands.h"
#include "ledger/reductions/stored_windows.h"

#include <vector>

namespace tanji::ledger {

// One activity.submit on its way: the tests in the order of the contract (submission_checks.cpp),
// then record by record what it counts (submit.cpp).
class Submission {
public:
    Submission(Execution& execution, const ReductionTools& tools, const ActivitySubmit& submit)
        : execution_(execution),
          tools_(tools),
          header_(submit.header),
          batch_(*submit.batch) {}

    Status check_provider() const;
    Status find_documents();
    Status check_programme() const;
    Status check_obligation() const;
    Status check_period() const;
    Status check_records() const;
    Status evaluate();
    Status check_totals() const;
    void count();
    bool all_in_conflict() const { return execution_.conflicts.size() == batch_.records.size(); }
    void book();

private:
    bool is_open(const UserId& account) const;
    Status check_record(const Record& record) const;
    StoredResult count_record(std::uint32_t index, StoredWindows& windows);
    const Methodology& methodology() const { return evaluator_->methodology(); }
    RecordInputs inputs_of(const Record& record) const;
    // Of the day, where the methodology counts it.
    int local_year(TimeS at) const;

    Execution& execution_;
    const ReductionTools& tools_;
    const BatchHeader& header_;
    const DecodedBatch& batch_;
    Evaluator* evaluator_ = nullptr;
    std::vector<Evaluated> evaluated_;
    StoredResults results_;
};

}  // namespace tanji::ledger
