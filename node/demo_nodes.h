#pragma once

#include "node/demo.h"
#include "node/node.h"
#include "node/setup.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tanji::node {

// The alliance of a demo: its folder, and its nodes, of which some may be stopped. Nodes are
// counted from 0 here. What cannot be done is thrown as DemoFailed.
class DemoNodes {
public:
    // Makes the folder with keys, genesis and a data directory for each node.
    explicit DemoNodes(const DemoOptions& options);
    // Stops what runs; a folder that was not to be kept goes.
    ~DemoNodes();
    DemoNodes(const DemoNodes&) = delete;
    DemoNodes& operator=(const DemoNodes&) = delete;

    void start(std::size_t node);
    void start_all();
    // As a signal would; a leader hands over.
    void stop(std::size_t node);
    // Until every node that is up is ready.
    void wait_until_ready();
    // Gives every node the read tokens of the members that look into batches and accounts.
    void add_tokens();

    std::size_t size() const { return nodes_.size(); }
    std::size_t up() const;
    bool is_up(std::size_t node) const { return nodes_.at(node) != nullptr; }
    // REQUIRES: it is up.
    Node& node(std::size_t node) const { return *nodes_.at(node); }
    Node& any() const;
    // The node that leads, as those that are up see it; nothing within `patience_ms`: none.
    std::optional<std::size_t> leader(std::int64_t patience_ms = 0) const;
    // How many must be up to commit, and to certify.
    std::size_t majority() const { return size() / 2 + 1; }
    std::size_t quorum() const;

    const DemoAlliance& alliance() const { return alliance_; }
    const std::string& member(std::size_t node) const {
        return alliance_.genesis.nodes.at(node).member;
    }
    bool is_temporary() const { return temporary_; }
    const std::string& folder() const { return folder_; }
    std::string file(std::string_view name) const;
    std::string folder_of(std::size_t node) const;
    std::uint16_t port(std::size_t node) const;
    std::string url(std::size_t node = 0) const;
    std::string admin_url(std::size_t node = 0) const;

private:
    void make_folder();
    void remove_folder_if_temporary() const;
    void write_alliance();
    void write_keys() const;
    void make_storage(std::size_t node) const;
    Config config_of(std::size_t node) const;

    DemoOptions options_;
    std::string folder_;
    bool temporary_ = false;
    DemoAlliance alliance_;
    std::vector<std::unique_ptr<Logger>> loggers_;
    std::vector<std::unique_ptr<Node>> nodes_;  // null while it is stopped
};

}  // namespace tanji::node
