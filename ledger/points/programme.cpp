#include "ledger/points/programme.h"

#include "ledger/parties/member.h"
#include "ledger/parties/permission.h"
#include "ledger/parties/scheme.h"
#include "ledger/store/schema.h"

#include <algorithm>
#include <array>
#include <cassert>

namespace tanji::ledger {
namespace {

constexpr TimeMs ms_per_s = 1'000;
constexpr std::size_t list_max = 1'000;

bool has(const std::vector<std::string>& list, std::string_view word) {
    return std::ranges::find(list, word) != list.end();
}

TimeMs start_of(const Programme& programme, Day day) {
    return start_of_day(day, programme.utc_offset_minutes) * ms_per_s;
}

Day first_of_month(Month month) {
    return day_from_civil({
        .year = static_cast<int>(month / 12),
        .month = static_cast<int>(month % 12) + 1,
        .day = 1,
    });
}

// `any` (or another word that stands for everybody), or a list of members.
std::vector<std::string> read_members(
    JsonReader& body, std::string_view name, std::string_view everybody
) {
    const JsonValue* value = body.member(name);
    if (value == nullptr || (value->string() != nullptr && *value->string() == everybody)) {
        return {};
    }
    std::vector<std::string> members;
    for (const JsonValue& each : body.elements(name, 1, list_max)) {
        if (each.string() == nullptr || !is_member_slug(*each.string())) {
            body.fault(name, "is not \"any\" or a list of members");
            return {};
        }
        members.push_back(*each.string());
    }
    return members;
}

std::string read_currency(JsonReader& clearing) {
    std::string currency = clearing.text("currency", 3);
    const bool letters = currency.size() == 3 &&
                         std::ranges::all_of(currency, [](char c) { return c >= 'A' && c <= 'Z'; });
    if (!letters) {
        clearing.fault("currency", "is not three upper-case letters of ISO 4217");
    }
    return currency;
}

Amount read_cap(JsonReader& body, std::string_view name) {
    return body.is_null(name) ? no_cap : body.amount(name);
}

void read_title(JsonReader& body, Programme& programme) {
    const JsonValue* title = body.member("title");
    if (title == nullptr) {
        return;
    }
    JsonReader in(*title, body.pointer("title"), body.faults());
    programme.title_zh = in.text("zh", 128);
    programme.title_en = in.text("en", 128);
    in.finish();
}

void read_rate(JsonReader& body, Programme& programme) {
    const JsonValue* rate = body.member("rate");
    if (rate == nullptr) {
        return;
    }
    JsonReader in(*rate, body.pointer("rate"), body.faults());
    programme.rate_points = in.amount("points");
    programme.rate_grams = in.amount("grams");
    in.finish();
}

void read_clearing(JsonReader& body, Programme& programme) {
    const JsonValue* clearing = body.member("clearing");
    if (clearing == nullptr) {
        return;
    }
    JsonReader in(*clearing, body.pointer("clearing"), body.faults());
    programme.currency = read_currency(in);
    programme.micro_per_point = in.amount_or_zero("micro_per_point");
    in.finish();
}

std::vector<std::string> read_schemes(JsonReader& body) {
    std::vector<std::string> schemes;
    for (const JsonValue& each : body.elements("schemes", 1, 16)) {
        if (each.string() == nullptr || !is_slug(*each.string())) {
            body.fault("schemes", "is not a list of schemes");
            return {};
        }
        schemes.push_back(*each.string());
    }
    return schemes;
}

Status require_members(const Execution& execution, const Programme& programme) {
    std::vector<std::string> named;
    if (!programme.sponsor.empty()) {
        named.push_back(programme.sponsor);
    }
    named.insert(named.end(), programme.earners.begin(), programme.earners.end());
    named.insert(named.end(), programme.merchants.begin(), programme.merchants.end());
    for (const std::string& each : named) {
        if (!find_member(execution.state, each)) {
            return refuse(ErrorCode::member_unknown, "no member {}", each);
        }
    }
    return {};
}

}  // namespace

bool may_earn(const Programme& programme, std::string_view scheme, std::string_view provider) {
    return has(programme.schemes, scheme) &&
           (programme.earners.empty() || has(programme.earners, provider));
}

bool accepts_merchant(const Programme& programme, std::string_view merchant) {
    return programme.merchants.empty() || has(programme.merchants, merchant);
}

Day day_of(const Programme& programme, TimeMs time) {
    return local_day(time / ms_per_s, programme.utc_offset_minutes);
}

Month month_of(const Programme& programme, TimeMs time) {
    const Date date = civil_from_day(day_of(programme, time));
    return Month{date.year} * 12 + date.month - 1;
}

Int128 points_for(const Programme& programme, Amount grams) {
    return floor_div(Int128{grams} * programme.rate_points, programme.rate_grams);
}

TimeMs available_at(const Programme& programme, TimeMs awarded) {
    return programme.delay_days == 0
               ? awarded
               : start_of(programme, day_of(programme, awarded) + programme.delay_days);
}

TimeMs expires_at(const Programme& programme, TimeMs awarded) {
    const TimeMs last = awarded + programme.validity_days * ms_per_day;
    return programme.expires_by_month
               ? start_of(programme, first_of_month(month_of(programme, last) + 1))
               : start_of(programme, day_of(programme, last) + 1);
}

TimeMs grace_until(const Programme& programme, TimeMs now) {
    return start_of(
        programme, day_of(programme, now + programme.refund_grace_days * ms_per_day) + 1
    );
}

std::optional<Programme> find_programme(const Reader& reader, std::string_view slug) {
    const auto newest = reader.get(schema::version('P', slug));
    return newest ? find_programme(reader, slug, read_u32(*newest)) : std::nullopt;
}

std::optional<Programme> find_programme(
    const Reader& reader, std::string_view slug, std::uint32_t version
) {
    return load<Programme>(reader, schema::programme(slug, version));
}

ProgrammePublish ProgrammePublish::read(JsonReader& body) {
    static constexpr std::array<std::string_view, 2> expiries = {"day", "month"};
    static constexpr std::array<std::string_view, 2> on_revoke = {"take_back", "keep"};
    Programme programme;
    programme.slug = body.slug("slug");
    programme.version = static_cast<std::uint32_t>(body.integer("version", 1, 9'999));
    programme.owner = body.slug("owner");
    read_title(body, programme);
    programme.utc_offset_minutes = static_cast<int>(body.integer("utc_offset_minutes", 0, 840));
    programme.schemes = read_schemes(body);
    programme.earners = read_members(body, "earners", "any");
    programme.sponsor = body.slug("sponsor");
    if (programme.sponsor == "provider") {
        programme.sponsor.clear();
    }
    read_rate(body, programme);
    programme.delay_days = static_cast<std::int64_t>(body.integer("delay_days", 0, 30));
    programme.validity_days = static_cast<std::int64_t>(body.integer("validity_days", 1, 3'620));
    programme.expires_by_month = body.word("expiry", expiries) == 1;
    programme.cap_day = read_cap(body, "cap_day");
    programme.cap_month = read_cap(body, "cap_month");
    programme.merchants = read_members(body, "merchants", "any");
    programme.take_back = body.word("on_revoke", on_revoke) == 0;
    programme.refund_grace_days =
        static_cast<std::int64_t>(body.integer("refund_grace_days", 0, 90));
    read_clearing(body, programme);
    return {.programme = std::move(programme)};
}

Status ProgrammePublish::apply(Execution& execution) const {
    if (auto governed = require_governors(execution, "programme"); !governed) {
        return governed;
    }
    if (!find_member(execution.state, programme.owner)) {
        return refuse(ErrorCode::member_unknown, "no member {}", programme.owner);
    }
    if (auto owned = require_role(execution, programme.owner, Role::programme, programme.slug);
        !owned) {
        return owned;
    }
    if (auto known = require_members(execution, programme); !known) {
        return known;
    }
    for (const std::string& each : programme.schemes) {
        if (!find_scheme(execution.state, each)) {
            return refuse(ErrorCode::scheme_unknown, "no scheme {}", each);
        }
    }
    const auto newest = find_programme(execution.state, programme.slug);
    if (newest && newest->owner != programme.owner) {
        return refuse(ErrorCode::owner_changed, "{} belongs to {}", programme.slug, newest->owner);
    }
    const std::uint32_t next = newest ? newest->version + 1 : 1;
    if (programme.version != next) {
        return refuse(
            ErrorCode::version_not_next,
            "version {} is next for {}, not {}",
            next,
            programme.slug,
            programme.version
        );
    }
    Programme stored = programme;
    stored.leaf = execution.leaf;
    stored.time = execution.now;
    save(execution.state, schema::programme(programme.slug, next), stored);
    Bytes version;
    append_u32(version, next);
    execution.state.put(schema::version('P', programme.slug), version);
    execution.effects.programme = ProgrammeEffect{.slug = programme.slug, .version = next};
    return {};
}

}  // namespace tanji::ledger
