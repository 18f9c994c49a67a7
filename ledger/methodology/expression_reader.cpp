#include "ledger/methodology/expression_reader.h"

#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

namespace tanji::ledger {
namespace {

std::optional<NodeKind> kind_of(std::string_view word) {
    for (auto kind = NodeKind::input; kind <= NodeKind::negation;
         kind = static_cast<NodeKind>(static_cast<int>(kind) + 1)) {
        if (name_of(kind) == word) {
            return kind;
        }
    }
    return std::nullopt;
}

template <typename Named>
std::optional<std::uint16_t> place_of(const std::vector<Named>& all, std::string_view name) {
    const auto found = std::ranges::find(all, name, &Named::name);
    if (found == all.end()) {
        return std::nullopt;
    }
    return static_cast<std::uint16_t>(found - all.begin());
}

}  // namespace

NodeIndex ExpressionReader::expression(
    const JsonValue& value, const std::string& place, std::uint16_t depth
) {
    const JsonMember* member = only_member(value, place);
    const auto kind = member != nullptr ? kind_of(member->name) : std::nullopt;
    if (!kind || is_condition(*kind)) {
        faults_.add(place, "is no expression that this version of the language knows");
        return 0;
    }
    Node node;
    node.kind = *kind;
    node.depth = depth;
    node.place = place;
    switch (*kind) {
        case NodeKind::input:
        case NodeKind::factor:
        case NodeKind::parameter:
            named(node, member->value);
            break;
        case NodeKind::sum:
            list(node, member->value, 2, 16);
            break;
        case NodeKind::product:
        case NodeKind::min:
        case NodeKind::max:
            list(node, member->value, 2, 8);
            break;
        case NodeKind::difference:
            list(node, member->value, 2, 2);
            break;
        case NodeKind::clamp:
            list(node, member->value, 3, 3);
            break;
        case NodeKind::ratio:
            ratio(node, member->value);
            break;
        case NodeKind::choice:
        case NodeKind::less:
        case NodeKind::at_least:
        case NodeKind::is:
        case NodeKind::all:
        case NodeKind::any:
        case NodeKind::negation:
            choice(node, member->value);
            break;
    }
    return append(std::move(node));
}

NodeIndex ExpressionReader::condition(
    const JsonValue& value, const std::string& place, std::uint16_t depth
) {
    const JsonMember* member = only_member(value, place);
    const auto kind = member != nullptr ? kind_of(member->name) : std::nullopt;
    if (!kind || !is_condition(*kind)) {
        faults_.add(place, "is no condition that the language knows");
        return 0;
    }
    Node node;
    node.kind = *kind;
    node.depth = depth;
    node.place = place;
    if (*kind == NodeKind::all || *kind == NodeKind::any) {
        list(node, member->value, 1, 8);
    } else if (*kind == NodeKind::negation) {
        part(node, member->value, "not", true);
    } else if (*kind == NodeKind::is) {
        is(node, member->value);
    } else {
        list(node, member->value, 2, 2);
    }
    return append(std::move(node));
}

const JsonMember* ExpressionReader::only_member(const JsonValue& value, const std::string& place) {
    const JsonValue::Object* members = value.object();
    if (members == nullptr || members->size() != 1) {
        faults_.add(place, "is no object with one member, the operation");
        return nullptr;
    }
    return &members->front();
}

void ExpressionReader::named(Node& node, const JsonValue& argument) {
    const std::string name = argument.string() != nullptr ? *argument.string() : std::string{};
    std::optional<std::uint16_t> found;
    if (node.kind == NodeKind::input) {
        found = place_of(methodology_.inputs, name);
    } else if (node.kind == NodeKind::factor) {
        found = place_of(methodology_.factors, name);
    } else {
        found = place_of(methodology_.parameters, name);
    }
    if (!found) {
        faults_.add(node.place, fmt::format("there is no {} {}", name_of(node.kind), name));
    }
    node.subject = found.value_or(0);
}

void ExpressionReader::ratio(Node& node, const JsonValue& argument) {
    static constexpr std::array<std::string_view, 2> directions = {"down", "up"};
    JsonReader in(argument, node.place + "/ratio", faults_);
    for (const std::string_view member : {"of", "times", "over"}) {
        if (const JsonValue* value = in.member(member)) {
            part(node, *value, fmt::format("ratio/{}", member), false);
        }
    }
    node.round_up = in.word("round", directions) == 1;
    in.finish();
}

void ExpressionReader::choice(Node& node, const JsonValue& argument) {
    JsonReader in(argument, node.place + "/if", faults_);
    for (const std::string_view member : {"when", "then", "else"}) {
        if (const JsonValue* value = in.member(member)) {
            part(node, *value, fmt::format("if/{}", member), member == "when");
        }
    }
    in.finish();
}

void ExpressionReader::is(Node& node, const JsonValue& argument) {
    const JsonValue::Array* pair = argument.array();
    const bool two_texts = pair != nullptr && pair->size() == 2 &&
                           pair->front().string() != nullptr && pair->back().string() != nullptr;
    const auto key =
        two_texts ? place_of(methodology_.keys, *pair->front().string()) : std::nullopt;
    if (!key) {
        faults_.add(node.place, "is names no key");
        return;
    }
    const std::vector<std::string>& values = methodology_.keys[*key].values;
    const auto found = std::ranges::find(values, *pair->back().string());
    if (found == values.end()) {
        faults_.add(node.place, fmt::format("{} is no value of that key", *pair->back().string()));
        return;
    }
    node.subject = *key;
    node.key_value = static_cast<std::uint16_t>(found - values.begin());
}

void ExpressionReader::list(
    Node& node, const JsonValue& argument, std::size_t least, std::size_t most
) {
    const JsonValue::Array* parts = argument.array();
    if (parts == nullptr || parts->size() < least || parts->size() > most) {
        faults_.add(
            node.place, fmt::format("{} takes a list of {}..{}", name_of(node.kind), least, most)
        );
        return;
    }
    const bool conditions = node.kind == NodeKind::all || node.kind == NodeKind::any;
    for (std::size_t i = 0; i < parts->size(); ++i) {
        part(node, (*parts)[i], fmt::format("{}/{}", name_of(node.kind), i), conditions);
    }
}

void ExpressionReader::part(
    Node& node, const JsonValue& value, std::string_view member, bool condition_wanted
) {
    const std::string place = fmt::format("{}/{}", node.place, member);
    const auto depth = static_cast<std::uint16_t>(node.depth + 1);
    node.parts.push_back(
        condition_wanted ? condition(value, place, depth) : expression(value, place, depth)
    );
}

NodeIndex ExpressionReader::append(Node node) {
    methodology_.nodes.push_back(std::move(node));
    return static_cast<NodeIndex>(methodology_.nodes.size() - 1);
}

}  // namespace tanji::ledger
