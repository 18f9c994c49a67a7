#pragma once

#include "ledger/command/effect.h"
#include "ledger/store/state.h"
#include "ledger/value/amount.h"
#include "ledger/value/ids.h"
#include "ledger/value/outcome.h"
#include "ledger/value/time.h"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace tanji::ledger {

enum class BatchState : std::uint8_t { submitted, issued, rejected, lapsed, revoked };
std::string_view name_of(BatchState state);

// What the ledger keeps of a batch beside its leaf, which has the whole signed header.
struct BatchRow {
    BatchState state = BatchState::submitted;
    std::string provider;
    std::string scheme;
    std::string methodology;  // ref
    std::string factors;      // ref
    std::string credit_class;
    std::string programme;                // slug, or empty
    std::uint32_t programme_version = 0;  // that awarded its points
    std::uint32_t count = 0;
    std::array<std::uint32_t, 6> counts{};  // per outcome, in the order of its enumerators
    Int128 counted_ug = 0;
    std::string verifier;
    Amount grams = 0;
    Amount reserved = 0;
    Amount points = 0;
    Amount first = 0;  // issue serials, both included; zero before issue and without grams
    Amount last = 0;
    TimeMs submitted_at = 0;
    TimeMs issued_at = 0;
    BlockIndex block = 0;           // where the records are
    std::uint32_t position = 0;     // which command of that block
    std::uint32_t live = 0;         // counted or cut records neither excluded nor revoked
    std::vector<LeafIndex> leaves;  // every leaf that changed it, the submitting one first

    template <typename Archive>
    void serialize(Archive& archive) {
        archive(state, text(provider), text(scheme), text(methodology), text(factors));
        archive(text(credit_class), text(programme), programme_version, count);
        for (std::uint32_t& each : counts) {
            archive(each);
        }
        archive(counted_ug, text(verifier), grams, reserved, points, first, last);
        archive(
            submitted_at, issued_at, block, position, live, counted<std::uint16_t>(leaves, 65'535)
        );
    }
};

// What the ledger remembers of one record. Kept for all records of a batch in one value.
struct StoredResult {
    std::uint8_t outcome = 0;  // an Outcome, in the order of its enumerators
    // 0, or what happened to it later.
    enum class Later : std::uint8_t { nothing, excluded, revoked, freed } later = Later::nothing;
    Amount micrograms = 0;

    template <typename Archive>
    void serialize(Archive& archive) {
        archive(outcome, later, micrograms);
    }
};

// The entry of that record in the batch's results tree.
RecordResult result_entry(std::uint32_t index, const Hash& record, const StoredResult& stored);

struct StoredResults {
    std::vector<StoredResult> records;

    template <typename Archive>
    void serialize(Archive& archive) {
        archive(counted<std::uint16_t>(records, 10'000));
    }
};

// What a batch gave one account; lowered by revocation.
struct AllocationRow {
    Int128 micrograms = 0;
    Amount grams = 0;
    Amount reserved = 0;
    Amount held = 0;
    Amount points = 0;

    template <typename Archive>
    void serialize(Archive& archive) {
        archive(micrograms, grams, reserved, held, points);
    }
};

std::optional<BatchRow> find_batch(const Reader& reader, const CommandId& batch);

}  // namespace tanji::ledger
