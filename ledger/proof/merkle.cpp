#include "ledger/proof/merkle.h"

#include "ledger/value/crypto.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>

namespace tanji::ledger {
namespace {

constexpr ByteView leaf_prefix("\x00", 1);

// The largest power of two below `size`. REQUIRES: size >= 2.
std::uint64_t split_of(std::uint64_t size) {
    return std::bit_floor(size - 1);
}

// The root of leaves [first, first + count), where recursion by split_of has led there: its left
// halves are complete subtrees.
Hash range_root(std::uint64_t first, std::uint64_t count, const NodeReader& node) {
    assert(count > 0);
    if (std::has_single_bit(count)) {
        const int level = std::countr_zero(count);
        return node(level, first >> level);
    }
    const std::uint64_t left = split_of(count);
    const int level = std::countr_zero(left);
    return node_hash(node(level, first >> level), range_root(first + left, count - left, node));
}

NodeReader reader_of(std::span<const Hash> leaves) {
    return [leaves](int level, std::uint64_t index) {
        return tree_root(leaves.subspan(index << level, std::uint64_t{1} << level));
    };
}

constexpr std::string_view wrong_length = "the proof has the wrong number of hashes";

}  // namespace

Hash leaf_hash(ByteView entry) {
    return sha256(leaf_prefix, entry);
}

Hash node_hash(const Hash& left, const Hash& right) {
    std::array<char, 1 + 2 * Hash::length> bytes;
    bytes[0] = '\x01';
    std::ranges::copy(left.view(), bytes.begin() + 1);
    std::ranges::copy(right.view(), bytes.begin() + 1 + Hash::length);
    return sha256(ByteView(bytes.data(), bytes.size()));
}

Hash empty_root() {
    return sha256({});
}

std::optional<TreeBuilder> TreeBuilder::restore(TreeSize size, std::vector<Hash> edge) {
    if (edge.size() != static_cast<std::size_t>(std::popcount(size))) {
        return std::nullopt;
    }
    TreeBuilder tree;
    tree.size_ = size;
    tree.edge_ = std::move(edge);
    return tree;
}

void TreeBuilder::append(const Hash& leaf) {
    Hash made = leaf;
    for (TreeSize full = size_; (full & 1) != 0; full >>= 1) {
        made = node_hash(edge_.back(), made);
        edge_.pop_back();
    }
    edge_.push_back(made);
    ++size_;
}

void TreeBuilder::append(
    const Hash& leaf, const std::function<void(int level, std::uint64_t index, const Hash&)>& made
) {
    made(0, size_, leaf);
    Hash node = leaf;
    int level = 0;
    for (TreeSize full = size_; (full & 1) != 0; full >>= 1) {
        node = node_hash(edge_.back(), node);
        edge_.pop_back();
        ++level;
        made(level, size_ >> level, node);
    }
    edge_.push_back(node);
    ++size_;
}

Hash TreeBuilder::root() const {
    if (edge_.empty()) {
        return empty_root();
    }
    Hash root = edge_.back();
    for (std::size_t i = edge_.size() - 1; i-- > 0;) {
        root = node_hash(edge_[i], root);
    }
    return root;
}

Hash tree_root(std::span<const Hash> leaves) {
    TreeBuilder tree;
    for (const Hash& leaf : leaves) {
        tree.append(leaf);
    }
    return tree.root();
}

std::vector<Hash> inclusion_path(std::span<const Hash> leaves, std::uint64_t index) {
    return inclusion_proof(index, leaves.size(), reader_of(leaves));
}

std::vector<Hash> inclusion_proof(LeafIndex index, TreeSize size, const NodeReader& node) {
    assert(index < size);
    std::vector<Hash> path;
    std::uint64_t first = 0;
    std::uint64_t count = size;
    while (count > 1) {
        const std::uint64_t left = split_of(count);
        if (index < first + left) {
            path.push_back(range_root(first + left, count - left, node));
            count = left;
        } else {
            path.push_back(range_root(first, left, node));
            first += left;
            count -= left;
        }
    }
    std::ranges::reverse(path);
    return path;
}

std::vector<Hash> consistency_proof(TreeSize from, TreeSize to, const NodeReader& node) {
    assert(from <= to);
    std::vector<Hash> path;
    if (from == 0 || from == to) {
        return path;
    }
    std::uint64_t first = 0;
    std::uint64_t count = to;
    bool known_to_verifier = true;  // the subtree reached is the whole older tree
    while (from - first != count) {
        const std::uint64_t left = split_of(count);
        if (from <= first + left) {
            path.push_back(range_root(first + left, count - left, node));
            count = left;
        } else {
            path.push_back(range_root(first, left, node));
            first += left;
            count -= left;
            known_to_verifier = false;
        }
    }
    if (!known_to_verifier) {
        path.push_back(range_root(first, count, node));
    }
    std::ranges::reverse(path);
    return path;
}

Hash root_at(TreeSize size, const NodeReader& node) {
    return size == 0 ? empty_root() : range_root(0, size, node);
}

Result<Hash> fold(LeafIndex index, TreeSize size, const Hash& leaf, std::span<const Hash> path) {
    if (index >= size) {
        return refuse(
            ErrorCode::bad_request, "index {} lies outside a tree of {} leaves", index, size
        );
    }
    std::uint64_t at = index;
    std::uint64_t last = size - 1;
    Hash hash = leaf;
    for (const Hash& sibling : path) {
        if (last == 0) {
            return refuse(ErrorCode::bad_request, "{}", wrong_length);
        }
        if ((at & 1) != 0 || at == last) {
            hash = node_hash(sibling, hash);
            while ((at & 1) == 0 && at > 0) {
                at >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(hash, sibling);
        }
        at >>= 1;
        last >>= 1;
    }
    if (last != 0) {
        return refuse(ErrorCode::bad_request, "{}", wrong_length);
    }
    return hash;
}

Status verify_inclusion(
    LeafIndex index, TreeSize size, const Hash& leaf, std::span<const Hash> path, const Hash& root
) {
    auto reached = fold(index, size, leaf, path);
    if (!reached) {
        return refusal(reached);
    }
    if (*reached != root) {
        return refuse(ErrorCode::bad_request, "the path does not lead to the root");
    }
    return {};
}

Status verify_consistency(
    TreeSize from,
    TreeSize to,
    const Hash& from_root,
    const Hash& to_root,
    std::span<const Hash> path
) {
    if (from > to) {
        return refuse(ErrorCode::bad_request, "size {} comes after size {}", from, to);
    }
    if (from == to || from == 0) {
        if (!path.empty()) {
            return refuse(ErrorCode::bad_request, "{}", wrong_length);
        }
        if (from_root != (from == to ? to_root : empty_root())) {
            return refuse(ErrorCode::bad_request, "size {} has another root", from);
        }
        return {};
    }
    std::uint64_t at = from - 1;
    std::uint64_t last = to - 1;
    while ((at & 1) != 0) {
        at >>= 1;
        last >>= 1;
    }
    const bool from_is_complete =
        std::has_single_bit(from);  // then the verifier has the first hash
    if (path.empty()) {
        return refuse(ErrorCode::bad_request, "{}", wrong_length);
    }
    Hash old_root = from_is_complete ? from_root : path.front();
    Hash new_root = old_root;
    for (const Hash& sibling : path.subspan(from_is_complete ? 0 : 1)) {
        if (last == 0) {
            return refuse(ErrorCode::bad_request, "{}", wrong_length);
        }
        if ((at & 1) != 0 || at == last) {
            old_root = node_hash(sibling, old_root);
            new_root = node_hash(sibling, new_root);
            while ((at & 1) == 0 && at > 0) {
                at >>= 1;
                last >>= 1;
            }
        } else {
            new_root = node_hash(new_root, sibling);
        }
        at >>= 1;
        last >>= 1;
    }
    if (last != 0) {
        return refuse(ErrorCode::bad_request, "{}", wrong_length);
    }
    if (old_root != from_root || new_root != to_root) {
        return refuse(
            ErrorCode::bad_request, "the tree of {} does not begin with that of {}", to, from
        );
    }
    return {};
}

}  // namespace tanji::ledger
