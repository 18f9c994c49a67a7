#include "node/fsck.h"

#include "ledger/ledger.h"
#include "ledger/proof/checkpoint.h"
#include "ledger/proof/policy.h"
#include "ledger/store/rocks_store.h"
#include "ledger/store/schema.h"
#include "ledger/supply.h"
#include "ledger/value/json.h"
#include "node/ledger_thread.h"
#include "node/replica/electorate.h"
#include "node/snapshot/folder.h"
#include "node/storage/file.h"
#include "node/storage/mark.h"
#include "node/storage/startup.h"

#include <algorithm>
#include <filesystem>
#include <memory>

namespace tanji::node {
namespace {

using ledger::ErrorCode;

constexpr std::uint64_t progress_every = 256;

template <typename... Args>
auto differs(fmt::format_string<Args...> sentence, Args&&... args) {
    return ledger::refuse(ErrorCode::internal, sentence, std::forward<Args>(args)...);
}

ledger::Result<LogIdentity> read_log_identity(const DataDirectory& directory) {
    const auto file = read_file(directory.identity(), 4'096);
    if (!file || !*file) {
        return ledger::refuse(
            ErrorCode::not_found, "{} is no data directory of a node", directory.path
        );
    }
    const auto value = ledger::parse_json(**file, ErrorCode::internal);
    const auto* id = value ? value->find("ledger") : nullptr;
    const auto* node = value ? value->find("node") : nullptr;
    const auto ledger = id != nullptr && id->string() != nullptr
                            ? ledger::Hash::from_hex(*id->string())
                            : std::nullopt;
    if (!ledger || node == nullptr || node->integer() == nullptr) {
        return differs("the identity file does not say which ledger and node");
    }
    return LogIdentity{.ledger = *ledger, .node = *node->integer()};
}

// A folder that goes away with the object.
class ScratchFolder {
public:
    explicit ScratchFolder(std::string path) : path_(std::move(path)) {
        std::filesystem::remove_all(path_);
    }
    ~ScratchFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    ScratchFolder(const ScratchFolder&) = delete;
    ScratchFolder& operator=(const ScratchFolder&) = delete;
    const std::string& path() const { return path_; }

private:
    std::string path_;
};

class Check {
public:
    Check(const DataDirectory& directory, const LogStore& log, ledger::Store& kept)
        : directory_(directory),
          log_(log),
          kept_(kept),
          scratch_(directory.path + "/fsck.tmp") {}

    ledger::Status run(
        const std::function<void(std::uint64_t, std::uint64_t)>& progress, const LogIdentity& who
    );
    const FsckReport& report() const { return report_; }

private:
    ledger::Status begin(ledger::Store& scratch);
    ledger::Status replay(
        ledger::Ledger& again, const std::function<void(std::uint64_t, std::uint64_t)>& progress
    );
    // Nodes are only ever added.
    void take_log_keys(const ledger::Roster& roster) {
        for (std::size_t i = log_keys_.size(); i < roster.nodes.size(); ++i) {
            log_keys_.push_back(ledger::parse_vkey(roster.nodes[i].log)->key);
        }
    }
    ledger::Status check_header(const ledger::BlockHeader& header, const ledger::Head& before)
        const;
    ledger::Status compare(const ledger::Store& again);
    ledger::Status check_certificates(const ledger::View& view);
    ledger::Status check_mark(const ledger::View& view) const;

    DataDirectory directory_;
    const LogStore& log_;
    ledger::Store& kept_;
    ScratchFolder scratch_;
    ledger::Head kept_head_;
    std::vector<ledger::PublicKey> log_keys_;
    LogIdentity who_;
    FsckReport report_;
};

ledger::Status Check::check_header(const ledger::BlockHeader& header, const ledger::Head& before)
    const {
    if (header.index != before.block + 1 || header.ledger != who_.ledger) {
        return differs("block {} is not where it belongs", header.index);
    }
    if (header.index == 1) {
        return {};
    }
    if (header.prev_hash != before.block_hash || header.time_ms < before.time) {
        return differs("block {} does not follow block {}", header.index, before.block);
    }
    for (const ledger::PublicKey& key : log_keys_) {
        if (ledger::key_id(key) == header.leader && ledger::verify_header(header, key)) {
            return {};
        }
    }
    return differs("block {} is not signed by a log key of the membership", header.index);
}

// A log without its first blocks is replayed from the oldest own snapshot that leads on to it.
ledger::Status Check::begin(ledger::Store& scratch) {
    if (!log_.base()) {
        return {};
    }
    const SnapshotFolder folder(directory_.snapshots());
    auto kept = folder.kept();
    std::ranges::reverse(kept);
    for (const ledger::SnapshotManifest& manifest : kept) {
        if (manifest.block + 1 >= log_.first() && manifest.block <= kept_head_.block) {
            report_.first = manifest.block + 1;
            return folder.load_kept(manifest, scratch);
        }
    }
    return differs(
        "blocks before {} are pruned, and no snapshot here leads on to the ledger store",
        log_.first()
    );
}

ledger::Status Check::replay(
    ledger::Ledger& again, const std::function<void(std::uint64_t, std::uint64_t)>& progress
) {
    if (again.head().block > 0) {
        take_log_keys(again.view()->roster());
    }
    if (again.head().block == kept_head_.block && kept_head_.block > 0) {
        return {};
    }
    for (ledger::BlockIndex index = again.head().block + 1; index <= log_.last(); ++index) {
        auto bytes = log_.block(index);
        if (!bytes) {
            return ledger::refusal(bytes);
        }
        if (!*bytes) {
            return differs("block {} is missing", index);
        }
        auto block = ledger::decode_block(**bytes, who_.ledger);
        if (!block) {
            return differs("block {}: {}", index, block.error().detail);
        }
        if (auto follows = check_header(block->header, again.head()); !follows) {
            return follows;
        }
        if (index == 1) {
            const auto genesis = ledger::read_genesis(block->genesis_file);
            if (!genesis || genesis->ledger != who_.ledger) {
                return differs("block 1 has another genesis file");
            }
            take_log_keys(ledger::first_roster(*genesis));
        }
        if (const auto applied = again.apply(*block); applied.roster) {
            take_log_keys(*applied.roster);
        }
        if (index == kept_head_.block && again.head().root != kept_head_.root) {
            return differs("the root after block {} is another", index);
        }
        if (index % progress_every == 0) {
            progress(index, log_.last());
        }
        if (index == kept_head_.block) {
            break;  // what follows the applied block is replayed by the node itself
        }
    }
    return {};
}

// Both stores key by key, in step.
ledger::Status Check::compare(const ledger::Store& again) {
    ledger::Status status;
    const auto each_family = [&](ledger::ByteView from, ledger::ByteView until) {
        std::vector<std::pair<ledger::Bytes, ledger::Bytes>> chunk;
        ledger::Bytes next(from);
        bool more = true;
        while (status && more) {
            chunk.clear();
            again.scan(next, until, [&](ledger::ByteView key, ledger::ByteView value) {
                if (!ledger::schema::is_local(key)) {
                    chunk.emplace_back(key, value);
                }
                return chunk.size() < 4'096;
            });
            more = chunk.size() == 4'096;
            const ledger::Bytes end = more ? chunk.back().first + '\0' : ledger::Bytes(until);
            std::size_t at = 0;
            kept_.scan(next, end, [&](ledger::ByteView key, ledger::ByteView value) {
                if (ledger::schema::is_local(key)) {
                    return true;
                }
                const bool same =
                    at < chunk.size() && chunk[at].first == key && chunk[at].second == value;
                if (!same) {
                    status = differs("the ledger store differs at key {}", ledger::to_hex(key));
                }
                ++at;
                return same;
            });
            if (status && at != chunk.size()) {
                status = differs("the ledger store has no key {}", ledger::to_hex(chunk[at].first));
            }
            report_.keys += at;
            next = end;
        }
    };
    // Event tags lie in tables of their own: scanned apart, so that no scan crosses over.
    each_family({}, "e");
    each_family("e", "f");
    each_family("f", {});
    return status;
}

ledger::Status Check::check_certificates(const ledger::View& view) {
    const ledger::Pinned pinned = electorate_of(view.roster()).pinned;
    std::optional<ledger::TreeSize> before;
    for (;;) {
        const auto page = view.certificates(before, 1'000);
        for (const auto& certificate : page) {
            const auto verdict = ledger::check_note(certificate.note, pinned);
            if (!verdict) {
                return differs(
                    "the certificate of size {}: {}", certificate.size, verdict.error().detail
                );
            }
            const bool same = verdict->checkpoint.size == certificate.size &&
                              verdict->checkpoint.root == view.root_at(certificate.size) &&
                              verdict->standing == ledger::Standing::certified;
            if (!same) {
                return differs("the certificate of size {} is for another tree", certificate.size);
            }
            ++report_.certificates;
        }
        if (page.size() < 1'000) {
            return {};
        }
        before = page.back().size;
    }
}

ledger::Status Check::check_mark(const ledger::View& view) const {
    const auto file = MarkFile::open(directory_.mark());
    if (!file) {
        return std::unexpected(file.error());
    }
    const Mark& mark = file->current();
    if (mark.ledger != who_.ledger || mark.block_index > log_.last()) {
        return differs(
            "the mark names block {}, the log ends at {}", mark.block_index, log_.last()
        );
    }
    const bool applied = mark.cosigned_size <= view.head().size && mark.cosigned_size > 0;
    if (applied && view.root_at(mark.cosigned_size) != mark.cosigned_root) {
        return differs("this node cosigned another root at size {}", mark.cosigned_size);
    }
    return {};
}

ledger::Status Check::run(
    const std::function<void(std::uint64_t, std::uint64_t)>& progress, const LogIdentity& who
) {
    who_ = who;
    kept_head_ = ledger::load<ledger::Head>(kept_, ledger::schema::head()).value_or(ledger::Head{});
    auto scratch = ledger::open_rocks_store(scratch_.path(), {});
    if (!scratch) {
        return ledger::refusal(scratch);
    }
    if (auto begun = begin(**scratch); !begun) {
        return begun;
    }
    ledger::Ledger again(**scratch, block_reader(log_));
    if (auto replayed = replay(again, progress); !replayed) {
        return replayed;
    }
    report_.blocks = log_.last();
    report_.leaves = again.head().size;
    report_.root = again.head().root.hex();
    if (kept_head_.block == 0) {
        return {};  // nothing was flushed yet: the node will replay everything
    }
    if (kept_head_.block > log_.last()) {
        return differs("the ledger store is ahead of the log");
    }
    if (auto same = compare(**scratch); !same) {
        return same;
    }
    if (const auto violations = ledger::recount(kept_); !violations.empty()) {
        return differs("{}", violations.front());
    }
    const ledger::Ledger kept(kept_, block_reader(log_));
    const auto view = kept.view();
    if (auto certified = check_certificates(*view); !certified) {
        return certified;
    }
    return check_mark(*view);
}

}  // namespace

ledger::Result<FsckReport> fsck(
    const std::string& data_dir,
    const std::function<void(std::uint64_t block, std::uint64_t last)>& progress
) {
    const DataDirectory directory = {.path = data_dir};
    const auto who = read_log_identity(directory);
    if (!who) {
        return std::unexpected(who.error());
    }
    auto lock = DirectoryLock::take(directory);
    if (!lock) {
        return ledger::refusal(lock);
    }
    const auto log = LogStore::open({.directory = directory.log(), .identity = *who});
    if (!log) {
        return std::unexpected(log.error());
    }
    const auto kept = ledger::open_rocks_store(directory.ledger(), {});
    if (!kept) {
        return std::unexpected(kept.error());
    }
    Check check(directory, **log, **kept);
    if (auto status = check.run(progress, *who); !status) {
        return ledger::refusal(status);
    }
    return check.report();
}

}  // namespace tanji::node
