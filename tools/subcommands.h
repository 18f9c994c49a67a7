#pragma once

#include "tools/tool.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

// What `tanji` can do: one function per subcommand, called by main with the options that it read.
namespace tanji::tools {

// --- keys and trust ---
struct KeyOptions {
    std::string file;
};
Attempt<void> new_key(Tool& tool, const KeyOptions& options);
Attempt<void> show_key(Tool& tool, const KeyOptions& options);

struct TrustOptions {
    std::string file;
};
Attempt<void> add_trust(Tool& tool, const TrustOptions& options);
Attempt<void> list_trust(Tool& tool);

// --- any command ---
// What every subcommand takes that sends one command.
struct SendOptions {
    std::vector<std::string> other_keys;  // sign too, after --key
    std::string envelope;                 // save the signed envelope here and do not send it
    std::string save;                     // the receipt
    std::string until = "committed";      // or certified
    bool dry_run = false;
};
struct SubmitOptions {
    std::string file;  // `-` for stdin
    SendOptions send;
};
Attempt<void> submit(Tool& tool, const SubmitOptions& options);
Attempt<void> cosign(Tool& tool, const SubmitOptions& options);
Attempt<void> resume(Tool& tool);

// --- activities ---
struct ImportOptions {
    std::string format;  // citibike, csv
    std::vector<std::string> files;
    std::string map;          // of csv
    std::string zone;         // of citibike, when not New York
    std::string methodology;  // ref at the node, or a file
    std::string factors;      // likewise; the newest set of the node when empty
    std::string scheme;       // that of genesis when it has only one
    std::string provider;     // whom --key belongs to when empty
    std::string programme;
    std::string rank;  // that of the provider's role when empty
    std::string region;
    std::string quality;  // the methodology's lowest when empty
    std::string account_salt;
    std::vector<std::string> event_keys;  // FILE, or YEAR=FILE
    std::string operator_key;
    std::string out;
    std::string rejects;
    std::optional<std::int64_t> shift_days;
    std::uint32_t batch = 10'000;
    bool open_accounts = false;
    bool dry_run = false;
    bool strict = false;
    bool demo = false;
    std::string until = "committed";
};
Attempt<void> import_rides(Tool& tool, const ImportOptions& options);

struct AttestOptions {
    std::string batch;
    bool accept = false;
    bool reject = false;
    std::string except;
    std::string level = "limited";
    std::uint32_t sampled = 0;  // 0: as many as the rules ask for
    std::string evidence;       // the report
    std::string reason;
    SendOptions send;
};
Attempt<void> attest(Tool& tool, const AttestOptions& options);

struct RevokeOptions {
    std::string batch;
    std::string records;  // empty: all
    std::string reason = "other";
    bool free = false;
    std::string evidence;
    SendOptions send;
};
Attempt<void> revoke(Tool& tool, const RevokeOptions& options);

// --- accounts ---
struct OpenOptions {
    std::string account;  // empty: a random one
    std::vector<std::string> holder_keys;
    bool venue = false;
    std::string owner;  // text that is committed to
    SendOptions send;
};
Attempt<void> open_account(Tool& tool, const OpenOptions& options);

struct GrantOptions {
    std::string account;
    std::vector<std::string> scopes;
    std::string life = "15m";
};
Attempt<void> grant(Tool& tool, const GrantOptions& options);

// --- credits ---
struct CreditOptions {
    std::string account;
    std::string to;
    std::string credit_class;
    std::string amount;
    std::string memo;     // transfer; assign: the consideration
    std::string consent;  // digest, or a file
    std::string purpose;
    std::string beneficiary;
    std::string commitment;
    std::string statement;
    std::string instruction;  // digest, or a file
    SendOptions send;
};
Attempt<void> transfer(Tool& tool, const CreditOptions& options);
Attempt<void> assign(Tool& tool, const CreditOptions& options);
Attempt<void> donate(Tool& tool, const CreditOptions& options);
Attempt<void> retire(Tool& tool, const CreditOptions& options);
Attempt<void> cancel(Tool& tool, const CreditOptions& options);

// --- points ---
struct OfferOptions {
    std::string file;  // publish, revise: the body as docs/rules.md has it
    std::string offer;
    std::string units;
    SendOptions send;
};
Attempt<void> publish_offer(Tool& tool, const OfferOptions& options);
Attempt<void> revise_offer(Tool& tool, const OfferOptions& options);
Attempt<void> restock_offer(Tool& tool, const OfferOptions& options);
Attempt<void> close_offer(Tool& tool, const OfferOptions& options);

struct RedeemOptions {
    std::string offer;
    unsigned quantity = 1;
    std::string points;  // empty: what the offer costs now
    std::string hold = "15m";
    std::string account;      // empty: the one that was opened here with --key
    std::string instruction;  // digest, or a file
    SendOptions send;
};
Attempt<void> redeem(Tool& tool, const RedeemOptions& options);

struct RedemptionOptions {
    std::string id;
    std::string points;
    std::string voucher_file;
    std::string stock = "return";  // or write_off
    std::string reason;
    std::string instruction;  // digest, or a file
    SendOptions send;
};
Attempt<void> confirm_redemption(Tool& tool, const RedemptionOptions& options);
Attempt<void> release_redemption(Tool& tool, const RedemptionOptions& options);
Attempt<void> refund_redemption(Tool& tool, const RedemptionOptions& options);

// --- documents ---
struct PublishOptions {
    std::string file;
    std::string scheme;
    SendOptions send;
};
Attempt<void> publish_methodology(Tool& tool, const PublishOptions& options);
Attempt<void> publish_factors(Tool& tool, const PublishOptions& options);
Attempt<void> publish_programme(Tool& tool, const PublishOptions& options);

struct MembershipOptions {
    std::uint64_t base = 0;             // 0: the newest, as the node says
    std::vector<std::string> added;     // files of `tanjid init --join`
    std::vector<std::string> promoted;  // numbers of learners
    std::vector<std::string> removed;   // of voters or learners
    SendOptions send;
};
Attempt<void> decide_membership(Tool& tool, const MembershipOptions& options);
Attempt<void> list_memberships(Tool& tool);

struct ComputeOptions {
    std::vector<std::string> files;  // check
    std::string methodology;         // ref or file
    std::string factors;             // ref or file
    std::string batch;
    std::string records;  // NDJSON
    std::vector<std::string> inputs;
    std::vector<std::string> keys;
    std::string quality = "A";
    std::string date;
};
Attempt<void> check_documents(Tool& tool, const ComputeOptions& options);
Attempt<void> recompute(Tool& tool, const ComputeOptions& options);
Attempt<void> estimate(Tool& tool, const ComputeOptions& options);

// --- reading ---
struct ShowOptions {
    std::string kind;
    std::string id;
    std::vector<std::string> filters;
    std::uint32_t limit = 50;
};
Attempt<void> show(Tool& tool, const ShowOptions& options);
Attempt<void> list(Tool& tool, const ShowOptions& options);

struct ReceiptOptions {
    std::string id;
    std::optional<std::uint32_t> record;
    bool upgrade = false;
    std::string save;
};
Attempt<void> fetch_receipt(Tool& tool, const ReceiptOptions& options);
Attempt<void> status(Tool& tool);
Attempt<void> version(Tool& tool);

// --- proving ---
struct VerifyOptions {
    std::vector<std::string> files;
    std::string leaf;        // for a plain tlog-proof: a file with the leaf's text
    bool committed = false;  // accept what the quorum has not signed
};
Attempt<void> verify_files(Tool& tool, const VerifyOptions& options);

struct AuditOptions {
    std::string source;  // a node's URL, or a folder saved before
    std::string save;
    std::uint64_t from = 0;  // leaves before it are hashed but not opened again
    unsigned jobs = 0;       // 0: one per core
    bool records = false;
};
Attempt<void> audit(Tool& tool, const AuditOptions& options);

// --- load ---
struct BenchOptions {
    std::string prepare;  // make the batches, write them to this file, send nothing
    std::string load;     // send the batches of such a file
    double rate = 0;      // batches a second; 0: as fast as replies come
    unsigned connections = 2;
    unsigned seconds = 0;             // stop after; 0: when all are sent
    std::uint64_t records = 100'000;  // to make
    std::uint32_t accounts = 1'000;
    std::uint32_t batch = 1'000;
    std::string methodology;
    std::string factors;
    std::string scheme;
    std::string programme;
    std::string region;
    std::string operator_key;
    int node_pid = 0;
    std::string data_dir;
};
Attempt<void> bench_submit(Tool& tool, const BenchOptions& options);

struct MixOptions {
    std::string demo;  // folder of a demo: the keys below that are not given are in it
    std::uint64_t pairs = 20'000;
    unsigned seconds = 0;       // stop after; 0: when all pairs are done
    double rate = 0;            // pairs a second; 0: as fast as replies come
    unsigned connections = 32;  // a node takes 64 of one address
    unsigned lines = 1;         // commands a request
    std::uint32_t accounts = 1'000;
    std::string programme;    // empty: the first that pays at once
    std::string methodology;  // by event
    std::string provider_key;
    std::string operator_key;
    std::string verifier_key;
    std::string merchant_key;
    int node_pid = 0;
    std::string until = "committed";
};
Attempt<void> bench_mix(Tool& tool, const MixOptions& options);

}  // namespace tanji::tools
