#include "api/callers.h"

#include <gtest/gtest.h>

// For whom a request counts, directly and through a proxy.
namespace tanji::api {
namespace {

std::vector<Field> forwarded(std::vector<std::string> values) {
    std::vector<Field> fields = {{.name = "host", .value = "node"}};
    for (std::string& value : values) {
        fields.push_back({.name = "x-forwarded-for", .value = std::move(value)});
    }
    return fields;
}

const TrustedProxies proxies(
    {"10.0.0.0/8", "192.0.2.7", "2001:db8::/32", "fd00::1", "::ffff:9.0.0.0/104"}
);

TEST(TrustedProxies, AreThoseOfTheNetworksAndNobodyElse) {
    for (const char* inside :
         {"10.1.2.3",
          "192.0.2.7",
          "2001:db8:1::9",
          "fd00::1",
          "::ffff:10.0.0.1",
          "9.1.2.3",
          "2001:db8::9%1"}) {
        EXPECT_TRUE(proxies.trusts(inside)) << inside;
    }
    for (const char* outside :
         {"11.0.0.1", "192.0.2.8", "2001:db9::1", "fd00::2", "::1", "", "x"}) {
        EXPECT_FALSE(proxies.trusts(outside)) << outside;
    }
    EXPECT_FALSE(TrustedProxies().trusts("127.0.0.1"));
    EXPECT_FALSE(TrustedProxies(std::vector<std::string>()).trusts("127.0.0.1"));
}

TEST(TrustedProxies, TheLastHopOfATrustedOneIsTheCaller) {
    EXPECT_EQ(proxies.caller("10.0.0.1", forwarded({"203.0.113.5"})), "203.0.113.5");
    EXPECT_EQ(proxies.caller("10.0.0.1", forwarded({"1.1.1.1, 203.0.113.5"})), "203.0.113.5");
    EXPECT_EQ(proxies.caller("10.0.0.1", forwarded({"1.1.1.1", "203.0.113.6 "})), "203.0.113.6");
    EXPECT_EQ(proxies.caller("10.0.0.1", forwarded({"2001:db9::5"})), "2001:db9::5");
    EXPECT_EQ(proxies.caller("10.0.0.1", forwarded({"203.0.113.5:4711"})), "203.0.113.5");
    EXPECT_EQ(proxies.caller("10.0.0.1", forwarded({"[2001:db9::5]:4711"})), "2001:db9::5");
    EXPECT_EQ(proxies.caller("10.0.0.1", forwarded({"[2001:db9::5]"})), "2001:db9::5");
}

TEST(TrustedProxies, WhoIsNotTrustedCountsItselfWhateverItSays) {
    EXPECT_EQ(proxies.caller("203.0.113.9", forwarded({"203.0.113.5"})), "203.0.113.9");
    EXPECT_EQ(TrustedProxies().caller("10.0.0.1", forwarded({"203.0.113.5"})), "10.0.0.1");
}

TEST(TrustedProxies, WhatIsNoAddressCountsForTheProxy) {
    for (const char* hops :
         {"", "unknown", "1.2.3.4,", "1.2.3.4, x", "300.1.1.1", "[", "]", ":1", "[]:1"}) {
        EXPECT_EQ(proxies.caller("10.0.0.1", forwarded({hops})), "10.0.0.1") << hops;
    }
    EXPECT_EQ(proxies.caller("10.0.0.1", forwarded({})), "10.0.0.1");
}

TEST(Buckets, OfOneNetworkOfIpv6AreOneAndOfIpv4Many) {
    EXPECT_EQ(bucket_of_address("2001:db8:1:2:3::4"), bucket_of_address("2001:db8:1:2:ffff::1"));
    EXPECT_NE(bucket_of_address("2001:db8:1:2::1"), bucket_of_address("2001:db8:1:3::1"));
    EXPECT_NE(bucket_of_address("192.0.2.1"), bucket_of_address("192.0.2.2"));
    EXPECT_EQ(plain_address("::ffff:192.0.2.1"), "192.0.2.1");
    EXPECT_EQ(plain_address("::1"), "::1");
}

}  // namespace
}  // namespace tanji::api
