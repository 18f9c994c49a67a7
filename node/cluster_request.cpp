#include "node/cluster_request.h"

#include "ledger/value/ids.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include <fmt/format.h>

namespace tanji::node {
namespace {

using ledger::ErrorCode;
using ledger::refuse;
using ledger::Result;
using ledger::Status;

constexpr std::size_t voters_max = 15;

std::vector<std::string> split(const std::string& text, char at) {
    std::vector<std::string> parts(1);
    for (const char letter : text) {
        if (letter == at) {
            parts.emplace_back();
        } else {
            parts.back() += letter;
        }
    }
    return parts;
}

bool is_reachable(std::string_view address) {
    const auto colon = address.rfind(':');
    if (colon == std::string_view::npos || colon == 0) {
        return false;
    }
    const std::string_view digits = address.substr(colon + 1);
    std::uint16_t port = 0;
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    return read.ec == std::errc{} && read.ptr == digits.data() + digits.size() && port > 0;
}

Status check_members(const ClusterRequest& request) {
    std::set<std::string> seen;
    for (const std::string& member : request.members) {
        if (!ledger::is_member_slug(member)) {
            return refuse(
                ErrorCode::internal,
                "--members: `{}` cannot name a member: 2 to 32 of a-z, 0-9, -, the first a letter",
                member
            );
        }
        if (!seen.insert(member).second) {
            return refuse(ErrorCode::internal, "--members: {} stands there twice", member);
        }
    }
    if (seen.empty() || seen.size() > voters_max) {
        return refuse(ErrorCode::internal, "--members: an alliance has 1 to {} voters", voters_max);
    }
    return {};
}

// Under which address the others reach each member.
Result<std::map<std::string, std::string>> read_addresses(const ClusterRequest& request) {
    std::map<std::string, std::string> addresses;
    for (const std::string& text : request.addresses) {
        const auto equals = text.find('=');
        const std::string member = text.substr(0, equals);
        const std::string address = equals == std::string::npos ? "" : text.substr(equals + 1);
        if (!is_reachable(address)) {
            return refuse(ErrorCode::internal, "--address: `{}` is no member=host:port", text);
        }
        if (std::ranges::find(request.members, member) == request.members.end()) {
            return refuse(ErrorCode::internal, "--address: {} is none of --members", member);
        }
        if (!addresses.emplace(member, address).second) {
            return refuse(ErrorCode::internal, "--address: {} stands there twice", member);
        }
    }
    for (const std::string& member : request.members) {
        if (!addresses.contains(member)) {
            return refuse(
                ErrorCode::internal,
                "--address {}=host:port is missing; --loopback puts all nodes on this machine",
                member
            );
        }
    }
    return addresses;
}

}  // namespace

Result<std::vector<ClusterNode>> place_nodes(const ClusterRequest& request) {
    if (auto checked = check_members(request); !checked) {
        return ledger::refusal(checked);
    }
    std::vector<ClusterNode> nodes;
    if (!request.loopback) {
        const auto addresses = read_addresses(request);
        if (!addresses) {
            return std::unexpected(addresses.error());
        }
        for (const std::string& member : request.members) {
            nodes.push_back({
                .member = member,
                .folder = {},
                .api = "127.0.0.1:8460",
                .peers = addresses->at(member),
                .admin = "127.0.0.1:8462",
            });
        }
        return nodes;
    }
    if (!request.addresses.empty()) {
        return refuse(ErrorCode::internal, "--loopback and --address exclude each other");
    }
    if (request.port == 0 || request.port + 10 * request.members.size() > UINT16_MAX) {
        return refuse(ErrorCode::internal, "--port {} leaves no room", request.port);
    }
    for (const std::string& member : request.members) {
        const auto port = request.port + 10 * nodes.size();
        nodes.push_back({
            .member = member,
            .folder = {},
            .api = fmt::format("127.0.0.1:{}", port),
            .peers = fmt::format("127.0.0.1:{}", port + 1),
            .admin = fmt::format("127.0.0.1:{}", port + 2),
        });
    }
    return nodes;
}

Result<NamedGrant> read_role(const std::string& text) {
    const std::vector<std::string> parts = split(text, ':');
    if (parts.size() < 2 || parts.size() > 4) {
        return refuse(
            ErrorCode::internal, "--role {}: wants member:role[:scope,scope[:rank]]", text
        );
    }
    NamedGrant named;
    named.member = parts[0];
    const auto role = ledger::role_of(parts[1]);
    if (!role) {
        return refuse(
            ErrorCode::internal,
            "--role {}: `{}` is none of operator, provider, verifier, merchant, programme, "
            "registrar",
            text,
            parts[1]
        );
    }
    named.grant.role = *role;
    if (parts.size() > 2 && !parts[2].empty()) {
        named.grant.scope = split(parts[2], ',');
        std::ranges::sort(named.grant.scope);
    }
    for (const std::string& scope : named.grant.scope) {
        if (!ledger::is_slug(scope)) {
            return refuse(ErrorCode::internal, "--role {}: `{}` is no slug", text, scope);
        }
    }
    const bool ranked = *role == ledger::Role::provider;
    const auto rank = parts.size() == 4 ? ledger::rank_of(parts[3]) : std::nullopt;
    if (ranked != rank.has_value() || (!ranked && parts.size() == 4)) {
        return refuse(
            ErrorCode::internal,
            "--role {}: a provider, and nobody else, has a rank: operator, payer, app",
            text
        );
    }
    named.grant.rank = rank.value_or(ledger::Rank::none);
    return named;
}

}  // namespace tanji::node
