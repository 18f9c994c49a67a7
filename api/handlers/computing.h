#pragma once

#include "ledger/methodology/factor_set.h"
#include "ledger/methodology/methodology.h"
#include "ledger/value/json.h"
#include "ledger/value/result.h"
#include "ledger/view.h"

#include <string>

// What the routes that compute share; nothing of it is recorded.
namespace tanji::api {

struct Documents {
    ledger::Methodology methodology;
    ledger::FactorSet factors;
};

ledger::Result<Documents> find_documents(
    const ledger::View& view, const std::string& methodology, const std::string& factors
);

// What one act would give: the body of POST /v1/estimate to its reply.
ledger::Result<std::string> estimate(const ledger::View& view, const ledger::JsonValue& body);

}  // namespace tanji::api
