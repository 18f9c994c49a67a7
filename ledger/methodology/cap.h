#pragma once

#include "ledger/methodology/methodology.h"
#include "ledger/value/amount.h"
#include "ledger/value/outcome.h"
#include "ledger/value/time.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tanji::ledger {

// Names one window of a cap within a scheme; the scheme is the caller's to add. Windows are shared
// by all methodologies that name the group, each testing its own limit.
struct WindowKey {
    std::string group;
    CapPer per = CapPer::account;
    std::string who;  // the account, or the subject tag, as text
    CapWindow window = CapWindow::day;
    std::string date;  // `YYYY-MM-DD`, or `YYYY-MM` for a month: of the record's end

    auto operator<=>(const WindowKey&) const = default;
};

// What the records counted so far have used of a window. The ledger keeps 63 bits of it and refuses
// what would leave them (amount_overflow).
struct WindowUse {
    std::uint64_t records = 0;
    Int128 micrograms = 0;

    bool operator==(const WindowUse&) const = default;
};

// Where windows are kept: the ledger's state, or a map for vectors and offline recomputation.
class Windows {
public:
    virtual ~Windows() = default;
    // Zero for a window never written.
    virtual WindowUse read(const WindowKey& key) = 0;
    virtual void write(const WindowKey& key, const WindowUse& use) = 0;
};

// Windows in memory.
class WindowMap : public Windows {
public:
    WindowUse read(const WindowKey& key) override;
    void write(const WindowKey& key, const WindowUse& use) override;

private:
    std::map<WindowKey, WindowUse> uses_;
};

// The windows that a record of that account and subject falls into, one per cap in the caps' order;
// two caps may name the same.
std::vector<WindowKey> windows_of(
    const Methodology& methodology,
    std::string_view account,
    std::string_view subject,
    const Date& date
);

struct Charged {
    Outcome outcome = Outcome::counted;  // counted, cut, capped or zero
    Amount micrograms = 0;               // what is left of the record

    bool operator==(const Charged&) const = default;
};

// Steps 8 to 10 of a record whose `require` holds: zero; else, above zero, the caps in listed
// order, and one record and its micrograms added to each distinct window it used unless it was
// capped.
Charged charge(
    const Methodology& methodology,
    Amount micrograms,
    std::string_view account,
    std::string_view subject,
    const Date& date,
    Windows& windows
);

}  // namespace tanji::ledger
