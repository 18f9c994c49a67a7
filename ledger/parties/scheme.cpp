#include "ledger/parties/scheme.h"

#include "ledger/store/schema.h"

#include <algorithm>

namespace tanji::ledger {

bool Scheme::accepts_status(std::string_view status) const {
    return std::ranges::find(accepts, status) != accepts.end();
}

std::optional<Scheme> find_scheme(const Reader& reader, std::string_view scheme) {
    return load<Scheme>(reader, schema::scheme(scheme));
}

}  // namespace tanji::ledger
