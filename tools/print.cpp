#include "tools/print.h"

#include "tools/remote.h"

#include <algorithm>

namespace tanji::tools {

using ledger::JsonValue;

namespace {

using Rows = std::vector<std::vector<std::string>>;

std::string scalar(const JsonValue& value) {
    return value.string() != nullptr ? *value.string() : ledger::to_canonical_text(value);
}

bool is_scalar(const JsonValue& value) {
    return value.object() == nullptr && value.array() == nullptr;
}

// Times of the ledger are milliseconds; what is written in seconds stays a number.
bool is_time(std::string_view name, const JsonValue& value) {
    constexpr std::uint64_t year_1973_ms = 100'000'000'000;
    return (name == "time" || name.ends_with("_at") || name.ends_with("_until")) &&
           value.integer() != nullptr && *value.integer() >= year_1973_ms;
}

std::string member_text(std::string_view name, const JsonValue& value) {
    return is_time(name, value) ? local_time_text(static_cast<ledger::TimeMs>(*value.integer()))
                                : scalar(value);
}

// A cell of a table: times as people read them, digests by their beginning, of two languages the
// one that was asked for, of a stock what is left.
std::optional<std::string> cell_of(
    const Tool& tool, std::string_view name, const JsonValue& value
) {
    if (value.object() != nullptr) {
        const JsonValue* part = value.find("remaining");
        part = part != nullptr ? part : value.find(tool.language);
        return part != nullptr && is_scalar(*part) ? std::optional(scalar(*part)) : std::nullopt;
    }
    if (value.array() != nullptr) {
        return std::nullopt;
    }
    if (value.is_null()) {
        return "–";
    }
    return member_text(name, value);
}

const JsonValue::Array& array_of(const JsonValue& value, std::string_view member) {
    static const JsonValue::Array none;
    const JsonValue* found = value.find(member);
    return found != nullptr && found->array() != nullptr ? *found->array() : none;
}

std::string amount_of(const JsonValue& value, std::string_view member) {
    const std::string text = text_of(value, member);
    const auto amount = ledger::parse_signed(text);
    return amount ? grouped(*amount) : text;
}

Rows points_of(const JsonValue& account) {
    Rows rows{{"POINTS", "AVAILABLE", "PENDING", "HELD"}};
    for (const JsonValue& purse : array_of(account, "points")) {
        rows.push_back(
            {text_of(purse, "programme"),
             amount_of(purse, "available"),
             amount_of(purse, "pending"),
             amount_of(purse, "held")}
        );
    }
    return rows;
}

// Points that come or go on a day: nothing expires silently.
Rows days_of(const JsonValue& account) {
    Rows rows{{"ON", "POINTS", "OF", ""}};
    for (const JsonValue& purse : array_of(account, "points")) {
        for (const auto& [member, what] :
             {std::pair{"becoming_available", "become available"}, std::pair{"expiring", "expire"}
             }) {
            for (const JsonValue& day : array_of(purse, member)) {
                rows.push_back(
                    {text_of(day, "on"), amount_of(day, "points"), text_of(purse, "programme"), what
                    }
                );
            }
        }
    }
    return rows;
}

Rows holds_of(const JsonValue& account) {
    Rows rows{{"HOLD", "POINTS", "OF", "UNTIL"}};
    for (const JsonValue& hold : array_of(account, "holds")) {
        rows.push_back(
            {text_of(hold, "redemption"),
             amount_of(hold, "points"),
             text_of(hold, "programme"),
             local_time_text(static_cast<ledger::TimeMs>(number_of(hold, "hold_until")))}
        );
    }
    if (flag_of(account, "holds_more")) {
        rows.push_back({"…", "", "", "there are more"});
    }
    return rows;
}

Rows grams_of(const JsonValue& account) {
    Rows rows{{"GRAMS", "HELD", "LOCKED"}};
    for (const JsonValue& holding : array_of(account, "credits")) {
        rows.push_back(
            {text_of(holding, "class"),
             amount_of(holding, "held") + " g",
             amount_of(holding, "locked") + " g"}
        );
    }
    return rows;
}

// What the first object has says what the columns are.
Rows rows_of(const Tool& tool, const JsonValue::Array& data) {
    Rows rows(1);
    for (const JsonValue& element : data) {
        if (rows[0].empty() && element.object() != nullptr) {
            for (const ledger::JsonMember& member : *element.object()) {
                if (cell_of(tool, member.name, member.value)) {
                    rows[0].push_back(member.name);
                }
            }
        }
        std::vector<std::string> row;
        for (const std::string& name : rows[0]) {
            const JsonValue* cell = element.find(name);
            row.push_back(cell != nullptr ? cell_of(tool, name, *cell).value_or("…") : "");
        }
        rows.push_back(row.empty() ? std::vector<std::string>{scalar(element)} : std::move(row));
    }
    return rows;
}

// Objects without anything inside them, side by side.
bool is_table(const JsonValue::Array& array) {
    return std::ranges::all_of(array, [](const JsonValue& element) {
        return element.object() != nullptr &&
               std::ranges::all_of(*element.object(), [](const ledger::JsonMember& member) {
                   return is_scalar(member.value);
               });
    });
}

}  // namespace

void print_value(const Tool& tool, const JsonValue& value, const std::string& indent) {
    if (const JsonValue::Object* object = value.object()) {
        std::size_t widest = 0;
        for (const ledger::JsonMember& member : *object) {
            widest = std::max(widest, member.name.size());
        }
        for (const ledger::JsonMember& member : *object) {
            const std::string blank(widest - member.name.size() + 2, ' ');
            if (is_scalar(member.value)) {
                tool.out << indent << member.name << blank << member_text(member.name, member.value)
                         << '\n';
            } else {
                tool.out << indent << member.name << '\n';
                print_value(tool, member.value, indent + "  ");
            }
        }
    } else if (const JsonValue::Array* array = value.array();
               array != nullptr && is_table(*array)) {
        Rows rows = rows_of(tool, *array);
        for (std::vector<std::string>& row : rows) {
            row.insert(row.begin(), indent.substr(std::min<std::size_t>(2, indent.size())));
        }
        tool.out << to_table(rows);
    } else if (array != nullptr) {
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

void print_list(const Tool& tool, const JsonValue::Array& data) {
    tool.out << to_table(rows_of(tool, data));
}

void print_account(const Tool& tool, const JsonValue& account) {
    Rows head{
        {"account", text_of(account, "account")},
        {"kind", text_of(account, "kind")},
        {"custodian", text_of(account, "custodian")},
        {"state", text_of(account, "state")},
    };
    if (const JsonValue* as_of = account.find("as_of"); as_of != nullptr) {
        head.push_back(
            {"as of", local_time_text(static_cast<ledger::TimeMs>(number_of(*as_of, "time")))}
        );
    }
    tool.out << to_table(head);
    for (const Rows& rows :
         {points_of(account), days_of(account), holds_of(account), grams_of(account)}) {
        if (rows.size() > 1) {
            tool.out << '\n' << to_table(rows);
        }
    }
}

}  // namespace tanji::tools
