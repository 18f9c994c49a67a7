#include "ledger/command/leaf.h"
#include "ledger/proof/checkpoint.h"
#include "ledger/proof/merkle.h"
#include "ledger/proof/tile.h"
#include "ledger/replay.h"
#include "ledger/value/json.h"
#include "tools/audit_report.h"
#include "tools/audit_source.h"
#include "tools/files.h"
#include "tools/subcommands.h"
#include "tools/trust.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <fstream>
#include <functional>
#include <thread>

namespace tanji::tools {

using ledger::Hash;
using ledger::Leaf;

namespace {

constexpr std::uint64_t bundles_at_once = 64;  // between two joins of the threads

template <typename... Args>
std::unexpected<Failure> differs(fmt::format_string<Args...> sentence, Args&&... args) {
    return fail(Exit::unproven, sentence, std::forward<Args>(args)...);
}

// A bundle after everything about it that needs no other bundle was checked.
struct Bundle {
    std::vector<Hash> hashes;
    std::vector<Leaf> leaves;
};

class Audit {
public:
    Audit(Tool& tool, const AuditOptions& options)
        : tool_(tool),
          options_(options),
          jobs_(
              options.jobs > 0 ? options.jobs : std::max(1U, std::thread::hardware_concurrency())
          ) {}

    Attempt<void> run();

private:
    AuditSource open_source() const;
    Attempt<std::string> fetch(AuditSource& source, const std::string& name) const {
        return tools::fetch(source, name, options_.save);
    }
    Attempt<void> read_genesis_leaf(AuditSource& source);
    Attempt<void> read_checkpoint(AuditSource& source);
    Attempt<void> check_checkpoint(const ledger::Pinned& pinned);
    Attempt<void> check_quorum();
    Attempt<void> walk();
    Attempt<void> read_some(std::uint64_t first, std::vector<Attempt<Bundle>>& bundles);
    Attempt<Bundle> read_bundle(AuditSource& source, std::uint64_t n) const;
    Attempt<void> check_hashes(
        AuditSource& source,
        std::uint64_t n,
        const std::vector<ledger::ByteView>& entries,
        const std::vector<Hash>& hashes
    ) const;
    Attempt<void> take(std::uint64_t n, const Bundle& bundle);
    Attempt<void> check_upper_tiles(AuditSource& source) const;

    ledger::TreeSize size() const { return checkpoint_.checkpoint.size; }
    std::uint64_t bundle_count() const {
        return (size() + ledger::tile_entries - 1) / ledger::tile_entries;
    }

    Tool& tool_;
    const AuditOptions& options_;
    unsigned jobs_;
    std::string note_;
    std::optional<ledger::Genesis> genesis_;
    Trust trust_;
    ledger::NoteVerdict checkpoint_;
    bool doubtful_ = false;  // the quorum is that of a later membership, or none
    std::optional<ledger::Replay> replay_;
    ledger::TreeBuilder tree_;
    // Roots of full tiles by level, as the leaves make them: level 1 has one per 256 leaves.
    std::map<int, std::vector<Hash>> nodes_;
};

AuditSource Audit::open_source() const {
    const bool is_url = options_.source.find("://") != std::string::npos;
    return is_url ? AuditSource::of_node(tool_, options_.source)
                  : AuditSource::of_folder(options_.source);
}

// Leaf 0 holds the genesis file, from which the ledger id, the first policy and all keys follow.
Attempt<void> Audit::read_genesis_leaf(AuditSource& source) {
    const std::string name = ledger::tile_path(
        ledger::entries_level, 0, ledger::tile_width(ledger::entries_level, 0, size())
    );
    auto bytes = fetch(source, name);
    if (!bytes) {
        return failure(bytes);
    }
    const auto entries = ledger::read_bundle(*bytes);
    if (!entries || entries->empty()) {
        return differs("{} is no bundle of entries", name);
    }
    const auto leaf = ledger::read_leaf(entries->front());
    const ledger::JsonValue* file = leaf ? leaf->public_part.find("genesis") : nullptr;
    if (file == nullptr || file->string() == nullptr || leaf->type != "ledger.genesis") {
        return differs("leaf 0 in {} is no genesis", name);
    }
    auto genesis = ledger::read_genesis(*file->string());
    if (!genesis) {
        return differs("leaf 0 in {}: {}", name, genesis.error().detail);
    }
    genesis_ = std::move(*genesis);
    auto trust = find_trust(tool_, genesis_->ledger, genesis_->origin);
    if (!trust && tool_.policy_file.empty()) {
        trust =
            trust_genesis(*file->string(), "nothing is pinned: policy from the log's own leaf 0");
    }
    if (!trust) {
        return failure(trust);
    }
    if (trust->pinned.ledger != genesis_->ledger) {
        return differs(
            "leaf 0 makes ledger {}, but {} is {}",
            genesis_->ledger.hex(),
            trust->pinned.origin,
            trust->pinned.ledger.hex()
        );
    }
    trust_ = std::move(*trust);
    tool_.say(fmt::format("ledger {}: {}", genesis_->ledger.hex(), trust_.source));
    return {};
}

Attempt<void> Audit::read_checkpoint(AuditSource& source) {
    auto note = fetch(source, "checkpoint");
    if (!note) {
        return failure(note);
    }
    note_ = *note;
    const auto parsed = ledger::parse_note(note_);
    const auto checkpoint =
        parsed ? ledger::parse_checkpoint(parsed->text)
               : ledger::Result<ledger::Checkpoint>(std::unexpected(parsed.error()));
    if (!checkpoint) {
        return differs("the checkpoint is malformed: {}", checkpoint.error().detail);
    }
    if (checkpoint->size == 0) {
        return differs("the checkpoint is of an empty log");
    }
    checkpoint_.checkpoint = *checkpoint;
    // What is pinned decides before anything else is read, and leaf 0 has to agree with it.
    auto pinned = find_trust(tool_, Hash{}, checkpoint->origin);
    if (pinned) {
        if (auto checked = check_checkpoint(pinned->pinned); !checked) {
            return checked;
        }
    }
    if (auto read = read_genesis_leaf(source); !read) {
        return read;
    }
    return check_checkpoint(trust_.pinned);
}

Attempt<void> Audit::check_checkpoint(const ledger::Pinned& pinned) {
    auto verdict = ledger::check_note(note_, pinned);
    const ledger::TreeSize claimed = checkpoint_.checkpoint.size;
    const bool certified = verdict && verdict->standing == ledger::Standing::certified;
    // Others may count since: the leaves tell.
    doubtful_ = !certified && (verdict || verdict.error().reason == "log");
    if (doubtful_ && !replay_) {
        return {};
    }
    if (!verdict) {
        return differs(
            "the checkpoint of {} leaves: {}: {}",
            claimed,
            verdict.error().reason,
            verdict.error().detail
        );
    }
    if (verdict->standing != ledger::Standing::certified) {
        return differs("the checkpoint of {} leaves has not the quorum of the policy", claimed);
    }
    checkpoint_ = std::move(*verdict);
    return {};
}

Attempt<void> Audit::run() {
    AuditSource source = open_source();
    if (auto read = read_checkpoint(source); !read) {
        return read;
    }
    replay_.emplace(*genesis_);
    const auto begun = std::chrono::steady_clock::now();
    if (auto walked = walk(); !walked) {
        return walked;
    }
    if (auto upper = check_upper_tiles(source); !upper) {
        return upper;
    }
    if (auto certified = check_quorum(); !certified) {
        return certified;
    }
    if (tree_.root() != checkpoint_.checkpoint.root) {
        return differs("the root of all {} leaves is not that of the checkpoint", size());
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
    print_audit(tool_, {*genesis_, checkpoint_, *replay_, took.count(), jobs_});
    return {};
}

// Whom the first policy does not count may count by a later one: each change of the membership is a
// leaf that follows from a decision of the governors that genesis names.
Attempt<void> Audit::check_quorum() {
    const ledger::Roster& roster = replay_->roster();
    if (!doubtful_ && roster.memberships.size() == 1) {
        return {};
    }
    return check_checkpoint(followed(trust_.pinned, roster));
}

Attempt<void> Audit::walk() {
    Progress progress(tool_, "audit", "leaves", size());
    for (std::uint64_t first = 0; first < bundle_count(); first += bundles_at_once) {
        std::vector<Attempt<Bundle>> bundles(
            std::min(bundles_at_once, bundle_count() - first), Attempt<Bundle>(Bundle{})
        );
        if (auto read = read_some(first, bundles); !read) {
            return read;
        }
        for (std::uint64_t i = 0; i < bundles.size(); ++i) {
            if (!bundles[i]) {
                return failure(bundles[i]);
            }
            if (auto taken = take(first + i, *bundles[i]); !taken) {
                return taken;
            }
            progress.at(tree_.size());
        }
    }
    return {};
}

// Every thread has its own connection and takes the next bundle that nobody has.
Attempt<void> Audit::read_some(std::uint64_t first, std::vector<Attempt<Bundle>>& bundles) {
    std::atomic<std::size_t> next = 0;
    const auto work = [&] {
        AuditSource source = open_source();
        for (std::size_t i = next++; i < bundles.size(); i = next++) {
            bundles[i] = read_bundle(source, first + i);
        }
    };
    std::deque<std::jthread> threads;
    for (unsigned i = 1; i < std::min<std::size_t>(jobs_, bundles.size()); ++i) {
        threads.emplace_back(work);
    }
    work();
    return {};
}

Attempt<Bundle> Audit::read_bundle(AuditSource& source, std::uint64_t n) const {
    const std::uint32_t width = ledger::tile_width(ledger::entries_level, n, size());
    const std::string name = ledger::tile_path(ledger::entries_level, n, width);
    auto bytes = fetch(source, name);
    if (!bytes) {
        return failure(bytes);
    }
    const auto entries = ledger::read_bundle(*bytes);
    if (!entries) {
        return differs("{}: {}", name, entries.error().detail);
    }
    if (entries->size() != width) {
        return differs("{} has {} entries, expected {}", name, entries->size(), width);
    }
    Bundle bundle;
    for (const ledger::ByteView entry : *entries) {
        bundle.hashes.push_back(ledger::leaf_hash(entry));
    }
    if (auto hashes = check_hashes(source, n, *entries, bundle.hashes); !hashes) {
        return failure(hashes);
    }
    for (std::size_t i = 0; i < entries->size(); ++i) {
        const std::uint64_t index = n * ledger::tile_entries + i;
        auto leaf = ledger::read_leaf((*entries)[i]);
        if (!leaf) {
            return differs("leaf {} in {}: {}", index, name, leaf.error().detail);
        }
        if (index >= options_.from) {
            if (auto checked = ledger::check_leaf(*leaf, *genesis_); !checked) {
                return differs("leaf {} in {}: {}", index, name, checked.error().detail);
            }
        }
        bundle.leaves.push_back(std::move(*leaf));
    }
    return bundle;
}

// The tile of level 0 says what the entries hash to; where the two part, both places are named.
Attempt<void> Audit::check_hashes(
    AuditSource& source,
    std::uint64_t n,
    const std::vector<ledger::ByteView>& entries,
    const std::vector<Hash>& hashes
) const {
    const std::uint32_t width = ledger::tile_width(0, n, size());
    const std::string name = ledger::tile_path(0, n, width);
    auto bytes = fetch(source, name);
    if (!bytes) {
        return failure(bytes);
    }
    const auto tile = ledger::read_tile(*bytes);
    if (!tile || tile->size() != width) {
        return differs("{} is not {} hashes", name, width);
    }
    std::size_t offset = 0;
    for (std::size_t i = 0; i < hashes.size(); ++i) {
        offset += 2;  // the length of the entry
        if (hashes[i] != (*tile)[i]) {
            return differs(
                "leaf {}: bytes {}-{} of {} do not hash to bytes {}-{} of {}",
                n * ledger::tile_entries + i,
                offset,
                offset + entries[i].size() - 1,
                ledger::tile_path(ledger::entries_level, n, width),
                i * Hash::length,
                (i + 1) * Hash::length - 1,
                name
            );
        }
        offset += entries[i].size();
    }
    return {};
}

Attempt<void> Audit::take(std::uint64_t n, const Bundle& bundle) {
    for (std::size_t i = 0; i < bundle.hashes.size(); ++i) {
        tree_.append(bundle.hashes[i], [&](int level, std::uint64_t, const Hash& hash) {
            if (level > 0 && level % 8 == 0) {
                nodes_[level / 8].push_back(hash);
            }
        });
        const std::uint64_t index = n * ledger::tile_entries + i;
        if (auto fed = replay_->feed(bundle.leaves[i]); !fed) {
            return differs(
                "leaf {} ({}) cannot be true after those before it: {}",
                index,
                bundle.leaves[i].type,
                fed.error().detail
            );
        }
    }
    return {};
}

Attempt<void> Audit::check_upper_tiles(AuditSource& source) const {
    for (const ledger::Tile& tile : ledger::tiles_of(size())) {
        if (tile.level < 1) {
            continue;
        }
        const std::string name = ledger::tile_path(tile);
        auto bytes = fetch(source, name);
        if (!bytes) {
            return failure(bytes);
        }
        const auto hashes = ledger::read_tile(*bytes);
        if (!hashes || hashes->size() != tile.width) {
            return differs("{} is not {} hashes", name, tile.width);
        }
        const std::vector<Hash>& made = nodes_.at(tile.level);
        for (std::size_t i = 0; i < hashes->size(); ++i) {
            if ((*hashes)[i] != made[tile.n * ledger::tile_entries + i]) {
                return differs(
                    "bytes {}-{} of {} are not the root of the tile below",
                    i * Hash::length,
                    (i + 1) * Hash::length - 1,
                    name
                );
            }
        }
    }
    return {};
}

}  // namespace

Attempt<void> audit(Tool& tool, const AuditOptions& options) {
    return Audit(tool, options).run();
}

}  // namespace tanji::tools
