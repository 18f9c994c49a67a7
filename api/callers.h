#pragma once

#include "api/framing.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tanji::api {

// Whose address a request counts for. Behind a proxy every connection comes from one machine; those
// that the operator names say in X-Forwarded-For for whom they ask, and are believed for the last
// hop, which they have seen themselves.
class TrustedProxies {
public:
    // Nobody is trusted.
    TrustedProxies() = default;
    // REQUIRES: each is an address, or a network as `10.0.0.0/8` or `2001:db8::/32`.
    explicit TrustedProxies(const std::vector<std::string>& networks);

    bool trusts(std::string_view address) const;
    // The other end of the connection, or for whom that proxy asks.
    std::string caller(std::string_view peer, const std::vector<Field>& fields) const;

private:
    struct Networks;
    std::shared_ptr<const Networks> networks_;
};

// An IPv4 address that came as an IPv6 one, as itself; other text unchanged.
std::string plain_address(std::string_view address);

// Under which name the bucket of an address goes: a household or a server has 2^64 addresses of
// IPv6, so those of one /64 share it.
std::string bucket_of_address(std::string_view address);

}  // namespace tanji::api
