#include "ledger/methodology/cap.h"

#include <algorithm>

namespace tanji::ledger {

WindowUse WindowMap::read(const WindowKey& key) {
    const auto found = uses_.find(key);
    return found == uses_.end() ? WindowUse{} : found->second;
}

void WindowMap::write(const WindowKey& key, const WindowUse& use) {
    uses_[key] = use;
}

std::vector<WindowKey> windows_of(
    const Methodology& methodology,
    std::string_view account,
    std::string_view subject,
    const Date& date
) {
    std::vector<WindowKey> keys;
    keys.reserve(methodology.caps.size());
    const std::string day = methodology.caps.empty() ? std::string{} : to_text(date);
    for (const Cap& cap : methodology.caps) {
        keys.push_back({
            .group = cap.group,
            .per = cap.per,
            .who = std::string(cap.per == CapPer::account ? account : subject),
            .window = cap.window,
            .date = cap.window == CapWindow::day ? day : day.substr(0, 7),
        });
    }
    return keys;
}

Charged charge(
    const Methodology& methodology,
    Amount micrograms,
    std::string_view account,
    std::string_view subject,
    const Date& date,
    Windows& windows
) {
    if (micrograms == 0) {
        return {.outcome = Outcome::zero, .micrograms = 0};
    }
    if (micrograms < 0 || methodology.caps.empty()) {
        return {.outcome = Outcome::counted, .micrograms = micrograms};
    }
    Charged charged = {.outcome = Outcome::counted, .micrograms = micrograms};
    std::vector<WindowKey> keys = windows_of(methodology, account, subject, date);
    for (std::size_t i = 0; i < keys.size(); ++i) {
        const Cap& cap = methodology.caps[i];
        const WindowUse use = windows.read(keys[i]);
        if (cap.records && use.records >= *cap.records) {
            return {.outcome = Outcome::capped, .micrograms = 0};
        }
        if (cap.micrograms && use.micrograms >= *cap.micrograms) {
            return {.outcome = Outcome::capped, .micrograms = 0};
        }
        const Int128 room = cap.micrograms.value_or(0) - use.micrograms;
        if (cap.micrograms && charged.micrograms > room) {
            charged = {.outcome = Outcome::cut, .micrograms = static_cast<Amount>(room)};
        }
    }
    std::ranges::sort(keys);
    const auto repeated = std::ranges::unique(keys);
    keys.erase(repeated.begin(), repeated.end());
    for (const WindowKey& key : keys) {
        const WindowUse use = windows.read(key);
        windows.write(
            key, {.records = use.records + 1, .micrograms = use.micrograms + charged.micrograms}
        );
    }
    return charged;
}

}  // namespace tanji::ledger
