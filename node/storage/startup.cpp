#include "node/storage/startup.h"

#include "ledger/proof/header.h"
#include "node/storage/chain.h"
#include "node/storage/file.h"
#include "node/storage/salvage.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace tanji::node {
namespace {

using ledger::ByteView;
using ledger::ErrorCode;

constexpr int exit_operator = 78;
constexpr std::size_t identity_bytes_max = 4096;

template <typename... Args>
std::unexpected<StartRefused> disk(fmt::format_string<Args...> sentence, Args&&... args) {
    return std::unexpected(
        StartRefused{exit_storage, fmt::format(sentence, std::forward<Args>(args)...)}
    );
}

template <typename... Args>
std::unexpected<StartRefused> ask_operator(fmt::format_string<Args...> sentence, Args&&... args) {
    return std::unexpected(
        StartRefused{exit_operator, fmt::format(sentence, std::forward<Args>(args)...)}
    );
}

// A single node keeps its promises alone: what it lost, nobody can give back.
constexpr std::string_view no_peer =
    "Acknowledged data is missing and this ledger has no other node to take it from. Nothing was "
    "changed: keep the directory, restore a copy of it";

std::expected<void, StartRefused> check_identity(
    const DataDirectory& directory, const NodeIdentity& expected
) {
    const auto file = read_file(directory.identity(), identity_bytes_max);
    if (!file) {
        return disk("{}", file.error().detail);
    }
    if (!*file) {
        return disk(
            "{} is missing beside other data: `tanjid init` was interrupted, or the disk is not to "
            "be trusted. A disk that lost its promises counts as lost: use a new directory and a "
            "new `tanjid init`",
            directory.identity()
        );
    }
    if (**file != identity_text(expected)) {
        return ask_operator(
            "{} belongs to another ledger, node or log key: it says {}, the configuration means {}",
            directory.path,
            ByteView(**file).substr(0, (*file)->find('\n')),
            ByteView(identity_text(expected)).substr(0, identity_text(expected).size() - 1)
        );
    }
    return {};
}

std::expected<MarkFile, StartRefused> open_mark(
    const DataDirectory& directory, const NodeIdentity& identity, const FailStop& fail
) {
    ledger::Status settled;
    if (exists(directory.mark())) {
        settled = settle_file(directory.mark());
    }
    auto mark = settled ? MarkFile::open(directory.mark(), fail)
                        : ledger::Result<MarkFile>(ledger::refusal(settled));
    if (!mark) {
        return disk(
            "{}. Without its mark a node does not know what it has promised: the disk counts as "
            "lost. Use a new directory and a new `tanjid init`",
            mark.error().detail
        );
    }
    if (mark->current().ledger != identity.ledger || mark->current().node != identity.node) {
        return disk("{} is of another ledger or node", directory.mark());
    }
    return std::move(*mark);
}

// Finds the log that the node can run with.
class LogOpener {
public:
    LogOpener(
        const DataDirectory& directory,
        const LogOptions& log_options,
        const StorageOptions& options,
        const Mark& mark
    )
        : directory_(directory),
          log_options_(log_options),
          options_(options),
          mark_(mark) {}

    std::expected<void, StartRefused> run();

    std::unique_ptr<LogStore> take_log() { return std::move(log_); }
    const Chain& chain() const { return chain_; }
    const Promise& promise() const { return promise_; }
    std::vector<std::string>& notes() { return notes_; }

private:
    std::expected<void, StartRefused> check_promise(const std::optional<Promise>& promise);
    std::expected<void, StartRefused> salvage(const std::string& why);
    std::expected<void, StartRefused> begin_at_installed();

    const DataDirectory& directory_;
    const LogOptions& log_options_;
    const StorageOptions& options_;
    const Mark& mark_;
    std::unique_ptr<LogStore> log_;
    Chain chain_{mark_};
    Promise promise_;
    std::vector<std::string> notes_;
};

std::expected<void, StartRefused> LogOpener::run() {
    if (!exists(directory_.log())) {
        return salvage(fmt::format("the log {} is missing", directory_.log()));
    }
    if (auto settled = settle_folder(directory_.log()); !settled) {
        return disk("{}", settled.error().detail);
    }
    auto opened = LogStore::open(log_options_);
    if (!opened) {
        return opened.error().code == ErrorCode::internal ? salvage(opened.error().detail)
                                                          : disk("{}", opened.error().detail);
    }
    log_ = std::move(*opened);
    if (auto checked = check_promise(log_->promise()); !checked) {
        return checked;
    }
    if (auto begun = begin_at_installed(); !begun) {
        return begun;
    }
    const FoundChain found = follow_chain(*log_, mark_);
    chain_ = found.chain;
    if (found.unreadable.empty() && chain_.fault().empty()) {
        return {};
    }
    const std::string& why = found.unreadable.empty() ? chain_.fault() : found.unreadable;
    if (!options_.has_peers) {
        return disk("{}. {}", why, no_peer);
    }
    if (!found.unreadable.empty() || chain_.end().index == 0) {
        log_.reset();
        return salvage(why);
    }
    notes_.push_back(why);
    log_->end_at(chain_.end().index);
    return {};
}

// Whether the log holds the block of that header, or begins after it.
bool holds(const LogStore& log, const ledger::BlockHeader& header) {
    const auto base = log.base();
    const bool is_base = base && log.first() == header.index + 1;
    const auto block = log.block(header.index);
    if (!is_base && (!block || !*block)) {
        return false;
    }
    const ByteView bytes = is_base ? *base : **block;
    const auto own =
        ledger::decode_header(bytes.substr(0, std::min(bytes.size(), ledger::header_bytes)));
    return own && ledger::hash_of(*own) == ledger::hash_of(header);
}

std::expected<void, StartRefused> LogOpener::begin_at_installed() {
    if (!options_.installed) {
        return {};
    }
    const auto header = ledger::decode_header(*options_.installed);
    if (!header || header->ledger != mark_.ledger) {
        return disk("the header of the installed snapshot is none of this ledger");
    }
    const FoundChain found = follow_chain(*log_, mark_);
    if (!found.unreadable.empty()) {
        return {};  // rebuilt first, from what can be read
    }
    const bool is_there = holds(*log_, *header);
    if (is_there && found.chain.end().index >= header->index) {
        return {};
    }
    // A node reads no further than a break in its log. What follows the snapshot is good, and may
    // be what it promised to keep.
    const auto begun = is_there && header->index < log_->last()
                           ? log_->prune(header->index + 1)
                           : log_->begin_after(*options_.installed);
    if (!begun) {
        return disk("{}", begun.error().detail);
    }
    notes_.push_back(fmt::format("the log begins after block {} now", header->index));
    chain_ = follow_chain(*log_, mark_).chain;
    return {};
}

std::expected<void, StartRefused> LogOpener::check_promise(const std::optional<Promise>& promise) {
    promise_ = promise.value_or(Promise{});
    if (promise_.mark_seq > mark_.seq + 1) {
        return disk(
            "rolled_back: the log knows mark {}, the file `mark` holds {}: an older file was put "
            "back. Nobody knows any more what this node has promised. Restore the whole directory "
            "as it was last, or give the node up",
            promise_.mark_seq,
            mark_.seq
        );
    }
    return {};
}

std::expected<void, StartRefused> LogOpener::salvage(const std::string& why) {
    auto built = build_salvaged(directory_, log_options_, mark_, options_.first);
    auto checked =
        built ? check_promise(built->promise) : disk("{}. {}", why, built.error().detail);
    if (built && checked && !options_.has_peers && !built->chain.holds_marked()) {
        checked = disk("{}. {}", why, no_peer);
    }
    if (!checked) {
        if (auto dropped = drop_salvaged(directory_); !dropped) {
            return disk("{}. {}", checked.error().sentence, dropped.error().detail);
        }
        return checked;
    }
    const auto kept = put_salvaged_in_place(directory_, mark_.incarnation);
    if (!kept) {
        return disk("{}", kept.error().detail);
    }
    auto opened = LogStore::open(log_options_);
    if (!opened) {
        return disk("{}", opened.error().detail);
    }
    log_ = std::move(*opened);
    chain_ = built->chain;
    log_->end_at(chain_.end().index);
    notes_.push_back(fmt::format(
        "{}. The log is rebuilt up to block {}{}",
        why,
        chain_.end().index,
        kept->empty() ? "" : "; what it was is kept in " + *kept
    ));
    return begin_at_installed();
}

// Of the mark and what stands beside the blocks. A vote is never taken back: within a term it is
// either the same or not given yet. A block of a later term than both says that a promise was lost
// with the disk; nobody else gets the vote of that term.
Promise newest_promise(const Mark& mark, const Promise& beside, const ChainEnd& end) {
    auto newest = std::max(std::pair(mark.term, mark.vote), std::pair(beside.term, beside.vote));
    if (end.term > newest.first) {
        newest = {end.term, mark.node};
    }
    return {.term = newest.first, .vote = newest.second, .mark_seq = mark.seq + 1};
}

}  // namespace

ledger::Status create_storage(
    const DataDirectory& directory, const NodeIdentity& identity, const FirstBlock& first
) {
    for (const std::string& path :
         {directory.identity(), directory.mark(), directory.log(), directory.ledger()}) {
        if (exists(path)) {
            return ledger::refuse(
                ErrorCode::internal, "{} is there already: nothing is formatted over", path
            );
        }
    }
    if (auto made = make_directory(directory.path); !made) {
        return made;
    }
    const auto lock = DirectoryLock::take(directory);
    if (!lock) {
        return std::unexpected(lock.error());
    }
    auto log = LogStore::create(
        {.directory = directory.log(), .identity = {identity.ledger, identity.node}}
    );
    if (!log) {
        return ledger::refusal(log);
    }
    const StoredBlock block{.index = 1, .bytes = first.bytes};
    constexpr std::uint64_t first_seq = 1;
    if (auto written = (*log)->append({&block, 1}, Promise{0, 0, first_seq}); !written) {
        return written;
    }
    Mark mark;
    mark.ledger = identity.ledger;
    mark.node = identity.node;
    mark.seq = first_seq;
    mark.block_index = 1;
    mark.block_hash = first.hash;
    if (auto file = MarkFile::create(directory.mark(), mark); !file) {
        return ledger::refusal(file);
    }
    return write_file(directory.identity(), identity_text(identity), 0600, Existing::refuse);
}

std::expected<Storage, StartRefused> open_storage(
    const DataDirectory& directory, const NodeIdentity& identity, const StorageOptions& options
) {
    if (!exists(directory.identity()) && !exists(directory.mark()) && !exists(directory.log())) {
        return ask_operator("{} holds no node: run `tanjid init` first", directory.path);
    }
    auto lock = DirectoryLock::take(directory);
    if (!lock) {
        return ask_operator("{}", lock.error().detail);
    }
    if (auto checked = check_identity(directory, identity); !checked) {
        return std::unexpected(checked.error());
    }
    auto mark = open_mark(directory, identity, options.fail);
    if (!mark) {
        return std::unexpected(mark.error());
    }
    if (auto finished = finish_salvage(directory); !finished) {
        return disk("{}", finished.error().detail);
    }
    const Mark found = mark->current();
    const LogOptions log_options{
        .directory = directory.log(),
        .identity = {identity.ledger, identity.node},
        .cache_bytes = options.log_cache_bytes,
        .fail = options.fail,
    };
    LogOpener opener(directory, log_options, options, found);
    if (auto opened = opener.run(); !opened) {
        return std::unexpected(opened.error());
    }

    const Chain& chain = opener.chain();
    const ChainEnd end = chain.end();
    const Promise promise = newest_promise(found, opener.promise(), end);
    Storage storage{
        .lock = std::move(*lock),
        .log = opener.take_log(),
        .last = end.index,
        .mark = std::move(*mark),
        .term = promise.term,
        .vote = promise.vote,
        .recovering = !chain.holds_marked() && !chain.contradicts_marked(),
        .notes = std::move(opener.notes()),
    };
    if (storage.mark.was_repaired()) {
        storage.notes.emplace_back("one slot of the mark was torn or damaged and is written anew");
    }
    Mark next = found;
    next.incarnation += 1;
    next.term = promise.term;
    next.vote = promise.vote;
    if (!storage.recovering) {
        next.block_term = end.term;
        next.block_index = end.index;
        next.block_hash = end.hash;
    } else {
        storage.notes.push_back(fmt::format(
            "recovering: block {} of term {}, which the mark names, is missing. What follows block "
            "{} is taken from the other nodes; until then this node cannot lead",
            found.block_index,
            found.block_term,
            end.index
        ));
    }
    // Beside the blocks too: a mark of an earlier start that is put back alone is noticed.
    if (auto written = storage.log->append({}, promise); !written) {
        return disk("{}", written.error().detail);
    }
    if (auto written = storage.mark.write(next); !written) {
        return disk("{}", written.error().detail);
    }
    return storage;
}

}  // namespace tanji::node
