#include "ledger/replay_leaf.h"

#include "ledger/value/crypto.h"

#include <algorithm>

namespace tanji::ledger {

const KeyRow* genesis_key(const Genesis& genesis, const KeyId& id) {
    const auto found = std::ranges::find_if(genesis.keys, [&](const KeyRow& row) {
        return key_id(row.key) == id;
    });
    return found != genesis.keys.end() ? &*found : nullptr;
}

Amount moved(const Leaf& leaf, std::string_view from, std::string_view to) {
    Amount sum = 0;
    for (const Move& move : leaf.effects.credits) {
        if (move.from == from && move.to == to) {
            sum += move.amount;
        }
    }
    return sum;
}

std::string text_in(const JsonValue& object, std::string_view name) {
    const JsonValue* found = object.find(name);
    return found != nullptr && found->string() != nullptr ? *found->string() : std::string();
}

}  // namespace tanji::ledger
