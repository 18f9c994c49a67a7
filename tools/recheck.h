#pragma once

#include "ledger/value/amount.h"
#include "ledger/value/json.h"
#include "tools/remote.h"
#include "tools/tool.h"

#include <cstdint>
#include <string>
#include <vector>

// A batch computed again on this machine, from its records and documents: what a verifier wants to
// know before signing.
namespace tanji::tools {

struct RecheckedRecord {
    std::uint32_t index = 0;
    std::string outcome;        // as the node keeps it
    ledger::Int128 said = 0;    // micrograms, as the node keeps them
    ledger::Int128 made = 0;    // micrograms that the methodology gives, before events and caps
    ledger::Int128 counts = 0;  // of these, what may be issued after events and caps
    bool agrees = false;        // outcome and micrograms are possible with what was made
};

struct Recheck {
    std::vector<RecheckedRecord> records;  // all
    std::vector<std::uint32_t> sample;     // indexes, in the order in which they are drawn
    bool root_holds = false;               // the records are those that the provider signed
    bool documents_hold = false;           // so are methodology and factors
    ledger::Int128 reduction_said = 0;     // micrograms, as the provider signed
    ledger::Int128 reduction_made = 0;
    ledger::Amount grams_said = 0;  // one floor per account
    ledger::Amount grams_made = 0;

    std::size_t differences() const;
    // Whether everything comes out as it is kept, but for records that are excepted anyway: pairs
    // of first and last.
    bool holds(const std::vector<std::pair<std::uint32_t, std::uint32_t>>& excepted) const;
};

// Reads records, sample and documents of the batch; needs a token that may see record bodies.
// `header` is what the provider signed.
Attempt<Recheck> recheck(Remote& remote, const std::string& batch, const ledger::JsonValue& header);

// The records of the sample, all that differ, and the sums.
void print_recheck(const Tool& tool, const Recheck& checked);

}  // namespace tanji::tools
