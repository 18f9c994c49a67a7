#include "node/replica/cosigner.h"

#include "ledger/proof/checkpoint.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace tanji::node {
namespace {

constexpr ledger::TimeMs hold_ms = 2'000;

// A clock that was set back must not hold anything for ever.
bool has_passed(ledger::TimeMs since, ledger::TimeMs wait, ledger::TimeMs now) {
    return now < since || now - since >= wait;
}

}  // namespace

// What is known while one request is decided.
struct Cosigner::Question {
    ledger::TimeMs now = 0;
    const OwnTree& tree;
    const Electorate& electorate;
    const Condition& condition;
};

Cosigner::Cosigner(std::string name, const ledger::SigningKey& cosign, const CosignedHead& last)
    : name_(std::move(name)),
      cosign_(cosign),
      last_(last) {}

Cosigner::Step Cosigner::ask(
    consensus::NodeId from,
    const CosignRequest& request,
    ledger::TimeMs now,
    const OwnTree& tree,
    const Electorate& electorate,
    const Condition& condition
) {
    held_.erase(from);
    return decide(
        {.from = from, .request = request, .since = now}, {now, tree, electorate, condition}
    );
}

std::vector<Cosigner::Step> Cosigner::retry(
    ledger::TimeMs now,
    const OwnTree& tree,
    const Electorate& electorate,
    const Condition& condition
) {
    std::vector<Step> steps;
    for (auto& [from, asked] : std::exchange(held_, {})) {
        Step step = decide(asked, {now, tree, electorate, condition});
        if (step.mark || step.answer || step.tree_changed) {
            steps.push_back(std::move(step));
        }
    }
    return steps;
}

Cosigner::Step Cosigner::decide(const Asked& asked, const Question& question) {
    const OwnTree& tree = question.tree;
    const Condition& condition = question.condition;
    const auto refused = [&](std::string_view code, ledger::TreeSize size, const ledger::Hash& root
                         ) {
        Step step;
        step.answer = Answer{
            .to = asked.from,
            .reply =
                {.round = asked.request.round,
                 .code = std::string(code),
                 .line = {},
                 .size = size,
                 .root = root},
        };
        return step;
    };
    const auto refuse = [&](std::string_view code) { return refused(code, 0, {}); };

    const auto note = read_log_signed(asked.request.note, question.electorate);
    if (!note) {
        return refuse("not_a_voter");
    }
    const auto& [origin, size, root] = note->checkpoint;

    // Without the name of a block, a size beyond the own tree is all that can be waited for.
    ledger::BlockIndex block = asked.request.block;
    const bool ahead = block > tree.block || (block == 0 && size > tree.size);
    if (ahead) {
        if (asked.from == 0 || has_passed(asked.since, hold_ms, question.now)) {
            return refuse("behind");
        }
        held_[asked.from] = asked;
        return {};
    }
    auto row = block == 0 ? std::nullopt : tree.row(block);
    if (!row || row->size != size) {
        const auto found = tree.boundary(size);
        if (!found && size <= tree.size && tree.root_at(size) == root) {
            return refuse("behind");  // the same tree, in the middle of a block
        }
        if (found) {
            block = *found;
            row = tree.row(block);
        }
    }
    if (size < last_.size) {
        return refuse("smaller");
    }
    if (size > tree.size) {  // after the same block the own tree is a smaller one
        return refused(
            "divergent", row ? row->size : tree.size, row ? row->root : tree.root_at(tree.size)
        );
    }
    if (const ledger::Hash own = tree.root_at(size); own != root) {
        return refused("divergent", size, own);
    }
    if (last_.size > 0 && tree.root_at(last_.size) != last_.root) {
        Step stop;
        stop.tree_changed = true;
        return stop;
    }
    const auto is_faulty = [&](const ledger::PublicKey& log) {
        return std::ranges::find(condition.faulty, log) != condition.faulty.end();
    };
    if (std::ranges::any_of(note->logs, is_faulty)) {
        return refuse("leader_fault");
    }
    assert(row && row->size == size);
    if (row->time > question.now + condition.max_skew_ms) {
        return refuse("time_ahead");
    }
    if (!condition.fit || condition.quarantined) {
        return refuse(condition.fit ? "quarantined" : "recovering");
    }
    last_ = {
        .block = block,
        .size = size,
        .root = root,
        .time_s = std::max(
            last_.time_s,
            static_cast<std::uint64_t>(std::max<ledger::TimeMs>(question.now, 0)) / 1000
        ),
    };
    promised_.push_back(
        {.to = asked.from,
         .round = asked.request.round,
         .checkpoint = note->checkpoint,
         .head = last_}
    );
    Step step;
    step.mark = last_;
    return step;
}

std::vector<Cosigner::Answer> Cosigner::marked(const CosignedHead& head) {
    std::vector<Answer> answers;
    while (!promised_.empty()) {
        const Promised& promised = promised_.front();
        if (promised.head.size > head.size || promised.head.time_s > head.time_s) {
            break;
        }
        const ledger::NoteLine line =
            ledger::cosign_checkpoint(promised.checkpoint, name_, cosign_, promised.head.time_s);
        answers.push_back({
            .to = promised.to,
            .reply =
                {.round = promised.round,
                 .code = {},
                 .line = ledger::to_text(line),
                 .size = promised.head.size,
                 .root = promised.head.root},
        });
        promised_.pop_front();
    }
    return answers;
}

void Cosigner::forget_askers() {
    held_.clear();
}

}  // namespace tanji::node
