#include "node/cluster_new.h"

#include "ledger/proof/policy.h"
#include "ledger/value/crypto.h"
#include "node/assets.h"
#include "node/setup.h"
#include "node/storage/file.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace tanji::node {
namespace {

using ledger::ErrorCode;
using ledger::refuse;
using ledger::Result;
using ledger::Status;

constexpr int china_offset_minutes = 480;
constexpr unsigned secret_mode = 0600;
constexpr unsigned public_mode = 0644;
// Where the shipped unit keeps things; a member's unit says it, because its node.toml names the
// folder in which it was made.
constexpr std::string_view installed = "-c /etc/tanji/node.toml";
constexpr std::string_view installed_as =
    "-c /etc/tanji/node.toml --set node.data_dir=/var/lib/tanji "
    "--set node.genesis=/etc/tanji/genesis.json";

ledger::Scheme scheme_of(const std::string& slug, const ClusterRequest& request) {
    ledger::Scheme scheme;
    scheme.scheme = slug;
    scheme.title_en = slug;
    scheme.title_zh = slug;
    scheme.authority = request.origin;
    scheme.credits = true;
    scheme.accepts = {"verified", "secondary", "platform-rule"};
    scheme.reserve_ppm = 20'000;
    scheme.correction_days = 365;
    scheme.obligation_days = 90;
    return scheme;
}

// Everything an alliance agrees on, and the secrets that go with it.
struct Founding {
    ledger::Genesis genesis;
    std::string file;
    std::vector<ledger::SigningKey> members;
    std::vector<NodeKeys> nodes;
    std::map<std::uint64_t, ledger::Bytes> event_keys;
};

Status grant_roles(
    const ClusterRequest& request,
    std::vector<Founder>& founders,
    std::vector<ledger::Scheme>& schemes
) {
    for (const std::string& text : request.roles) {
        auto named = read_role(text);
        if (!named) {
            return ledger::refusal(named);
        }
        const auto founder = std::ranges::find(founders, named->member, &Founder::member);
        if (founder == founders.end()) {
            return refuse(
                ErrorCode::internal, "--role {}: {} is none of --members", text, named->member
            );
        }
        for (const std::string& scope : named->grant.scope) {
            const auto scheme = std::ranges::find(schemes, scope, &ledger::Scheme::scheme);
            if (named->grant.role != ledger::Role::registrar) {
                continue;
            }
            if (scheme == schemes.end()) {
                return refuse(
                    ErrorCode::internal, "--role {}: --scheme {} is missing", text, scope
                );
            }
            scheme->registrar = named->member;
        }
        founder->roles.push_back(std::move(named->grant));
    }
    return {};
}

Result<Founding> found(const ClusterRequest& request, const std::vector<ClusterNode>& places) {
    Founding made;
    std::vector<Founder> founders;
    std::vector<std::string> members = request.members;
    members.insert(members.end(), request.guests.begin(), request.guests.end());
    for (const std::string& member : members) {
        made.members.push_back(ledger::SigningKey::generate());
        founders.push_back(
            {.member = member,
             .name_en = member,
             .name_zh = member,
             .region = "CN",
             .key = made.members.back().public_key(),
             .roles = {{.role = ledger::Role::operator_, .scope = {}}}}
        );
    }
    std::vector<ledger::Scheme> schemes;
    for (const std::string& slug : request.schemes) {
        schemes.push_back(scheme_of(slug, request));
    }
    if (auto granted = grant_roles(request, founders, schemes); !granted) {
        return ledger::refusal(granted);
    }
    made.genesis = make_genesis(
        request.origin,
        request.origin,
        request.origin,
        request.time,
        std::move(founders),
        std::move(schemes)
    );
    made.genesis.snapshot_every_blocks = request.snapshot_every_blocks;
    for (const ClusterNode& place : places) {
        made.nodes.push_back(generate_node_keys());
        add_node(made.genesis, place.member, place.peers, made.nodes.back());
    }
    // Keys of years cannot be added later: last year's acts are reported late, next year's come.
    const auto today = ledger::local_day(request.time / 1'000, china_offset_minutes);
    const int year = ledger::civil_from_day(today).year;
    for (int each = year - 1; each <= year + 1; ++each) {
        const auto number = static_cast<std::uint64_t>(each);
        const ledger::Bytes secret = ledger::random_bytes(32);
        made.genesis.event_keys.push_back({number, ledger::sha256(secret)});
        made.event_keys.emplace(number, secret);
    }
    made.file = genesis_text(made.genesis);
    auto read = ledger::read_genesis(made.file);
    if (!read) {
        return refuse(
            ErrorCode::internal,
            "no genesis file can say that: {} {}",
            read.error().pointer,
            read.error().detail
        );
    }
    made.genesis = std::move(*read);
    return made;
}

std::string unit_text() {
    std::string unit(assets::systemd_unit);
    for (auto at = unit.find(installed); at != std::string::npos;
         at = unit.find(installed, at + installed_as.size())) {
        unit.replace(at, installed.size(), installed_as);
    }
    return unit;
}

Status write_node(
    const Founding& founding, const ClusterNode& place, std::size_t number, bool loopback
) {
    const std::string data = place.folder + "/data";
    Status status = write_node_keys(data + "/keys", founding.nodes.at(number));
    if (status) {
        const std::string key = fmt::format("{}/{}.key", place.folder, place.member);
        status = write_key(key, founding.members.at(number));
    }
    if (!status) {
        return status;
    }
    InitRequest init;
    init.member = place.member;
    init.data_dir = data;
    init.out = place.folder;
    init.genesis = founding.file;
    init.listen = place.api;
    init.settings.admin.listen = place.admin;
    if (loopback) {
        init.settings.peers.listen = place.peers;
        init.settings.storage.cache_mb = 64;  // of several on one machine
        init.settings.storage.min_free_mb = 64;
    } else {
        init.settings.peers.listen = "0.0.0.0" + place.peers.substr(place.peers.rfind(':'));
    }
    if (auto done = init_node(init, first_block_of); !done) {
        return ledger::refusal(done);
    }
    return write_file(place.folder + "/tanjid.service", unit_text(), public_mode, Existing::refuse);
}

// A member without a node has its key alone.
Status write_guests(
    const Founding& founding, const ClusterRequest& request, const std::string& out
) {
    for (std::size_t i = 0; i < request.guests.size(); ++i) {
        const std::string& member = request.guests[i];
        const auto path = fmt::format("{}/{}/{}.key", out, member, member);
        const ledger::SigningKey& key = founding.members.at(request.members.size() + i);
        if (auto done = write_key(path, key); !done) {
            return done;
        }
    }
    return {};
}

Status write_shared(const Founding& founding, const std::string& out) {
    std::vector<std::pair<std::string, std::string>> files{
        {"genesis.json", founding.file}, {"policy.txt", founding.genesis.policy()}
    };
    for (const auto& [name, text] : files) {
        const auto path = fmt::format("{}/{}", out, name);
        if (auto done = write_file(path, text, public_mode, Existing::refuse); !done) {
            return done;
        }
    }
    for (const auto& [year, key] : founding.event_keys) {
        const auto path = fmt::format("{}/event-{}.hex", out, year);
        const std::string text = ledger::to_hex(key) + "\n";
        if (auto done = write_file(path, text, secret_mode, Existing::refuse); !done) {
            return done;
        }
    }
    return {};
}

std::string steps_here(const ClusterDone& done) {
    std::string text = "\nNext, a terminal each:\n";
    for (const ClusterNode& node : done.nodes) {
        text += fmt::format("  tanjid start -c {}/node.toml\n", node.folder);
    }
    const ClusterNode& first = done.nodes.front();
    const ClusterNode& last = done.nodes.back();
    text += fmt::format(
        "Then:\n"
        "  tanjid status --admin http://{}\n"
        "  tanji status --node http://{}\n"
        "  tanji audit http://{} --policy {}/genesis.json\n"
        "  tanjid transfer {} --admin http://{}   # at the one that leads\n",
        first.admin,
        first.api,
        last.api,
        done.out,
        last.member,
        first.admin
    );
    return text;
}

std::string steps_elsewhere(const ClusterDone& done) {
    std::string text;
    for (const ClusterNode& node : done.nodes) {
        text += fmt::format(
            "\nNext, on the machine of {} ({}), as root, with its folder and no other one copied "
            "there:\n"
            "  install -D -m 0644 -t /etc/tanji {}/genesis.json {}/node.toml\n"
            "  install -D -m 0600 -t /etc/tanji/keys {}/data/keys/log.key "
            "{}/data/keys/cosign.key {}/data/keys/peer.key\n"
            "  cp -a {}/data /var/lib/tanji\n"
            "  install -D -m 0644 -t /etc/systemd/system {}/tanjid.service\n"
            "  systemctl enable --now tanjid\n",
            node.member,
            node.peers,
            node.folder,
            node.folder,
            node.folder,
            node.folder,
            node.folder,
            node.folder,
            node.folder
        );
    }
    return text;
}

}  // namespace

Result<ClusterDone> new_cluster(const ClusterRequest& request) {
    auto places = place_nodes(request);
    if (!places) {
        return std::unexpected(places.error());
    }
    std::error_code failed;
    const std::filesystem::path out = std::filesystem::absolute(request.out, failed);
    if (request.out.empty() || failed ||
        (std::filesystem::exists(out, failed) && !std::filesystem::is_empty(out, failed))) {
        return refuse(ErrorCode::internal, "--out: {} is not empty", request.out);
    }
    auto founding = found(request, *places);
    if (!founding) {
        return std::unexpected(founding.error());
    }
    ClusterDone done;
    done.out = out.lexically_normal().string();
    done.loopback = request.loopback;
    Status status = write_shared(*founding, done.out);
    if (status) {
        status = write_guests(*founding, request, done.out);
    }
    for (std::size_t i = 0; status && i < places->size(); ++i) {
        ClusterNode& place = places->at(i);
        place.folder = fmt::format("{}/{}", done.out, place.member);
        status = write_node(*founding, place, i, request.loopback);
    }
    if (!status) {
        return ledger::refusal(status);
    }
    done.genesis = std::move(founding->genesis);
    done.nodes = std::move(*places);
    return done;
}

std::string to_text(const ClusterDone& done) {
    const std::uint64_t voters = done.nodes.size();
    std::string text = fmt::format(
        "ledger   {}\norigin   {}\nvoters   {}, {} of them commit, {} cosignatures certify\n",
        done.genesis.ledger.hex(),
        done.genesis.origin,
        voters,
        voters / 2 + 1,
        ledger::quorum(voters, 0)
    );
    for (const ClusterNode& node : done.nodes) {
        text += fmt::format(
            "node     {}  api {}  peers {}  admin {}  {}\n",
            node.member,
            node.api,
            node.peers,
            node.admin,
            node.folder
        );
    }
    text += fmt::format(
        "wrote    {0}/genesis.json, {0}/policy.txt, {0}/event-<year>.hex (secret, of the "
        "providers)\n",
        done.out
    );
    return text + (done.loopback ? steps_here(done) : steps_elsewhere(done));
}

}  // namespace tanji::node
