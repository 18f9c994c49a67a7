#pragma once

#include "tests/model/act.h"
#include "tests/model/city.h"

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

// What every act has to come to, and every balance after it, worked out from the contract with maps
// and loops and nothing of the ledger's. What can be recounted is recounted, not carried along.
namespace tanji::model {

// One rule deliberately wrong: the comparison has to find it.
enum class Mistake {
    nothing,
    expiry_late,          // points live a millisecond too long
    award_rounded_up,     // instead of down
    refund_forward,       // what was taken first comes back first
    cooldown_forgotten,   // a release gives it back
    unbacked_forgotten,   // points spent before they were revoked
    clearing_not_pinned,  // a refund at the value of today
    month_is_a_day,       // a cap per month counts one day
};

struct LotKey {
    TimeMs expires = 0;
    std::string sponsor;
    auto operator<=>(const LotKey&) const = default;
};
struct Lot {
    Amount available = 0;
    std::map<TimeMs, Amount> pending;  // by when it becomes available
};

struct AccountState {
    bool venue = false;
    std::string custodian;
    bool keyless = false;
};

struct RecordState {
    Event event;
    bool conflict = false;
    bool live = false;
    Amount micrograms = 0;
};
struct Share {  // of one account in a batch
    Amount grams = 0;
    Amount reserved = 0;
    Amount held = 0;
    Amount points = 0;
};
struct BatchState {
    std::string state = "submitted";
    std::string provider;
    std::string method;
    std::string credit_class;
    std::string programme;
    std::uint32_t version = 0;  // of the programme when it was awarded
    std::string verifier;
    TimeMs submitted = 0;
    TimeMs issued = 0;
    Amount grams = 0;  // at issue
    std::vector<RecordState> records;
    std::map<std::string, Share> shares;
    bool any_live() const;
};

struct ClassState {
    Amount issued = 0;
    Amount reserved = 0;
    Amount retired = 0;
    Amount reversed = 0;
};
struct Debt {
    Amount owed = 0;
    TimeMs since = 0;
};

struct AwardEvent {
    std::int64_t day = 0;
    int month = 0;  // year × 12 + month
    Amount points = 0;
};
struct Totals {  // of a programme, what nothing else tells
    Amount awarded = 0;
    Amount expired = 0;
    Amount revoked = 0;
};

struct OfferState {
    std::string merchant;
    std::string programme;
    OfferTerms terms;
    std::uint32_t revision = 1;
    bool closed = false;
    bool limited = false;
    Amount supplied = 0;
};
struct Stock {
    Amount reserved = 0;  // ever, also without a limit
    Amount returned = 0;
    Amount remaining = 0;
};
struct Part {
    TimeMs expires = 0;
    std::string sponsor;
    Amount points = 0;
};
struct RedemptionState {
    std::string state = "reserved";
    std::string account;
    std::string offer;
    std::string programme;
    std::uint32_t revision = 0;
    std::int64_t quantity = 0;
    Amount points = 0;
    std::vector<Part> parts;  // held; once confirmed, what is redeemed and not refunded
    TimeMs reserved = 0;
    TimeMs hold_until = 0;
    std::int64_t refund_days = 0;
    Amount confirmed = 0;
    Amount refunded = 0;
    TimeMs confirmed_at = 0;
    Amount micro = 0;
    bool limit_given_back = false;
    bool stock_given_back = false;
};
struct PositionState {
    Amount points = 0;
    Amount value = 0;
};

struct Known {  // a spent id
    Act act;
    std::string outcome;
};

// Everything there is, under plain names.
struct Books {
    TimeMs now = 0;
    std::uint64_t leaves = city_leaves;
    std::map<std::string, Known> commands;
    std::map<std::string, AccountState> accounts;
    std::map<std::string, std::vector<ProgrammeTerms>> programmes;  // by version
    std::map<std::string, BatchState> batches;
    std::set<std::string> taken;  // events
    std::map<std::string, ClassState> classes;
    std::map<std::pair<std::string, std::string>, Amount> held;  // (account, class)
    std::map<std::pair<std::string, std::string>, Debt> debts;   // (member, scheme)

    using Purse = std::pair<std::string, std::string>;  // (account, programme)
    std::map<Purse, std::map<LotKey, Lot>> lots;
    std::map<Purse, std::vector<AwardEvent>> awards;
    std::map<std::string, Totals> totals;                            // by programme
    std::map<std::pair<std::string, std::string>, Amount> unbacked;  // (programme, sponsor)
    std::map<std::string, OfferState> offers;
    std::map<std::string, RedemptionState> redemptions;
    std::set<std::string> holds;  // redemptions still reserved
    std::set<std::string> vouchers;
    // (programme, year × 12 + month − 1, debtor, creditor)
    std::map<std::tuple<std::string, int, std::string, std::string>, PositionState> positions;

    // What the block at hand touched.
    std::set<std::string> touched_batches;
    std::set<std::string> touched_redemptions;
    int sweep_room = 0;  // how many more items it would have swept

    const ProgrammeTerms& newest(const std::string& programme) const {
        return programmes.at(programme).back();
    }
    Amount held_by(const std::string& account, const std::string& credit_class) const;
    Amount owed_by(const std::string& member, const std::string& scheme) const;
    Amount usable(const std::string& account, const std::string& programme) const;
    // Units of the offer that count against the account's limit now.
    Amount limit_used(const std::string& account, const std::string& offer) const;
    Stock stock(const std::string& offer) const;
};

class Model {
public:
    explicit Model(Mistake mistake = Mistake::nothing) : mistake_(mistake) {}

    // A block at that time: what is due is swept.
    void begin(TimeMs now);
    // `ok` or a code.
    std::string apply(const Act& act);

    const Books& books() const { return books_; }

private:
    using Signers = std::vector<std::string>;

    void sweep_holds(int& room);
    void sweep_pending(int& room);
    void sweep_lots(int& room);
    void sweep_batches(int& room);

    std::string run(const Act& act);
    std::string open(const Signers& signers, const Open& act);
    std::string publish(const Signers& signers, const PublishProgramme& act);
    std::string submit(const Act& act, const Submit& body);
    std::string attest(const Signers& signers, const Attest& act);
    std::string issue(BatchState& batch);
    std::string revoke(const Signers& signers, const Revoke& act);
    std::string grams(const Signers& signers, const Grams& act);
    std::string move_grams(const Grams& act);
    std::string publish_offer(const Signers& signers, const PublishOffer& act);
    std::string revise(const Signers& signers, const ReviseOffer& act);
    std::string restock(const Signers& signers, const Restock& act);
    std::string close(const Signers& signers, const CloseOffer& act);
    std::string reserve(const Act& act, const Reserve& body);
    std::string confirm(const Signers& signers, const Confirm& act);
    std::string release(const Signers& signers, const Release& act);
    std::string refund(const Signers& signers, const Refund& act);

    bool exists(const std::string& account) const;
    bool key_known(const Act& act, const std::string& signer) const;
    bool holder_signed(const Signers& signers, const std::string& account, bool instructed) const;
    std::string check_offer(const Signers& signers, const std::string& offer) const;
    bool terms_valid(const OfferTerms& terms) const;

    void free_events(BatchState& batch, bool only_live);
    Amount points_for(
        const ProgrammeTerms& terms, const std::string& account, Amount grams, bool& overflow
    ) const;
    void award(const BatchState& batch, const std::string& account, Amount points);
    void correct_grams(BatchState& batch, const std::map<std::string, Share>& after);
    void correct_points(BatchState& batch, const std::map<std::string, Share>& after);
    Amount take_back(const std::string& account, const std::string& programme, Amount points);

    bool past(TimeMs expires) const;
    std::vector<Part> take(const std::string& account, const std::string& programme, Amount points);
    void give_back(const RedemptionState& redemption, const std::vector<Part>& parts);
    void end_hold(RedemptionState& redemption, const std::string& state);
    bool book_clearing(
        const RedemptionState& redemption,
        const std::vector<Part>& parts,
        bool back,
        Amount micro_per_point
    );

    Books books_;
    Mistake mistake_;
};

}  // namespace tanji::model
