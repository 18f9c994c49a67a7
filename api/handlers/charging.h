#pragma once

#include "api/handlers/handlers.h"

// Who pays for a command. What is signed well costs whoever signed it: the member, or the account
// key. All else costs whoever sent it, the member of a verified token or the address: junk under a
// foreign name empties no bucket but the sender's own. A dry run costs its sender two, whoever
// signed it.
namespace tanji::api {

// Service::submit at that price. The sender's bucket pays in advance and is paid back when the
// signer's takes over, so one token lets one command through. `rate_limited` before anything is
// verified when a bucket is empty, and after it when the signer's has become so. What this node
// could not decide costs nobody.
void submit_charged(
    Context& context, const Request& request, Submission submission, Service::Done done
);

// Service::check_signatures; only what fails costs, its sender. Submitting will cost the signer,
// whose bucket must not be empty.
ledger::Status check_signatures_charged(
    Context& context, const Request& request, const ledger::Envelope& envelope
);

// What could not even be read as a command costs its sender one, if there is one left.
void charge_sender(Context& context, const Request& request);

}  // namespace tanji::api
