#include "ledger/value/error_code.h"

#include <algorithm>
#include <array>

namespace tanji::ledger {
namespace {

constexpr std::array names = {
#define TANJI_NAME(name) std::string_view(#name),
    TANJI_ERROR_CODES(TANJI_NAME)
#undef TANJI_NAME
};

}  // namespace

std::string_view name_of(ErrorCode code) {
    return names.at(static_cast<std::size_t>(code));
}

std::optional<ErrorCode> error_code_of(std::string_view name) {
    const auto found = std::ranges::find(names, name);
    if (found == names.end()) {
        return std::nullopt;
    }
    return static_cast<ErrorCode>(found - names.begin());
}

}  // namespace tanji::ledger
