#pragma once

#include "tests/consensus/scenario_story.h"

// Single words of a directive. What cannot be read is Refuted.
namespace tanji::consensus::scenario {

std::uint64_t number_of(const std::string& word);
// `1,2,3`
std::vector<NodeId> list_of(const std::string& word);
// `term/index`
Position position_of(const std::string& word);
// `A>B`
Network::Link link_of(const std::string& word);
std::string text_of(const std::vector<NodeId>& list);

// Refuted unless there are so many words.
void need(std::span<const std::string> args, std::size_t least, std::size_t most);
[[noreturn]] void refute(const std::string& why);

}  // namespace tanji::consensus::scenario
