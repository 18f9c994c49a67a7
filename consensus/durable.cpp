#include "consensus/durable.h"

#include <cassert>

namespace tanji::consensus {

void Durable::writing(Index index, Token token) {
    assert(index == durable_ + pending_.size() + 1);
    assert(pending_.empty() || pending_.back() <= token);
    pending_.push_back(token);
}

void Durable::wrote(Token token) {
    while (!pending_.empty() && pending_.front() <= token) {
        pending_.pop_front();
        ++durable_;
    }
}

}  // namespace tanji::consensus
