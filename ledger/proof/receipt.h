#pragma once

#include "ledger/proof/log_proof.h"
#include "ledger/value/bytes.h"
#include "ledger/value/ids.h"
#include "ledger/value/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What a holder keeps: our JSON receipt around a tlog-proof. Only the form: what it proves is
// decided by ledger/command/verification.h, because that reads leaves and commands.
namespace tanji::ledger {

inline constexpr std::size_t receipt_bytes_max = 131'072;

struct ReceiptPart {
    enum class Kind : std::uint8_t {
        record,
        result,
        conflict,
        allocation,
        line,
        reading,
        command,
        opening,
    };

    Kind kind = Kind::record;
    std::uint64_t n = 0;              // place in its tree
    std::optional<std::string> text;  // of an entry; it or `hash` is there
    std::optional<Hash> hash;         // leaf hash of an entry
    std::vector<Hash> siblings;
    std::uint64_t of = 0;  // reading: index of its record among the parts
    Bytes entry;           // reading: 20 bytes
    std::string envelope;  // command: JSON
    Salt salt;             // opening
    UserId account;        // opening
};

std::string_view name_of(ReceiptPart::Kind kind);

struct Receipt {
    Hash ledger;  // zero when the receipt does not say; else it must be the one that is pinned
    LeafIndex leaf_index = 0;
    std::string leaf;
    std::string proof;       // tlog-proof@v1, without extra as we write it
    bool certified = false;  // a hint
    std::vector<ReceiptPart> parts;
};

std::string to_text(const Receipt& receipt);
// At most 128 KiB; unknown members are ignored, an unknown kind of part is refused.
Result<Receipt> read_receipt(ByteView json);

// A `.tlog-proof` file: the proof with leaf and parts in its extra line.
std::string to_saved_text(const Receipt& receipt);
// Of a file with an extra line of ours. `ledger` is zero: the file does not say.
Result<Receipt> read_saved_receipt(ByteView text);

// 碳身份证: the receipts of a batch and of its attestation, for one account.
struct Certificate {
    std::vector<Receipt> receipts;
};

std::string to_text(const Certificate& certificate);
Result<Certificate> read_certificate(ByteView json);

}  // namespace tanji::ledger
