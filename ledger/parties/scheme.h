#pragma once

#include "ledger/store/state.h"

#include <string>
#include <vector>

namespace tanji::ledger {

// The authority's rules under which reductions count.
struct Scheme {
    std::string scheme;  // slug
    std::string title_en;
    std::string title_zh;
    std::string authority;
    bool credits = true;               // or points only: no credit is booked, nothing is reserved
    std::vector<std::string> accepts;  // source statuses of methodologies
    std::int64_t reserve_ppm = 0;      // 0..200,000 of every gram issued
    std::int64_t correction_days = 0;  // after issue, in which a batch may be revoked
    std::int64_t obligation_days = 0;  // after which a debtor may not submit
    std::string registrar;             // member, or empty

    bool accepts_status(std::string_view status) const;

    template <typename Archive>
    void serialize(Archive& archive) {
        archive(text(scheme), text(title_en), text(title_zh), text(authority), credits);
        archive(texts(accepts), reserve_ppm, correction_days, obligation_days, text(registrar));
    }
};

// How few records a verifier may look at: a constant of rules 1.
inline constexpr std::uint64_t sample_min = 20;

std::optional<Scheme> find_scheme(const Reader& reader, std::string_view scheme);

}  // namespace tanji::ledger
