#include "node/replica/divergence.h"

#include "ledger/value/json.h"

#include <algorithm>
#include <cassert>

namespace tanji::node {
namespace {

constexpr std::size_t remembered_sizes = 4;

bool is_majority(
    const std::vector<consensus::NodeId>& agreeing, const std::vector<consensus::NodeId>& list
) {
    const auto votes = std::ranges::count_if(list, [&](consensus::NodeId node) {
        return std::ranges::find(agreeing, node) != agreeing.end();
    });
    return 2 * static_cast<std::size_t>(votes) > list.size();
}

BlockView view_of(const ledger::BlockRow& row) {
    return {.hash = row.hash, .size = row.size, .root = row.root};
}

}  // namespace

void Dissents::heard(consensus::NodeId from, ledger::TreeSize size, const ledger::Hash& root) {
    std::deque<Said>& said = said_[from];
    std::erase_if(said, [&](const Said& one) { return one.size == size; });
    if (said.size() == remembered_sizes) {
        said.pop_front();
    }
    said.push_back({.size = size, .root = root});
}

bool Dissents::outvoted(const OwnTree& tree, const consensus::Membership& membership) const {
    std::map<std::pair<ledger::TreeSize, ledger::Hash>, std::vector<consensus::NodeId>> camps;
    for (const auto& [node, said] : said_) {
        for (const Said& one : said) {
            camps[{one.size, one.root}].push_back(node);
        }
    }
    return std::ranges::any_of(camps, [&](const auto& camp) {
        const auto& [size, root] = camp.first;
        return is_majority(camp.second, membership.voters) &&
               (!membership.is_joint() || is_majority(camp.second, membership.old_voters)) &&
               size <= tree.size && tree.root_at(size) != root;
    });
}

Bisection::Bisection(
    consensus::NodeId peer,
    ledger::BlockIndex agreed,
    ledger::BlockIndex differs,
    const BlockView& own,
    const BlockView& other
)
    : peer_(peer),
      low_(agreed),
      high_(differs),
      own_(own),
      other_(other),
      number_(1) {
    assert(agreed < differs);
}

std::optional<RootQuery> Bisection::question() const {
    if (high_ - low_ <= 1) {
        return std::nullopt;
    }
    return RootQuery{.request = number_, .block = low_ + (high_ - low_) / 2};
}

bool Bisection::answered(consensus::NodeId from, const RootReply& reply, const OwnTree& tree) {
    const auto open = question();
    if (!open || from != peer_ || reply.request != open->request ||
        (reply.block != 0 && reply.block != open->block)) {
        return false;
    }
    ++number_;
    const auto own = tree.row(open->block);
    if (reply.block == 0 || !own) {  // from before a snapshot: nothing can be said of it
        low_ = open->block;
        exact_ = false;
        return true;
    }
    const BlockView mine = view_of(*own);
    const BlockView theirs{.hash = reply.hash, .size = reply.size, .root = reply.root};
    if (mine == theirs) {
        low_ = open->block;
        exact_ = true;
    } else {
        high_ = open->block;
        own_ = mine;
        other_ = theirs;
    }
    return true;
}

std::optional<FirstDifference> Bisection::result() const {
    if (question()) {
        return std::nullopt;
    }
    return FirstDifference{.block = high_, .own = own_, .other = other_, .exact = exact_};
}

std::optional<ledger::CheckpointFork> fork_of(
    const ledger::CheckpointCertificate& own,
    const ledger::CheckpointCertificate& other,
    const OwnTree& tree,
    const std::function<std::vector<ledger::Hash>(ledger::TreeSize, ledger::TreeSize)>& consistency
) {
    if (other.size > own.size || own.size > tree.size) {
        return std::nullopt;
    }
    ledger::CheckpointFork fork{
        .a = other.note, .b = own.note, .prefix_root = {}, .prefix_proof = {}
    };
    if (other.size < own.size) {
        fork.prefix_root = tree.root_at(other.size);
        fork.prefix_proof = consistency(other.size, own.size);
    }
    return fork;
}

RootReply answer_of(const RootQuery& query, const OwnTree& tree) {
    const auto row = query.block <= tree.block ? tree.row(query.block) : std::nullopt;
    if (!row) {
        return {.request = query.request, .block = 0, .hash = {}, .size = 0, .root = {}};
    }
    return {
        .request = query.request,
        .block = query.block,
        .hash = row->hash,
        .size = row->size,
        .root = row->root,
    };
}

namespace {

void write_side(
    ledger::JsonWriter& out,
    std::string_view name,
    consensus::NodeId node,
    std::string_view program,
    const BlockView& block
) {
    out.name(name).open_object().member("node", node).member("program", program);
    out.member("block_hash", block.hash.hex()).member("size", block.size);
    out.member("root", ledger::to_base64(block.root.view())).close_object();
}

void write_leaf_hash(
    ledger::JsonWriter& out, std::string_view name, const std::optional<ledger::Hash>& hash
) {
    out.name(name);
    if (hash) {
        out.string(ledger::to_base64(hash->view()));
    } else {
        out.null();
    }
}

}  // namespace

std::string to_text(const DivergenceReport& report) {
    ledger::JsonWriter out;
    out.open_object().member("divergence", std::uint64_t{1});
    out.member("block", report.block.block).member("exact", report.block.exact);
    out.member("conflict", report.block.is_conflict());
    write_side(out, "own", report.self, report.own_program, report.block.own);
    write_side(out, "other", report.peer, report.peer_program, report.block.other);
    out.name("leaf");
    if (report.leaf) {
        out.open_object().member("index", report.leaf->leaf);
        write_leaf_hash(out, "own", report.leaf->own);
        write_leaf_hash(out, "other", report.leaf->other);
        out.close_object();
    } else {
        out.null();
    }
    return out.close_object().take() + '\n';
}

}  // namespace tanji::node
