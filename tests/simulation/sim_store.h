#pragma once

#include "ledger/store/store.h"

#include <map>
#include <vector>

namespace tanji::simulation {

// The ledger's store with the promise of the real one and no more: what was written after the last
// flush may be lost in a crash, from the end.
class SimStore : public ledger::Store {
public:
    std::optional<ledger::Bytes> get(ledger::ByteView key) const override;
    void scan(ledger::ByteView from, ledger::ByteView until, const Visit& visit) const override;
    void scan_back(ledger::ByteView from, ledger::ByteView until, const Visit& visit)
        const override;
    void write(const ledger::Changes& changes) override;
    std::unique_ptr<const ledger::Reader> snapshot() const override;
    void flush() override { unflushed_.clear(); }

    std::size_t unflushed() const { return unflushed_.size(); }
    // The newest writes are gone. REQUIRES: count <= unflushed().
    void lose(std::size_t count);
    void clear();
    // Another state, flushed.
    void replace(std::map<ledger::Bytes, ledger::Bytes, std::less<>> values);
    const std::map<ledger::Bytes, ledger::Bytes, std::less<>>& values() const { return values_; }

private:
    std::map<ledger::Bytes, ledger::Bytes, std::less<>> values_;
    std::vector<ledger::Changes> unflushed_;  // what each write replaced
};

}  // namespace tanji::simulation
