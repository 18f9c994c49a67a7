#pragma once

#include "tests/model/act.h"
#include "tests/model/model.h"

#include <random>
#include <string>
#include <vector>

namespace tanji::model {

// Any acts in any order, but rather those that bring a ledger into interesting states: at the ends
// of holds, lots, days and months, with the last units and points, by the wrong hands, twice, too
// much. A function of the seed and the model.
class Generator {
public:
    Generator(std::uint64_t seed, Model& model);

    struct Block {
        TimeMs at = 0;
        std::vector<Act> acts;
        std::vector<std::string> expected;  // a code or `ok` each; ticks have none
    };
    // The next block, which the model has run.
    Block next();

private:
    static constexpr std::uint64_t crowd_until = 36;  // a block
    enum class Flavour { ordinary, crowded, backlog, vast };
    using Draft = std::pair<Body, std::vector<std::string>>;  // and who signs

    std::uint64_t pick(std::uint64_t below) { return random_() % below; }
    std::int64_t between(std::int64_t least, std::int64_t most) {
        return least +
               static_cast<std::int64_t>(pick(static_cast<std::uint64_t>(most - least + 1)));
    }
    bool chance(std::uint64_t percent) { return pick(100) < percent; }
    template <typename List>
    const auto& any_of(const List& list) {
        auto at = list.begin();
        std::advance(at, static_cast<std::ptrdiff_t>(pick(list.size())));
        return *at;
    }
    // Around `exact`: it, one more, one less, or anything below; never less than 1.
    Amount near(Amount exact);

    TimeMs next_time();
    std::vector<TimeMs> due_times() const;
    std::size_t block_size();
    Act draft();
    Draft draft_first();
    Draft draft_any();
    void finish(Act& act);
    bool repeat(Act& act);

    Draft draft_open();
    Draft draft_programme();
    void change_terms(ProgrammeTerms& terms);
    Draft draft_submit();
    void choose_period(Submit& body);
    Draft draft_attest();
    Ranges choose_ranges(const BatchState& batch);
    Draft draft_revoke();
    Draft draft_transfer();
    Draft draft_assign();
    Draft draft_retire();
    Draft draft_cancel();
    Draft draft_offer();
    Draft draft_offer_change();
    OfferTerms choose_terms();
    Draft draft_reserve();
    Draft draft_confirm();
    Draft draft_release();
    Draft draft_refund();
    void draft_backlog(Block& block);

    std::string user();
    std::string any_account();
    std::vector<std::string> holders(const std::string& account, bool& instructed);
    std::string some_class();
    std::string some_offer();
    std::string some_redemption(bool wants_hold);
    std::string wrong_hand();

    const Books& books() const { return model_.books(); }

    std::mt19937_64 random_;
    Model& model_;
    Flavour flavour_ = Flavour::ordinary;
    std::size_t accounts_ = 4;
    std::vector<std::string> slugs_;
    std::uint64_t blocks_ = 0;
    std::uint64_t number_ = 0;
    std::vector<Act> past_;
    std::vector<std::string> events_;
};

}  // namespace tanji::model
