#pragma once

#include "ledger/value/ids.h"
#include "node/storage/chain.h"
#include "node/storage/fail_stop.h"
#include "node/storage/log_store.h"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace tanji::node {

// Reads the log again in the background, from its first block to its last and then from the first
// again, so that damage is found while other nodes still have what is damaged here. What the disk
// does not give as it was written, or what does not follow the block before it, calls `fail`, once.
class Scrubber {
public:
    struct Parts {
        const LogStore& log;
        std::string directory;  // of the log: the page cache forgets its tables at each beginning
        ledger::Hash ledger;
        // Blocks up to that one are on disk and never replaced; it only grows. Any thread.
        std::function<ledger::BlockIndex()> settled;
        std::function<void(std::uint64_t bytes)> has_read;  // on the scrubber's thread
        FailStop fail = stop_process;
    };
    struct Pace {
        std::uint64_t slice_bytes = 256 * 1024;  // then it sleeps; a larger block is one slice
        std::uint64_t bytes_per_second = 4 << 20;
        std::chrono::milliseconds pause = std::chrono::hours(24);   // at the end of the log
        std::chrono::milliseconds idle = std::chrono::seconds(10);  // while nothing is settled
    };

    // Begins at once. Keeps a reference to the log.
    Scrubber(Parts parts, const Pace& pace);
    // As stop().
    ~Scrubber();
    Scrubber(const Scrubber&) = delete;
    Scrubber& operator=(const Scrubber&) = delete;

    // Ends the thread: after the slice that is read just now.
    void stop();

private:
    // What a slice was: how many bytes, whether the end is reached or something is wrong.
    struct Slice {
        std::uint64_t bytes = 0;
        bool at_end = false;
        std::string fault = {};
    };

    void run();
    void begin();
    Slice read_slice();
    // False when it is to stop.
    bool sleep(std::chrono::milliseconds time);

    Parts parts_;
    Pace pace_;
    Chain chain_;
    ledger::BlockIndex next_ = 0;
    bool has_read_any_ = false;  // since it began at the front
    std::mutex mutex_;
    std::condition_variable wake_;
    bool stopping_ = false;
    std::thread thread_;  // last: it uses everything above
};

}  // namespace tanji::node
