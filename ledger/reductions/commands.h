#pragma once

#include "ledger/command/batch.h"
#include "ledger/methodology/catalogue.h"
#include "ledger/parties/execution.h"
#include "ledger/reductions/known_accounts.h"
#include "ledger/value/json.h"
#include "ledger/value/result.h"

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace tanji::ledger {

// The records of a batch with their leaf hashes and root: a pure function of the attachment, made
// by whoever has time for it.
struct DecodedBatch {
    std::vector<Record> records;
    std::vector<Hash> hashes;
    Hash root;
};
Result<std::shared_ptr<const DecodedBatch>> decode_batch(ByteView attachment);

// What the rules of this folder need beside the state.
struct ReductionTools {
    MethodCache& methods;
    KnownAccounts& accounts;
    // The records of the batch submitted as that command of that block. They are stored once, in
    // the blocks. Null only where those may go meanwhile. REQUIRES: there is such a batch.
    std::function<std::shared_ptr<const DecodedBatch>(BlockIndex block, std::uint32_t position)>
        records;
};

using IndexRanges = std::vector<std::pair<std::uint32_t, std::uint32_t>>;

// A provider's batch: counted record by record, but nothing is issued yet.
struct ActivitySubmit {
    BatchHeader header;
    std::shared_ptr<const DecodedBatch> batch;  // set when the attachment was decoded

    static ActivitySubmit read(const JsonValue& body, JsonFaults& faults);
    bool is_sealed(const Reader&) const { return false; }
    void write_public(JsonWriter&, const Reader&, const Salt&) const {}
    Status apply(Execution& execution, const ReductionTools& tools) const;
};

// A verifier's verdict: grams are issued, or everything taken is freed.
struct ActivityAttest {
    enum class Verdict : std::uint8_t { accept, accept_except, reject };

    CommandId batch;
    Verdict verdict = Verdict::accept;
    IndexRanges except;
    std::string level;  // limited, reasonable
    std::uint64_t sampled = 0;
    Hash report;

    static ActivityAttest read(JsonReader& body);
    bool is_sealed(const Reader&) const { return false; }
    void write_public(JsonWriter&, const Reader&, const Salt&) const {}
    Status apply(Execution& execution, const ReductionTools& tools) const;
};

// The correction path: what was issued for some or all records is taken back.
struct ActivityRevoke {
    CommandId batch;
    std::optional<IndexRanges> records;  // all that are live without it
    std::string reason;
    bool free = false;

    static ActivityRevoke read(JsonReader& body);
    bool is_sealed(const Reader&) const { return false; }
    void write_public(JsonWriter&, const Reader&, const Salt&) const {}
    Status apply(Execution& execution, const ReductionTools& tools) const;
};

}  // namespace tanji::ledger
