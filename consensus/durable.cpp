#include "consensus/durable.h"

#include <cassert>

namespace tanji::consensus {

void Durable::writing(Index index, Token token) {
    assert(index == durable_ + pending_.size() + 1);
    assert(pending_.empty() || pending_.back() <= token);
    pending_.push_back(token);
}

void Durable::cut_from(Index index) {
    assert(index > 0);
    if (index <= durable_) {
        durable_ = index - 1;
        pending_.clear();
        return;
    }
    while (durable_ + pending_.size() >= index) {
        pending_.pop_back();
    }
}

void Durable::wrote(Token token) {
    while (!pending_.empty() && pending_.front() <= token) {
        pending_.pop_front();
        ++durable_;
    }
}

void Durable::reset(Index index) {
    durable_ = index;
    pending_.clear();
}

Token Durable::token_of(Index index) const {
    if (index <= durable_) {
        return {};
    }
    assert(index <= durable_ + pending_.size());
    return pending_[index - durable_ - 1];
}

}  // namespace tanji::consensus
