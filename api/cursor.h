#pragma once

#include "api/exchange.h"
#include "ledger/value/bytes.h"
#include "ledger/value/result.h"

#include <string>
#include <string_view>

// Where the next page of a list begins. A cursor names a place and grants nothing: access is
// checked again on every page, so it carries no secret and no signature.
namespace tanji::api {

// The cursor after `last`, for this route and these filters. REQUIRES: `last` has at most 160
// bytes.
std::string cursor_after(const Request& request, ledger::ByteView last);

// The place that the request's `cursor` names; empty when it has none. Refuses with cursor_invalid
// what is malformed, or was made by another route or for other filters.
ledger::Result<ledger::Bytes> place_of_cursor(const Request& request);

}  // namespace tanji::api
