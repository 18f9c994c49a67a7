#pragma once

#include "api/service.h"
#include "ledger/command/record.h"
#include "ledger/value/crypto.h"
#include "ledger/value/result.h"
#include "node/setup.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// How a demo's members act: signed commands to the node at hand, everything random from the seed.
namespace tanji::node {

// Numbers that follow from the seed and a name: a demo can be repeated to the byte.
// Numbers that follow from the seed and a name: a demo can be repeated to the byte.
class Dice {
public:
    Dice(std::uint64_t seed, std::string_view name)
        : key_(fmt::format("tanji/demo-data@v1\n{}\n{}", seed, name)) {}

    ledger::Hash hash() { return ledger::hmac_sha256(key_, std::to_string(count_++)); }
    std::uint64_t below(std::uint64_t limit) { return ledger::read_u64(hash().view()) % limit; }
    template <typename Fixed>
    Fixed fixed() {
        return *Fixed::from(ledger::Bytes(hash().view().substr(0, Fixed::length)));
    }

private:
    std::string key_;
    std::uint64_t count_ = 0;
};

class DemoSender {
public:
    using Keys = std::vector<const ledger::SigningKey*>;

    // Keeps references to all but the seed.
    DemoSender(api::Service& service, const DemoAlliance& alliance, std::uint64_t seed);

    // Waits for the outcome; a refusal of the ledger is an error here. An id that is zero is drawn.
    ledger::Result<ledger::CommandOutcome> send(
        std::string_view type,
        const std::string& body,
        const Keys& keys,
        ledger::CommandId id = {},
        ledger::Bytes attachment = {}
    );

    const ledger::SigningKey* key_of(const std::string& member) const {
        return &alliance_.keys.at(member);
    }
    Keys governors() const;
    ledger::CommandId draw_id() { return dice_.fixed<ledger::CommandId>(); }
    ledger::Hash draw_hash() { return dice_.hash(); }
    std::uint64_t draw(std::uint64_t limit) { return dice_.below(limit); }
    std::shared_ptr<const ledger::View> view() { return service_.local(); }
    ledger::TimeMs now() { return service_.now_ms(); }

private:
    api::Service& service_;
    const DemoAlliance& alliance_;
    Dice dice_;
};

}  // namespace tanji::node
