#include "node/storage/mark.h"

#include "ledger/value/archive.h"
#include "ledger/value/crypto.h"
#include "node/storage/file.h"

#include <array>
#include <cassert>
#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tanji::node {
namespace {

using ledger::Bytes;
using ledger::ByteView;
using ledger::ErrorCode;

constexpr std::size_t signed_bytes = 184;
constexpr std::size_t used_bytes = signed_bytes + ledger::Hash::length;
constexpr std::size_t file_bytes = 2 * mark_slot_bytes;
constexpr ByteView magic_and_version{"TJMK\0\1\0\0", 8};

off_t place_of(std::uint64_t seq) {
    return static_cast<off_t>((seq % 2) * mark_slot_bytes);
}

std::optional<Mark> read_slot(int file, std::uint64_t slot) {
    std::array<char, mark_slot_bytes> bytes{};
    std::size_t filled = 0;
    while (filled < bytes.size()) {
        const ssize_t taken = ::pread(
            file,
            bytes.data() + filled,
            bytes.size() - filled,
            place_of(slot) + static_cast<off_t>(filled)
        );
        if (taken < 0 && errno == EINTR) {
            continue;
        }
        if (taken <= 0) {
            return std::nullopt;
        }
        filled += static_cast<std::size_t>(taken);
    }
    const auto mark = decode_mark({bytes.data(), bytes.size()});
    return mark && mark->seq % 2 == slot ? mark : std::nullopt;
}

}  // namespace

Bytes encode_mark(const Mark& mark) {
    Bytes slot(magic_and_version);
    slot += ledger::encode(mark);
    assert(slot.size() == signed_bytes);
    slot += ledger::sha256(slot).view();
    slot.resize(mark_slot_bytes, '\0');
    return slot;
}

std::optional<Mark> decode_mark(ByteView slot) {
    if (slot.size() != mark_slot_bytes || !slot.starts_with(magic_and_version) ||
        slot.find_first_not_of('\0', used_bytes) != ByteView::npos) {
        return std::nullopt;
    }
    const ByteView content = slot.substr(0, signed_bytes);
    if (ledger::sha256(content).view() != slot.substr(signed_bytes, ledger::Hash::length)) {
        return std::nullopt;
    }
    Mark mark;
    if (!ledger::decode(content.substr(magic_and_version.size()), mark)) {
        return std::nullopt;
    }
    return mark;
}

ledger::Result<MarkFile> MarkFile::create(
    const std::string& path, const Mark& mark, FailStop fail
) {
    // Two marks of the same content, so that from the beginning an invalid slot means damage.
    Mark older = mark;
    older.seq = mark.seq - mark.seq % 2;
    Mark newer = mark;
    newer.seq = older.seq + 1;
    const auto written =
        write_file(path, encode_mark(older) + encode_mark(newer), 0600, Existing::refuse);
    if (!written) {
        return std::unexpected(written.error());
    }
    return open(path, std::move(fail));
}

ledger::Result<MarkFile> MarkFile::open(const std::string& path, FailStop fail) {
    const int file = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
    if (file < 0) {
        return ledger::refuse(
            ErrorCode::internal, "cannot open {}: {}", path, system_sentence(errno)
        );
    }
    MarkFile opened(file, Mark{}, std::move(fail));
    struct stat found{};
    if (::fstat(file, &found) != 0 || found.st_size != static_cast<off_t>(file_bytes)) {
        return ledger::refuse(ErrorCode::internal, "{} is not {} bytes long", path, file_bytes);
    }
    const auto even = read_slot(file, 0);
    const auto odd = read_slot(file, 1);
    if (!even && !odd) {
        return ledger::refuse(ErrorCode::internal, "neither slot of {} is valid", path);
    }
    opened.current_ = !odd || (even && even->seq > odd->seq) ? *even : *odd;
    if (!even || !odd) {
        opened.repaired_ = true;
        // The lost slot may have been the first of a start.
        opened.current_.incarnation += 1;
        if (auto written = opened.write(opened.current_); !written) {
            return std::unexpected(written.error());
        }
    }
    return opened;
}

MarkFile::MarkFile(int file, const Mark& current, FailStop fail)
    : file_(file),
      current_(current),
      fail_(std::move(fail)) {}

MarkFile::MarkFile(MarkFile&& other) noexcept
    : file_(std::exchange(other.file_, -1)),
      current_(other.current_),
      repaired_(other.repaired_),
      fail_(std::move(other.fail_)) {}

MarkFile& MarkFile::operator=(MarkFile&& other) noexcept {
    std::swap(file_, other.file_);
    std::swap(current_, other.current_);
    std::swap(repaired_, other.repaired_);
    std::swap(fail_, other.fail_);
    return *this;
}

MarkFile::~MarkFile() {
    if (file_ >= 0) {
        ::close(file_);
    }
}

ledger::Status MarkFile::write(Mark mark) {
    mark.seq = next_seq();
    const Bytes slot = encode_mark(mark);
    // One write of a whole slot; a short one is a failure, not something to go on from.
    const ssize_t written = ::pwrite(file_, slot.data(), slot.size(), place_of(mark.seq));
    const bool whole = written == static_cast<ssize_t>(slot.size());
    if (!whole || ::fdatasync(file_) != 0) {
        const bool cut = written >= 0 && !whole;
        const std::string what =
            "writing the mark: " + (cut ? "cut short" : system_sentence(errno));
        fail_(what);
        return ledger::refuse(ErrorCode::internal, "{}", what);
    }
    current_ = mark;
    return {};
}

}  // namespace tanji::node
