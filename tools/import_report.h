#pragma once

#include "ledger/value/amount.h"
#include "tools/compose.h"
#include "tools/import/import.h"
#include "tools/tool.h"

#include <cstdint>
#include <map>
#include <string>

namespace tanji::tools {

// What became of every row of an import: counted, rejected with a reason, or counted before.
class ImportReport {
public:
    explicit ImportReport(const Tool& tool) : tool_(tool) {}

    void count_row() { ++rows_; }
    void count_reject(const std::string& reason) { ++rejected_[reason]; }
    void count_accounts(std::uint64_t opened) { accounts_ += opened; }

    // Says what a batch should give, before it is sent.
    void expect(const BatchDraft& draft);
    // Says what it gave. Fails unless it was taken, or refused because all of it was counted
    // before.
    Attempt<void> settle(const Delivered& delivered);
    // The sums. With `strict` a rejected or repeated row is a failure.
    Attempt<void> finish(bool strict, bool demo, const std::string& rejects_file) const;

    std::uint64_t batches() const { return batches_; }

private:
    const Tool& tool_;
    std::uint64_t rows_ = 0;
    std::uint64_t records_ = 0;
    std::uint64_t repeated_ = 0;
    std::uint64_t accounts_ = 0;
    std::uint64_t batches_ = 0;
    ledger::Amount expected_grams_ = 0;
    std::uint64_t pending_ = 0;                      // records of the batch that was expected last
    std::map<std::string, std::uint64_t> rejected_;  // by reason
    std::map<std::string, std::uint64_t> outcomes_;  // of records, by word
    std::vector<std::string> sent_;                  // ids of batches
};

}  // namespace tanji::tools
