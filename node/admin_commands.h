#pragma once

#include <string>

namespace tanji::node {

// What the subcommands that talk to the admin listener were told.
struct AdminOptions {
    std::string url = "http://127.0.0.1:8462";
    bool json = false;  // what the node answered, as it is
    std::string to;     // transfer: a member or the number of a node; empty: who has most
    std::string level;  // log-level
};

// Each asks the node and prints what it says: a sentence or a table on stdout, why not on stderr.
// Returns the exit status: 0, 1 (refused), 5 (no answer).
int run_status(const AdminOptions& options);
int run_transfer(const AdminOptions& options);
int run_drain(const AdminOptions& options);
int run_log_level(const AdminOptions& options);

// The body of GET /admin/status as a table for people.
std::string status_table(const std::string& body);

}  // namespace tanji::node
