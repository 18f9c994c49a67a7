#include "api/router.h"

#include "ledger/value/json.h"

#include <algorithm>
#include <cassert>

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

namespace tanji::api {
namespace {

using ledger::ErrorCode;
using ledger::refuse;
using ledger::Result;

std::vector<std::string_view> split(std::string_view path) {
    std::vector<std::string_view> parts;
    while (path.size() > 1) {
        path.remove_prefix(1);  // the slash
        const auto end = std::min(path.find('/'), path.size());
        parts.push_back(path.substr(0, end));
        path.remove_prefix(end);
    }
    return parts;
}

// RFC 3629: shortest forms only, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
        const auto first = static_cast<unsigned char>(text[i++]);
        if (first < 0x80) {
            continue;
        }
        const int more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
        if (first < 0xc2 || first > 0xf4) {
            return false;
        }
        std::uint32_t code = first & (0x3fU >> more);
        for (int k = 0; k < more; ++k, ++i) {
            const unsigned next = i < text.size() ? static_cast<unsigned char>(text[i]) : 0;
            if ((next & 0xc0U) != 0x80U) {
                return false;
            }
            code = code << 6 | (next & 0x3fU);
        }
        const std::uint32_t least = more == 3 ? 0x10000 : more == 2 ? 0x800 : 0x80;
        if (code < least || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) {
            return false;
        }
    }
    return true;
}

bool is_text(std::string_view text) {
    return ledger::is_plain_text(text) && is_utf8(text);
}

bool is_parameter(std::string_view part) {
    return part.starts_with('{');
}

// Two segments tell nearly all routes apart: /v1/accounts, /log/tile.
std::string bucket_of(auto first, auto last) {
    std::string made;
    for (int i = 0; i < 2 && first != last; ++i, ++first) {
        if (is_parameter(*first)) {
            break;
        }
        made += '/';
        made += *first;
    }
    return made;
}

// `{name*}` at the end of a pattern stands for one segment or more.
bool is_tail(std::string_view part) {
    return part.ends_with("*}");
}

bool matches(const std::vector<std::string_view>& parts, std::span<const std::string> segments) {
    const bool tail = !parts.empty() && is_tail(parts.back());
    if (segments.size() < parts.size() || (segments.size() > parts.size() && !tail)) {
        return false;
    }
    return std::ranges::equal(
        parts,
        segments.first(parts.size()),
        [](std::string_view part, const std::string& text) {
            return is_parameter(part) || part == text;
        }
    );
}

std::vector<Parameter> parameters_of(
    const std::vector<std::string_view>& parts, std::span<const std::string> segments
) {
    std::vector<Parameter> made;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const std::string_view part = parts[i];
        if (!is_parameter(part)) {
            continue;
        }
        const std::string_view name = part.substr(1, part.size() - (is_tail(part) ? 3 : 2));
        made.push_back({std::string(name), segments[i]});
        for (std::size_t k = i + 1; is_tail(part) && k < segments.size(); ++k) {
            made.back().value += "/" + segments[k];
        }
    }
    return made;
}

}  // namespace

Result<Target> read_target(std::string_view target, const Limits& limits) {
    const auto view = boost::urls::parse_origin_form(target);
    if (!view) {
        return refuse(ErrorCode::bad_request, "the request target cannot be read");
    }
    Target made;
    made.path = view->encoded_path();
    for (const auto segment : view->segments()) {
        if (segment.empty() || segment == "." || segment == ".." || segment.contains('/') ||
            !is_text(segment)) {
            return refuse(ErrorCode::bad_request, "a path segment is empty, dots, or not text");
        }
        made.segments.push_back(segment);
    }
    if (!view->has_query()) {
        return made;
    }
    for (const auto& parameter : view->params()) {
        if (made.query.size() == limits.query_parameters_max) {
            return refuse(
                ErrorCode::query_invalid, "more than {} parameters", limits.query_parameters_max
            );
        }
        if (parameter.key.empty() || !is_text(parameter.key) || !is_text(parameter.value)) {
            return refuse(ErrorCode::query_invalid, "a query parameter is not name=value");
        }
        const auto same = [&](const Parameter& known) { return known.name == parameter.key; };
        if (std::ranges::any_of(made.query, same)) {
            return refuse(ErrorCode::query_invalid, "parameter {} is repeated", parameter.key);
        }
        made.query.push_back({parameter.key, parameter.value});
    }
    return made;
}

void Router::add(Route route) {
    auto entry = std::make_unique<Entry>();
    entry->parts = split(route.pattern);
    entry->route = std::move(route);
    auto& bucket = entries_[bucket_of(entry->parts.begin(), entry->parts.end())];
    assert(std::ranges::none_of(bucket, [&](const auto& known) {
        return known->route.method == entry->route.method &&
               known->route.pattern == entry->route.pattern;
    }));
    // Literals go before parameters: /log/checkpoint/tip is no parameter of anything.
    const auto later = std::ranges::find_if(bucket, [&](const auto& known) {
        return std::ranges::count_if(known->parts, is_parameter) >
               std::ranges::count_if(entry->parts, is_parameter);
    });
    bucket.insert(later, std::move(entry));
}

Router::Match Router::find(std::string_view method, std::span<const std::string> segments) const {
    Match match;
    for (std::size_t depth = std::min<std::size_t>(2, segments.size()) + 1; depth-- > 0;) {
        const auto first = segments.begin();
        const auto bucket =
            entries_.find(bucket_of(first, first + static_cast<std::ptrdiff_t>(depth)));
        if (bucket == entries_.end()) {
            continue;
        }
        for (const auto& entry : bucket->second) {
            if (!matches(entry->parts, segments)) {
                continue;
            }
            match.methods.push_back(entry->route.method);
            if (entry->route.method != method || match.route != nullptr) {
                continue;
            }
            match.route = &entry->route;
            match.parameters = parameters_of(entry->parts, segments);
        }
    }
    return match;
}

std::vector<const Route*> Router::routes() const {
    std::vector<const Route*> all;
    for (const auto& [prefix, bucket] : entries_) {
        for (const auto& entry : bucket) {
            all.push_back(&entry->route);
        }
    }
    return all;
}

}  // namespace tanji::api
