// One record of a batch: what it gave, and the proofs of it.
#include "api/handlers/handlers.h"
#include "api/handlers/receipts.h"
#include "api/json.h"
#include "ledger/command/record.h"
#include "ledger/methodology/evaluate.h"
#include "ledger/methodology/explain.h"
#include "ledger/methodology/factor_set.h"
#include "ledger/methodology/methodology.h"
#include "ledger/proof/merkle.h"
#include "ledger/value/json.h"

#include <algorithm>

namespace tanji::api {
namespace {

using ledger::ErrorCode;
using ledger::refuse;
using ledger::Result;
using ledger::Status;

struct Found {
    ledger::CommandId id;
    ledger::BatchRow batch;
    std::vector<ledger::Record> records;
    std::size_t n = 0;

    const ledger::Record& record() const { return records[n]; }
};

Result<Found> find_record(const Request& request, const ledger::View& view) {
    Result<ledger::CommandId> id = id_of_path(request, "batch");
    Result<std::uint64_t> n = number_of_path(request, "n");
    if (!id || !n) {
        return id ? refusal(n) : refusal(id);
    }
    const auto row = view.batch(*id);
    if (!row || *n >= row->count) {
        return refuse(ErrorCode::not_found, "there is no record {} of batch {}", *n, id->hex());
    }
    auto records = view.records(*id, *row);
    if (!records || *n >= records->size()) {
        return refuse(ErrorCode::pruned, "the records of this batch are not kept here");
    }
    return Found{.id = *id, .batch = *row, .records = std::move(*records), .n = *n};
}

// The record's holder by a grant for `records`, or a member that the batch concerns.
Status may_read(
    Context& context, const Request& request, const ledger::View& view, const Found& found
) {
    if (request.grant.empty()) {
        return may_read_batch(context, request, view, found.id, found.batch, true);
    }
    const auto until =
        may_read_account(context, request, view, found.record().account.hex(), "records");
    return until ? Status() : std::unexpected(until.error());
}

std::optional<ledger::Explanation> explain_record(
    const ledger::Methodology& methodology,
    const ledger::FactorSet& factors,
    const ledger::Record& record
) {
    const ledger::RecordInputs inputs{
        .inputs = record.inputs,
        .keys = record.keys,
        .quality = static_cast<char>(record.quality),
        .day = ledger::local_day(record.end, methodology.utc_offset_minutes),
    };
    if (!ledger::check_record_inputs(methodology, inputs)) {
        return std::nullopt;
    }
    auto explained = ledger::explain(methodology, factors, inputs);
    return explained ? std::optional(std::move(*explained)) : std::nullopt;
}

void write_reduction(ledger::JsonWriter& out, const ledger::View& view, const Found& found) {
    out.name("reduction");
    const auto document = view.methodology(found.batch.methodology);
    const auto table = view.factor_set(found.batch.factors);
    const auto methodology = document ? ledger::read_methodology(document->document)
                                      : ledger::Result<ledger::Methodology>();
    const auto factors =
        table ? ledger::read_factor_set(table->document) : ledger::Result<ledger::FactorSet>();
    const auto explained = document && table && methodology && factors
                               ? explain_record(*methodology, *factors, found.record())
                               : std::nullopt;
    if (!explained) {
        out.null();
        return;
    }
    ledger::write(out, *explained);
}

Result<Response> show(Context& context, const Request& request, const ledger::View& view) {
    Result<Found> found = find_record(request, view);
    if (!found) {
        return refusal(found);
    }
    if (Status may = may_read(context, request, view, *found); !may) {
        return refusal(may);
    }
    const ledger::StoredResults results = view.results(found->id);
    ledger::JsonWriter out;
    out.open_object()
        .member("batch", found->id.hex())
        .member("index", found->n)
        .name("record")
        .raw(ledger::to_text(found->record()));
    if (found->n < results.records.size()) {
        const ledger::StoredResult& result = results.records[found->n];
        using Later = ledger::StoredResult::Later;
        out.member("outcome", name_of(static_cast<ledger::Outcome>(result.outcome)))
            .amount_member("ug", result.micrograms)
            .name("later");
        if (result.later == Later::nothing) {
            out.null();
        } else {
            out.string(
                result.later == Later::excluded  ? "excluded"
                : result.later == Later::revoked ? "revoked"
                                                 : "freed"
            );
        }
    }
    out.member("state", name_of(found->batch.state));
    write_reduction(out, view, *found);
    return json_reply(view, out.close_object().take());
}

// record → records_root → log root. Hashes only: the record itself is its holder's to show.
Result<Response> prove_record(Context& context, const Request& request, const ledger::View& view) {
    Result<Found> found = find_record(request, view);
    if (!found) {
        return refusal(found);
    }
    std::vector<ledger::Hash> hashes;
    hashes.reserve(found->records.size());
    std::string text;
    for (const ledger::Record& record : found->records) {
        hashes.push_back(ledger::record_hash(record, text));
    }
    ledger::ReceiptPart part;
    part.kind = ledger::ReceiptPart::Kind::record;
    part.n = found->n;
    part.hash = hashes[found->n];
    part.siblings = ledger::inclusion_path(hashes, found->n);
    ledger::Receipt receipt = make_receipt(context.service, view, found->batch.leaves.front());
    receipt.parts.push_back(std::move(part));
    return json_reply(view, ledger::to_text(receipt));
}

// The leaf of the batch that has allocations, and which of them is the account's.
struct Allocated {
    ledger::LeafIndex leaf = 0;
    std::vector<std::string> texts;
    std::size_t n = 0;
};

std::optional<Allocated> find_allocation(
    const ledger::View& view, const ledger::BatchRow& batch, const std::string& account
) {
    const std::string named = "\"account\":\"" + account + "\"";
    for (const ledger::LeafIndex leaf : batch.leaves) {
        std::vector<std::string> texts = view.allocations(leaf);
        for (std::size_t n = 0; n < texts.size(); ++n) {
            if (texts[n].contains(named)) {
                return Allocated{.leaf = leaf, .texts = std::move(texts), .n = n};
            }
        }
    }
    return std::nullopt;
}

// 碳身份证: what the record gave, and what the batch gave its account.
Result<Response> prove_result(Context& context, const Request& request, const ledger::View& view) {
    Result<Found> found = find_record(request, view);
    if (!found) {
        return refusal(found);
    }
    if (Status may = may_read(context, request, view, *found); !may) {
        return refusal(may);
    }
    const auto results = view.result_texts(found->id, found->batch);
    if (!results || found->n >= results->size()) {
        return refuse(ErrorCode::pruned, "the results of this batch cannot be made here");
    }
    using Kind = ledger::ReceiptPart::Kind;
    ledger::Certificate certificate;
    ledger::Receipt submitted = make_receipt(context.service, view, found->batch.leaves.front());
    std::vector<std::string> texts;
    for (const ledger::Record& record : found->records) {
        texts.push_back(ledger::to_text(record));
    }
    submitted.parts.push_back(entry_part(Kind::record, found->n, texts));
    submitted.parts.push_back(entry_part(Kind::result, found->n, *results));
    certificate.receipts.push_back(std::move(submitted));

    const auto allocated = find_allocation(view, found->batch, found->record().account.hex());
    if (allocated) {
        ledger::Receipt issued = make_receipt(context.service, view, allocated->leaf);
        issued.parts.push_back(entry_part(Kind::allocation, allocated->n, allocated->texts));
        certificate.receipts.push_back(std::move(issued));
    }
    return json_reply(view, ledger::to_text(certificate));
}

}  // namespace

void add_record_routes(Router& router, Context& context) {
    const auto bound = [&context](auto function) {
        return [&context, function](const Request& request, const ledger::View& view) {
            return function(context, request, view);
        };
    };
    Route record =
        get("getRecord", "/v1/records/{batch}/{n}", {"consistency"}, reading(context, bound(show)));
    record.access = Access::holder;
    router.add(std::move(record));
    router.add(
        get("proveRecord",
            "/v1/records/{batch}/{n}/proof",
            {"consistency"},
            reading(context, bound(prove_record)))
    );
    Route result =
        get("proveResult",
            "/v1/records/{batch}/{n}/result-proof",
            {"consistency"},
            reading(context, bound(prove_result)));
    result.access = Access::holder;
    router.add(std::move(result));
}

}  // namespace tanji::api
