#pragma once

#include "ledger/command/batch.h"
#include "ledger/command/record.h"
#include "ledger/methodology/evaluate.h"
#include "ledger/methodology/methodology.h"
#include "ledger/value/ids.h"
#include "ledger/value/result.h"
#include "tools/import/formats.h"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

namespace tanji::tools {

// The account of a source's user or bicycle: the first 16 bytes of
// HMAC-SHA-256(account salt, "tanji/import-account@v1\n" ‖ subject).
ledger::UserId account_of(ledger::ByteView account_salt, std::string_view subject);

// The text of a tag as the rules want it: trimmed, ASCII letters upper case.
std::string normal_text(std::string_view text);

// What all records of one import have in common. The methodology and the secrets outlive it.
struct ImportRules {
    const ledger::Methodology* methodology = nullptr;
    const ledger::FactorSet* factors = nullptr;
    std::string region;
    char quality = 'A';
    std::string account_salt;
    std::map<int, std::string> event_keys;  // by local year of a record's end; 0: of any year
    std::int64_t shift_days = 0;            // added to all times; tags keep the source's own text
};

struct ImportedRecord {
    std::uint64_t line = 0;
    int year = 0;  // local, of start and end
    ledger::Record record;
    ledger::Amount micrograms = 0;  // what the methodology gives it, before caps
    bool required = true;           // `require` holds
    bool repeated = false;          // its event came before in this import
};

// From rows to records. One object per import: it remembers the tags it made. The salt of a record
// is derived from the account salt, the tag and the line, so that the same file gives the same
// bytes again.
class RecordMaker {
public:
    explicit RecordMaker(const ImportRules& rules);

    std::variant<ImportedRecord, RejectedRow> make(const SourceRow& row);

private:
    const ImportRules& rules_;
    ledger::Evaluator evaluator_;
    std::set<ledger::Tag> seen_;
};

// Records of one local year, in the order of the file.
struct BatchDraft {
    int year = 0;
    ledger::TimeS period_start = 0;
    ledger::TimeS period_end = 0;
    std::vector<ledger::Record> records;
    std::vector<ledger::Amount> input_sums;
    ledger::Int128 reduction_ug = 0;
    std::uint64_t repeated = 0;
    std::map<ledger::UserId, ledger::Int128> expected_ug;  // without what is repeated

    // What issuing it would give: one floor per account.
    ledger::Amount expected_grams() const;
};

// Fills batches: one is open per local year, takes records in the order in which they come, and is
// handed out when it holds `most`; at the end the open ones are handed out, oldest year first.
class Batcher {
public:
    explicit Batcher(std::size_t most) : most_(most) {}

    std::optional<BatchDraft> add(const ImportedRecord& imported);
    std::vector<BatchDraft> finish();

private:
    std::size_t most_;
    std::map<int, BatchDraft> open_;
};

// What a header says beside what the records say.
struct HeaderWords {
    std::string provider;
    std::string scheme;
    std::optional<std::string> programme;
    std::string rank;
};
ledger::BatchHeader header_of(
    const BatchDraft& draft, const ImportRules& rules, const HeaderWords& words
);

// The shift that lets the last act of a file end yesterday.
std::int64_t shift_to_yesterday(ledger::TimeS last_end, ledger::TimeS now, int utc_offset_minutes);

}  // namespace tanji::tools
