#pragma once

#include "ledger/prepared.h"
#include "node/replica/peer_message.h"
#include "node/replica/waiters.h"

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

namespace tanji::node {

// Commands that this node took and that are not applied here yet. Whoever leads gets them: this
// node's own sealer, or the leader, one hop away; again under each new leader, and again after 1, 2
// and 4 seconds, because messages get lost. The ledger executes an id once, however often it comes.
class Forwarding {
public:
    // False if these very bytes are under way already.
    bool add(std::shared_ptr<const ledger::Prepared> command, ledger::TimeMs until);
    bool has(const Waiters::Bytes& command) const { return taken_.contains(command); }
    // It has an outcome here, or never will by this way.
    void finished(const Waiters::Bytes& command);
    void expire(ledger::TimeMs now);
    std::size_t size() const { return taken_.size(); }
    // What they hold: payloads, records and signatures.
    std::uint64_t bytes() const { return bytes_; }
    // Those that would expire by then.
    std::size_t due_by(ledger::TimeMs until) const;

    // Those that the leader of this term has not got, or may have lost; in messages of at most
    // 1 MiB or one command.
    std::vector<Forward> due(consensus::Term term, ledger::TimeMs now);
    // The same for this node itself, when it leads: each command once per term.
    std::vector<std::shared_ptr<const ledger::Prepared>> due_here(consensus::Term term);
    // The commands of that message.
    std::vector<Waiters::Bytes> of(std::uint64_t request) const;
    // Whether one message at most may have brought it to a leader.
    bool was_sent_once(const Waiters::Bytes& command) const;
    // The leader could not take it yet: it is sent again in a moment.
    void again_soon(const Waiters::Bytes& command, ledger::TimeMs now);

private:
    struct Entry {
        std::shared_ptr<const ledger::Prepared> command;
        ledger::TimeMs until = 0;
        consensus::Term sent_in = 0;
        std::uint64_t request = 0;
        ledger::TimeMs again_at = 0;
        ledger::TimeMs wait = 0;
        std::uint64_t times_sent = 0;
    };

    using Taken = std::map<Waiters::Bytes, Entry>;
    Taken::iterator forget(Taken::iterator entry);

    Taken taken_;
    std::uint64_t bytes_ = 0;  // of all that are taken
    std::uint64_t request_ = 0;
    consensus::Term looked_in_ = 0;  // the term whose leader has been told of all but the new ones
    ledger::TimeMs look_again_at_ = 0;
    std::vector<Waiters::Bytes> new_;
};

}  // namespace tanji::node
