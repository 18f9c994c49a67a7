#pragma once

#include "ledger/proof/checkpoint.h"
#include "ledger/proof/note.h"
#include "ledger/value/result.h"

#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// C2SP tlog-policy: which log and cosign keys count, and when they suffice.
namespace tanji::ledger {

// max(⌈(n+f+1)/2⌉, min_cosigners), f = ⌊(n−1)/3⌋. REQUIRES: n >= 1.
std::size_t quorum(std::size_t n, std::size_t min_cosigners = 0);

struct PolicyVoter {
    std::string member;
    NoteKey log;
    NoteKey cosign;
};

// The policy file that a membership makes. `old_voters` is empty except in the joint phase of a
// change; then the exact rule is a quorum of both, and the text is that rule or a stricter one.
// Voters in any order, each member once in each list.
std::string policy_text(
    std::uint64_t version,
    TreeSize from,
    std::span<const PolicyVoter> voters,
    std::span<const PolicyVoter> old_voters = {},
    std::size_t min_cosigners = 0
);

class Policy {
public:
    struct Witness {
        std::string name;
        NoteKey key;
    };

    // At most 64 KiB; comments and URLs are read past, everything else is strict.
    static Result<Policy> parse(std::string_view text);

    const std::vector<NoteKey>& logs() const { return logs_; }
    const std::vector<Witness>& witnesses() const { return witnesses_; }
    // Whether the quorum is met by these witnesses, named as in the policy.
    bool satisfied(const std::set<std::string, std::less<>>& good) const;

private:
    struct Group {
        std::string name;
        std::size_t threshold = 0;
        std::vector<std::string> members;  // of witnesses and of groups above
    };
    friend class PolicyReader;

    std::vector<NoteKey> logs_;
    std::vector<Witness> witnesses_;
    std::vector<Group> groups_;  // in the order of the file: members stand before their group
    std::string quorum_;         // of a witness or group; empty for `none`
};

struct PinnedPolicy {
    TreeSize from = 0;
    Policy policy;
};

// What a verifier knows before it looks at anything.
struct Pinned {
    std::string origin;
    Hash ledger;
    std::vector<PinnedPolicy> policies;  // in any order
};

// Log signature; and besides, the policy of that size satisfied.
enum class Standing : std::uint8_t { committed, certified };
std::string_view name_of(Standing standing);

struct NoteVerdict {
    Standing standing = Standing::committed;
    Checkpoint checkpoint;
    std::vector<NoteKey> logs;           // log keys with a good line
    std::vector<std::string> cosigners;  // witnesses with a good line, named as in the policy
};

// The verdict on a checkpoint note. `reason` of a refusal: `note` (does not parse), `origin`,
// `policy` (none for that size), `signature` (a known key with a bad one), `log` (no log
// signature).
Result<NoteVerdict> check_note(ByteView bytes, const Pinned& pinned);

}  // namespace tanji::ledger
