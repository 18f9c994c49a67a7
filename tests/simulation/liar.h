#pragma once

#include "tests/simulation/member.h"

namespace tanji::simulation {

// One member whose messages are not what its own loop wrote. It has its own keys and nobody else's.
class Liar {
public:
    Liar(World& world, Member& member, std::uint64_t members);

private:
    std::vector<MessagePtr> twist(NodeId to, const MessagePtr& message);

    World& world_;
    Member& member_;
    Draw draw_;
};

}  // namespace tanji::simulation
