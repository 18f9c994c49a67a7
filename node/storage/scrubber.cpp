#include "node/storage/scrubber.h"

#include "node/storage/file.h"

#include <algorithm>
#include <utility>

namespace tanji::node {
namespace {

// Follows blocks of that ledger; what the mark names is checked at the start, not here.
Chain chain_of(const ledger::Hash& ledger) {
    Mark unmarked;
    unmarked.ledger = ledger;
    return Chain(unmarked);
}

}  // namespace

Scrubber::Scrubber(Parts parts, const Pace& pace)
    : parts_(std::move(parts)),
      pace_(pace),
      chain_(chain_of(parts_.ledger)),
      thread_([this] { run(); }) {}

Scrubber::~Scrubber() {
    stop();
}

void Scrubber::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_one();
    if (thread_.joinable()) {
        thread_.join();
    }
}

bool Scrubber::sleep(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    return !wake_.wait_for(lock, time, [this] { return stopping_; });
}

void Scrubber::run() {
    begin();
    for (;;) {
        const Slice slice = read_slice();
        if (!slice.fault.empty()) {
            parts_.fail("the log, read again: " + slice.fault);
            return;
        }
        if (slice.bytes > 0) {
            has_read_any_ = true;
            parts_.has_read(slice.bytes);
        }
        const auto at_end = has_read_any_ ? pace_.pause : pace_.idle;
        if (!sleep(
                slice.at_end
                    ? at_end
                    : std::chrono::milliseconds(1'000 * slice.bytes / pace_.bytes_per_second + 1)
            )) {
            return;
        }
        if (slice.at_end) {
            begin();
        }
    }
}

// What memory holds tells nothing about the disk.
void Scrubber::begin() {
    forget_tables(parts_.directory);
    chain_ = chain_of(parts_.ledger);
    has_read_any_ = false;
    next_ = std::max<ledger::BlockIndex>(1, parts_.log.first());
}

// Blocks that were pruned meanwhile are no damage: what is first now follows from nothing here.
Scrubber::Slice Scrubber::read_slice() {
    if (const ledger::BlockIndex first = parts_.log.first(); next_ < first) {
        chain_ = chain_of(parts_.ledger);
        next_ = first;
    }
    const ledger::BlockIndex last = std::min(parts_.settled(), parts_.log.last());
    Slice slice;
    if (next_ <= last) {
        const auto scanned =
            parts_.log.scan(next_, last, [&](ledger::BlockIndex index, ledger::ByteView bytes) {
                if (!chain_.take(index, bytes)) {
                    slice.fault = chain_.fault();
                    return false;
                }
                slice.bytes += bytes.size();
                next_ = index + 1;
                return slice.bytes < pace_.slice_bytes;
            });
        if (!scanned) {
            slice.fault = scanned.error().detail;
        }
    }
    slice.at_end = next_ > last;
    return slice;
}

}  // namespace tanji::node
