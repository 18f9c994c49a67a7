#include "ledger/store/state.h"

#include <iterator>
#include <vector>

namespace tanji::ledger {

std::optional<Bytes> State::get(ByteView key) const {
    const auto found = changes_.find(key);
    return found != changes_.end() ? found->second : below_.get(key);
}

void State::put(Bytes key, Bytes value) {
    changes_.insert_or_assign(std::move(key), std::move(value));
}

void State::erase(Bytes key) {
    changes_.insert_or_assign(std::move(key), std::nullopt);
}

void State::absorb(State&& above) {
    // merge() moves the nodes whose keys are new; what is left replaces what stood here.
    Changes changed = std::move(above.changes_);
    changes_.merge(changed);
    for (auto& [key, value] : changed) {
        changes_.find(key)->second = std::move(value);
    }
}

void State::scan(ByteView from, ByteView until, const Visit& visit) const {
    merge(from, until, true, visit);
}

void State::scan_back(ByteView from, ByteView until, const Visit& visit) const {
    merge(from, until, false, visit);
}

// Two ordered sequences, read side by side; a change hides what it replaces.
void State::merge(ByteView from, ByteView until, bool ascending, const Visit& visit) const {
    if (!until.empty() && until <= from) {
        return;
    }
    std::vector<Changes::const_iterator> changed;
    const auto end = until.empty() ? changes_.end() : changes_.lower_bound(until);
    for (auto at = changes_.lower_bound(from); at != end; ++at) {
        changed.push_back(at);
    }
    if (!ascending) {
        changed = {changed.rbegin(), changed.rend()};
    }
    std::size_t next = 0;
    bool wanted = true;
    const auto visit_changes_before = [&](const std::optional<ByteView>& key) {
        while (wanted && next < changed.size()) {
            const auto& [changed_key, value] = *changed[next];
            if (key && (ascending ? changed_key >= *key : changed_key <= *key)) {
                return;
            }
            ++next;
            wanted = !value || visit(changed_key, *value);
        }
    };
    const Visit below = [&](ByteView key, ByteView value) {
        visit_changes_before(key);
        if (wanted && next < changed.size() && changed[next]->first == key) {
            const auto& replaced = changed[next++]->second;
            wanted = !replaced || visit(key, *replaced);
        } else if (wanted) {
            wanted = visit(key, value);
        }
        return wanted;
    };
    if (ascending) {
        below_.scan(from, until, below);
    } else {
        below_.scan_back(from, until, below);
    }
    visit_changes_before(std::nullopt);
}

}  // namespace tanji::ledger
