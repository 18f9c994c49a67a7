#include "tests/simulation/sim_disk.h"

#include "node/replica/admission.h"

#include <algorithm>
#include <cassert>
#include <tuple>
#include <utility>

namespace tanji::simulation {

SimDisk::SimDisk(Timeline& timeline, const Weather& weather, std::uint64_t seed, std::uint64_t node)
    : timeline_(timeline),
      weather_(weather),
      draw_(seed, "disk", node),
      node_(node),
      canary_(weather.canary) {}

bool SimDisk::holds(Index index, const consensus::Hash& hash) const {
    return index >= 1 && index <= refs_.size() && readable_[index - 1] &&
           refs_[index - 1].hash == hash;
}

bool SimDisk::holds_all(Index index, const consensus::Hash& hash) const {
    return index < first_ ||
           (holds(index, hash) && std::all_of(
                                      readable_.begin(),
                                      readable_.begin() + static_cast<std::ptrdiff_t>(index),
                                      [](bool readable) { return readable; }
                                  ));
}

std::optional<consensus::Membership> SimDisk::membership() const {
    for (std::size_t i = refs_.size(); i > 0; --i) {
        if (refs_[i - 1].membership) {
            return refs_[i - 1].membership;
        }
    }
    return std::nullopt;
}

void SimDisk::format(const node::BlockBytes& genesis, const consensus::BlockId& id) {
    const auto header = ledger::decode_header(genesis->substr(0, ledger::header_bytes));
    blocks_ = {genesis};
    refs_ = {node::ref_of(*header, genesis->size())};
    readable_ = {true};
    mark_.seq = 1;
    mark_.block = id;
    mark_before_ = mark_;
}

void SimDisk::end_at(consensus::Restored& restored, Index last) {
    const Index before = restored.log.front().at.index - 1;
    const Index kept = std::max(last, before + 1) - before;
    restored.log.resize(std::min<std::size_t>(restored.log.size(), kept));
    std::erase_if(restored.starts, [last](const consensus::Position& start) {
        return start.index > last;
    });
}

SimDisk::Found SimDisk::found() const {
    Found result;
    consensus::Restored& restored = result.restored;
    const Index base = std::max<Index>(first_, 2) - 1;  // its header is kept
    for (std::size_t i = base - 1; i < blocks_.size() && readable_[i]; ++i) {
        const consensus::BlockRef& ref = refs_[i];
        if (i >= base && ref.prev != refs_[i - 1].hash) {
            break;
        }
        if (restored.starts.empty() || restored.starts.back().term < ref.at.term) {
            restored.starts.push_back(ref.at);
        }
        restored.log.push_back(ref);
    }
    const consensus::BlockId marked = mark_.block;
    const bool reaches = marked.at.index <= restored.log.back().at.index;
    const bool there = marked.at.index < base || (first_ > 1 && marked.at.index == base) ||
                       (reaches && refs_.at(marked.at.index - 1).hash == marked.hash);
    const bool contradicted = !there && restored.log.back().at.term > marked.at.term;
    if (reaches && !there && !contradicted) {
        end_at(restored, marked.at.index - 1);
    }
    result.fit = there || contradicted;
    return result;
}

SimDisk::Found SimDisk::open(Heard heard) {
    heard_ = std::move(heard);
    Found opened = found();
    consensus::Restored& restored = opened.restored;
    const consensus::BlockId last = id_of(restored.log.back());
    next_ = mark_;
    next_.incarnation += 1;
    const auto promised =
        std::max(std::pair(mark_.term, mark_.vote), std::pair(promised_term_, promised_vote_));
    std::tie(next_.term, next_.vote) =
        last.at.term > promised.first ? std::pair(last.at.term, node_) : promised;
    if (opened.fit) {
        next_.block = last;
    }
    put_promise();
    put_mark();
    restored.term = mark_.term;
    restored.vote = mark_.vote == 0 ? std::nullopt : std::optional(mark_.vote);
    restored.marked = mark_.block;
    restored.first = first_;
    restored.floor = mark_.cosigned.block;
    return opened;
}

void SimDisk::begin_after(const std::vector<node::BlockBytes>& blocks) {
    std::vector<consensus::BlockRef> refs;
    for (const node::BlockBytes& bytes : blocks) {
        const auto decoded = ledger::decode_block(*bytes, {});
        refs.push_back(node::ref_of(*decoded, bytes->size()));
    }
    const bool leads_there = found().restored.log.back().at.index >= blocks.size();
    const bool is_there = first_ <= blocks.size() + 1 && holds(blocks.size(), refs.back().hash);
    if (leads_there && is_there) {
        return;
    }
    // What cannot be read is rebuilt first, and ends before it; what only contradicts the mark is
    // pruned with it.
    if (is_there && std::ranges::all_of(readable_, std::identity())) {
        first_ = blocks.size() + 1;
        return;
    }
    blocks_ = blocks;
    refs_ = std::move(refs);
    readable_.assign(blocks_.size(), true);
    first_ = blocks_.size() + 1;
}

void SimDisk::begin_like_newcomer() {
    blocks_.resize(1);
    refs_.resize(1);
    readable_.assign(1, true);
    first_ = 1;
}

Micros SimDisk::latency() {
    // At most five seconds: what is under way when the disk is mended has to end, too.
    const Micros mean = slow_ ? 100 * weather_.sync_mean : weather_.sync_mean;
    return 20 + std::min<Micros>(draw_.about(mean), 5 * second);
}

void SimDisk::write(node::DiskWrite write) {
    waiting_.token = write.token;
    if (!write.blocks.empty()) {
        const Index first = write.blocks.front()->ref.at.index;
        std::erase_if(waiting_.blocks, [&](const node::SealedBlockPtr& block) {
            return block->ref.at.index >= first;
        });
        waiting_.blocks.insert(waiting_.blocks.end(), write.blocks.begin(), write.blocks.end());
    }
    if (write.promise) {
        waiting_.promise = write.promise;
    }
    if (write.mark) {
        waiting_.mark = write.mark;
    }
    if (canary_) {
        timeline_.after(1, [this, life = life_, token = write.token] {
            if (life == life_) {
                heard_.wrote(token);
            }
        });
    }
    begin();
}

void SimDisk::mark_head(const node::CosignedHead& head) {
    waiting_.head = head;
    begin();
}

void SimDisk::begin() {
    if (stage_ != Stage::idle || waiting_.empty()) {
        return;
    }
    flying_ = std::exchange(waiting_, {});
    if (flying_.promise) {
        next_.term = flying_.promise->term;
        next_.vote = flying_.promise->vote.value_or(0);
    }
    if (flying_.mark) {
        next_.block = *flying_.mark;
    }
    if (flying_.head) {
        next_.cosigned = *flying_.head;
    }
    stage_ = Stage::log;
    const bool has_log = !flying_.blocks.empty() || flying_.promise;
    timeline_.after(has_log ? latency() : 0, [this, life = life_] {
        if (life != life_) {
            return;
        }
        put_log();
        stage_ = Stage::mark;
        timeline_.after(latency(), [this, life] {
            if (life == life_) {
                put_mark();
                finish();
            }
        });
    });
}

// One atomic write: what it replaces is gone with it.
void SimDisk::put_log() {
    if (!flying_.blocks.empty()) {
        const Index first = flying_.blocks.front()->ref.at.index;
        assert(first >= 2 && first <= blocks_.size() + 1);
        blocks_.resize(first - 1);
        refs_.resize(first - 1);
        readable_.resize(first - 1);
        for (const node::SealedBlockPtr& block : flying_.blocks) {
            blocks_.push_back(block->bytes);
            refs_.push_back(block->ref);
            readable_.push_back(true);
        }
    }
    if (flying_.promise) {
        put_promise();
    }
}

// Beside the blocks, and the mark that follows it.
void SimDisk::put_promise() {
    promised_term_ = next_.term;
    promised_vote_ = next_.vote;
    promised_seq_ = mark_.seq + 1;
}

void SimDisk::put_mark() {
    next_.seq = mark_.seq + 1;
    mark_before_ = std::exchange(mark_, next_);
    heard_.marked(mark_);
}

void SimDisk::finish() {
    stage_ = Stage::idle;
    const Waiting done = std::exchange(flying_, {});
    if (done.token.value != 0 && !canary_) {
        heard_.wrote(done.token);
    }
    if (done.head) {
        heard_.head_marked(*done.head);
    }
    begin();
}

void SimDisk::read(
    Index first, std::uint64_t count, std::uint64_t bytes_max, node::Disk::Read done
) {
    timeline_.after(
        latency() / 2,
        [this, life = life_, first, count, bytes_max, done = std::move(done)] {
            if (life != life_) {
                return;
            }
            std::vector<node::BlockBytes> found;
            std::uint64_t bytes = 0;
            for (Index i = first; i >= first_ && i < first + count && i <= blocks_.size(); ++i) {
                bytes += blocks_[i - 1]->size();
                if (!readable_[i - 1] || (!found.empty() && bytes > bytes_max)) {
                    break;
                }
                found.push_back(blocks_[i - 1]);
            }
            done(std::move(found));
        }
    );
}

void SimDisk::crash() {
    ++life_;
    if (stage_ == Stage::log && draw_.coin()) {
        put_log();
    } else if (stage_ == Stage::mark && draw_.coin()) {
        put_mark();
    }
    stage_ = Stage::idle;
    flying_ = {};
    waiting_ = {};
}

void SimDisk::damage_block(Index index) {
    readable_.at(index - 1) = index < first_;
}

void SimDisk::cut_tail(Index least) {
    const Index last = std::max(least, first_ - 1);
    blocks_.resize(last);
    refs_.resize(last);
    readable_.resize(last);
}

void SimDisk::damage_mark() {
    mark_ = mark_before_;
    lost_ = lost_ || promised_seq_ > mark_.seq + 1;  // open_storage refuses it as rolled back
}

}  // namespace tanji::simulation
