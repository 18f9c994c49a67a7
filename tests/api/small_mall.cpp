#include "tests/api/small_mall.h"

namespace tanji::api {

Mall::Mall() {
    publish_programme(1, 0);
    publish_offer(71, coffee, R"("10")");
    programme_ = "sz-green";
    EXPECT_EQ(upload_lines(first_batch()).status, 201);
    const Response attested = attest(first_batch(), 20);
    EXPECT_EQ(at(attested, "result/points"), R"("465")") << attested.body;
}

std::string Mall::programme_body(int version, int delay_days) {
    return R"({"slug":"sz-green","version":)" + std::to_string(version) +
           R"(,"owner":"metro","title":{"zh":"绿色积分","en":"Green points"},)"
           R"("utc_offset_minutes":480,"schemes":["sz-ph"],"earners":"any",)"
           R"("sponsor":"provider","rate":{"points":"1","grams":"1"},"delay_days":)" +
           std::to_string(delay_days) +
           R"(,"validity_days":30,"expiry":"day","cap_day":null,"cap_month":null,)"
           R"("merchants":"any","on_revoke":"take_back","refund_grace_days":0,)"
           R"("clearing":{"currency":"CNY","micro_per_point":"10000"}})";
}

Response Mall::publish_programme(int version, int delay_days) {
    const std::string body = programme_body(version, delay_days);
    const Response made =
        desk_.post("/v1/programmes", node_.command("programme.publish", id_of(60 + version), body));
    EXPECT_EQ(made.status, 201) << made.body;
    return made;
}

std::string Mall::terms(std::string_view price) {
    return R"("title":{"zh":"咖啡","en":"Coffee"},"price":")" + std::string(price) +
           R"(","opens_at":)" + std::to_string(SmallNode::begun) + R"(,"closes_at":)" +
           std::to_string(SmallNode::begun + 60 * ledger::ms_per_day) +
           R"(,"limit":null,"cooldown_s":0,"quantity_max":2,"hold_s_max":900,)"
           R"("refund_days":7,"terms":")" +
           std::string(64, 'd') + R"(")";
}

ledger::Envelope Mall::by_mall(std::string_view type, int n, const std::string& body) {
    return node_.command_by(node_.mall(), type, id_of(n), body);
}

Response Mall::publish_offer(int n, const std::string& offer, const std::string& stock) {
    const std::string body = R"({"offer":")" + offer + R"(","programme":"sz-green","stock":)" +
                             stock + "," + terms("50") + "}";
    const Response made = desk_.post("/v1/offers", by_mall("offer.publish", n, body));
    EXPECT_EQ(made.status, 201) << made.body;
    return made;
}

ledger::Envelope Mall::reservation(int n, int cups, const std::string& who) {
    const std::string body = R"({"account":")" + who + R"(","offer":")" + coffee +
                             R"(","quantity":)" + std::to_string(cups) + R"(,"points":")" +
                             std::to_string(50 * cups) + R"(","hold_s":900,"instruction":null})";
    const auto& key = who == alice ? alice_key_ : bob_key_;
    return node_.command_by(key, "redemption.reserve", id_of(n), body);
}

Response Mall::reserve(int n, int cups, const std::string& who) {
    return desk_.post("/v1/redemptions", reservation(n, cups, who));
}

std::string Mall::commitment(int redemption) {
    return ledger::sha256("voucher " + std::to_string(redemption)).hex();
}

Response Mall::confirm(int n, int redemption, std::string_view points) {
    const std::string body = R"({"redemption":")" + id_of(redemption) + R"(","points":")" +
                             std::string(points) + R"(","voucher":")" + commitment(redemption) +
                             R"("})";
    return desk_.post(
        "/v1/redemptions/" + id_of(redemption) + "/confirm", by_mall("redemption.confirm", n, body)
    );
}

Response Mall::release(int n, int redemption) {
    const std::string body =
        R"({"redemption":")" + id_of(redemption) + R"(","reason":"closed","instruction":null})";
    return desk_.post(
        "/v1/redemptions/" + id_of(redemption) + "/release", by_mall("redemption.release", n, body)
    );
}

Response Mall::refund(int n, int redemption, std::string_view points) {
    const std::string body = R"({"redemption":")" + id_of(redemption) + R"(","points":")" +
                             std::string(points) + R"(","stock":"return","reason":"cold"})";
    return desk_.post(
        "/v1/redemptions/" + id_of(redemption) + "/refund", by_mall("redemption.refund", n, body)
    );
}

void Mall::tick(int n) {
    const std::string account = std::string(29, 'c') + std::to_string(100 + n);
    const Response opened = desk_.post(
        "/v1/accounts",
        node_.command(
            "account.open",
            id_of(1'000 + n),
            R"({"account":")" + account + R"(","kind":"user","keys":[],"owner":null})"
        )
    );
    EXPECT_EQ(opened.status, 201) << opened.body;
}

std::string Mall::available(const std::string& account) {
    return at(get("/v1/accounts/" + account, token_), "points/0/available");
}

std::size_t Mall::count(const Response& list, std::string_view member) {
    EXPECT_EQ(list.status, 200) << list.body;
    return json(list).find(member)->array()->size();
}

}  // namespace tanji::api
