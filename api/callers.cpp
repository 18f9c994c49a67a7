#include "api/callers.h"

#include <algorithm>
#include <cassert>
#include <optional>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>

namespace tanji::api {
namespace {

namespace ip = boost::asio::ip;

// As a machine is named: without a scope, and IPv4 as such.
ip::address plain(const ip::address& address) {
    if (address.is_v4()) {
        return address;
    }
    const ip::address_v6 v6(address.to_v6().to_bytes());
    return v6.is_v4_mapped() ? ip::address(ip::make_address_v4(ip::v4_mapped, v6)) : v6;
}

std::optional<ip::address> read_address(std::string_view text) {
    boost::system::error_code failed;
    const ip::address address = ip::make_address(text, failed);
    return failed ? std::nullopt : std::optional(plain(address));
}

// `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`, `[2001:db8::1]` or `[2001:db8::1]:4711`.
std::string_view without_port(std::string_view hop) {
    if (hop.starts_with('[')) {
        return hop.substr(1, hop.find(']') - 1);
    }
    const bool has_port = std::ranges::count(hop, ':') == 1;
    return has_port ? hop.substr(0, hop.find(':')) : hop;
}

std::string_view without_blanks(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    return first == std::string_view::npos
               ? std::string_view()
               : text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

}  // namespace

struct TrustedProxies::Networks {
    std::vector<ip::network_v4> v4;
    std::vector<ip::network_v6> v6;

    void add(std::string_view text) {
        const bool is_one = !text.contains('/');
        boost::system::error_code failed;
        const ip::address address = ip::make_address(text.substr(0, text.find('/')), failed);
        assert(!failed);
        if (address.is_v4()) {
            v4.push_back(
                is_one ? ip::network_v4(address.to_v4(), 32)
                       : ip::make_network_v4(text, failed).canonical()
            );
        } else {
            const ip::network_v6 network = is_one ? ip::network_v6(address.to_v6(), 128)
                                                  : ip::make_network_v6(text, failed).canonical();
            const ip::address mapped = plain(address);
            if (mapped.is_v4() && network.prefix_length() >= 96) {
                const unsigned length = network.prefix_length() - 96U;
                v4.push_back(
                    ip::network_v4(mapped.to_v4(), static_cast<unsigned short>(length)).canonical()
                );
            } else {
                v6.push_back(network);
            }
        }
        assert(!failed);
    }

    bool have(const ip::address& address) const {
        if (address.is_v4()) {
            return std::ranges::any_of(v4, [&](const ip::network_v4& network) {
                return ip::network_v4(address.to_v4(), network.prefix_length()).canonical() ==
                       network;
            });
        }
        return std::ranges::any_of(v6, [&](const ip::network_v6& network) {
            return ip::network_v6(address.to_v6(), network.prefix_length()).canonical() == network;
        });
    }
};

TrustedProxies::TrustedProxies(const std::vector<std::string>& networks) {
    auto all = std::make_shared<Networks>();
    for (const std::string& network : networks) {
        all->add(network);
    }
    networks_ = std::move(all);
}

bool TrustedProxies::trusts(std::string_view address) const {
    const auto read = networks_ ? read_address(address) : std::nullopt;
    return read && networks_->have(*read);
}

std::string TrustedProxies::caller(std::string_view peer, const std::vector<Field>& fields) const {
    if (trusts(peer)) {
        const auto named = std::find_if(fields.rbegin(), fields.rend(), [](const Field& field) {
            return field.name == "x-forwarded-for";
        });
        if (named != fields.rend()) {
            const std::string_view hops = named->value;
            const auto comma = hops.rfind(',');
            const auto last = read_address(without_port(
                without_blanks(comma == std::string_view::npos ? hops : hops.substr(comma + 1))
            ));
            if (last) {
                return last->to_string();
            }
        }
    }
    return plain_address(peer);
}

std::string plain_address(std::string_view address) {
    const auto read = read_address(address);
    return read ? read->to_string() : std::string(address);
}

std::string bucket_of_address(std::string_view address) {
    const auto read = read_address(address);
    if (!read || read->is_v4()) {
        return std::string(address);
    }
    return ip::network_v6(read->to_v6(), 64).canonical().to_string();
}

}  // namespace tanji::api
