#pragma once

#include "ledger/value/bytes.h"
#include "ledger/value/ids.h"
#include "ledger/value/time.h"

// Every key space of the ledger's store: one letter, then fields of fixed length, or texts that end
// in a zero byte, which no text of ours contains. Numbers are big-endian, so that scans go up.
//
// "Replicated" keys are a function of the blocks alone and equal on every node; certificates are
// not: when they come and who signed them differs.
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
Bytes due(TimeMs time, ByteView what);  // what falls due by time
Bytes lines(LeafIndex leaf);            // texts of its lines
Bytes allocations(LeafIndex leaf);      // texts of its allocations
Bytes conflicts(LeafIndex leaf);        // texts of its conflict receipts
Bytes history(std::string_view account, LeafIndex leaf, std::uint32_t line);
Bytes certificate(TreeSize size);  // checkpoint note; not replicated

// Prefixes to scan over.
inline constexpr ByteView all_members = "M";
inline constexpr ByteView all_schemes = "S";
inline constexpr ByteView all_methodologies = "D";
inline constexpr ByteView all_factors = "F";
inline constexpr ByteView all_batches = "B";
inline constexpr ByteView all_classes = "C";
inline constexpr ByteView all_obligations = "O";
inline constexpr ByteView all_retirements = "t";
inline constexpr ByteView all_due = "T";
inline constexpr ByteView all_windows = "w";
inline constexpr ByteView all_certificates = "k";
inline constexpr ByteView all_events = "e";
inline constexpr ByteView all_intervals = "i";
inline constexpr ByteView all_holdings = "H";
Bytes holdings_of(std::string_view account);
Bytes allocations_of(std::string_view account);
Bytes history_of(std::string_view account);
Bytes intervals_of(std::string_view kind, const Tag& subject);

}  // namespace tanji::ledger::schema
