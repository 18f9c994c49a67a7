#pragma once

#include "api/handlers/handlers.h"

namespace tanji::api {

// The public listener's table: every route of api/openapi.json and no other.
Router make_routes(Context& context);

// The admin listener's: probes with detail, metrics, status.
Router make_admin_routes(Context& context);

}  // namespace tanji::api
