#pragma once

#include "ledger/view.h"

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>

namespace tanji::node {

// A view of what is applied and certified now. It is made once for everybody who asks until
// something changes: hundreds of replies to one block share a snapshot.
class CurrentView {
public:
    using Make = std::function<std::shared_ptr<const ledger::View>()>;
    explicit CurrentView(Make make) : make_(std::move(make)) {}

    // From any thread, after a write that readers have to see.
    void changed() { ++version_; }
    // Sees at least every change that was told before the call.
    std::shared_ptr<const ledger::View> get();

private:
    Make make_;
    std::atomic<std::uint64_t> version_ = 1;
    std::mutex mutex_;
    std::uint64_t made_at_ = 0;
    std::shared_ptr<const ledger::View> view_;
};

}  // namespace tanji::node
