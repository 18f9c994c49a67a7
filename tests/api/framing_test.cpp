#include "api/framing.h"

#include <gtest/gtest.h>

namespace tanji::api {
namespace {

using ledger::ErrorCode;

struct Sample {
    const char* what;
    std::string raw;
    ErrorCode code = ErrorCode::bad_request;
};

std::string get(std::string_view fields) {
    return "GET /v1 HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n";
}
std::string post(std::string_view fields) {
    return "POST /v1/commands HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n";
}

std::vector<Sample> samples() {
    using namespace std::string_literals;
    std::string many;
    for (int i = 0; i < 70; ++i) {
        many += "x" + std::to_string(i) + ": 1\r\n";
    }
    return {
        {"length and chunked", post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n")},
        {"chunked and length", post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n")},
        {"two lengths", post("Content-Length: 5\r\nContent-Length: 6\r\n")},
        {"two equal lengths", post("Content-Length: 5\r\nContent-Length: 5\r\n")},
        {"a list of lengths", post("Content-Length: 5, 5\r\n")},
        {"a signed length", post("Content-Length: +5\r\n")},
        {"a negative length", post("Content-Length: -5\r\n")},
        {"a hexadecimal length", post("Content-Length: 0x5\r\n")},
        {"an empty length", post("Content-Length: \r\n")},
        {"a length beyond 64 bits", post("Content-Length: 99999999999999999999\r\n")},
        {"gzip", post("Transfer-Encoding: gzip\r\n")},
        {"gzip, chunked", post("Transfer-Encoding: gzip, chunked\r\n")},
        {"chunked twice", post("Transfer-Encoding: chunked, chunked\r\n")},
        {"two codings", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n")},
        {"coding and identity",
         post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n")},
        {"gzip with length", post("Transfer-Encoding: gzip\r\nContent-Length: 5\r\n")},
        {"identity", post("Transfer-Encoding: identity\r\n")},
        {"a quoted coding", post("Transfer-Encoding: \"chunked\"\r\n")},
        {"xchunked", post("Transfer-Encoding: xchunked\r\n")},
        {"an empty coding", post("Transfer-Encoding:\r\n")},
        {"vertical tab in the coding",
         post("Transfer-Encoding: \x0b"
              "chunked\r\n")},
        {"blank before the colon", post("Transfer-Encoding : chunked\r\n")},
        {"tab before the colon", post("Content-Length\t: 5\r\n")},
        {"a folded field", get("X: a\r\n b\r\n")},
        {"a field folded by a tab", get("X: a\r\n\tTransfer-Encoding: chunked\r\n")},
        {"a first field that is folded", "GET / HTTP/1.1\r\n Host: a\r\n\r\n"},
        {"bare LF between fields", "GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n"},
        {"bare LF at the end", "GET / HTTP/1.1\r\nHost: a\r\n\n"},
        {"bare LF after the request line", "GET / HTTP/1.1\nHost: a\r\n\r\n"},
        {"bare CR in a value", get("X: a\rb\r\n")},
        {"NUL in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n"s},
        {"NUL in the target", "GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n"s},
        {"an absolute target", "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n"},
        {"an authority", "CONNECT b:443 HTTP/1.1\r\nHost: a\r\n\r\n"},
        {"an asterisk", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"},
        {"a fragment", "GET /#a HTTP/1.1\r\nHost: a\r\n\r\n"},
        {"a byte above 127 in the target", "GET /\xe7\xa2\xb3 HTTP/1.1\r\nHost: a\r\n\r\n"},
        {"HTTP/1.0", "GET / HTTP/1.0\r\nHost: a\r\n\r\n"},
        {"HTTP/2.0", "GET / HTTP/2.0\r\nHost: a\r\n\r\n"},
        {"http/1.1", "GET / http/1.1\r\nHost: a\r\n\r\n"},
        {"HTTP/0.9", "GET /\r\n\r\n"},
        {"two blanks", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n"},
        {"a blank after the version", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n"},
        {"a tab in the request line", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n"},
        {"an empty line first", "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"},
        {"a method that is no token", "GE(T / HTTP/1.1\r\nHost: a\r\n\r\n"},
        {"no host", "GET / HTTP/1.1\r\n\r\n"},
        {"two hosts", get("Host: b\r\n")},
        {"a host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"},
        {"a field without a colon", get("X\r\n")},
        {"a field without a name", get(": x\r\n")},
        {"another expectation", post("Content-Length: 1\r\nExpect: more\r\n")},
        {"two signatures fields", post("Tanji-Signature: a\r\nTanji-Signature: b\r\n")},
        {"two credentials", get("Authorization: a\r\nAuthorization: b\r\n")},
        {"a long target",
         "GET /" + std::string(3000, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n",
         ErrorCode::uri_too_long},
        {"too many fields", get(many), ErrorCode::headers_too_large},
    };
}

TEST(Framing, WhatTwoReadersCouldUnderstandDifferentlyIsRefused) {
    for (const Sample& sample : samples()) {
        const auto head = read_head(sample.raw, Limits{});
        ASSERT_FALSE(head) << sample.what;
        EXPECT_EQ(head.error().code, sample.code) << sample.what;
    }
    EXPECT_GE(samples().size(), 30U);
}

TEST(Framing, AnOrdinaryHeadIsReadWhole) {
    const auto head = read_head(
        "POST /v1/commands?wait=3 HTTP/1.1\r\nHost: node:8460\r\nContent-Type: \t application/json "
        "\r\nCONTENT-LENGTH: 12\r\nExpect: 100-continue\r\nConnection: Close\r\n\r\n",
        Limits{}
    );
    ASSERT_TRUE(head);
    EXPECT_EQ(head->method, "POST");
    EXPECT_EQ(head->target, "/v1/commands?wait=3");
    EXPECT_EQ(head->body, BodyForm::length);
    EXPECT_EQ(head->content_length, 12U);
    EXPECT_TRUE(head->expects_continue);
    EXPECT_FALSE(head->keep_alive);
    ASSERT_EQ(head->fields.size(), 5U);
    EXPECT_EQ(head->fields[1].name, "content-type");
    EXPECT_EQ(head->fields[1].value, "application/json");
}

TEST(Framing, ChunkedIsReadInAnyCaseButOnlyOnce) {
    const auto head = read_head(post("Transfer-Encoding: Chunked\r\n"), Limits{});
    ASSERT_TRUE(head);
    EXPECT_EQ(head->body, BodyForm::chunked);
}

TEST(Framing, TheEndOfAHeadIsFoundHoweverItsBytesArrive) {
    const std::string raw = get("Accept: */*\r\n");
    for (std::size_t cut = 0; cut < raw.size(); ++cut) {
        const HeadEnd part = find_head_end(std::string_view(raw).substr(0, cut), 0);
        ASSERT_EQ(part.bytes, 0U) << cut;
        ASSERT_FALSE(part.broken) << cut;
        EXPECT_EQ(find_head_end(raw, cut > 0 ? cut - 1 : 0).bytes, raw.size()) << cut;
    }
    EXPECT_EQ(find_head_end(raw + "GET / HT", 0).bytes, raw.size());
}

}  // namespace
}  // namespace tanji::api
