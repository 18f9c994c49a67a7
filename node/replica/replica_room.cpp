#include "node/replica/replica.h"

// What a node still does when its disk runs full: it votes and answers heartbeats to the last, so
// that the others keep their majority; what grows the log goes elsewhere in time.
namespace tanji::node {

namespace {

constexpr std::uint32_t stand_in_ticks = 1'200;

}  // namespace

void StandIn::tick(bool leads, bool follows_a_leader) {
    if (leads) {
        leaderless_ = 0;
        left_ -= left_ > 0 ? 1 : 0;
    } else if (follows_a_leader) {
        leaderless_ = 0;
        left_ = 0;
    } else if (++leaderless_ >= patience_) {
        left_ = stand_in_ticks;
    }
}

void Replica::set_room(Room room) {
    if (room == room_) {
        return;
    }
    if (room_ == Room::enough) {
        stand_in_ = StandIn(settings_.raft.election_ticks);  // what was before is no reason
    }
    room_ = room;
    switch (room) {
        case Room::enough:
            ports_.observer.peer_event(0, "storage.room_again", "there is enough free space again");
            break;
        case Room::little:
            ports_.observer.peer_event(
                0, "storage.little_room", "free space is below storage.min_free_mb: others lead"
            );
            break;
        case Room::none:
            ports_.observer.peer_event(
                0,
                "storage.no_room",
                "the disk is nearly full: no blocks are taken, votes are given"
            );
            break;
    }
}

// Who is alone has nobody to hand over to, and would only stop answering reads.
bool Replica::has_room_to_lead() const {
    const consensus::Status status = raft_.status();
    const consensus::Membership& membership = status.membership;
    const bool is_alone = membership.voters.size() == 1 && membership.old_voters.empty();
    return room_ == Room::enough || is_alone || (room_ == Room::little && stand_in_.may_lead());
}

}  // namespace tanji::node
