#pragma once

#include "ledger/command/batch.h"
#include "ledger/command/leaf.h"
#include "ledger/governance/genesis.h"
#include "ledger/value/crypto.h"

#include <string>
#include <vector>

namespace tanji::tools {

// A log small enough to think about: two members, one methodology, one batch that is issued (950
// grams, 19 of them reserved), a retirement of 500, and a refusal. Every signature is real.
//   0 genesis · 1 methodology.publish · 2 factors.publish · 3 activity.submit ·
//   4 activity.attest · 5 credit.retire · 6 credit.retire, refused
class SmallLog {
public:
    SmallLog();

    const ledger::Genesis& genesis() const { return genesis_; }
    const std::string& genesis_file() const { return genesis_file_; }

    std::vector<ledger::Leaf> leaves;

    // An open leaf for a command of that body, signed with the keys of these members.
    ledger::Leaf open_leaf(
        std::string_view type, std::string_view body, const std::vector<std::string>& signers
    );
    // Takes the place after the last leaf: its own block, a second later.
    void append(ledger::Leaf leaf);

    // The files that a node serves under /log, written into a folder.
    void save(const std::string& folder) const;

    static constexpr std::string_view batch_class = "small:bike-test@1:US:2026";

private:
    const ledger::SigningKey& key_of(std::string_view member) const;
    void add_genesis();
    void add_documents();
    void add_batch();
    void add_retirements();

    ledger::SigningKey bike_;
    ledger::SigningKey check_;
    ledger::SigningKey log_;
    ledger::SigningKey cosign_;
    std::string genesis_file_;
    ledger::Genesis genesis_;
    std::uint32_t next_id_ = 1;
};

}  // namespace tanji::tools
