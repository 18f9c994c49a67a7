#pragma once

#include "ledger/command/record.h"
#include "ledger/methodology/cap.h"
#include "ledger/store/state.h"

#include <string>
#include <string_view>

namespace tanji::ledger {

// The cap windows of a scheme, as the ledger keeps them.
class StoredWindows : public Windows {
public:
    // Keeps the reference.
    StoredWindows(State& state, std::string scheme) : state_(state), scheme_(std::move(scheme)) {}

    WindowUse read(const WindowKey& key) override;
    void write(const WindowKey& key, const WindowUse& use) override;

private:
    Bytes stored_key(const WindowKey& key) const;

    State& state_;
    std::string scheme_;
};

// The local date that decides a record's windows and factors: that of its end.
Date date_of(const Methodology& methodology, const Record& record);

// Gives back to each distinct window what a record with that many micrograms had used of it, never
// below zero.
void lower_windows(
    const Methodology& methodology, const Record& record, Amount micrograms, Windows& windows
);

}  // namespace tanji::ledger
