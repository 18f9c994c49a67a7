#pragma once

#include "ledger/value/bytes.h"

#include <functional>
#include <map>
#include <memory>
#include <optional>

namespace tanji::ledger {

// What one block changes: key to new value, or to nothing. Ordered as unsigned bytes.
using Changes = std::map<Bytes, std::optional<Bytes>, std::less<>>;

// Reading at one moment. A reader may be used by any thread, a reader made by `snapshot` does not
// see later writes.
class Reader {
public:
    virtual ~Reader() = default;

    virtual std::optional<Bytes> get(ByteView key) const = 0;

    // Visits the keys in [from, until) in ascending order, or in descending order, until `visit`
    // answers false. An empty `until` means the end of the store.
    using Visit = std::function<bool(ByteView key, ByteView value)>;
    virtual void scan(ByteView from, ByteView until, const Visit& visit) const = 0;
    virtual void scan_back(ByteView from, ByteView until, const Visit& visit) const = 0;
};

// All the ledger asks of a disk. Keys are bytes, compared unsigned.
class Store : public Reader {
public:
    // All changes or none, also after a crash. What was written last may be lost in a crash until
    // flush() returned; then it is lost from the end, never from the middle. An error of the disk
    // ends the process: after it nobody knows what is stored.
    virtual void write(const Changes& changes) = 0;

    virtual std::unique_ptr<const Reader> snapshot() const = 0;

    // Everything written so far is on disk when this returns.
    virtual void flush() = 0;
};

// An ordered map in memory: for tests, the simulator, audits and dry runs.
std::unique_ptr<Store> make_memory_store();

}  // namespace tanji::ledger
