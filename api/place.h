#pragma once

#include "api/gate.h"

#include <atomic>

namespace tanji::api {

// One of the places for requests in work, given back at the latest with its owner: also when a
// coroutine is destroyed. Without a gate it is none. Any thread may give it back.
class Place {
public:
    Place(Gate* gate, bool upload) : gate_(gate), upload_(upload) {}
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place() { give_back(); }

    void give_back() {
        if (Gate* gate = gate_.exchange(nullptr)) {
            gate->leave(upload_);
        }
    }

private:
    std::atomic<Gate*> gate_;
    bool upload_;
};

}  // namespace tanji::api
