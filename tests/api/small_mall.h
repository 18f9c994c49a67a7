#pragma once

#include "tests/api/small_city.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace tanji::api {

inline const std::string coffee = "mall.coffee";

// The small city with a programme: a point per gram, spent at once, from now on for a year. A mall
// sells coffee for 50 points, ten cups. Alice has 265 points, Bob 200.
class Mall : public City {
protected:
    Mall();

    static std::string programme_body(int version, int delay_days);
    Response publish_programme(int version, int delay_days);
    static std::string terms(std::string_view price);
    ledger::Envelope by_mall(std::string_view type, int n, const std::string& body);
    Response publish_offer(int n, const std::string& offer, const std::string& stock);

    // --- a redemption has the number of the command that reserves it ---
    ledger::Envelope reservation(int n, int cups = 1, const std::string& who = alice);
    Response reserve(int n, int cups = 1, const std::string& who = alice);
    static std::string commitment(int redemption);
    Response confirm(int n, int redemption, std::string_view points);
    Response release(int n, int redemption);
    Response refund(int n, int redemption, std::string_view points);
    // Something happens, so that a block is made and what is due is swept.
    void tick(int n);
    std::string available(const std::string& account);
    std::size_t count(const Response& list, std::string_view member = "data");
};

}  // namespace tanji::api
