#include "ledger/governance/commands.h"
#include "tools/desk.h"
#include "tools/files.h"

#include <algorithm>

namespace tanji::tools {
namespace {

constexpr std::size_t entry_bytes_max = 16 * 1024;

// The entry that `tanjid init --join` wrote, as it stands there.
Attempt<ledger::JoiningNode> read_entry(const std::string& file) {
    auto text = read_file(file, entry_bytes_max);
    if (!text) {
        return failure(text);
    }
    const auto value = ledger::parse_json(*text);
    if (!value) {
        return fail(Exit::usage, "{}: {}", file, value.error().detail);
    }
    ledger::JsonFaults faults;
    ledger::JsonReader reader(*value, "", faults);
    auto node = ledger::JoiningNode::read(reader);
    reader.finish();
    if (faults.any()) {
        const auto fault = faults.refusal().error();
        return fail(Exit::usage, "{}: {} {}", file, fault.pointer, fault.detail);
    }
    return node;
}

// Newest last.
Attempt<ledger::JsonValue::Array> memberships_of(Remote& remote) {
    ledger::JsonValue::Array all;
    std::string target = "/v1/memberships?limit=500";
    while (!target.empty()) {
        auto page = remote.get_json(target);
        if (!page) {
            return failure(page);
        }
        const ledger::JsonValue* data = page->find("data");
        if (data == nullptr || data->array() == nullptr) {
            return fail(Exit::unproven, "{} lists no memberships", remote.url());
        }
        all.insert(all.end(), data->array()->begin(), data->array()->end());
        const std::string next = text_of(*page, "next");
        target = next.empty() ? "" : "/v1/memberships?limit=500&cursor=" + query_value(next);
    }
    if (all.empty()) {
        return fail(Exit::unproven, "{} lists no memberships", remote.url());
    }
    return all;
}

std::string nodes_in(const ledger::JsonValue& membership, std::string_view list) {
    std::string text;
    const ledger::JsonValue* nodes = membership.find(list);
    if (nodes != nullptr && nodes->array() != nullptr) {
        for (const ledger::JsonValue& node : *nodes->array()) {
            text += fmt::format(
                "{}{} {}",
                text.empty() ? "" : ", ",
                number_of(node, "node"),
                text_of(node, "member")
            );
        }
    }
    return text.empty() ? "-" : text;
}

void write_numbers(
    ledger::JsonWriter& out, std::string_view name, std::vector<std::uint64_t> numbers
) {
    std::ranges::sort(numbers);
    out.name(name).open_array();
    for (const std::uint64_t number : numbers) {
        out.integer(number);
    }
    out.close_array();
}

Attempt<std::vector<std::uint64_t>> read_numbers(const std::vector<std::string>& words) {
    std::vector<std::uint64_t> numbers;
    for (const std::string& word : words) {
        const auto number = ledger::parse_amount(word);
        if (!number || *number == 0) {
            return fail(Exit::usage, "{} is no number of a node", word);
        }
        numbers.push_back(static_cast<std::uint64_t>(*number));
    }
    return numbers;
}

}  // namespace

Attempt<void> decide_membership(Tool& tool, const MembershipOptions& options) {
    const auto promoted = read_numbers(options.promoted);
    const auto removed = read_numbers(options.removed);
    if (!promoted || !removed) {
        return std::unexpected(promoted ? removed.error() : promoted.error());
    }
    std::uint64_t base = options.base;
    if (base == 0) {
        Remote remote(tool);
        auto known = memberships_of(remote);
        if (!known) {
            return failure(known);
        }
        base = number_of(known->back(), "number");
    }
    ledger::JsonWriter body;
    body.open_object().member("base", base).name("nodes").open_array();
    for (const std::string& file : options.added) {
        auto entry = read_entry(file);
        if (!entry) {
            return failure(entry);
        }
        write(body, *entry);
    }
    body.close_array();
    write_numbers(body, "promote", *promoted);
    write_numbers(body, "remove", *removed);
    return dispatch(
        tool, "membership.decide", body.close_object().text(), dispatch_of(options.send)
    );
}

Attempt<void> list_memberships(Tool& tool) {
    Remote remote(tool);
    auto known = memberships_of(remote);
    if (!known) {
        return failure(known);
    }
    if (tool.json) {
        for (const ledger::JsonValue& membership : *known) {
            tool.print(ledger::to_canonical_text(membership));
        }
        return {};
    }
    std::vector<std::vector<std::string>> rows{{"NUMBER", "PHASE", "LEAF", "VOTERS", "LEARNERS"}};
    for (const ledger::JsonValue& membership : *known) {
        rows.push_back(
            {std::to_string(number_of(membership, "number")),
             text_of(membership, "phase"),
             std::to_string(number_of(membership, "leaf_index")),
             nodes_in(membership, "voters"),
             nodes_in(membership, "learners")}
        );
    }
    tool.out << to_table(rows);
    return {};
}

}  // namespace tanji::tools
