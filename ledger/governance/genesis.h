#pragma once

#include "ledger/parties/member.h"
#include "ledger/parties/scheme.h"
#include "ledger/parties/thresholds.h"
#include "ledger/value/bytes.h"
#include "ledger/value/ids.h"
#include "ledger/value/result.h"
#include "ledger/value/time.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tanji::ledger {

inline constexpr std::size_t genesis_bytes_max = 48 * 1024;

// One node of a member, with the three keys it speaks with.
struct GenesisNode {
    std::uint64_t node = 0;  // 1, 2, …
    std::string member;
    std::string address;  // host:port of the peer listener
    std::string log;      // vkey, named as the origin
    std::string cosign;   // vkey of the cosigner
    PublicKey peer;
    bool voter = true;
};

struct EventKey {
    std::uint64_t year = 0;
    Hash digest;  // of the alliance's event key of that year
};

// The file that every member has agreed to. Its digest is the ledger's id, its bytes are block 1
// and leaf 0, and nobody edits it.
struct Genesis {
    Hash ledger;  // SHA-256 of the exact bytes
    std::string name_en;
    std::string name_zh;
    std::string origin;
    TimeMs time = 0;
    std::uint64_t rules = 1;
    int utc_offset_minutes = 480;
    std::vector<Member> members;  // ascending
    std::vector<KeyRow> keys;
    std::vector<GenesisNode> nodes;
    std::vector<Scheme> schemes;                               // ascending
    std::map<std::string, Threshold, std::less<>> thresholds;  // per governed action
    std::vector<EventKey> event_keys;
    std::uint64_t snapshot_every_blocks = 65'536;
    std::optional<std::uint64_t> min_cosigners;
    std::uint64_t k_anonymity = 20;

    // The tlog-policy that a verifier pins for sizes from 0 on (docs/formats.md, "Policy").
    std::string policy() const;
};

// Strict: every field present, ascending lists, no key twice, at most 48 KiB, ending in LF.
Result<Genesis> read_genesis(ByteView file);

}  // namespace tanji::ledger
