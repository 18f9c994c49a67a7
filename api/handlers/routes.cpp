#include "api/handlers/routes.h"

namespace tanji::api {

Router make_routes(Context& context) {
    Router router;
    add_ledger_routes(router, context);
    add_health_routes(router, context);
    add_command_routes(router, context);
    add_activity_routes(router, context);
    add_record_routes(router, context);
    add_account_routes(router, context);
    add_history_routes(router, context);
    add_credit_routes(router, context);
    add_offer_routes(router, context);
    add_redemption_routes(router, context);
    add_clearing_routes(router, context);
    add_methodology_routes(router, context);
    add_programme_routes(router, context);
    add_recompute_routes(router, context);
    add_member_routes(router, context);
    add_log_routes(router, context);
    add_event_routes(router, context);
    add_witness_routes(router, context);
    return router;
}

}  // namespace tanji::api
