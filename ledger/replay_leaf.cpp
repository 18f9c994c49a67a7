#include "ledger/replay_leaf.h"

#include "ledger/parties/thresholds.h"
#include "ledger/value/crypto.h"

#include <algorithm>
#include <set>

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

bool signed_by(const Genesis& genesis, const Leaf& leaf, std::string_view member) {
    return std::ranges::any_of(leaf.signers, [&](const std::string& signer) {
        const auto id = KeyId::from_hex(signer);
        const KeyRow* key = id ? genesis_key(genesis, *id) : nullptr;
        return key != nullptr && key->command && key->owner == member;
    });
}

Status require_governed(const Genesis& genesis, const Leaf& leaf, std::string_view action) {
    std::set<std::string, std::less<>> governing;
    for (const KeyRow& key : genesis.keys) {
        if (key.governor) {
            governing.insert(key.owner);
        }
    }
    std::set<std::string, std::less<>> signing;
    for (const std::string& signer : leaf.signers) {
        const auto id = KeyId::from_hex(signer);
        const KeyRow* key = id ? genesis_key(genesis, *id) : nullptr;
        if (key != nullptr && key->governor) {
            signing.insert(key->owner);
        }
    }
    const auto threshold = genesis.thresholds.find(action);
    if (threshold == genesis.thresholds.end()) {
        return lie("genesis sets no threshold for {}", action);
    }
    const std::size_t needed = signatures_needed(threshold->second, governing.size());
    if (signing.size() < needed) {
        return lie("{} governors signed it, {} must", signing.size(), needed);
    }
    return {};
}

}  // namespace tanji::ledger
