// What is handed out as proof is proof: a stranger with the genesis policy verifies all of it.
#include "ledger/proof/merkle.h"
#include "ledger/proof/tile.h"
#include "tests/api/small_city.h"

namespace tanji::api {
namespace {

class Proofs : public City {
protected:
    void SetUp() override {
        ASSERT_EQ(upload_lines(first_batch()).status, 201);
        ASSERT_EQ(upload_container(second_batch()).status, 201);
        ASSERT_EQ(attest(first_batch(), 20).status, 200);
    }
    ledger::Receipt receipt(const std::string& text) {
        auto read = ledger::read_receipt(text);
        EXPECT_TRUE(read) << text;
        return read ? std::move(*read) : ledger::Receipt{};
    }
};

TEST_F(Proofs, InlineReceiptsAreCommittedAndLaterCertified) {
    const Response replayed = upload_lines(first_batch());
    const auto committed = verify(receipt(at(replayed, "receipt")));
    ASSERT_TRUE(committed) << steps(committed).front();
    EXPECT_EQ(committed->standing, ledger::Standing::committed);
    EXPECT_EQ(at(replayed, "certified"), "false");

    node_.certify();
    const Response later = upload_lines(first_batch());
    EXPECT_EQ(at(later, "certified"), "true");
    EXPECT_EQ(at(later, "receipt/certified"), "true");
    const auto certified = verify(receipt(at(later, "receipt")));
    ASSERT_TRUE(certified) << steps(certified).front();
    EXPECT_EQ(certified->standing, ledger::Standing::certified);
    EXPECT_EQ(certified->leaf.id.hex(), id_of(10));
}

TEST_F(Proofs, ARecordIsProvenByItsHashAlone) {
    const Response response = get("/v1/records/" + id_of(10) + "/2/proof");
    ASSERT_EQ(response.status, 200);
    EXPECT_EQ(response.body.find(alice), std::string::npos);
    ledger::Receipt given = receipt(response.body);
    ASSERT_EQ(given.parts.size(), 1U);
    EXPECT_EQ(given.parts[0].kind, ledger::ReceiptPart::Kind::record);
    EXPECT_EQ(given.parts[0].n, 2U);
    std::string buffer;
    EXPECT_EQ(given.parts[0].hash, ledger::record_hash(first_batch().records[2], buffer));
    const auto verdict = verify(given);
    EXPECT_TRUE(verdict) << steps(verdict).front();
    given.parts[0].n = 1;
    EXPECT_FALSE(verify(given));
    EXPECT_EQ(get("/v1/records/" + id_of(10) + "/4/proof").status, 404);
}

TEST_F(Proofs, ARecordsCertificateIsTwoReceiptsThatVerifyTogether) {
    const std::string path = "/v1/records/" + id_of(10) + "/0/result-proof";
    EXPECT_EQ(get(path).status, 401);
    EXPECT_EQ(get(path, grant(bob_key_, bob, "records")).status, 403);
    node_.certify();
    const Response holder = get(path, grant(alice_key_, alice, "records"));
    ASSERT_EQ(holder.status, 200) << holder.body;
    EXPECT_EQ(get_bodies(path).body, holder.body);
    auto certificate = ledger::read_certificate(holder.body);
    ASSERT_TRUE(certificate) << certificate.error().detail;
    ASSERT_EQ(certificate->receipts.size(), 2U);
    using Kind = ledger::ReceiptPart::Kind;
    ASSERT_EQ(certificate->receipts[0].parts.size(), 2U);
    EXPECT_EQ(certificate->receipts[0].parts[0].kind, Kind::record);
    EXPECT_EQ(certificate->receipts[0].parts[1].kind, Kind::result);
    ASSERT_EQ(certificate->receipts[1].parts.size(), 1U);
    EXPECT_EQ(certificate->receipts[1].parts[0].kind, Kind::allocation);
    const auto allocation = ledger::read_allocation(*certificate->receipts[1].parts[0].text);
    ASSERT_TRUE(allocation);
    EXPECT_EQ(allocation->account.text(), alice);
    EXPECT_EQ(allocation->grams, 265);

    const auto verdicts = ledger::verify_certificate(*certificate, node_.pinned(), known_keys());
    ASSERT_TRUE(verdicts) << verdicts.error().reason << ": " << verdicts.error().detail;
    EXPECT_EQ(verdicts->at(1).standing, ledger::Standing::certified);

    // Another account's allocation does not make a certificate of this record.
    const auto other = ledger::read_certificate(
        get("/v1/records/" + id_of(10) + "/3/result-proof", grant(bob_key_, bob, "records")).body
    );
    ASSERT_TRUE(other);
    certificate->receipts[1] = other->receipts[1];
    EXPECT_FALSE(ledger::verify_certificate(*certificate, node_.pinned(), known_keys()));
}

TEST_F(Proofs, BeforeIssueThereIsTheResultAlone) {
    const Response response = get_bodies("/v1/records/" + id_of(11) + "/2/result-proof");
    ASSERT_EQ(response.status, 200) << response.body;
    const auto certificate = ledger::read_certificate(response.body);
    ASSERT_TRUE(certificate) << certificate.error().detail;
    ASSERT_EQ(certificate->receipts.size(), 1U);
    const auto verdict = verify(certificate->receipts[0]);
    EXPECT_TRUE(verdict) << steps(verdict).front();
}

TEST_F(Proofs, AConflictIsProvenAgainstTheLeafOfItsBatch) {
    const Response response = get("/v1/activities/" + id_of(11) + "/conflicts", token_);
    ASSERT_EQ(response.status, 200);
    const ledger::JsonValue value = json(response);
    ASSERT_EQ(value.find("data")->array()->size(), 1U);
    EXPECT_EQ(at(value, "data/0/conflict/record"), "0");
    EXPECT_EQ(at(value, "data/0/conflict/first"), "3");
    ledger::Receipt proof = receipt(get("/v1/leaves/" + at(value, "leaf_index") + "/receipt").body);
    ledger::ReceiptPart part;
    part.kind = ledger::ReceiptPart::Kind::conflict;
    part.n = *value.find("data")->array()->front().find("n")->integer();
    part.text = at(value, "data/0/conflict");
    for (const auto& sibling : *value.find("data")->array()->front().find("siblings")->array()) {
        part.siblings.push_back(*ledger::Hash::from(*ledger::from_base64(*sibling.string())));
    }
    proof.parts = {part};
    const auto verdict = verify(proof);
    EXPECT_TRUE(verdict) << steps(verdict).front();
    proof.parts[0].text->replace(proof.parts[0].text->find(R"("first":3)"), 9, R"("first":2)");
    EXPECT_FALSE(verify(proof));
}

TEST_F(Proofs, SealedLeavesAreOpenedToTheirSender) {
    const std::string body = R"({"account":")" + alice + R"(","class":")" +
                             std::string(bike_class) +
                             R"(","amount":"100","purpose":"voluntary","beneficiary":"Test",)"
                             R"("commitment":null,"statement":"for a test","inventory":null,)"
                             R"("instruction":null})";
    const Response retired = desk_.post(
        "/v1/retirements", node_.command_by(alice_key_, "credit.retire", id_of(30), body)
    );
    ASSERT_EQ(retired.status, 201) << retired.body;
    const ledger::Receipt own = receipt(at(retired, "receipt"));
    std::vector<std::string> kinds;
    for (const ledger::ReceiptPart& part : own.parts) {
        kinds.emplace_back(name_of(part.kind));
    }
    EXPECT_EQ(kinds, (std::vector<std::string>{"command", "line", "opening"}));
    const auto verdict = verify(own);
    EXPECT_TRUE(verdict) << steps(verdict).front();
    const Response open_to_all = get("/v1/commands/" + id_of(30) + "/receipt");
    EXPECT_EQ(open_to_all.body.find(alice), std::string::npos);
    EXPECT_TRUE(verify(receipt(open_to_all.body)));
}

TEST_F(Proofs, EveryLeafHasAReceiptAndAProof) {
    node_.certify();
    const std::string size = at(get("/v1/ledger"), "size");
    for (std::uint64_t n = 0; n < std::stoull(size); ++n) {
        const std::string leaf = std::to_string(n);
        const auto verdict = verify(receipt(get("/v1/leaves/" + leaf + "/receipt").body));
        ASSERT_TRUE(verdict) << leaf << " " << steps(verdict).front();
        const Response shown = get("/v1/leaves/" + leaf);
        const std::string text = *json(shown).find("text")->string();
        EXPECT_EQ(*json(shown).find("hash")->string(), ledger::leaf_hash(text).hex());
        const Response proof = get("/log/proof/" + leaf);
        EXPECT_TRUE(ledger::verify_log_proof(proof.body, text, node_.pinned(), known_keys()))
            << leaf;
        const std::string block = at(shown, "block/index");
        EXPECT_EQ(at(get("/v1/blocks/" + block), "hash"), at(shown, "block/hash"));
    }
}

TEST_F(Proofs, TilesAddUpToTheCheckpoint) {
    node_.certify();
    const Response checkpoint = get("/log/checkpoint");
    ASSERT_EQ(checkpoint.status, 200);
    const auto verdict = ledger::check_note(checkpoint.body, node_.pinned());
    ASSERT_TRUE(verdict) << verdict.error().detail;
    EXPECT_EQ(verdict->standing, ledger::Standing::certified);
    const std::string width = std::to_string(verdict->checkpoint.size);
    const Response tile = get("/log/tile/0/000.p/" + width);
    ASSERT_EQ(tile.status, 200);
    std::vector<ledger::Hash> hashes;
    for (std::size_t i = 0; i < verdict->checkpoint.size; ++i) {
        hashes.push_back(*ledger::Hash::from(ledger::ByteView(tile.body).substr(32 * i, 32)));
    }
    EXPECT_EQ(ledger::tree_root(hashes), verdict->checkpoint.root);
    EXPECT_EQ(at(get("/v1/checkpoints"), "data/0/size"), width);
    EXPECT_EQ(*json(get("/v1/checkpoints/" + width)).find("note")->string(), checkpoint.body);
    EXPECT_EQ(get("/log/policy").body, node_.local()->genesis().policy());
}

TEST_F(Proofs, AMembershipShowsItsNodesAndThePolicyThatFollows) {
    const Response first = get("/v1/memberships/1");
    ASSERT_EQ(first.status, 200) << first.body;
    EXPECT_EQ(at(first, "phase"), R"("final")");
    EXPECT_EQ(at(first, "leaf_index"), "0");
    EXPECT_EQ(at(first, "voters/0/node"), "1");
    EXPECT_EQ(at(first, "old_voters"), "[]");
    EXPECT_EQ(at(first, "decision"), "null");
    EXPECT_EQ(*json(first).find("policy")->string(), get("/log/policy?size=0").body);
    EXPECT_EQ(at(get("/v1/memberships"), "data/0"), first.body);
    EXPECT_EQ(get("/v1/memberships/2").status, 404);
}

TEST_F(Proofs, AConsistencyProofIsAnAddCheckpointRequest) {
    const auto add = [&](const std::string& from, const std::string& to) {
        const Response proof = get("/log/consistency?from=" + from + "&to=" + to);
        EXPECT_EQ(proof.status, 200) << proof.body;
        return post("/witness/add-checkpoint", "text/plain", proof.body);
    };
    const std::string size = at(get("/v1/ledger"), "size");
    const Response first = add("0", "3");
    ASSERT_EQ(first.status, 200) << first.body;
    EXPECT_TRUE(first.body.starts_with("— tanji.example/test/metro ")) << first.body;
    EXPECT_EQ(node_.cosigned_size, 3U);
    EXPECT_EQ(add("2", size).status, 409);  // from another size than the witness knows
    ASSERT_EQ(add("3", size).status, 200);
    EXPECT_EQ(std::to_string(node_.cosigned_size), size);
    std::string forged = get("/log/consistency?from=" + size + "&to=" + size).body;
    forged.replace(forged.find("\n" + size + "\n") + 2 + size.size(), 1, "!");
    EXPECT_EQ(post("/witness/add-checkpoint", "text/plain", forged).status, 400);
}

}  // namespace
}  // namespace tanji::api
