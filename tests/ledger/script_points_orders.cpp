// From rows about programmes, offers and redemptions to their commands.
#include "tests/ledger/script.h"
#include "tests/ledger/script_options.h"
#include "tests/ledger/script_text.h"

#include <gtest/gtest.h>

namespace tanji::ledger::test {
namespace {

using Fields = std::map<std::string, std::string>;

std::string list_text(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) {
        text += (text.empty() ? "" : ",") + name;
    }
    return text.empty() ? "any" : text;
}

std::string cap_text(Amount cap) {
    return cap == no_cap ? "null" : std::to_string(cap);
}

Fields first_programme() {
    return {
        {"version", "1"},
        {"owner", "szmetro"},
        {"utc_offset_minutes", "480"},
        {"schemes", "sz-ph"},
        {"earners", "any"},
        {"sponsor", "provider"},
        {"rate", "1/1"},
        {"delay_days", "0"},
        {"validity_days", "365"},
        {"expiry", "day"},
        {"cap_day", "null"},
        {"cap_month", "null"},
        {"merchants", "any"},
        {"on_revoke", "take_back"},
        {"refund_grace_days", "0"},
        {"currency", "CNY"},
        {"micro_per_point", "10000"},
    };
}

Fields next_version(const Programme& now) {
    return {
        {"version", std::to_string(now.version + 1)},
        {"owner", now.owner},
        {"utc_offset_minutes", std::to_string(now.utc_offset_minutes)},
        {"schemes", list_text(now.schemes)},
        {"earners", list_text(now.earners)},
        {"sponsor", now.sponsor.empty() ? "provider" : now.sponsor},
        {"rate", fmt::format("{}/{}", now.rate_points, now.rate_grams)},
        {"delay_days", std::to_string(now.delay_days)},
        {"validity_days", std::to_string(now.validity_days)},
        {"expiry", now.expires_by_month ? "month" : "day"},
        {"cap_day", cap_text(now.cap_day)},
        {"cap_month", cap_text(now.cap_month)},
        {"merchants", list_text(now.merchants)},
        {"on_revoke", now.take_back ? "take_back" : "keep"},
        {"refund_grace_days", std::to_string(now.refund_grace_days)},
        {"currency", now.currency},
        {"micro_per_point", std::to_string(now.micro_per_point)},
    };
}

void write_title(JsonWriter& out) {
    out.name("title").open_object().member("zh", "测试").member("en", "test").close_object();
}

void write_amount_or_null(JsonWriter& out, std::string_view name, const std::string& value) {
    out.name(name);
    value == "null" ? out.null() : out.string(value);
}

void write_names(JsonWriter& out, std::string_view name, const std::string& list) {
    out.name(name);
    if (list == "any") {
        out.string("any");
        return;
    }
    out.open_array();
    for (const std::string& each : parts_of(list, ',')) {
        out.string(each);
    }
    out.close_array();
}

void write_integer(JsonWriter& out, std::string_view name, const std::string& value) {
    out.name(name).raw(value);
}

Fields new_offer() {
    return {
        {"opens_at", "2026-03-02"},
        {"closes_at", "2036-01-01"},
        {"limit", "null"},
        {"cooldown_s", "0"},
        {"quantity_max", "10"},
        {"hold_s_max", "86400"},
        {"refund_days", "30"},
        {"terms", "terms"},
    };
}

// The terms as they are. `terms` is the name of a text, of which the digest cannot tell.
Fields terms_of(const OfferTerms& now) {
    return {
        {"price", std::to_string(now.price)},
        {"opens_at", local_text(now.opens_at)},
        {"closes_at", local_text(now.closes_at)},
        {"limit",
         now.limit_window == LimitWindow::none
             ? "null"
             : fmt::format("{}/{}", now.limit_units, name_of(now.limit_window))},
        {"cooldown_s", std::to_string(now.cooldown_s)},
        {"quantity_max", std::to_string(now.quantity_max)},
        {"hold_s_max", std::to_string(now.hold_s_max)},
        {"refund_days", std::to_string(now.refund_days)},
        {"terms", "terms"},
    };
}

void write_limit(JsonWriter& out, const std::string& value) {
    out.name("limit");
    if (value == "null") {
        out.null();
        return;
    }
    const auto parts = parts_of(value, '/');
    out.open_object().name("units").raw(parts.at(0));
    out.member("window", parts.at(1)).close_object();
}

}  // namespace

// WHO publish programme SLUG [FIELD=VALUE …]: other fields as in the newest version.
Order Script::order_programme(const Words& words, const Options& options) {
    const std::string& slug = words.at(3);
    const auto newest = find_programme(world_.store(), slug);
    Fields fields = newest ? next_version(*newest) : first_programme();
    for (const auto& [field, value] : options.but) {
        EXPECT_TRUE(fields.contains(field)) << "a programme has no " << field;
        fields[field] = value;
    }
    Order order;
    order.type = "programme.publish";
    JsonWriter out;
    out.open_object().member("slug", slug);
    write_integer(out, "version", fields["version"]);
    out.member("owner", fields["owner"]);
    write_title(out);
    write_integer(out, "utc_offset_minutes", fields["utc_offset_minutes"]);
    write_names(out, "schemes", fields["schemes"]);
    write_names(out, "earners", fields["earners"]);
    out.member("sponsor", fields["sponsor"]);
    const auto rate = parts_of(fields["rate"], '/');
    out.name("rate").open_object().member("points", rate.at(0)).member("grams", rate.at(1));
    out.close_object();
    write_integer(out, "delay_days", fields["delay_days"]);
    write_integer(out, "validity_days", fields["validity_days"]);
    out.member("expiry", fields["expiry"]);
    write_amount_or_null(out, "cap_day", fields["cap_day"]);
    write_amount_or_null(out, "cap_month", fields["cap_month"]);
    write_names(out, "merchants", fields["merchants"]);
    out.member("on_revoke", fields["on_revoke"]);
    write_integer(out, "refund_grace_days", fields["refund_grace_days"]);
    out.name("clearing").open_object().member("currency", fields["currency"]);
    out.member("micro_per_point", fields["micro_per_point"]).close_object();
    order.body = out.close_object().take();
    return order;
}

// MERCHANT offer OFFER PRICE PROGRAMME, revise OFFER, restock OFFER UNITS, close OFFER
Order Script::order_offer(const std::string& verb, const Words& words, const Options& options) {
    const std::string& id = words.at(0);
    Order order;
    order.type = verb == "offer" ? "offer.publish" : "offer." + verb;
    JsonWriter out;
    out.open_object().member("offer", id);
    if (verb == "restock") {
        out.member("units", words.at(1));
    } else if (verb != "close") {
        Fields fields = new_offer();
        if (verb == "offer") {
            fields["price"] = words.at(1);
            fields["stock"] = "null";
        } else if (const auto offer = find_offer(world_.store(), id)) {
            fields = terms_of(offer->terms);
        } else {
            fields["price"] = "1";
        }
        for (const auto& [field, value] : options.but) {
            EXPECT_TRUE(fields.contains(field)) << "nobody can set " << field;
            fields[field] = value;
        }
        write_title(out);
        if (verb == "offer") {
            out.member("programme", words.at(2));
        }
        out.member("price", fields["price"]);
        if (verb == "offer") {
            write_amount_or_null(out, "stock", fields["stock"]);
        }
        for (const char* name : {"opens_at", "closes_at"}) {
            out.member(name, static_cast<std::uint64_t>(time_named(fields[name])));
        }
        write_limit(out, fields["limit"]);
        for (const char* name : {"cooldown_s", "quantity_max", "hold_s_max", "refund_days"}) {
            write_integer(out, name, fields[name]);
        }
        out.member("terms", hash_named(fields["terms"]).hex());
    }
    order.body = out.close_object().take();
    return order;
}

// ACCOUNT reserve QUANTITY OFFER [points POINTS] [hold SECONDS]: price × quantity and 600 s unless
// said.
Order Script::order_reserve(const std::string& actor, const Words& words, const Options& options) {
    const std::string& quantity = words.at(0);
    const std::string& id = words.at(1);
    const auto offer = find_offer(world_.store(), id);
    Fields fields = {
        {"points",
         offer ? to_text(Int128{offer->terms.price} * std::stoll(quantity)) : std::string("1")},
        {"hold", "600"},
    };
    for (std::size_t i = 2; i + 1 < words.size(); i += 2) {
        fields[words[i]] = words[i + 1];
    }
    EXPECT_EQ(fields.size(), 2U) << "a reservation has points and hold";
    Order order;
    order.type = "redemption.reserve";
    JsonWriter out;
    const std::string holder = options.for_account.empty() ? actor : options.for_account;
    out.open_object().member("account", account(holder).text()).member("offer", id);
    write_integer(out, "quantity", quantity);
    out.member("points", fields["points"]);
    write_integer(out, "hold_s", fields["hold"]);
    out.name("instruction");
    options.instructed ? out.string(hash_named("instruction").hex()) : out.null();
    order.body = out.close_object().take();
    return order;
}

// confirm REDEMPTION [POINTS] [voucher NAME], release REDEMPTION, refund REDEMPTION POINTS
// return|write_off
Order Script::order_redemption(
    const std::string& verb, const Words& words, const Options& options
) {
    const CommandId id = id_named(words.at(0));
    Order order;
    order.type = "redemption." + verb;
    JsonWriter out;
    out.open_object().member("redemption", id.hex());
    if (verb == "confirm") {
        const bool told = words.size() > 1 && words[1] != "voucher";
        const auto redemption = find_redemption(world_.store(), id);
        const Amount all = redemption ? redemption->points : 1;
        out.member("points", told ? words[1] : std::to_string(all));
        const std::size_t at = told ? 2 : 1;
        const std::string voucher =
            words.size() > at + 1 ? words[at + 1] : fmt::format("of {} {}", words[0], ++unnamed_);
        out.member("voucher", hash_named("voucher " + voucher).hex());
    } else if (verb == "refund") {
        out.member("points", words.at(1)).member("stock", words.at(2)).member("reason", "tests");
    } else {
        out.member("reason", "tests").name("instruction");
        options.instructed ? out.string(hash_named("instruction").hex()) : out.null();
    }
    order.body = out.close_object().take();
    return order;
}

}  // namespace tanji::ledger::test
