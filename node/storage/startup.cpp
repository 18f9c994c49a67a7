#include "node/storage/startup.h"

#include "ledger/proof/header.h"
#include "ledger/value/json.h"
#include "node/storage/file.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <tuple>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace tanji::node {
namespace {

using ledger::BlockIndex;
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

std::string identity_text(const NodeIdentity& identity) {
    ledger::JsonWriter out;
    out.open_object()
        .member("format", std::uint64_t{1})
        .member("ledger", identity.ledger.hex())
        .member("node", identity.node)
        .member("log_key", identity.log_key.hex())
        .close_object();
    return out.take() + "\n";
}

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

// What a killed process wrote but did not sync may be in memory only; and what memory holds may not
// be what the disk holds. So: write it out, forget it, and let the log be read from the disk.
std::expected<void, StartRefused> settle(const std::string& folder) {
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
        if (!entry.is_regular_file()) {
            continue;
        }
        const int file = ::open(entry.path().c_str(), O_RDONLY | O_CLOEXEC);
        const bool synced = file >= 0 && ::fsync(file) == 0;
        const int reason = errno;
        if (file >= 0) {
            ::posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
            ::close(file);
        }
        if (!synced) {
            return disk("cannot sync {}: {}", entry.path().string(), system_sentence(reason));
        }
    }
    if (error) {
        return disk("cannot read the directory {}: {}", folder, error.message());
    }
    return {};
}

// The last block of an unbroken chain.
struct ChainEnd {
    std::uint64_t term = 0;
    BlockIndex index = 0;
    ledger::Hash hash;
};

// Follows the hashes from `from` to the end of the log and meets the marked block on the way.
class Chain {
public:
    Chain(const Mark& mark, BlockIndex from) : mark_(mark), from_(from) {}

    // False at the first block that is not what it should be; `fault` tells.
    bool take(BlockIndex index, ByteView bytes) {
        const auto header =
            ledger::decode_header(bytes.substr(0, std::min(bytes.size(), ledger::header_bytes)));
        if (!header) {
            return broken(index, header.error().detail);
        }
        if (header->index != index || header->ledger != mark_.ledger) {
            return broken(index, "another block stands at its place");
        }
        const ledger::Hash& before = index == 1 ? mark_.ledger : end_.hash;
        if ((index == 1 || index > from_) && header->prev_hash != before) {
            return broken(index, "it does not follow the block before it");
        }
        end_ = {header->term, index, ledger::hash_of(*header)};
        if (index == mark_.block_index &&
            (end_.hash != mark_.block_hash || end_.term != mark_.block_term)) {
            return broken(index, "it is not the block that the mark names");
        }
        return true;
    }

    const ChainEnd& end() const { return end_; }
    const std::string& fault() const { return fault_; }

private:
    bool broken(BlockIndex index, std::string_view why) {
        fault_ = fmt::format("block {}: {}", index, why);
        return false;
    }

    const Mark& mark_;
    BlockIndex from_;
    ChainEnd end_;
    std::string fault_;
};

std::expected<ChainEnd, StartRefused> check_chain(
    const LogStore& log, const Mark& mark, BlockIndex check_from
) {
    if (log.last() < mark.block_index || log.first() > mark.block_index) {
        return disk(
            "the mark names block {}, the log ends at block {}. {}",
            mark.block_index,
            log.last(),
            no_peer
        );
    }
    const BlockIndex from = std::max(log.first(), std::min(check_from, mark.block_index));
    Chain chain(mark, from);
    const auto scanned = log.scan(from, log.last(), [&](BlockIndex index, ByteView bytes) {
        return chain.take(index, bytes);
    });
    if (!scanned || !chain.fault().empty()) {
        return disk("{}. {}", scanned ? chain.fault() : scanned.error().detail, no_peer);
    }
    return chain.end();
}

// Term and vote: the newer of what stands in the mark and beside the blocks.
std::pair<std::uint64_t, std::uint64_t> newer_promise(const Mark& mark, const Promise& promise) {
    const bool beside = promise.mark_seq > mark.seq;
    return beside ? std::pair(promise.term, promise.vote) : std::pair(mark.term, mark.vote);
}

}  // namespace

ledger::Result<DirectoryLock> DirectoryLock::take(const DataDirectory& directory) {
    const int file = ::open(directory.lock().c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) {
        return ledger::refuse(
            ErrorCode::internal, "cannot open {}: {}", directory.lock(), system_sentence(errno)
        );
    }
    if (::flock(file, LOCK_EX | LOCK_NB) != 0) {
        ::close(file);
        return ledger::refuse(ErrorCode::internal, "another process is using {}", directory.path);
    }
    return DirectoryLock(file);
}

DirectoryLock::DirectoryLock(DirectoryLock&& other) noexcept
    : file_(std::exchange(other.file_, -1)) {}

DirectoryLock& DirectoryLock::operator=(DirectoryLock&& other) noexcept {
    std::swap(file_, other.file_);
    return *this;
}

DirectoryLock::~DirectoryLock() {
    if (file_ >= 0) {
        ::close(file_);
    }
}

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
    auto mark = MarkFile::open(directory.mark(), options.fail);
    if (!mark) {
        return disk(
            "{}. Without its mark a node does not know what it has promised: the disk counts as "
            "lost. Use a new directory and a new `tanjid init`",
            mark.error().detail
        );
    }
    const Mark found = mark->current();
    if (found.ledger != identity.ledger || found.node != identity.node) {
        return disk("{} is of another ledger or node", directory.mark());
    }
    if (auto settled = settle(directory.log()); !settled) {
        return std::unexpected(settled.error());
    }
    auto log = LogStore::open(
        {.directory = directory.log(),
         .identity = {identity.ledger, identity.node},
         .cache_bytes = options.log_cache_bytes,
         .fail = options.fail}
    );
    if (!log) {
        return disk("{}. {}", log.error().detail, no_peer);
    }
    const Promise promise = (*log)->promise().value_or(Promise{});
    if (promise.mark_seq > found.seq + 1) {
        return disk(
            "rolled_back: the log knows mark {}, the file `mark` holds {}: an older file was put "
            "back. {}",
            promise.mark_seq,
            found.seq,
            no_peer
        );
    }
    const auto end = check_chain(**log, found, options.check_from);
    if (!end) {
        return std::unexpected(end.error());
    }

    Storage storage{
        .lock = std::move(*lock), .log = std::move(*log), .mark = std::move(*mark), .notes = {}
    };
    std::tie(storage.term, storage.vote) = newer_promise(found, promise);
    if (storage.mark.was_repaired()) {
        storage.notes.emplace_back("one slot of the mark was torn or damaged and is written anew");
    }
    Mark next = found;
    next.incarnation += 1;
    next.term = storage.term;
    next.vote = storage.vote;
    next.block_term = end->term;
    next.block_index = end->index;
    next.block_hash = end->hash;
    if (auto written = storage.mark.write(next); !written) {
        return disk("{}", written.error().detail);
    }
    return storage;
}

std::optional<std::uint64_t> free_bytes(const DataDirectory& directory) {
    struct statvfs found{};
    if (::statvfs(directory.path.c_str(), &found) != 0) {
        return std::nullopt;
    }
    return std::uint64_t{found.f_bavail} * found.f_frsize;
}

}  // namespace tanji::node
