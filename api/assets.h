#pragma once

#include <string_view>

// Files that are compiled in and served as they are.
namespace tanji::assets {

extern const std::string_view openapi_json;

}  // namespace tanji::assets
