#pragma once

#include "ledger/value/bytes.h"
#include "ledger/value/ids.h"
#include "ledger/value/time.h"

#include <cstdint>
#include <utility>

// Every key space of the ledger's store: one letter or digit, then fields of fixed length, or texts
// that end in a zero byte, which no text of ours contains. Numbers are big-endian, so that scans go
// up.
//
// "Replicated" keys are a function of the blocks alone and equal on every node. Certificates are
// not: when they come and who signed them differs. Nor are kept commands: they stand for blocks
// that this node has pruned.
namespace tanji::ledger::schema {

// The end of the keys that begin with `prefix`: the least key above all of them.
Bytes end_of(ByteView prefix);

Bytes head();                                      // where the ledger stands
Bytes genesis();                                   // the file's exact bytes
Bytes leaf(LeafIndex leaf);                        // leaf text
Bytes tile(int level, std::uint64_t tile);         // hashes of a tile, up to 256
Bytes block(BlockIndex block);                     // block row
Bytes command(const CommandId& id);                // command row
Bytes member(std::string_view member);             // member
Bytes key(const KeyId& key);                       // key
Bytes scheme(std::string_view scheme);             // scheme
Bytes scheme_totals(std::string_view scheme);      // grams revoked, reversed, owed
Bytes threshold(std::string_view action);          // of governors
Bytes node(std::uint64_t number);                  // a node that came after genesis
Bytes membership(std::uint64_t number);            // likewise
Bytes open_decision();                             // of governance on the membership
Bytes methodology(std::string_view ref);           // published methodology
Bytes factors(std::string_view ref);               // published factor set
Bytes version(char space, std::string_view slug);  // newest version of a document
Bytes account(std::string_view account);           // account
Bytes batch(const CommandId& batch);               // batch
Bytes batch_of_leaf(LeafIndex leaf);               // id of the batch submitted there
Bytes results(const CommandId& batch);             // outcome and micrograms per record
Bytes event(const Tag& tag);                       // the record that took it
Bytes interval(std::string_view kind, const Tag& subject, TimeS start);
Bytes window(std::string_view scheme, std::string_view key);  // cap window
Bytes deficit(std::string_view account, std::string_view methodology);
Bytes allocation(std::string_view account, const CommandId& batch);
Bytes holding(std::string_view account, std::string_view credit_class);
Bytes credit_class(std::string_view credit_class);  // its supply
Bytes obligation(std::string_view member, std::string_view scheme);
Bytes retirement(const CommandId& id);
Bytes programme(std::string_view slug, std::uint32_t version);
Bytes points(std::string_view programme);  // its supply
Bytes unbacked(std::string_view programme, std::string_view sponsor);
Bytes unbacked_by(LeafIndex leaf);  // how much that revocation added to it
Bytes purse(std::string_view account, std::string_view programme);
Bytes lot(
    std::string_view account,
    std::string_view programme,
    TimeMs expires_at,
    std::string_view sponsor
);
Bytes offer(std::string_view offer);
Bytes open_offers(std::string_view merchant);                       // how many
Bytes offer_use(std::string_view account, std::string_view offer);  // what counts to its limit
Bytes redemption(const CommandId& id);                              // redemption
Bytes redemption_step(const CommandId& id, LeafIndex leaf);         // what happened to it
Bytes account_redemption(std::string_view account, const CommandId& id);
Bytes merchant_redemption(std::string_view merchant, const CommandId& id);
Bytes hold(std::string_view account, TimeMs until, const CommandId& id);
Bytes voucher(const Hash& commitment);  // id of the redemption
Bytes position(
    std::string_view programme,
    std::int64_t month,
    std::string_view debtor,
    std::string_view creditor
);
// What falls due by time; each kind is swept by itself, in this order.
enum class Due : std::uint8_t { hold, mature, expire, lapse, abandon };
Bytes due(Due kind, TimeMs time, ByteView what);
Bytes due_until(Due kind, TimeMs time);  // above everything that is due at or before the time
// When that is, and what it names, by its key.
TimeMs due_time(ByteView key);
ByteView due_what(ByteView key);
Bytes lines(LeafIndex leaf);        // texts of its lines
Bytes allocations(LeafIndex leaf);  // texts of its allocations
Bytes conflicts(LeafIndex leaf);    // texts of its conflict receipts
Bytes history(std::string_view account, LeafIndex leaf, std::uint32_t line);
Bytes certificate(TreeSize size);  // checkpoint note; not replicated
// Stored bytes of a command whose block is not kept here; not replicated.
Bytes kept_command(BlockIndex block, std::uint32_t position);
// Block and position in such a key.
std::pair<BlockIndex, std::uint32_t> kept_place(ByteView key);
// Whether a key is this node's own: every other one is replicated.
bool is_local(ByteView key);

// Prefixes to scan over.
inline constexpr ByteView all_members = "M";
inline constexpr ByteView all_nodes = "Y";
inline constexpr ByteView all_memberships = "G";
inline constexpr ByteView all_schemes = "S";
inline constexpr ByteView all_methodologies = "D";
inline constexpr ByteView all_factors = "F";
inline constexpr ByteView all_batches = "B";
inline constexpr ByteView all_classes = "C";
inline constexpr ByteView all_obligations = "O";
inline constexpr ByteView all_retirements = "t";
inline constexpr ByteView all_programmes = "P";
inline constexpr ByteView all_points = "Q";
inline constexpr ByteView all_purses = "u";
inline constexpr ByteView all_lots = "q";
inline constexpr ByteView all_offers = "f";
inline constexpr ByteView all_redemptions = "R";
inline constexpr ByteView all_positions = "W";
Bytes all_due(Due kind);
inline constexpr ByteView all_windows = "w";
inline constexpr ByteView all_certificates = "k";
inline constexpr ByteView all_kept_commands = "0";
inline constexpr ByteView all_events = "e";
inline constexpr ByteView all_intervals = "i";
inline constexpr ByteView all_holdings = "H";
Bytes holdings_of(std::string_view account);
Bytes allocations_of(std::string_view account);
Bytes history_of(std::string_view account);
Bytes unbacked_of(std::string_view programme);
Bytes purses_of(std::string_view account);
Bytes lots_of(std::string_view account);
Bytes lots_of(std::string_view account, std::string_view programme);
Bytes redemption_steps(const CommandId& id);
Bytes account_redemptions(std::string_view account);
Bytes merchant_redemptions(std::string_view merchant);
Bytes holds_of(std::string_view account);
Bytes intervals_of(std::string_view kind, const Tag& subject);

}  // namespace tanji::ledger::schema
