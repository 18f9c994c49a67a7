// The methodology engine for everybody: what records give, and what an act would give.
#include "api/conditions.h"
#include "api/handlers/computing.h"
#include "api/handlers/handlers.h"
#include "api/problem.h"
#include "ledger/command/record.h"
#include "ledger/methodology/cap.h"
#include "ledger/methodology/evaluate.h"
#include "ledger/methodology/explain.h"
#include "ledger/methodology/factor_set.h"
#include "ledger/methodology/methodology.h"
#include "ledger/methodology/sum.h"
#include "ledger/value/json.h"

#include <algorithm>
#include <map>

namespace tanji::api {
namespace {

using ledger::ErrorCode;
using ledger::refuse;
using ledger::Result;
using ledger::Status;

constexpr std::size_t recomputed_records_max = 1000;

// Records one after the other. What a record that is not of the ledger may count is decided by
// windows of caps that these records alone fill; one that is keeps what was decided when it was
// submitted, because that depended on everything before it.
class Recomputation {
public:
    explicit Recomputation(const Documents& documents) : documents_(documents) {
        out_.open_object()
            .member("methodology", documents.methodology.ref)
            .member("methodology_digest", documents.methodology.digest.hex())
            .member("factors", documents.factors.ref())
            .member("factors_digest", documents.factors.digest().hex())
            .name("records")
            .open_array();
    }

    Status add(
        std::size_t index, const ledger::Record& record, const ledger::StoredResult* decided
    ) {
        const ledger::Methodology& methodology = documents_.methodology;
        const ledger::Day day = ledger::local_day(record.end, methodology.utc_offset_minutes);
        const ledger::RecordInputs inputs{
            .inputs = record.inputs,
            .keys = record.keys,
            .quality = static_cast<char>(record.quality),
            .day = day,
        };
        if (Status checked = ledger::check_record_inputs(methodology, inputs); !checked) {
            checked.error().index = index;
            return checked;
        }
        auto explained = ledger::explain(methodology, documents_.factors, inputs);
        if (!explained) {
            return refusal(explained);
        }
        const ledger::Amount full = explained->required ? explained->micrograms : 0;
        const ledger::Charged charged =
            decided != nullptr ? as_decided(*decided) : charge(record, *explained, day);
        using Later = ledger::StoredResult::Later;
        if (decided == nullptr || decided->later != Later::excluded) {
            sums_[record.account.hex()] += charged.micrograms;
        }
        reduction_ += full;
        counted_ += charged.micrograms;
        out_.open_object()
            .member("index", index)
            .member("outcome", name_of(charged.outcome))
            .amount_member("er", full)
            .amount_member("ug", charged.micrograms)
            .name("reduction");
        ledger::write(out_, *explained);
        out_.close_object();
        return {};
    }

    std::string finish() {
        out_.close_array().name("accounts").open_array();
        for (const auto& [account, micrograms] : sums_) {
            out_.open_object()
                .member("account", account)
                .amount_member("ug", micrograms)
                .amount_member("grams", ledger::sum_up(micrograms).grams)
                .close_object();
        }
        return out_.close_array()
            .amount_member("reduction_ug", reduction_)
            .amount_member("counted_ug", counted_)
            .close_object()
            .take();
    }

private:
    static ledger::Charged as_decided(const ledger::StoredResult& result) {
        return {
            .outcome = static_cast<ledger::Outcome>(result.outcome),
            .micrograms = result.micrograms,
        };
    }
    ledger::Charged charge(
        const ledger::Record& record, const ledger::Explanation& explained, ledger::Day day
    ) {
        if (!explained.required) {
            return {.outcome = ledger::Outcome::ineligible, .micrograms = 0};
        }
        return ledger::charge(
            documents_.methodology,
            explained.micrograms,
            record.account.hex(),
            record.tag.hex(),
            ledger::civil_from_day(day),
            windows_
        );
    }

    const Documents& documents_;
    ledger::JsonWriter out_;
    ledger::WindowMap windows_;
    std::map<std::string, ledger::Int128> sums_;
    ledger::Int128 reduction_ = 0;  // as the header of a batch states it
    ledger::Int128 counted_ = 0;
};

Result<std::string> recompute_records(const ledger::View& view, const ledger::JsonValue& body) {
    ledger::JsonFaults faults(ErrorCode::bad_request);
    ledger::JsonReader in(body, "", faults);
    const std::string methodology = in.ref("methodology");
    const std::string factors = in.ref("factors");
    const auto& elements = in.elements("records", 1, recomputed_records_max);
    in.finish();
    if (faults.any()) {
        return faults.refusal();
    }
    Result<Documents> documents = find_documents(view, methodology, factors);
    if (!documents) {
        return refusal(documents);
    }
    Recomputation recomputation(*documents);
    for (std::size_t i = 0; i < elements.size(); ++i) {
        auto record = ledger::read_record(ledger::to_canonical_text(elements[i]));
        if (!record) {
            record.error().pointer = "/records/" + std::to_string(i);
            return refusal(record);
        }
        if (Status added = recomputation.add(i, *record, nullptr); !added) {
            return refusal(added);
        }
    }
    return recomputation.finish();
}

// The records that were named, ascending, or all of them.
Result<std::vector<std::size_t>> read_indexes(
    const ledger::JsonValue::Array& chosen, std::size_t count
) {
    std::vector<std::size_t> indexes;
    for (const ledger::JsonValue& element : chosen) {
        const std::uint64_t* index = element.integer();
        if (index == nullptr || *index >= count || (!indexes.empty() && *index <= indexes.back())) {
            return refuse(ErrorCode::bad_request, "records are indexes of the batch, ascending");
        }
        indexes.push_back(*index);
    }
    if (chosen.empty()) {
        for (std::size_t i = 0; i < count; ++i) {
            indexes.push_back(i);
        }
    }
    if (indexes.size() > recomputed_records_max) {
        return refuse(ErrorCode::bad_request, "name at most {} records", recomputed_records_max);
    }
    return indexes;
}

// {batch, records?}: what the ledger holds, for who may read it.
Result<std::string> recompute_batch(
    Context& context,
    const Request& request,
    const ledger::View& view,
    const ledger::JsonValue& body
) {
    ledger::JsonFaults faults(ErrorCode::bad_request);
    ledger::JsonReader in(body, "", faults);
    const ledger::CommandId id = in.id("batch");
    ledger::JsonValue::Array chosen;
    if (body.find("records") != nullptr && !in.is_null("records")) {
        chosen = in.elements("records", 1, recomputed_records_max);
    }
    in.finish();
    if (faults.any()) {
        return faults.refusal();
    }
    if (!request.principal.is_member()) {
        return refuse(ErrorCode::authentication_required, "a batch needs a member token");
    }
    const auto row = view.batch(id);
    if (!row) {
        return refuse(ErrorCode::not_found, "there is no batch {}", id.hex());
    }
    if (Status may = may_read_batch(context, request, view, id, *row, true); !may) {
        return refusal(may);
    }
    const auto records = view.records(id, *row);
    if (!records) {
        return refuse(ErrorCode::pruned, "the records of this batch are not kept here");
    }
    Result<Documents> documents = find_documents(view, row->methodology, row->factors);
    if (!documents) {
        return refusal(documents);
    }
    Result<std::vector<std::size_t>> indexes = read_indexes(chosen, records->size());
    if (!indexes) {
        return refusal(indexes);
    }
    const ledger::StoredResults results = view.results(id);
    Recomputation recomputation(*documents);
    for (const std::size_t index : *indexes) {
        const ledger::StoredResult* decided =
            index < results.records.size() ? &results.records[index] : nullptr;
        if (Status added = recomputation.add(index, (*records)[index], decided); !added) {
            return refusal(added);
        }
    }
    return recomputation.finish();
}

using Compute = std::function<
    Result<std::string>(const Request&, const ledger::View&, const ledger::JsonValue&)>;

Handler computing(Context& context, Compute compute) {
    return reading(
        context,
        [compute = std::move(compute
         )](const Request& request, const ledger::View& view) -> Result<Response> {
            auto body = ledger::parse_json(request.body, ErrorCode::bad_request);
            if (!body) {
                return refusal(body);
            }
            Result<std::string> made = compute(request, view, *body);
            if (!made) {
                return refusal(made);
            }
            return json_reply(view, std::move(*made));
        }
    );
}

}  // namespace

void add_recompute_routes(Router& router, Context& context) {
    const auto add = [&](std::string_view name, std::string_view pattern, Compute compute) {
        Route route = post(name, pattern, BodyRule::json, computing(context, std::move(compute)));
        route.access = Access::open;
        route.bucket = Bucket::compute;
        route.query = {"consistency"};
        router.add(std::move(route));
    };
    add("recompute",
        "/v1/recompute",
        [&context](
            const Request& request, const ledger::View& view, const ledger::JsonValue& body
        ) {
            return body.find("batch") != nullptr ? recompute_batch(context, request, view, body)
                                                 : recompute_records(view, body);
        });
    add("estimate",
        "/v1/estimate",
        [](const Request&, const ledger::View& view, const ledger::JsonValue& body) {
            return estimate(view, body);
        });
}

}  // namespace tanji::api
