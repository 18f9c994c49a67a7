#pragma once

#include "consensus/ready.h"
#include "ledger/decoded_block.h"
#include "ledger/ledger.h"
#include "ledger/value/time.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

// What the loop needs of the world. The loop is pure over these: no disk, socket, clock or thread.
namespace tanji::node {

// A block on its way to disk and ledger.
struct SealedBlock {
    consensus::BlockRef ref;
    ledger::Bytes bytes;           // header and body
    ledger::DecodedBlock decoded;  // the same, prepared
};
using SealedBlockPtr = std::shared_ptr<const SealedBlock>;

// The head of a tree that this node is about to cosign.
struct CosignedHead {
    ledger::BlockIndex block = 0;
    ledger::TreeSize size = 0;
    ledger::Hash root;
    std::uint64_t time_s = 0;
};

// Writes in the order of the calls. What is in one call is durable together.
class Disk {
public:
    virtual ~Disk() = default;
    // Calls back Replica::wrote(token) when blocks, promise and mark are on disk.
    virtual void write(
        consensus::Token token,
        std::vector<SealedBlockPtr> blocks,
        std::optional<consensus::WritePromise> promise
    ) = 0;
    // Calls back Replica::head_marked() when the mark names the head.
    virtual void mark_head(const CosignedHead& head) = 0;
};

// Applies committed blocks in the order of the calls.
class Applier {
public:
    virtual ~Applier() = default;
    // Calls back Replica::applied(). The block is given, or, when it was found on disk at the
    // start, only named.
    virtual void apply(const consensus::BlockRef& ref, SealedBlockPtr block) = 0;
    // Keeps a certificate where views find it, then calls back Replica::certified().
    virtual void keep(const ledger::CheckpointCertificate& certificate) = 0;
};

class Clock {
public:
    virtual ~Clock() = default;
    virtual ledger::TimeMs now_ms() const = 0;
};

// What is worth a metric or a line of the log.
class Observer {
public:
    virtual ~Observer() = default;
    virtual void sealed(std::size_t commands, std::size_t bytes) = 0;
    virtual void certified(ledger::TreeSize size, std::int64_t took_ms) = 0;
    virtual void role_changed(const consensus::Status& status) = 0;
};

struct Ports {
    Disk& disk;
    Applier& applier;
    Clock& clock;
    Observer& observer;
};

}  // namespace tanji::node
