#pragma once

#include "ledger/parties/execution.h"
#include "ledger/value/json.h"
#include "ledger/value/result.h"

#include <optional>
#include <string>

// The commands over credits. Each is read from a body, says whether its leaf must be sealed and
// what a sealed leaf shows, and is carried out.
namespace tanji::ledger {

// Between accounts of members.
struct CreditTransfer {
    Account account;
    Account to;
    std::string credit_class;
    Amount amount = 0;
    std::optional<std::string> memo;
    bool instructed = false;

    static CreditTransfer read(JsonReader& body);
    bool is_sealed(const Reader& reader) const;
    void write_public(JsonWriter& out, const Reader& reader, const Salt& salt) const;
    Status apply(Execution& execution) const;
};

// A user's grams to a member (归集) or to a venue (捐赠).
struct CreditAssign {
    Account account;
    Account to;
    std::string credit_class;
    Amount amount = 0;
    std::string purpose;  // assign, donate
    bool instructed = false;

    static CreditAssign read(JsonReader& body);
    bool is_sealed(const Reader& reader) const;
    void write_public(JsonWriter& out, const Reader& reader, const Salt& salt) const;
    Status apply(Execution& execution) const;
};

// The final use, for a beneficiary and a purpose.
struct CreditRetire {
    Account account;
    std::string credit_class;
    Amount amount = 0;
    std::string purpose;
    std::optional<std::string> beneficiary;
    std::optional<Hash> commitment;
    std::string statement;
    bool instructed = false;

    static CreditRetire read(JsonReader& body);
    bool is_sealed(const Reader& reader) const;
    void write_public(JsonWriter& out, const Reader& reader, const Salt& salt) const;
    Status apply(Execution& execution) const;
};

// Pays an obligation with grams of the scheme.
struct CreditCancel {
    Account account;
    std::string credit_class;
    Amount amount = 0;
    bool instructed = false;

    static CreditCancel read(JsonReader& body);
    bool is_sealed(const Reader& reader) const;
    void write_public(JsonWriter& out, const Reader& reader, const Salt& salt) const;
    Status apply(Execution& execution) const;
};

}  // namespace tanji::ledger
