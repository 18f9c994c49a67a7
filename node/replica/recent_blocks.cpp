#include "node/replica/recent_blocks.h"

#include <utility>

namespace tanji::node {
namespace {

constexpr std::size_t applied_max = 512;
constexpr std::uint64_t bytes_max = 32U << 20U;

}  // namespace

const RecentBlocks::Kept* RecentBlocks::find(consensus::Index index) const {
    if (index < first_ || index >= first_ + kept_.size()) {
        return nullptr;
    }
    return &kept_[index - first_];
}

void RecentBlocks::put(SealedBlockPtr block) {
    const consensus::Index index = block->ref.at.index;
    if (kept_.empty() || index < first_ || index > first_ + kept_.size()) {
        kept_.clear();
        kept_bytes_ = 0;
        first_ = index;
    }
    while (first_ + kept_.size() > index) {
        kept_bytes_ -= kept_.back().bytes->size();
        kept_.pop_back();
    }
    kept_bytes_ += block->bytes->size();
    BlockBytes bytes = block->bytes;
    kept_.push_back({.sealed = std::move(block), .bytes = std::move(bytes)});
}

SealedBlockPtr RecentBlocks::unapplied(consensus::Index index) const {
    const Kept* kept = find(index);
    return kept == nullptr ? nullptr : kept->sealed;
}

BlockBytes RecentBlocks::bytes(consensus::Index index) const {
    const Kept* kept = find(index);
    return kept == nullptr ? nullptr : kept->bytes;
}

void RecentBlocks::applied(consensus::Index index) {
    for (consensus::Index i = std::max(applied_ + 1, first_); i <= index; ++i) {
        if (i < first_ + kept_.size()) {
            kept_[i - first_].sealed = nullptr;
        }
    }
    applied_ = std::max(applied_, index);
    const auto is_spare = [&] {
        return !kept_.empty() && first_ <= applied_ &&
               (applied_ - first_ >= applied_max || kept_bytes_ > bytes_max);
    };
    while (is_spare()) {
        kept_bytes_ -= kept_.front().bytes->size();
        kept_.pop_front();
        ++first_;
    }
}

}  // namespace tanji::node
