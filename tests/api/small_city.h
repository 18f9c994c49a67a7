#pragma once

#include "ledger/command/batch.h"
#include "ledger/command/verification.h"
#include "ledger/proof/receipt.h"
#include "ledger/value/json.h"
#include "tests/api/desk.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace tanji::api {

inline const std::string alice(32, 'a');
inline const std::string bob(32, 'b');

// An id that ends in `n`.
std::string id_of(int n);

// A small node where shared bicycles are counted, at most two rides per account and day: what the
// shipped pack says, with that cap. Two users have accounts with keys.
class City : public ::testing::Test {
protected:
    struct Ride {
        char tag = '1';  // repeated 64 times
        std::string account;
        ledger::Amount metres = 0;
        ledger::TimeS start = 0;
    };
    struct Batch {
        std::string id;
        ledger::Envelope envelope;
        std::vector<ledger::Record> records;
    };

    City();
    ~City() override;

    // --- requests ---
    static ledger::JsonValue json(const Response& response) { return parse(response.body); }
    static ledger::JsonValue parse(const std::string& text);
    // The canonical text of the member at that JSON pointer without its first slash, or "".
    static std::string at(const ledger::JsonValue& value, std::string_view path);
    static std::string at(const Response& response, std::string_view path);
    Response get(std::string target, std::string token = {}, std::vector<Field> fields = {});
    // Record bodies of a batch.
    Response get_bodies(std::string target, std::string accept = "*/*");
    Response post(
        std::string target, std::string type, std::string body, std::vector<Field> more = {}
    );
    std::string grant(
        const ledger::SigningKey& key, const std::string& account, std::string_view scope
    );

    // --- batches ---
    ledger::Record record(const Ride& ride);
    Batch batch(int n, const std::vector<Ride>& rides);
    Response upload_lines(const Batch& batch, const std::string& query = {});
    Response upload_container(const Batch& batch, const std::string& query = {});
    static std::string attest_body(const std::string& batch, int sampled);
    Response attest(const Batch& batch, int n);
    // Four rides: two counted for alice, her third one that day capped, one counted for bob.
    Batch first_batch();
    // Bob's ride again, and one more of alice's on that day, when her cap is used up.
    Batch second_batch();

    // --- proofs ---
    ledger::Result<ledger::Verdict> verify(const ledger::Receipt& receipt);
    ledger::KnownKeys known_keys();
    static std::vector<std::string> steps(const ledger::Result<ledger::Verdict>& verdict);

    static constexpr ledger::TimeS yesterday = SmallNode::begun / 1000 - 72'000;
    static constexpr ledger::Amount ug_per_metre = 95'300;
    static constexpr std::string_view bike_class = "sz-ph:bike-demo@1:440300:2026";

    const std::string token_ = member_token_text("00000001", std::string(32, 's'));
    std::optional<std::string> programme_;  // that batches award from now on
    const std::string mall_token_ = member_token_text("00000003", std::string(32, 'u'));
    const std::string verifier_token_ = member_token_text("00000002", std::string(32, 't'));
    ledger::SigningKey alice_key_ = ledger::SigningKey::from_seed(std::string(32, 'w'));
    ledger::SigningKey bob_key_ = ledger::SigningKey::from_seed(std::string(32, 'x'));
    std::string methodology_ = pack("bike-demo.json");
    std::string factors_ = pack("factors.json");
    SmallNode node_;
    Desk desk_{node_};

private:
    static std::string pack(const std::string& name);
    void publish();
    void open(const std::string& account, const ledger::SigningKey& key, int n);
};

}  // namespace tanji::api
