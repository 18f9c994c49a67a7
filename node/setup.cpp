#include "node/setup.h"

#include "ledger/decoded_block.h"
#include "ledger/proof/checkpoint.h"
#include "node/joining.h"
#include "node/storage/file.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstdlib>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <sys/stat.h>

namespace tanji::node {
namespace {

using ledger::ErrorCode;

constexpr std::size_t key_bytes_max = 16 * 1024;
constexpr unsigned secret_mode = 0600;
constexpr unsigned public_mode = 0644;

std::string key_path(const std::string& folder, std::string_view name) {
    return fmt::format("{}/{}.key", folder, name);
}

// The node's keys: those that are there, or new ones; never some of each.
ledger::Result<NodeKeys> provide_node_keys(
    const std::string& folder, std::vector<std::string>& written
) {
    constexpr std::array<std::string_view, 3> names{"log", "cosign", "peer"};
    const auto there = std::ranges::count_if(names, [&](std::string_view name) {
        return exists(key_path(folder, name));
    });
    if (there == 0) {
        NodeKeys keys = generate_node_keys();
        if (auto done = write_node_keys(folder, keys); !done) {
            return ledger::refusal(done);
        }
        for (const std::string_view name : names) {
            written.push_back(key_path(folder, name));
        }
        return keys;
    }
    auto log = read_key(key_path(folder, "log"));
    auto cosign = read_key(key_path(folder, "cosign"));
    auto peer = read_key(key_path(folder, "peer"));
    for (auto* key : {&log, &cosign, &peer}) {
        if (!*key) {
            return ledger::refusal(*key);
        }
    }
    return NodeKeys{*log, *cosign, *peer};
}

ledger::Result<ledger::SigningKey> provide_member_key(
    const std::string& path, std::vector<std::string>& written
) {
    if (exists(path)) {
        return read_key(path);
    }
    const auto key = ledger::SigningKey::generate();
    if (auto done = write_key(path, key); !done) {
        return ledger::refusal(done);
    }
    written.push_back(path);
    return key;
}

// The file of an alliance whose only node is this one.
ledger::Result<std::string> found_alliance(
    const InitRequest& request, const NodeKeys& keys, std::vector<std::string>& written
) {
    const auto key = provide_member_key(key_path(request.out, request.member), written);
    if (!key) {
        return std::unexpected(key.error());
    }
    const auto or_slug = [&](const std::string& text) {
        return text.empty() ? request.member : text;
    };
    std::vector<Founder> founders = request.others;
    founders.push_back(
        {.member = request.member,
         .name_en = or_slug(request.name_en),
         .name_zh = or_slug(request.name_zh),
         .region = request.region,
         .key = key->public_key(),
         .roles = request.roles}
    );
    if (request.roles.empty()) {
        founders.back().roles = {{.role = ledger::Role::operator_, .scope = {}}};
    }
    const std::string origin =
        request.origin.empty() ? request.member + ".example/ledger" : request.origin;
    ledger::Genesis genesis = make_genesis(
        or_slug(request.name_en),
        or_slug(request.name_zh),
        origin,
        request.time,
        std::move(founders),
        request.schemes
    );
    add_node(genesis, request.member, request.address, keys);
    return genesis_text(genesis);
}

ledger::Status write_new(
    const std::string& path, std::string_view text, std::vector<std::string>& written
) {
    auto done = write_file(path, text, public_mode, Existing::refuse);
    if (done) {
        written.push_back(path);
    }
    return done;
}

// The entry that governance admits, for the node and for those who sign.
ledger::Result<std::uint64_t> introduce(
    const InitRequest& request,
    ledger::ByteView file,
    const NodeKeys& keys,
    std::vector<std::string>& written
) {
    const auto genesis = ledger::read_genesis(file);
    if (!genesis) {
        return std::unexpected(genesis.error());
    }
    if (request.join <= genesis->nodes.size()) {
        return ledger::refuse(
            ErrorCode::internal, "genesis names node {}: a number is used once", request.join
        );
    }
    if (std::ranges::find(genesis->members, request.member, &ledger::Member::member) ==
        genesis->members.end()) {
        return ledger::refuse(ErrorCode::internal, "genesis names no member {}", request.member);
    }
    const std::string entry = to_text(joining_node(
        *genesis, request.join, request.member, request.address, !request.learner, keys
    ));
    auto status = write_new(joining_file(request.data_dir), entry, written);
    if (status) {
        const auto path = fmt::format("{}/node-{}.json", request.out, request.join);
        status = write_new(path, entry, written);
    }
    if (!status) {
        return ledger::refusal(status);
    }
    return request.join;
}

}  // namespace

NodeKeys generate_node_keys() {
    return {
        ledger::SigningKey::generate(),
        ledger::SigningKey::generate(),
        ledger::SigningKey::generate()
    };
}

ledger::Status write_key(const std::string& path, const ledger::SigningKey& key) {
    return write_file(path, key.to_pem(), secret_mode, Existing::refuse);
}

ledger::Status write_node_keys(const std::string& folder, const NodeKeys& keys) {
    const std::array<std::pair<std::string_view, const ledger::SigningKey*>, 3> named{{
        {"log", &keys.log},
        {"cosign", &keys.cosign},
        {"peer", &keys.peer},
    }};
    for (const auto& [name, key] : named) {
        if (auto done = write_key(key_path(folder, name), *key); !done) {
            return done;
        }
    }
    return {};
}

ledger::Result<ledger::SigningKey> read_key(const std::string& path) {
    const auto pem = read_file(path, key_bytes_max);
    if (!pem) {
        return std::unexpected(pem.error());
    }
    if (!*pem) {
        return ledger::refuse(ErrorCode::internal, "there is no key {}", path);
    }
    // systemd hands credentials over with an ACL, whose mask looks like rights of a group.
    const char* credentials = std::getenv("CREDENTIALS_DIRECTORY");
    const bool handed_over = credentials != nullptr && path.starts_with(credentials);
    struct stat found{};
    const mode_t others = handed_over ? 0007 : 0077;
    if (::stat(path.c_str(), &found) != 0 || (found.st_mode & others) != 0) {
        return ledger::refuse(
            ErrorCode::internal, "{} may be read by others: chmod 600 {}", path, path
        );
    }
    auto key = ledger::SigningKey::from_pem(**pem);
    if (!key) {
        key.error().detail = fmt::format("{}: {}", path, key.error().detail);
    }
    return key;
}

void add_node(
    ledger::Genesis& genesis,
    const std::string& member,
    const std::string& address,
    const NodeKeys& keys
) {
    const std::string cosigner = ledger::cosigner_name(genesis.origin, member);
    genesis.nodes.push_back(
        {.node = genesis.nodes.size() + 1,
         .member = member,
         .address = address,
         .log = ledger::to_vkey(ledger::log_key(genesis.origin, keys.log.public_key())),
         .cosign = ledger::to_vkey(ledger::cosign_key(cosigner, keys.cosign.public_key())),
         .peer = keys.peer.public_key()}
    );
}

ledger::Result<std::uint64_t> node_with_log_key(
    ledger::ByteView genesis, const ledger::PublicKey& log_key
) {
    auto read = ledger::read_genesis(genesis);
    if (!read) {
        return ledger::refusal(read);
    }
    const std::string vkey = ledger::to_vkey(ledger::log_key(read->origin, log_key));
    const auto found = std::ranges::find(read->nodes, vkey, &ledger::GenesisNode::log);
    if (found == read->nodes.end()) {
        return ledger::refuse(
            ErrorCode::internal, "the genesis file lists no node with the log key {}", vkey
        );
    }
    return found->node;
}

ledger::Result<FirstBlock> first_block_of(ledger::ByteView file) {
    const auto genesis = ledger::read_genesis(file);
    if (!genesis) {
        return std::unexpected(genesis.error());
    }
    FirstBlock first;
    first.bytes = ledger::genesis_block(file, genesis->time);
    const auto header =
        ledger::decode_header(ledger::ByteView(first.bytes).substr(0, ledger::header_bytes));
    first.hash = ledger::hash_of(*header);
    return first;
}

ledger::Result<InitDone> init_node(const InitRequest& request, const MakeFirstBlock& first_block) {
    if (!ledger::is_member_slug(request.member)) {
        return ledger::refuse(ErrorCode::internal, "`{}` cannot name a member", request.member);
    }
    InitDone done;
    const DataDirectory directory{request.data_dir};
    const auto keys = provide_node_keys(directory.keys(), done.files);
    if (!keys) {
        return std::unexpected(keys.error());
    }
    auto genesis = request.genesis.empty() ? found_alliance(request, *keys, done.files)
                                           : ledger::Result<std::string>(request.genesis);
    if (!genesis) {
        return ledger::refusal(genesis);
    }
    const auto node = request.join == 0 ? node_with_log_key(*genesis, keys->log.public_key())
                                        : introduce(request, *genesis, *keys, done.files);
    const auto first = node ? first_block(*genesis) : std::unexpected(node.error());
    if (!first) {
        return std::unexpected(first.error());
    }
    done.ledger = ledger::sha256(*genesis);
    done.node = *node;

    Config config = request.settings;
    config.node.member = request.member;
    config.node.data_dir = request.data_dir;
    config.node.genesis = request.out + "/genesis.json";
    config.api.listen = request.listen;
    auto status = write_new(config.node.genesis, *genesis, done.files);
    if (status) {
        status = create_storage(directory, {done.ledger, done.node, keys->log.id()}, *first);
    }
    if (status) {
        status = write_new(request.out + "/node.toml", commented_node_toml(config), done.files);
    }
    if (!status) {
        return ledger::refusal(status);
    }
    return done;
}

}  // namespace tanji::node
