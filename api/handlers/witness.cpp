// The tlog-witness door: a second way to the members' cosigning, with the same memory.
#include "api/handlers/handlers.h"
#include "api/problem.h"

namespace tanji::api {

void add_witness_routes(Router& router, Context& context) {
    Route add = post(
        "addCheckpoint",
        "/witness/add-checkpoint",
        BodyRule::witness,
        [&context](RequestPtr request, Respond respond) {
            const ledger::WitnessAnswer answer = context.service.add_checkpoint(request->body);
            Response response = text_reply(answer.body);
            response.status = answer.status;
            if (!answer.content_type.empty()) {
                response.content_type = answer.content_type;
            }
            if (response.body.empty() && !answer.detail.empty()) {
                response.body = answer.detail + "\n";
            }
            if (answer.status == 503) {
                response.with("Retry-After", "1");
            }
            respond(std::move(response));
        }
    );
    add.query = {};
    add.access = Access::open;
    add.bucket = Bucket::none;  // witnesses are never shed
    router.add(std::move(add));

    Route last =
        get("cosignedCheckpoint",
            "/witness/{origin}/checkpoint",
            [&context](RequestPtr request, Respond respond) {
                const auto note = context.service.cosigned_checkpoint(request->of_path("origin"));
                if (note) {
                    respond(text_reply(*note));
                } else {
                    respond(problem(
                        ledger::refuse(ledger::ErrorCode::not_found, "nothing was cosigned for it")
                            .error(),
                        *request
                    ));
                }
            });
    last.bucket = Bucket::none;
    router.add(std::move(last));
}

}  // namespace tanji::api
