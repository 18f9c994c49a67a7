#include "ledger/points/offer.h"
#include "tools/desk.h"
#include "tools/files.h"

namespace tanji::tools {

namespace {

constexpr std::size_t body_bytes_max = 40'000;

// A body that somebody wrote by hand: one JSON object, sent as it means and not as it was spaced.
Attempt<std::string> read_body(const std::string& file) {
    auto text = read_file(file, body_bytes_max);
    if (!text) {
        return failure(text);
    }
    auto value = ledger::parse_json(*text);
    if (!value) {
        auto failed = fail(Exit::usage, value.error());
        failed.error().sentence = file + ": " + failed.error().sentence;
        return failed;
    }
    if (value->object() == nullptr) {
        return fail(Exit::usage, "{} is no JSON object", file);
    }
    return ledger::to_canonical_text(*value);
}

Attempt<void> send_file(
    Tool& tool, std::string_view type, const std::string& file, const SendOptions& send
) {
    auto body = read_body(file);
    if (!body) {
        return failure(body);
    }
    return dispatch(tool, type, *body, dispatch_of(send));
}

Attempt<void> check_offer(const std::string& offer) {
    if (!ledger::is_offer_id(offer)) {
        return fail(Exit::usage, "{} is no offer: merchant.name", offer);
    }
    return {};
}

}  // namespace

Attempt<void> publish_offer(Tool& tool, const OfferOptions& options) {
    return send_file(tool, "offer.publish", options.file, options.send);
}

Attempt<void> revise_offer(Tool& tool, const OfferOptions& options) {
    return send_file(tool, "offer.revise", options.file, options.send);
}

Attempt<void> restock_offer(Tool& tool, const OfferOptions& options) {
    if (auto checked = check_offer(options.offer); !checked) {
        return checked;
    }
    const auto units = ledger::parse_amount(options.units);
    if (!units || *units == 0) {
        return fail(Exit::usage, "{} is no number of units", options.units);
    }
    ledger::JsonWriter body;
    body.open_object().member("offer", options.offer).amount_member("units", *units);
    return dispatch(tool, "offer.restock", body.close_object().text(), dispatch_of(options.send));
}

Attempt<void> close_offer(Tool& tool, const OfferOptions& options) {
    if (auto checked = check_offer(options.offer); !checked) {
        return checked;
    }
    if (!options.send.dry_run && options.send.envelope.empty() &&
        !tool.confirm("Close " + options.offer + " for good?")) {
        return fail(Exit::usage, "not closed: answer y, or give -y where nobody can answer");
    }
    ledger::JsonWriter body;
    body.open_object().member("offer", options.offer);
    return dispatch(tool, "offer.close", body.close_object().text(), dispatch_of(options.send));
}

Attempt<void> publish_programme(Tool& tool, const PublishOptions& options) {
    return send_file(tool, "programme.publish", options.file, options.send);
}

}  // namespace tanji::tools
