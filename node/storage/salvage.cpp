#include "node/storage/salvage.h"

#include "node/storage/file.h"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <utility>
#include <vector>

namespace tanji::node {
namespace {

namespace fs = std::filesystem;
using ledger::BlockIndex;
using ledger::Bytes;
using ledger::ByteView;
using ledger::ErrorCode;

constexpr std::size_t bytes_per_write = 4U << 20U;

std::string copy_of(const DataDirectory& directory) {
    return directory.log() + ".copy";
}
std::string building_of(const DataDirectory& directory) {
    return directory.log() + ".building";
}
std::string new_of(const DataDirectory& directory) {
    return directory.log() + ".new";
}

// Up to the first byte that the disk does not give: a prefix of a journal is worth having.
ledger::Status copy_readable(const fs::path& from, const fs::path& to) {
    std::ifstream in(from, std::ios::binary);
    std::ofstream out(to, std::ios::binary | std::ios::trunc);
    std::vector<char> piece(1U << 16U);
    while (in && out) {
        in.read(piece.data(), static_cast<std::streamsize>(piece.size()));
        out.write(piece.data(), in.gcount());
    }
    out.close();
    if (!out) {
        return ledger::refuse(ErrorCode::storage_full, "cannot write {}", to.string());
    }
    return {};
}

ledger::Status copy_log(const DataDirectory& directory) {
    const std::string target = copy_of(directory);
    if (auto removed = remove_folder(target); !removed) {
        return removed;
    }
    if (auto made = make_directory(target); !made) {
        return made;
    }
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(directory.log(), error)) {
        const fs::path to = fs::path(target) / entry.path().filename();
        std::error_code not_linked = std::make_error_code(std::errc::not_supported);
        if (entry.path().extension() == ".sst") {
            fs::create_hard_link(entry.path(), to, not_linked);
        }
        if (!not_linked || !entry.is_regular_file()) {
            continue;
        }
        if (auto copied = copy_readable(entry.path(), to); !copied) {
            return copied;
        }
    }
    return {};  // a folder that cannot be listed gives nothing: so does its copy
}

// Takes the blocks that continue the chain and writes them, several at a time.
class Builder {
public:
    Builder(LogStore& log, const Mark& mark) : log_(&log), chain_(mark) {}

    bool take(BlockIndex index, ByteView bytes) {
        const bool is_base = chain_.end().index == 0 && index > 1;
        if (!chain_.take(index, bytes)) {
            return false;
        }
        if (is_base) {
            status_ = log_->begin_after(bytes);
            return status_.has_value();
        }
        waiting_.emplace_back(bytes);
        bytes_ += bytes.size();
        if (bytes_ >= bytes_per_write) {
            write(std::nullopt);
        }
        return status_.has_value();
    }

    ledger::Status write(const std::optional<Promise>& promise) {
        std::vector<StoredBlock> blocks;
        for (const Bytes& bytes : waiting_) {
            blocks.push_back({.index = log_->last() + 1 + blocks.size(), .bytes = bytes});
        }
        if (status_) {
            status_ = log_->append(blocks, promise);
        }
        waiting_.clear();
        bytes_ = 0;
        return status_;
    }

    const Chain& chain() const { return chain_; }

private:
    LogStore* log_;
    Chain chain_;
    std::vector<Bytes> waiting_;
    std::size_t bytes_ = 0;
    ledger::Status status_;
};

}  // namespace

ledger::Status finish_salvage(const DataDirectory& directory) {
    if (!exists(directory.log()) && exists(new_of(directory))) {
        if (auto renamed = rename_synced(new_of(directory), directory.log()); !renamed) {
            return renamed;
        }
    }
    for (const std::string& rest :
         {copy_of(directory), building_of(directory), new_of(directory)}) {
        if (auto removed = remove_folder(rest); !removed) {
            return removed;
        }
    }
    return {};
}

ledger::Result<Salvaged> build_salvaged(
    const DataDirectory& directory,
    const LogOptions& options,
    const Mark& mark,
    const std::optional<FirstBlock>& first
) {
    if (auto copied = copy_log(directory); !copied) {
        return ledger::refusal(copied);
    }
    LogOptions copy = options;
    copy.directory = copy_of(directory);
    LogOptions building = options;
    building.directory = building_of(directory);
    if (auto removed = remove_folder(building.directory); !removed) {
        return ledger::refusal(removed);
    }
    auto log = LogStore::create(building);
    if (!log) {
        return ledger::refusal(log);
    }
    Builder builder(**log, mark);
    const auto take = [&](BlockIndex index, ByteView bytes) { return builder.take(index, bytes); };
    auto promise = read_damaged_log(copy, take);
    if (!promise && promise.error().code != ErrorCode::internal) {
        return ledger::refusal(promise);
    }
    if (builder.chain().end().index == 0 && (*log)->last() == 0 && first) {
        builder = Builder(**log, mark);
        builder.take(1, first->bytes);
    }
    if (builder.chain().end().index == 0) {
        return ledger::refuse(ErrorCode::internal, "not even block 1 of the log can be read");
    }
    const std::optional<Promise> beside = promise ? *promise : std::nullopt;
    if (auto written = builder.write(beside); !written) {
        return ledger::refusal(written);
    }
    return Salvaged{.chain = builder.chain(), .promise = beside};
}

ledger::Result<std::string> put_salvaged_in_place(
    const DataDirectory& directory, std::uint64_t incarnation
) {
    const auto done = [&]() -> ledger::Status {
        if (auto settled = settle_folder(building_of(directory)); !settled) {
            return settled;
        }
        if (auto synced = sync_directory(building_of(directory)); !synced) {
            return synced;
        }
        return rename_synced(building_of(directory), new_of(directory));
    }();
    if (!done) {
        return std::unexpected(done.error());
    }
    std::string kept;
    if (exists(directory.log())) {
        kept = directory.aside("log", incarnation);
        if (auto renamed = rename_synced(directory.log(), kept); !renamed) {
            return ledger::refusal(renamed);
        }
    }
    if (auto finished = finish_salvage(directory); !finished) {
        return ledger::refusal(finished);
    }
    return kept;
}

ledger::Status drop_salvaged(const DataDirectory& directory) {
    if (auto removed = remove_folder(copy_of(directory)); !removed) {
        return removed;
    }
    return remove_folder(building_of(directory));
}

}  // namespace tanji::node
