#pragma once

#include "ledger/command/batch.h"
#include "tests/node/bad_input.h"

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

// Commands and batches for a node with the demo's data: right ones, and the same with one fault.
namespace tanji::node::test {

using ledger::Record;

// A batch of three metro rides yesterday, right in everything until a test changes something.
struct Batch {
    ledger::BatchHeader header;
    std::vector<Record> records;

    // Makes the header say again what the records are.
    void seal() {
        header.count = static_cast<std::uint32_t>(records.size());
        header.inputs.at(0).sum = 0;
        for (const Record& record : records) {
            header.inputs[0].sum += record.inputs.at(0);
        }
        header.reduction_ug = ledger::Int128{46'700} * header.inputs[0].sum;
        header.records_root = ledger::records_root(records);
    }
};

class BadCommands : public testing::Test {
protected:
    static void SetUpTestSuite();
    static void TearDownTestSuite() { node_.reset(); }

    static const DemoData::Holder& holder(std::size_t i = 0) { return node_->data().holders.at(i); }

    // The body that a command has after `signers` signed it.
    static Sent command(
        std::string type,
        std::string body,
        const std::vector<std::string>& signers,
        Draft draft = {}
    );
    static Refused refused(
        std::string code, int status, Sent sent, std::string pointer = {}, std::string reason = {}
    );
    static std::string open(std::string_view account, std::string_view keys = "[]");
    static std::string retire(
        std::string_view account, std::string_view credit_class, std::string_view amount = "1"
    );
    static std::string transfer(std::string_view from, std::string_view to);
    static std::string assign(std::string_view to, std::string_view purpose);
    static std::string cancel(std::string_view credit_class);
    static std::string attest(
        std::string_view batch,
        std::string_view verdict = "accept",
        std::string_view except = "[]",
        int sampled = 200
    );
    static std::string key_list(const std::vector<ledger::SigningKey>& keys);
    // The one batch of the demo that nobody has attested.
    static std::string open_batch();

    // --- batches ---

    static Batch good_batch();
    static ledger::Envelope envelope_of(const Batch& batch, const std::string& signer = "metro");
    static Sent container(const Batch& batch, const std::string& signer = "metro");
    using Change = std::function<void(Batch&)>;
    // The batch after a change, with a header that fits to it.
    static Sent resealed(const Change& change);
    // The batch after a change of which the header says nothing.
    static Sent changed(const Change& change);

    static inline std::unique_ptr<RunningNode> node_;
};

}  // namespace tanji::node::test
