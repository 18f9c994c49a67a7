#include "api/handlers/computing.h"

namespace tanji::api {

using ledger::ErrorCode;
using ledger::refuse;
using ledger::Result;

Result<Documents> find_documents(
    const ledger::View& view, const std::string& methodology, const std::string& factors
) {
    const auto document = view.methodology(methodology);
    if (!document) {
        return refuse(ErrorCode::methodology_unknown, "there is no methodology {}", methodology);
    }
    const auto table = view.factor_set(factors);
    if (!table) {
        return refuse(ErrorCode::factor_set_unknown, "there is no factor set {}", factors);
    }
    auto read = ledger::read_methodology(document->document);
    auto rows = ledger::read_factor_set(table->document);
    if (!read || !rows) {
        return read ? refusal(rows) : refusal(read);
    }
    return Documents{.methodology = std::move(*read), .factors = std::move(*rows)};
}

}  // namespace tanji::api
