#include "tests/model/model.h"

#include "tests/model/city.h"

#include <algorithm>

namespace tanji::model {
namespace {

constexpr TimeMs week_ms = 7 * 86'400'000LL;

bool contains(const std::vector<std::string>& list, const std::string& word) {
    return std::ranges::find(list, word) != list.end();
}

// An amount of zero is no command at all.
bool malformed(const Body& body) {
    if (const auto* grams = std::get_if<Grams>(&body)) {
        return grams->amount == 0;
    }
    if (const auto* restock = std::get_if<Restock>(&body)) {
        return restock->units == 0;
    }
    if (const auto* reserve = std::get_if<Reserve>(&body)) {
        return reserve->points == 0;
    }
    if (const auto* confirm = std::get_if<Confirm>(&body)) {
        return confirm->points == 0;
    }
    if (const auto* refund = std::get_if<Refund>(&body)) {
        return refund->points == 0;
    }
    return false;
}

}  // namespace

bool BatchState::any_live() const {
    return std::ranges::any_of(records, &RecordState::live);
}

Amount Books::held_by(const std::string& account, const std::string& credit_class) const {
    const auto found = held.find({account, credit_class});
    return found == held.end() ? 0 : found->second;
}

Amount Books::owed_by(const std::string& member, const std::string& scheme) const {
    const auto found = debts.find({member, scheme});
    return found == debts.end() ? 0 : found->second.owed;
}

std::string Model::apply(const Act& act) {
    if (malformed(act.body)) {
        return "command_malformed";
    }
    if (const auto known = books_.commands.find(act.name); known != books_.commands.end()) {
        return same_bytes(known->second.act, act) ? known->second.outcome : "id_reused";
    }
    for (const std::string& signer : act.signers) {
        if (!key_known(act, signer)) {
            return "key_unknown";
        }
    }
    const std::string outcome = act.not_after < books_.now             ? "command_expired"
                                : act.not_after > books_.now + week_ms ? "not_after_too_far"
                                                                       : run(act);
    books_.commands[act.name] = {.act = act, .outcome = outcome};
    ++books_.leaves;
    return outcome;
}

std::string Model::run(const Act& act) {
    const Signers& signers = act.signers;
    const Body& body = act.body;
    return std::visit(
        [&](const auto& each) -> std::string {
            using Kind = std::decay_t<decltype(each)>;
            if constexpr (std::is_same_v<Kind, Open>) {
                return open(signers, each);
            } else if constexpr (std::is_same_v<Kind, PublishProgramme>) {
                return publish(signers, each);
            } else if constexpr (std::is_same_v<Kind, Submit>) {
                return submit(act, each);
            } else if constexpr (std::is_same_v<Kind, Attest>) {
                return attest(signers, each);
            } else if constexpr (std::is_same_v<Kind, Revoke>) {
                return revoke(signers, each);
            } else if constexpr (std::is_same_v<Kind, Grams>) {
                return grams(signers, each);
            } else if constexpr (std::is_same_v<Kind, PublishOffer>) {
                return publish_offer(signers, each);
            } else if constexpr (std::is_same_v<Kind, ReviseOffer>) {
                return revise(signers, each);
            } else if constexpr (std::is_same_v<Kind, Restock>) {
                return restock(signers, each);
            } else if constexpr (std::is_same_v<Kind, CloseOffer>) {
                return close(signers, each);
            } else if constexpr (std::is_same_v<Kind, Reserve>) {
                return reserve(act, each);
            } else if constexpr (std::is_same_v<Kind, Confirm>) {
                return confirm(signers, each);
            } else if constexpr (std::is_same_v<Kind, Release>) {
                return release(signers, each);
            } else if constexpr (std::is_same_v<Kind, Refund>) {
                return refund(signers, each);
            } else {
                return "ok";
            }
        },
        body
    );
}

bool Model::exists(const std::string& account) const {
    return find_city_member(account) != nullptr || books_.accounts.contains(account);
}

bool Model::key_known(const Act& act, const std::string& signer) const {
    if (find_city_member(signer) != nullptr) {
        return true;
    }
    const auto account = books_.accounts.find(signer);
    if (account != books_.accounts.end() && !account->second.keyless) {
        return true;
    }
    const auto* opening = std::get_if<Open>(&act.body);
    return opening != nullptr && opening->account == signer && !opening->keyless;
}

bool Model::holder_signed(const Signers& signers, const std::string& account, bool instructed)
    const {
    const auto user = books_.accounts.find(account);
    if (user == books_.accounts.end() || !user->second.keyless) {
        return contains(signers, account);  // a member, or its own key
    }
    return instructed && contains(signers, user->second.custodian);
}

std::string Model::open(const Signers& signers, const Open& act) {
    const CityMember* custodian = find_city_member(signers.front());
    if (custodian == nullptr || !custodian->is_operator) {
        return "role_missing";
    }
    if (books_.accounts.contains(act.account)) {
        return "account_exists";
    }
    if (!act.keyless && !contains(signers, act.account)) {
        return "key_not_proven";
    }
    books_.accounts[act.account] = {
        .venue = act.venue, .custodian = custodian->name, .keyless = act.keyless
    };
    return "ok";
}

std::string Model::publish(const Signers& signers, const PublishProgramme& act) {
    const ProgrammeTerms& terms = act.terms;
    const std::set<std::string> governors(signers.begin(), signers.end());
    if (governors.size() < governors_needed() || !governors.contains(terms.owner)) {
        return "signatures_insufficient";
    }
    if (!contains(find_city_member(terms.owner)->programmes, terms.slug)) {
        return "role_missing";
    }
    std::vector<std::string> named = terms.earners;
    named.insert(named.end(), terms.merchants.begin(), terms.merchants.end());
    if (!terms.sponsor.empty()) {
        named.push_back(terms.sponsor);
    }
    for (const std::string& member : named) {
        if (find_city_member(member) == nullptr) {
            return "member_unknown";
        }
    }
    for (const std::string& scheme : terms.schemes) {
        if (scheme != "ant" && scheme != "sz-ph") {
            return "scheme_unknown";
        }
    }
    const auto before = books_.programmes.find(terms.slug);
    const bool first = before == books_.programmes.end();
    if (!first && before->second.back().owner != terms.owner) {
        return "owner_changed";
    }
    if (terms.version != (first ? 1 : before->second.size() + 1)) {
        return "version_not_next";
    }
    books_.programmes[terms.slug].push_back(terms);
    return "ok";
}

std::string Model::grams(const Signers& signers, const Grams& act) {
    if (!exists(act.account)) {
        return "account_unknown";
    }
    if (!holder_signed(signers, act.account, act.instructed) ||
        (act.verb == "assign" && !contains(signers, act.to))) {
        return "signatures_insufficient";
    }
    if (act.verb == "transfer" && (find_city_member(act.account) == nullptr ||
                                   find_city_member(act.to) == nullptr || act.account == act.to)) {
        return "transfer_not_allowed";
    }
    if (act.verb == "donate" &&
        (!books_.accounts.contains(act.to) || !books_.accounts.at(act.to).venue)) {
        return "recipient_not_allowed";
    }
    return books_.classes.contains(act.credit_class) ? move_grams(act) : "class_unknown";
}

std::string Model::move_grams(const Grams& act) {
    const std::string scheme = act.credit_class.substr(0, act.credit_class.find(':'));
    const Amount owed = books_.owed_by(act.account, scheme);
    if ((act.verb == "transfer" || act.verb == "retire") && owed > 0) {
        return "obligation_outstanding";
    }
    if (act.verb == "cancel" && act.amount > owed) {
        return "obligation_exceeded";
    }
    if (books_.held_by(act.account, act.credit_class) < act.amount) {
        return "insufficient_credits";
    }
    books_.held[{act.account, act.credit_class}] -= act.amount;
    if (act.verb == "retire") {
        books_.classes[act.credit_class].retired += act.amount;
    } else if (act.verb == "cancel") {
        books_.classes[act.credit_class].reversed += act.amount;
        books_.debts[{act.account, scheme}].owed -= act.amount;
    } else {
        books_.held[{act.to, act.credit_class}] += act.amount;
    }
    return "ok";
}

}  // namespace tanji::model
