#include "api/framing.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace tanji::api {
namespace {

using ledger::ErrorCode;
using ledger::refuse;
using ledger::Result;
using ledger::Status;

bool is_token_character(char c) {
    constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           marks.contains(c);
}

bool is_token(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, is_token_character);
}

// RFC 9110 §5.5: visible characters, blanks, tabs, and bytes above 127.
bool is_value_character(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
}

std::string lower(std::string_view text) {
    std::string made(text);
    for (char& c : made) {
        if (c >= 'A' && c <= 'Z') {
            c = static_cast<char>(c - 'A' + 'a');
        }
    }
    return made;
}

std::string_view trim(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) {
        return {};
    }
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// The next line without its CRLF. REQUIRES: `rest` ends in CRLF.
std::string_view take_line(std::string_view& rest) {
    const auto end = rest.find("\r\n");
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end + 2);
    return line;
}

Status read_request_line(std::string_view line, const Limits& limits, Head& head) {
    const auto first = line.find(' ');
    const auto second = first == std::string_view::npos ? first : line.find(' ', first + 1);
    if (second == std::string_view::npos || line.find(' ', second + 1) != std::string_view::npos) {
        return refuse(ErrorCode::bad_request, "the request line has not three parts");
    }
    head.method = line.substr(0, first);
    head.target = line.substr(first + 1, second - first - 1);
    const std::string_view version = line.substr(second + 1);
    if (!is_token(head.method) || head.method.size() > 16) {
        return refuse(ErrorCode::bad_request, "the method is not a token");
    }
    if (head.target.size() > limits.target_bytes_max) {
        return refuse(
            ErrorCode::uri_too_long,
            "the URI has {} bytes, at most {} are read",
            head.target.size(),
            limits.target_bytes_max
        );
    }
    const auto visible = [](char c) { return c > 0x20 && c < 0x7f && c != '#'; };
    if (!head.target.starts_with('/') || !std::ranges::all_of(head.target, visible)) {
        return refuse(ErrorCode::bad_request, "the request target is not in origin form");
    }
    if (version != "HTTP/1.1") {
        return refuse(ErrorCode::bad_request, "only HTTP/1.1 is spoken here");
    }
    return {};
}

Status read_field(std::string_view line, Head& head) {
    const auto colon = line.find(':');
    if (line.starts_with(' ') || line.starts_with('\t')) {
        return refuse(ErrorCode::bad_request, "a header field is folded over two lines");
    }
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) {
        return refuse(ErrorCode::bad_request, "a header field has no proper name");
    }
    const std::string_view value = trim(line.substr(colon + 1));
    if (!std::ranges::all_of(value, is_value_character)) {
        return refuse(ErrorCode::bad_request, "a header field holds a control character");
    }
    head.fields.push_back({lower(line.substr(0, colon)), std::string(value)});
    return {};
}

// The one field of that name; nothing if there is none; refused if there are two.
Result<const std::string*> only(const Head& head, std::string_view name) {
    const std::string* found = nullptr;
    for (const Field& field : head.fields) {
        if (field.name != name) {
            continue;
        }
        if (found != nullptr) {
            return refuse(ErrorCode::bad_request, "header field {} is repeated", name);
        }
        found = &field.value;
    }
    return found;
}

Status read_body_form(Head& head) {
    Result<const std::string*> coding = only(head, "transfer-encoding");
    Result<const std::string*> length = only(head, "content-length");
    if (!coding) {
        return refusal(coding);
    }
    if (!length) {
        return refusal(length);
    }
    if (*coding != nullptr) {
        if (*length != nullptr) {
            return refuse(ErrorCode::bad_request, "Transfer-Encoding and Content-Length together");
        }
        if (lower(**coding) != "chunked") {
            return refuse(ErrorCode::bad_request, "the only transfer coding is chunked, once");
        }
        head.body = BodyForm::chunked;
    } else if (*length != nullptr) {
        const std::string& text = **length;
        const auto digit = [](char c) { return c >= '0' && c <= '9'; };
        if (text.empty() || text.size() > 15 || !std::ranges::all_of(text, digit)) {
            return refuse(ErrorCode::bad_request, "Content-Length is not a number");
        }
        std::from_chars(text.data(), text.data() + text.size(), head.content_length);
        head.body = head.content_length > 0 ? BodyForm::length : BodyForm::none;
    }
    return {};
}

Status read_connection(Head& head) {
    // Fields that say who the request is for and how it goes on: two of them are a trap.
    for (const std::string_view name :
         {"host", "expect", "content-type", "authorization", "content-encoding", "tanji-signature"
         }) {
        Result<const std::string*> field = only(head, name);
        if (!field) {
            return refusal(field);
        }
        if (name == "host" &&
            (*field == nullptr || (*field)->find_first_of(" \t/@,") != std::string::npos)) {
            return refuse(ErrorCode::bad_request, "there is no proper Host field");
        }
        if (name == "expect" && *field != nullptr) {
            if (lower(**field) != "100-continue") {
                return refuse(ErrorCode::bad_request, "the only expectation is 100-continue");
            }
            head.expects_continue = head.body != BodyForm::none;
        }
    }
    for (const Field& field : head.fields) {
        if (field.name == "connection" && lower(field.value).contains("close")) {
            head.keep_alive = false;
        }
        if (field.name == "upgrade" || field.name == "http2-settings") {
            head.keep_alive = false;  // the offer is not taken, and the next bytes may count on it
        }
    }
    return {};
}

}  // namespace

HeadEnd find_head_end(std::string_view raw, std::size_t from) {
    for (std::size_t i = raw.find_first_of(std::string_view("\n\0", 2), from);
         i != std::string_view::npos;
         i = raw.find_first_of(std::string_view("\n\0", 2), i + 1)) {
        if (raw[i] == '\0' || i == 0 || raw[i - 1] != '\r') {
            return {.bytes = 0, .broken = true};
        }
        if (i == 1) {
            return {.bytes = 0, .broken = true};  // an empty line where a request should begin
        }
        if (i >= 3 && raw[i - 2] == '\n') {
            return {.bytes = i + 1, .broken = false};
        }
    }
    return {};
}

Result<Head> read_head(std::string_view raw, const Limits& limits) {
    const HeadEnd end = find_head_end(raw, 0);
    if (end.broken || end.bytes != raw.size()) {
        return refuse(ErrorCode::bad_request, "the head has a bare LF, a NUL or no end");
    }
    Head head;
    std::string_view rest = raw;
    if (Status read = read_request_line(take_line(rest), limits, head); !read) {
        return refusal(read);
    }
    for (std::string_view line = take_line(rest); !line.empty(); line = take_line(rest)) {
        if (head.fields.size() == limits.fields_max) {
            return refuse(
                ErrorCode::headers_too_large, "more than {} header fields", limits.fields_max
            );
        }
        if (Status read = read_field(line, head); !read) {
            return refusal(read);
        }
    }
    if (Status read = read_body_form(head); !read) {
        return refusal(read);
    }
    if (Status read = read_connection(head); !read) {
        return refusal(read);
    }
    return head;
}

}  // namespace tanji::api
