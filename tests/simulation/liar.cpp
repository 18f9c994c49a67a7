#include "tests/simulation/liar.h"

namespace tanji::simulation {

Liar::Liar(World& world, Member& member, std::uint64_t)
    : world_(world),
      member_(member),
      draw_(world.seed, "liar") {
    member.set_twist([this](NodeId to, const MessagePtr& message) { return twist(to, message); });
}

std::vector<MessagePtr> Liar::twist(NodeId, const MessagePtr& message) {
    (void)world_;
    (void)member_;
    return {message};
}

}  // namespace tanji::simulation
