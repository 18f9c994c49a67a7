#pragma once

#include "api/handlers/handlers.h"
#include "api/operator.h"

namespace tanji::api {

// The public listener's table: every route of api/openapi.json and no other.
Router make_routes(Context& context);

// The admin listener's: probes with detail, metrics, status, and what only an operator may do. A
// POST there wants JSON: no page of a browser can send that across origins unasked.
Router make_admin_routes(Context& context, Operator& by);

}  // namespace tanji::api
