#include "ledger/reductions/stored_windows.h"

#include "ledger/store/schema.h"

#include <algorithm>

namespace tanji::ledger {
namespace {

struct StoredUse {
    std::uint64_t records = 0;
    Int128 micrograms = 0;

    template <typename Archive>
    void serialize(Archive& archive) {
        archive(records, micrograms);
    }
};

}  // namespace

Bytes StoredWindows::stored_key(const WindowKey& key) const {
    return schema::window(
        scheme_,
        fmt::format(
            "{}/{}/{}/{}/{}", key.group, name_of(key.per), key.who, name_of(key.window), key.date
        )
    );
}

WindowUse StoredWindows::read(const WindowKey& key) {
    const auto use = load<StoredUse>(state_, stored_key(key)).value_or(StoredUse{});
    return {.records = use.records, .micrograms = use.micrograms};
}

void StoredWindows::write(const WindowKey& key, const WindowUse& use) {
    const Bytes stored = stored_key(key);
    if (use.records == 0 && use.micrograms == 0) {
        state_.erase(stored);
    } else {
        save(state_, stored, StoredUse{.records = use.records, .micrograms = use.micrograms});
    }
}

Date date_of(const Methodology& methodology, const Record& record) {
    return civil_from_day(local_day(record.end, methodology.utc_offset_minutes));
}

void lower_windows(
    const Methodology& methodology, const Record& record, Amount micrograms, Windows& windows
) {
    if (micrograms <= 0) {
        return;  // a loss used no window
    }
    auto keys = windows_of(
        methodology, record.account.hex(), record.tag.hex(), date_of(methodology, record)
    );
    std::ranges::sort(keys);
    const auto repeated = std::ranges::unique(keys);
    keys.erase(repeated.begin(), repeated.end());
    for (const WindowKey& key : keys) {
        WindowUse use = windows.read(key);
        use.records -= std::min<std::uint64_t>(use.records, 1);
        use.micrograms -= std::min<Int128>(use.micrograms, micrograms);
        windows.write(key, use);
    }
}

}  // namespace tanji::ledger
