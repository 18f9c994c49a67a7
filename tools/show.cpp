#include "ledger/proof/receipt.h"
#include "tools/desk.h"
#include "tools/files.h"

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
constexpr std::array<Kind, 14> kinds{{
    {"account", "/v1/accounts/", ""},
    {"batch", "/v1/activities/", "/v1/activities"},
    {"block", "/v1/blocks/", "/v1/blocks"},
    {"checkpoint", "/v1/checkpoints/", "/v1/checkpoints"},
    {"class", "/v1/classes/", "/v1/classes"},
    {"command", "/v1/commands/", ""},
    {"factors", "/v1/factors/", "/v1/factors"},
    {"leaf", "/v1/leaves/", "/v1/leaves"},
    {"member", "/v1/members/", "/v1/members"},
    {"methodology", "/v1/methodologies/", "/v1/methodologies"},
    {"obligation", "", "/v1/obligations"},
    {"record", "/v1/records/", ""},
    {"retirement", "/v1/retirements/", "/v1/retirements"},
    {"scheme", "", "/v1/schemes"},
}};

Attempt<Kind> find_kind(std::string_view name, bool one) {
    std::vector<std::string> names;
    for (const Kind& kind : kinds) {
        if (!(one ? kind.one : kind.many).empty()) {
            if (kind.name == name) {
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

std::string scalar(const JsonValue& value) {
    return value.string() != nullptr ? *value.string() : ledger::to_canonical_text(value);
}

bool is_scalar(const JsonValue& value) {
    return value.object() == nullptr && value.array() == nullptr;
}

// One line per member, what is inside indented.
void print_value(const Tool& tool, const JsonValue& value, const std::string& indent) {
    if (const JsonValue::Object* object = value.object()) {
        std::size_t widest = 0;
        for (const ledger::JsonMember& member : *object) {
            widest = std::max(widest, member.name.size());
        }
        for (const ledger::JsonMember& member : *object) {
            const std::string blank(widest - member.name.size() + 2, ' ');
            if (is_scalar(member.value)) {
                tool.out << indent << member.name << blank << scalar(member.value) << '\n';
            } else {
                tool.out << indent << member.name << '\n';
                print_value(tool, member.value, indent + "  ");
            }
        }
    } else if (const JsonValue::Array* array = value.array()) {
        for (const JsonValue& element : *array) {
            if (is_scalar(element)) {
                tool.out << indent << "- " << scalar(element) << '\n';
            } else {
                tool.out << indent << "-\n";
                print_value(tool, element, indent + "  ");
            }
        }
    } else {
        tool.out << indent << scalar(value) << '\n';
    }
}

// The scalar members of the first object name the columns.
void print_list(const Tool& tool, const JsonValue::Array& data) {
    std::vector<std::vector<std::string>> rows(1);
    std::vector<std::string> names;
    for (const JsonValue& element : data) {
        if (names.empty() && element.object() != nullptr) {
            for (const ledger::JsonMember& member : *element.object()) {
                if (is_scalar(member.value)) {
                    names.push_back(member.name);
                }
            }
            rows[0] = names;
        }
        std::vector<std::string> row;
        for (const std::string& name : names) {
            const JsonValue* cell = element.find(name);
            row.push_back(cell != nullptr ? scalar(*cell) : std::string());
        }
        rows.push_back(row.empty() ? std::vector<std::string>{scalar(element)} : std::move(row));
    }
    tool.out << to_table(rows);
}

std::string list_target(const Kind& kind, const ShowOptions& options, std::string_view cursor) {
    std::string target =
        fmt::format("{}?limit={}", kind.many, std::min<std::uint32_t>(options.limit, 500));
    for (const std::string& filter : options.filters) {
        const std::size_t equals = std::min(filter.find('='), filter.size());
        target += '&' + filter.substr(0, equals) + '=' +
                  query_value(std::string_view(filter).substr(std::min(equals + 1, filter.size())));
    }
    return cursor.empty() ? target : target + "&cursor=" + query_value(cursor);
}

}  // namespace

Attempt<void> show(Tool& tool, const ShowOptions& options) {
    auto kind = find_kind(options.kind, true);
    if (!kind) {
        return failure(kind);
    }
    Remote remote(tool);
    Fields fields;
    if (options.kind == "record") {
        fields.emplace_back("Tanji-Purpose", "tanji show");
    }
    auto text = remote.get_text(std::string(kind->one) + options.id, fields);
    if (!text) {
        return failure(text);
    }
    const auto value = ledger::parse_tolerant_json(*text);
    if (tool.json || !value) {
        tool.print(*text);
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
    for (const std::string& filter : options.filters) {
        if (filter.find('=') == std::string::npos) {
            return fail(Exit::usage, "--filter {}: expected name=value", filter);
        }
    }
    Remote remote(tool);
    JsonValue::Array all;
    for (std::string cursor;;) {
        auto page = remote.get_json(list_target(*kind, options, cursor));
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
