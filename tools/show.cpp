#include "ledger/proof/receipt.h"
#include "tools/desk.h"
#include "tools/files.h"
#include "tools/grants.h"
#include "tools/holders.h"
#include "tools/keys.h"
#include "tools/print.h"

#include <algorithm>
#include <array>

namespace tanji::tools {

using ledger::JsonValue;

namespace {

struct Kind {
    std::string_view name;
    std::string_view one;   // the route of one object, with its id behind
    std::string_view many;  // the route of the list, if there is one
};
constexpr std::array<Kind, 19> kinds{{
    {"account", "/v1/accounts/", ""},
    {"batch", "/v1/activities/", "/v1/activities"},
    {"block", "/v1/blocks/", "/v1/blocks"},
    {"checkpoint", "/v1/checkpoints/", "/v1/checkpoints"},
    {"class", "/v1/classes/", "/v1/classes"},
    {"clearing", "/v1/clearing", ""},
    {"command", "/v1/commands/", ""},
    {"factors", "/v1/factors/", "/v1/factors"},
    {"leaf", "/v1/leaves/", "/v1/leaves"},
    {"member", "/v1/members/", "/v1/members"},
    {"methodology", "/v1/methodologies/", "/v1/methodologies"},
    {"obligation", "", "/v1/obligations"},
    {"offer", "/v1/offers/", "/v1/offers"},
    {"programme", "/v1/programmes/", "/v1/programmes"},
    {"record", "/v1/records/", ""},
    {"redemption", "/v1/redemptions/", "/v1/redemptions"},
    {"retirement", "/v1/retirements/", "/v1/retirements"},
    {"scheme", "", "/v1/schemes"},
    {"voucher", "/v1/vouchers/", ""},
}};

// `offers` and `batches` mean `offer` and `batch`.
bool is_named(const Kind& kind, std::string_view name) {
    return name.starts_with(kind.name) &&
           (name == kind.name || name.substr(kind.name.size()) == "s" ||
            name.substr(kind.name.size()) == "es");
}

Attempt<Kind> find_kind(std::string_view name, bool one) {
    std::vector<std::string> names;
    for (const Kind& kind : kinds) {
        if (!(one ? kind.one : kind.many).empty()) {
            if (is_named(kind, name)) {
                return kind;
            }
            names.emplace_back(kind.name);
        }
    }
    const auto like = nearest(name, names);
    std::string known;
    for (const std::string& each : names) {
        known += (known.empty() ? "" : ", ") + each;
    }
    return fail(
        Exit::usage,
        "there is no kind {}{}",
        name,
        like ? "; did you mean " + *like + "?" : ": " + known
    );
}

// The filters as a query, or why they are none. `mark` stands before the first.
Attempt<std::string> query_of(const std::vector<std::string>& filters, char mark) {
    std::string query;
    for (const std::string& filter : filters) {
        const std::size_t equals = filter.find('=');
        if (equals == std::string::npos) {
            return fail(Exit::usage, "--filter {}: expected name=value", filter);
        }
        query += query.empty() ? mark : '&';
        query += filter.substr(0, equals) + '=' +
                 query_value(std::string_view(filter).substr(equals + 1));
    }
    return query;
}

// A holder who can sign needs no token: the key makes a grant for this one reading. `account` is
// empty where the key tells whose it is.
Attempt<Fields> grant_by_key(Tool& tool, Remote& remote, std::string account) {
    if (!tool.token_file.empty() || tool.key_file.empty()) {
        return Fields{};
    }
    auto key = load_key(tool.key_file);
    if (!key) {
        return failure(key);
    }
    auto facts = ask_ledger(remote);
    if (!facts) {
        return failure(facts);
    }
    if (account.empty()) {
        account = account_of_key(facts->ledger, key->id()).value_or("");
    }
    if (!ledger::UserId::from_hex(account)) {
        return Fields{};
    }
    return Fields{
        {"Authorization",
         "Bearer " + make_grant(*key, facts->ledger, account, {"account"}, grant_life_s_max)}
    };
}

// What the node has to be told to show one object.
Attempt<Fields> fields_for(
    Tool& tool, Remote& remote, const Kind& kind, const ShowOptions& options
) {
    if (kind.name == "record") {
        return Fields{{"Tanji-Purpose", "tanji show"}};
    }
    if (kind.name == "account" || kind.name == "redemption") {
        return grant_by_key(tool, remote, kind.name == "account" ? options.id : std::string());
    }
    return Fields{};
}

// Whose redemptions are listed, if a holder lists his own.
Attempt<Fields> fields_for_list(
    Tool& tool, Remote& remote, const Kind& kind, const ShowOptions& options
) {
    constexpr std::string_view of_account = "account=";
    for (const std::string& filter : options.filters) {
        if (kind.name == "redemption" && filter.starts_with(of_account)) {
            return grant_by_key(tool, remote, filter.substr(of_account.size()));
        }
    }
    return Fields{};
}

}  // namespace

Attempt<void> show(Tool& tool, const ShowOptions& options) {
    auto kind = find_kind(options.kind, true);
    if (!kind) {
        return failure(kind);
    }
    const bool alone = !kind->one.ends_with('/');
    if (options.id.empty() != alone) {
        const std::string name(kind->name);
        return alone ? fail(Exit::usage, "there is only one {}: give no ID", name)
                     : fail(Exit::usage, "say which {}: give its ID", name);
    }
    auto query = query_of(options.filters, '?');
    if (!query) {
        return failure(query);
    }
    Remote remote(tool);
    auto fields = fields_for(tool, remote, *kind, options);
    if (!fields) {
        return failure(fields);
    }
    auto text = remote.get_text(std::string(kind->one) + options.id + *query, *fields);
    if (!text) {
        return failure(text);
    }
    const auto value = ledger::parse_tolerant_json(*text);
    if (tool.json || !value) {
        tool.print(*text);
    } else if (kind->name == "account") {
        print_account(tool, *value);
    } else {
        print_value(tool, *value, "");
    }
    return {};
}

Attempt<void> list(Tool& tool, const ShowOptions& options) {
    auto kind = find_kind(options.kind, false);
    if (!kind) {
        return failure(kind);
    }
    auto filters = query_of(options.filters, '&');
    if (!filters) {
        return failure(filters);
    }
    const std::string target = fmt::format(
        "{}?limit={}{}", kind->many, std::min<std::uint32_t>(options.limit, 500), *filters
    );
    Remote remote(tool);
    auto fields = fields_for_list(tool, remote, *kind, options);
    if (!fields) {
        return failure(fields);
    }
    JsonValue::Array all;
    for (std::string cursor;;) {
        auto page = remote.get_json(
            cursor.empty() ? target : target + "&cursor=" + query_value(cursor), *fields
        );
        if (!page) {
            return failure(page);
        }
        const JsonValue* data = page->find("data");
        if (data == nullptr || data->array() == nullptr) {
            break;
        }
        all.insert(all.end(), data->array()->begin(), data->array()->end());
        cursor = text_of(*page, "next");
        if (cursor.empty() || all.size() >= options.limit) {
            break;
        }
    }
    all.resize(std::min<std::size_t>(all.size(), options.limit));
    if (!tool.json) {
        print_list(tool, all);
        return {};
    }
    for (const JsonValue& element : all) {
        tool.print(ledger::to_canonical_text(element));
    }
    return {};
}

Attempt<void> fetch_receipt(Tool& tool, const ReceiptOptions& options) {
    if (!ledger::CommandId::from_hex(options.id)) {
        return fail(Exit::usage, "{} is no command: expected 32 hexadecimal digits", options.id);
    }
    std::string target = options.record
                             ? fmt::format("/v1/records/{}/{}/proof", options.id, *options.record)
                             : fmt::format("/v1/commands/{}/receipt", options.id);
    if (options.upgrade && !options.record) {
        target += fmt::format("?until=certified&wait={}", std::min(tool.timeout_s, 30U));
    }
    Remote remote(tool);
    auto text = remote.get_text(target);
    if (!text) {
        return failure(text);
    }
    if (options.save.empty()) {
        tool.print(*text);
        return {};
    }
    if (options.save.ends_with(".tlog-proof")) {
        auto receipt = ledger::read_receipt(*text);
        if (!receipt) {
            return fail(Exit::unavailable, receipt.error());
        }
        return write_file(options.save, ledger::to_saved_text(*receipt));
    }
    return write_file(options.save, *text);
}

Attempt<void> status(Tool& tool) {
    Remote remote(tool);
    auto text = remote.get_text("/v1/ledger");
    if (!text) {
        return failure(text);
    }
    const auto value = ledger::parse_tolerant_json(*text);
    if (tool.json || !value) {
        tool.print(*text);
        return {};
    }
    const std::uint64_t size = number_of(*value, "size");
    const std::uint64_t certified = number_of(*value, "certified_size");
    tool.out << to_table(
        {{"node", tool.node},
         {"ledger", text_of(*value, "ledger")},
         {"origin", text_of(*value, "origin")},
         {"leaves", grouped(static_cast<std::int64_t>(size))},
         {"certified", size == certified ? "all" : grouped(static_cast<std::int64_t>(certified))},
         {"ledger time", local_time_text(static_cast<ledger::TimeMs>(number_of(*value, "time")))},
         {"demo", flag_of(*value, "demo") ? "yes: the data is synthetic or shifted" : "no"}}
    );
    return {};
}

Attempt<void> version(Tool& tool) {
    constexpr std::string_view number = "0.1.0";
    if (tool.json) {
        tool.print(fmt::format(R"({{"program":"tanji","version":"{}"}})", number));
    } else {
        tool.print(fmt::format("tanji {}", number));
    }
    return {};
}

}  // namespace tanji::tools
