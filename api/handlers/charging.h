#pragma once

#include "api/handlers/handlers.h"

// Who pays for a command. What is signed well costs whoever signed it: the member, or the account
// key. All else costs whoever sent it, the member of a verified token or the address: junk under a
// foreign name empties no bucket but the sender's own. Dry runs count double.
namespace tanji::api {

// Service::submit at that price. `rate_limited` before anything is verified when a bucket is empty,
// and after it when the signer's has become so. What this node could not decide costs nobody.
void submit_charged(
    Context& context, const Request& request, Submission submission, Service::Done done
);

// Service::check_signatures; only what fails costs, its sender. Submitting will cost the signer.
ledger::Status check_signatures_charged(
    Context& context, const Request& request, const ledger::Envelope& envelope
);

}  // namespace tanji::api
