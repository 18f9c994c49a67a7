#include "tests/simulation/sim_store.h"

#include <cassert>
#include <utility>

namespace tanji::simulation {

using ledger::Bytes;
using ledger::ByteView;

std::optional<Bytes> SimStore::get(ByteView key) const {
    const auto found = values_.find(key);
    return found != values_.end() ? std::optional(found->second) : std::nullopt;
}

void SimStore::scan(ByteView from, ByteView until, const Visit& visit) const {
    if (!until.empty() && until <= from) {
        return;
    }
    const auto end = until.empty() ? values_.end() : values_.lower_bound(until);
    for (auto at = values_.lower_bound(from); at != end && visit(at->first, at->second);) {
        ++at;
    }
}

void SimStore::scan_back(ByteView from, ByteView until, const Visit& visit) const {
    if (!until.empty() && until <= from) {
        return;
    }
    const auto begin = values_.lower_bound(from);
    auto at = until.empty() ? values_.end() : values_.lower_bound(until);
    while (at != begin) {
        --at;
        if (!visit(at->first, at->second)) {
            return;
        }
    }
}

void SimStore::write(const ledger::Changes& changes) {
    ledger::Changes& replaced = unflushed_.emplace_back();
    for (const auto& [key, value] : changes) {
        replaced.emplace(key, get(key));
        if (value) {
            values_.insert_or_assign(key, *value);
        } else {
            values_.erase(key);
        }
    }
}

std::unique_ptr<const ledger::Reader> SimStore::snapshot() const {
    auto copy = ledger::make_memory_store();
    ledger::Changes all;
    for (const auto& [key, value] : values_) {
        all.emplace(key, value);
    }
    copy->write(all);
    return copy;
}

void SimStore::lose(std::size_t count) {
    assert(count <= unflushed_.size());
    for (; count > 0; --count) {
        for (const auto& [key, value] : unflushed_.back()) {
            if (value) {
                values_.insert_or_assign(key, *value);
            } else {
                values_.erase(key);
            }
        }
        unflushed_.pop_back();
    }
}

void SimStore::replace(std::map<Bytes, Bytes, std::less<>> values) {
    values_ = std::move(values);
    unflushed_.clear();
}

void SimStore::clear() {
    values_.clear();
    unflushed_.clear();
}

}  // namespace tanji::simulation
