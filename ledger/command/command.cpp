#include "ledger/command/command.h"

#include <algorithm>

namespace tanji::ledger {

bool is_command_type(std::string_view text) {
    const std::size_t dot = text.find('.');
    const auto is_word_of_type = [](std::string_view word) {
        const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
        return !word.empty() && word.front() != '_' && std::ranges::all_of(word, fits);
    };
    return text.size() <= 64 && dot != std::string_view::npos &&
           is_word_of_type(text.substr(0, dot)) && is_word_of_type(text.substr(dot + 1));
}

Result<Command> read_command(ByteView payload) {
    auto value = parse_json(payload);
    if (!value) {
        return refusal(value);
    }
    JsonFaults faults;
    JsonReader in(*value, "", faults);
    Command command;
    command.type = in.text("type", 64);
    if (!is_command_type(command.type)) {
        in.fault("type", "is not noun.verb");
    }
    in.integer("v", 1, 1);
    command.ledger = in.digest("ledger");
    command.id = in.id("id");
    command.not_after =
        static_cast<TimeMs>(in.integer("not_after", 0, static_cast<std::uint64_t>(time_ms_max)));
    command.salt = in.fixed<Salt>("salt");
    const JsonValue* body = in.member("body");
    if (body != nullptr && body->object() == nullptr) {
        in.fault("body", "is no JSON object");
    }
    in.finish();
    if (faults.any()) {
        return faults.refusal();
    }
    command.body = *body;
    return command;
}

}  // namespace tanji::ledger
