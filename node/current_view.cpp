#include "node/current_view.h"

namespace tanji::node {

std::shared_ptr<const ledger::View> CurrentView::get() {
    const std::lock_guard lock(mutex_);
    // Read before the snapshot is taken: a change in between makes a new view once too often.
    const std::uint64_t version = version_;
    if (made_at_ != version) {
        view_ = make_();
        made_at_ = version;
    }
    return view_;
}

}  // namespace tanji::node
