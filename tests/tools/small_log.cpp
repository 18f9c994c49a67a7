#include "tests/tools/small_log.h"

#include "ledger/proof/checkpoint.h"
#include "ledger/proof/merkle.h"
#include "ledger/proof/policy.h"
#include "ledger/proof/tile.h"
#include "ledger/value/json.h"

#include <filesystem>
#include <fstream>
#include <map>
#include <stdexcept>

namespace tanji::tools {

using ledger::Leaf;
using ledger::SigningKey;

namespace {

constexpr ledger::TimeMs begin_ms = 1'790'000'000'000;
constexpr std::string_view origin = "tanji.example/small";

SigningKey key_from(char seed) {
    return SigningKey::from_seed(std::string(32, seed));
}

std::string member_json(
    std::string_view member, const SigningKey& key, std::string_view role, std::string_view rank
) {
    return fmt::format(
        R"({{"member":"{}","name":{{"en":"{}","zh":"{}"}},"region":"US","keys":[{{"purposes":)"
        R"(["command","governor"],"public":"{}","from":{},"until":null}}],"roles":[{{"role":"{}",)"
        R"("scope":["bike-test"],"rank":{},"from":{},"until":null}}]}})",
        member,
        member,
        member,
        ledger::to_base64(key.public_key().view()),
        begin_ms,
        role,
        rank,
        begin_ms
    );
}

}  // namespace

SmallLog::SmallLog()
    : bike_(key_from('1')),
      check_(key_from('2')),
      log_(key_from('3')),
      cosign_(key_from('4')) {
    const auto log = ledger::log_key(origin, log_.public_key());
    const auto cosign =
        ledger::cosign_key(ledger::cosigner_name(origin, "bike"), cosign_.public_key());
    std::string thresholds;
    for (const auto* action :
         {"factors",
          "key",
          "member",
          "membership",
          "methodology",
          "programme",
          "role",
          "rules",
          "scheme"}) {
        thresholds += fmt::format("{}\"{}\":\"two-thirds\"", thresholds.empty() ? "" : ",", action);
    }
    genesis_file_ = fmt::format(
        R"({{"tanji":"genesis/1","name":{{"en":"Small","zh":"小"}},"origin":"{}","time":{},)"
        R"("suite":"ed25519-sha256","rules":1,"utc_offset_minutes":0,"members":[{},{}],"nodes":[)"
        R"({{"node":1,"member":"bike","address":"127.0.0.1:9","log":"{}","cosign":"{}","peer":"{}",)"
        R"("voter":true}}],"schemes":[{{"scheme":"small","title":{{"en":"Small","zh":"小"}},)"
        R"("authority":"tests","issues":"credits","accepts":["platform-rule"],"reserve_ppm":20000,)"
        R"("correction_days":30,"obligation_days":30,"registrar":null}}],"thresholds":{{{}}},)"
        R"("event_keys":[],"consensus":{{"snapshot_every_blocks":65536,"min_cosigners":null}},)"
        R"("privacy":{{"k_anonymity":20}}}})"
        "\n",
        origin,
        begin_ms,
        member_json("bike", bike_, "provider", "\"operator\""),
        member_json("check", check_, "verifier", "null"),
        ledger::to_vkey(log),
        ledger::to_vkey(cosign),
        ledger::to_base64(key_from('5').public_key().view()),
        thresholds
    );
    auto genesis = ledger::read_genesis(genesis_file_);
    if (!genesis) {
        throw std::logic_error(genesis.error().pointer + " " + genesis.error().detail);
    }
    genesis_ = std::move(*genesis);
    add_genesis();
    add_documents();
    add_batch();
    add_retirements();
}

const SigningKey& SmallLog::key_of(std::string_view member) const {
    return member == "bike" ? bike_ : check_;
}

Leaf SmallLog::open_leaf(
    std::string_view type, std::string_view body, const std::vector<std::string>& signers
) {
    ledger::CommandId id;
    id.bytes.fill(static_cast<std::uint8_t>(next_id_));
    id.bytes[0] = static_cast<std::uint8_t>(id.bytes[0] ^ (next_id_++ >> 8));
    const std::string payload = fmt::format(
        R"({{"type":"{}","v":1,"ledger":"{}","id":"{}","not_after":{},"salt":"{}","body":{}}})",
        type,
        genesis_.ledger.hex(),
        id.hex(),
        begin_ms + 86'400'000,
        std::string(32, 'a'),
        body
    );
    std::vector<const SigningKey*> keys;
    for (const std::string& signer : signers) {
        keys.push_back(&key_of(signer));
    }
    const ledger::Envelope envelope = ledger::sign_command(payload, keys);
    Leaf leaf;
    leaf.leaf_class = ledger::LeafClass::open;
    leaf.type = type;
    leaf.id = id;
    leaf.digest = ledger::digest(envelope);
    leaf.payload = payload;
    for (const ledger::EnvelopeSignature& signature : envelope.signatures) {
        leaf.signers.push_back(signature.keyid.hex());
        leaf.signatures.push_back(signature.sig);
    }
    return leaf;
}

void SmallLog::append(Leaf leaf) {
    leaf.block = leaves.size() + 1;
    leaf.pos = 0;
    leaf.time = begin_ms + 1'000 * static_cast<ledger::TimeMs>(leaves.size());
    leaves.push_back(std::move(leaf));
}

void SmallLog::add_genesis() {
    Leaf leaf;
    leaf.leaf_class = ledger::LeafClass::system;
    leaf.type = "ledger.genesis";
    ledger::JsonValue::Object members;
    members.push_back({"ledger", {genesis_.ledger.hex()}});
    members.push_back({"genesis", {genesis_file_}});
    leaf.public_part = {std::move(members)};
    leaf.effects.policy = ledger::PolicyEffect{1, ledger::sha256(genesis_.policy())};
    append(std::move(leaf));
}

void SmallLog::add_documents() {
    Leaf methodology = open_leaf(
        "methodology.publish", R"({"scheme":"small","document":"grams"})", {"bike", "check"}
    );
    methodology.effects.document = ledger::DocumentEffect{"bike-test@1", ledger::sha256("grams")};
    append(std::move(methodology));
    Leaf factors = open_leaf("factors.publish", R"({"document":"numbers"})", {"bike", "check"});
    factors.effects.document = ledger::DocumentEffect{"factors-test@1", ledger::sha256("numbers")};
    append(std::move(factors));
}

void SmallLog::add_batch() {
    ledger::BatchHeader header;
    header.provider = "bike";
    header.scheme = "small";
    header.methodology = "bike-test@1";
    header.methodology_digest = ledger::sha256("grams");
    header.factors = "factors-test@1";
    header.factors_digest = ledger::sha256("numbers");
    header.rank = "operator";
    header.region = "US";
    header.period_start = begin_ms / 1'000 - 86'400;
    header.period_end = begin_ms / 1'000 - 3'600;
    header.count = 3;
    header.inputs = {{"distance_m", 10'000}};
    header.reduction_ug = 953'000'000;
    header.records_root = ledger::sha256("records");
    header.evidence_root = ledger::empty_root();
    ledger::JsonWriter body;
    ledger::write(body, header);
    Leaf submitted = open_leaf("activity.submit", body.text(), {"bike"});
    submitted.effects.batch = ledger::BatchEffect{submitted.id, "submitted", {}};
    submitted.effects.counts = ledger::CountsEffect{2, 0, 0, 0, 0, 1};
    submitted.effects.counted_ug = 950'500'000;
    submitted.effects.results_root = ledger::sha256("results");
    submitted.effects.conflicts = ledger::CountRoot{1, ledger::sha256("conflicts")};
    const ledger::CommandId batch = submitted.id;
    append(std::move(submitted));

    Leaf attested = open_leaf(
        "activity.attest",
        fmt::format(R"({{"batch":"{}","verdict":"accept"}})", batch.hex()),
        {"check"}
    );
    attested.effects.batch =
        ledger::BatchEffect{batch, "issued", ledger::IssueEffect{950, 19, 0, 1, 950}};
    const std::string unit(batch_class);
    attested.effects.credits = {{unit, "issued", "held", 931}, {unit, "issued", "reserved", 19}};
    attested.effects.lines = ledger::CountRoot{2, ledger::sha256("lines")};
    attested.effects.allocations = ledger::CountRoot{1, ledger::sha256("allocations")};
    append(std::move(attested));
}

void SmallLog::add_retirements() {
    Leaf retired = open_leaf("credit.retire", R"({"account":"bike"})", {"bike"});
    retired.effects.retirement = ledger::RetirementEffect{retired.id, 1, 500};
    retired.effects.credits = {{std::string(batch_class), "held", "retired", 500}};
    retired.effects.lines = ledger::CountRoot{1, ledger::sha256("line")};
    append(std::move(retired));
    Leaf refused = open_leaf("credit.retire", R"({"account":"bike"})", {"bike"});
    refused.applied = false;
    refused.code = "insufficient_credits";
    append(std::move(refused));
}

void SmallLog::save(const std::string& folder) const {
    namespace fs = std::filesystem;
    std::vector<std::string> entries;
    std::map<int, std::vector<ledger::Hash>> nodes;  // by level of tiles
    ledger::TreeBuilder tree;
    for (const Leaf& leaf : leaves) {
        entries.push_back(ledger::to_text(leaf));
        tree.append(
            ledger::leaf_hash(entries.back()),
            [&](int level, std::uint64_t, const ledger::Hash& hash) {
                if (level % 8 == 0) {
                    nodes[level / 8].push_back(hash);
                }
            }
        );
    }
    const ledger::Checkpoint checkpoint{std::string(origin), tree.size(), tree.root()};
    ledger::Note note;
    note.text = ledger::to_text(checkpoint);
    note.lines = {
        ledger::sign_checkpoint(checkpoint, log_),
        ledger::cosign_checkpoint(
            checkpoint, ledger::cosigner_name(origin, "bike"), cosign_, 1'790'000'100
        )
    };
    const auto put = [&](const std::string& name, const std::string& bytes) {
        fs::create_directories((fs::path(folder) / name).parent_path());
        std::ofstream(fs::path(folder) / name, std::ios::binary) << bytes;
    };
    put("checkpoint", ledger::to_text(note));
    for (const ledger::Tile& tile : ledger::tiles_of(tree.size())) {
        std::string bytes;
        for (std::size_t i = 0; i < tile.width; ++i) {
            const std::size_t place = tile.n * ledger::tile_entries + i;
            if (tile.level == ledger::entries_level) {
                ledger::append_entry(bytes, entries[place]);
            } else {
                bytes += nodes[tile.level][place].view();
            }
        }
        put(ledger::tile_path(tile), bytes);
    }
}

}  // namespace tanji::tools
