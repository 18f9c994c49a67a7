#pragma once

#include "node/replica/peer_message.h"

#include <string>

namespace tanji::simulation {

// A message in a line of the trace.
std::string text_of(const node::PeerMessage& message);

}  // namespace tanji::simulation
