#include "tests/consensus/scenario_words.h"

#include <algorithm>
#include <charconv>
#include <sstream>

namespace tanji::consensus::scenario {

Words words_of(const std::string& line) {
    std::istringstream in(line);
    Words words;
    for (std::string word; in >> word;) {
        words.push_back(word);
    }
    return words;
}

std::string without_comment(const std::string& line) {
    const std::string text = line.substr(0, line.find('#'));
    const auto last = text.find_last_not_of(" \t\r");
    return last == std::string::npos ? "" : text.substr(0, last + 1);
}

std::uint64_t number_of(const std::string& word) {
    std::uint64_t number = 0;
    const char* end = word.data() + word.size();
    const auto [at, error] = std::from_chars(word.data(), end, number);
    if (error != std::errc{} || at != end || word.empty()) {
        refute("not a number: " + word);
    }
    return number;
}

std::vector<NodeId> list_of(const std::string& word) {
    std::vector<NodeId> list;
    std::istringstream in(word);
    for (std::string each; std::getline(in, each, ',');) {
        list.push_back(number_of(each));
    }
    std::ranges::sort(list);
    return list;
}

Position position_of(const std::string& word) {
    const auto slash = word.find('/');
    if (slash == std::string::npos) {
        refute("not TERM/INDEX: " + word);
    }
    return {.term = number_of(word.substr(0, slash)), .index = number_of(word.substr(slash + 1))};
}

Network::Link link_of(const std::string& word) {
    const auto arrow = word.find('>');
    if (arrow == std::string::npos) {
        refute("not A>B: " + word);
    }
    return {number_of(word.substr(0, arrow)), number_of(word.substr(arrow + 1))};
}

std::string text_of(const std::vector<NodeId>& list) {
    std::string text;
    for (const NodeId id : list) {
        text += (text.empty() ? "" : ",") + std::to_string(id);
    }
    return text.empty() ? "none" : text;
}

void need(std::span<const std::string> args, std::size_t least, std::size_t most) {
    if (args.size() < least || args.size() > most) {
        refute("too few or too many words");
    }
}

void refute(const std::string& why) {
    throw Refuted(why);
}

}  // namespace tanji::consensus::scenario
