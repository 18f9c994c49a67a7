#include "tests/consensus/scenario_block.h"

namespace tanji::consensus::scenario {
namespace {

// Four lanes of a 64-bit mixer: no two contents of these tests meet.
class Mixer {
public:
    void add(std::uint64_t value) {
        for (std::uint64_t lane = 0; lane < lanes_.size(); ++lane) {
            lanes_[lane] = mixed(lanes_[lane] ^ (value + (lane + 1) * 0x9E3779B97F4A7C15U));
        }
    }
    template <typename Numbers>
    void add_all(const Numbers& numbers) {
        add(numbers.size());
        for (const auto number : numbers) {
            add(number);
        }
    }

    Hash hash() const {
        Hash hash{};
        for (std::size_t at = 0; at < hash.size(); ++at) {
            hash[at] = static_cast<std::uint8_t>(lanes_[at / 8] >> (8 * (at % 8)));
        }
        return hash;
    }

private:
    static std::uint64_t mixed(std::uint64_t value) {
        value = (value ^ (value >> 30U)) * 0xBF58476D1CE4E5B9U;
        value = (value ^ (value >> 27U)) * 0x94D049BB133111EBU;
        return value ^ (value >> 31U);
    }

    std::array<std::uint64_t, 4> lanes_{1, 2, 3, 4};
};

}  // namespace

Hash hash_of(const Block& block) {
    Mixer mixer;
    for (const std::uint64_t number :
         {block.ref.at.term,
          block.ref.at.index,
          static_cast<std::uint64_t>(block.ref.kind),
          static_cast<std::uint64_t>(block.ref.bytes),
          block.leader,
          block.time_ms}) {
        mixer.add(number);
    }
    mixer.add_all(block.ref.prev);
    mixer.add(block.text.size());
    for (const char letter : block.text) {
        mixer.add(static_cast<std::uint8_t>(letter));
    }
    if (block.ref.membership) {
        mixer.add(block.ref.membership->number);
        mixer.add_all(block.ref.membership->voters);
        mixer.add_all(block.ref.membership->old_voters);
        mixer.add_all(block.ref.membership->learners);
    }
    return mixer.hash();
}

bool is_sound(const Block& block) {
    return block.ref.hash == hash_of(block);
}

BlockPtr sealed(Block block) {
    block.ref.bytes = static_cast<std::uint32_t>(272 + block.text.size());
    block.ref.hash = hash_of(block);
    return std::make_shared<const Block>(std::move(block));
}

BlockPtr genesis(const Membership& membership) {
    Block block;
    block.ref.at = {.term = 0, .index = 1};
    block.ref.kind = Kind::genesis;
    block.ref.membership = membership;
    return sealed(std::move(block));
}

std::array<std::uint8_t, 64> signed_by(NodeId signer, Term term, NodeId to) {
    Mixer mixer;
    mixer.add(signer);
    mixer.add(term);
    mixer.add(to);
    const Hash half = mixer.hash();
    std::array<std::uint8_t, 64> signature{};
    for (std::size_t at = 0; at < signature.size(); ++at) {
        signature[at] = half[at % half.size()];
    }
    return signature;
}

std::string text_of(Position at) {
    return std::to_string(at.term) + "/" + std::to_string(at.index);
}

}  // namespace tanji::consensus::scenario
