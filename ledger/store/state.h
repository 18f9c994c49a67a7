#pragma once

#include "ledger/store/store.h"
#include "ledger/value/archive.h"

#include <cassert>
#include <optional>
#include <utility>

namespace tanji::ledger {

// What has changed on top of something that is not changed: a block over the store, a command over
// its block. Reading sees the changes first. Nothing below is touched until somebody takes them.
class State : public Reader {
public:
    // Keeps the reference.
    explicit State(const Reader& below) : below_(below) {}
    // A state over a state is made from a Reader: a copy would be the same changes twice.
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    std::optional<Bytes> get(ByteView key) const override;
    void scan(ByteView from, ByteView until, const Visit& visit) const override;
    void scan_back(ByteView from, ByteView until, const Visit& visit) const override;

    void put(Bytes key, Bytes value);
    void erase(Bytes key);

    const Changes& changes() const { return changes_; }
    // Adds the changes of a state that stood above this one.
    void absorb(State&& above);

private:
    void merge(ByteView from, ByteView until, bool ascending, const Visit& visit) const;

    const Reader& below_;
    Changes changes_;
};

// An object as it is stored: its fields in the order of its `serialize`. What does not decode was
// not written by this program, which is impossible as long as the store keeps its checksums.
// A value that this program stored. REQUIRES: it is one.
template <typename Value>
Value decoded(ByteView bytes) {
    Value value;
    const bool whole = decode(bytes, value);
    assert(whole);
    (void)whole;
    return value;
}

template <typename Value>
std::optional<Value> load(const Reader& reader, ByteView key) {
    const auto bytes = reader.get(key);
    return bytes ? std::optional(decoded<Value>(*bytes)) : std::nullopt;
}

template <typename Value>
void save(State& state, Bytes key, const Value& value) {
    state.put(std::move(key), encode(value));
}

}  // namespace tanji::ledger
