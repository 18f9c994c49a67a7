// Batches: taken events, issue with its award, correction.
#include "tests/model/calendar.h"
#include "tests/model/city.h"
#include "tests/model/model.h"

#include <algorithm>

namespace tanji::model {
namespace {

bool contains(const std::vector<std::string>& list, const std::string& word) {
    return std::ranges::find(list, word) != list.end();
}

bool listed(const Ranges& ranges, std::size_t index) {
    return std::ranges::any_of(ranges, [&](const auto& range) {
        return range.first <= index && index <= range.second;
    });
}

// Whether every index named is a live record.
bool all_live(const BatchState& batch, const Ranges& ranges) {
    return std::ranges::all_of(ranges, [&](const auto& range) {
        for (std::size_t i = range.first; i <= range.second; ++i) {
            if (i >= batch.records.size() || !batch.records[i].live) {
                return false;
            }
        }
        return true;
    });
}

Amount part_of(Amount grams, std::int64_t ppm) {  // rounded up
    return (grams * ppm + 999'999) / 1'000'000;
}

// What the live records come to, account by account.
std::map<std::string, Share> shares_of(const BatchState& batch) {
    const CityScheme& scheme = city_scheme(city_method(batch.method).scheme);
    std::map<std::string, Share> shares;
    for (const RecordState& record : batch.records) {
        if (!record.conflict) {
            shares[record.event.account].grams += record.live ? record.micrograms : 0;
        }
    }
    for (auto& [account, share] : shares) {
        share.grams /= 1'000'000;
        share.reserved = scheme.credits ? part_of(share.grams, scheme.reserve_ppm) : 0;
        share.held = share.grams - share.reserved;  // of points only as well, though not booked
    }
    return shares;
}

}  // namespace

void Model::free_events(BatchState& batch, bool only_live) {
    for (RecordState& record : batch.records) {
        if (record.live || (!only_live && !record.conflict)) {
            books_.taken.erase(record.event.event);
            record.live = false;
        }
    }
}

std::string Model::submit(const Act& act, const Submit& body) {
    const CityMethod& method = city_method(body.method);
    const TimeMs now = books_.now;
    if (!contains(act.signers, body.provider)) {
        return "signatures_insufficient";
    }
    if (!contains(find_city_member(body.provider)->provides, body.method)) {
        return "role_missing";
    }
    if (!body.programme.empty()) {
        if (!books_.programmes.contains(body.programme)) {
            return "programme_unknown";
        }
        const ProgrammeTerms& terms = books_.newest(body.programme);
        if (!contains(terms.schemes, method.scheme) ||
            (!terms.earners.empty() && !contains(terms.earners, body.provider))) {
            return "programme_not_applicable";
        }
    }
    const auto debt = books_.debts.find({body.provider, method.scheme});
    if (debt != books_.debts.end() && debt->second.owed > 0 &&
        now > debt->second.since + city_scheme(method.scheme).obligation_days * day_ms) {
        return "obligation_overdue";
    }
    const auto year = [](std::int64_t seconds) {
        return month_of_day(day_at(seconds * 1'000, city_offset)).year;
    };
    if (body.start >= body.end || body.end * 1'000 > now + 300'000 ||
        year(body.start) != year(body.end)) {
        return "period_invalid";
    }
    // Times of records are whole seconds, and so is now beside them.
    if (now / 1'000 > body.end + report_within_days * day_ms / 1'000) {
        return "period_too_old";
    }
    BatchState batch;
    batch.provider = body.provider;
    batch.method = body.method;
    batch.credit_class = class_of(method, body.start);
    batch.programme = body.programme;
    batch.submitted = now;
    std::set<std::string> newly;
    for (const Event& event : body.events) {
        if (!books_.accounts.contains(event.account)) {
            return "record_invalid";
        }
        const bool conflict =
            books_.taken.contains(event.event) || !newly.insert(event.event).second;
        batch.records.push_back(
            {.event = event,
             .conflict = conflict,
             .live = !conflict,
             .micrograms = conflict ? 0 : event.much * method.micrograms}
        );
    }
    if (!batch.any_live()) {
        return "activity_conflict";
    }
    books_.taken.merge(newly);
    books_.batches[act.name] = std::move(batch);
    books_.touched_batches.insert(act.name);
    return "ok";
}

std::string Model::attest(const Signers& signers, const Attest& act) {
    const CityMember* verifier = find_city_member(signers.front());
    if (verifier == nullptr || verifier->verifies.empty()) {
        return "role_missing";  // of any methodology
    }
    if (!books_.batches.contains(act.batch)) {
        return "batch_unknown";
    }
    BatchState& batch = books_.batches[act.batch];
    if (!contains(verifier->verifies, batch.method)) {
        return "role_missing";
    }
    if (batch.state != "submitted") {
        return "batch_state";
    }
    const std::string sponsor =
        batch.programme.empty() ? "" : books_.newest(batch.programme).sponsor;
    if (verifier->name == batch.provider || verifier->name == sponsor) {
        return "verifier_not_independent";
    }
    books_.touched_batches.insert(act.batch);
    if (act.verdict == "reject") {
        free_events(batch, false);
        batch.state = "rejected";
        batch.verifier = verifier->name;
        return "ok";
    }
    if (books_.now < batch.submitted + city_method(batch.method).settle_days * day_ms) {
        return "attestation_too_early";
    }
    BatchState after = batch;
    for (std::size_t i = 0; i < after.records.size(); ++i) {
        after.records[i].live = after.records[i].live && !listed(act.except, i);
    }
    if (!all_live(batch, act.except) || !after.any_live()) {
        return "index_invalid";
    }
    if (act.sampled < std::min<std::size_t>(batch.records.size(), 20)) {
        return "sample_incomplete";
    }
    const std::string outcome = issue(after);
    if (outcome != "ok") {
        return outcome;
    }
    for (std::size_t i = 0; i < after.records.size(); ++i) {
        if (batch.records[i].live && !after.records[i].live) {
            books_.taken.erase(batch.records[i].event.event);
        }
    }
    after.verifier = verifier->name;
    batch = std::move(after);
    return "ok";
}

std::string Model::issue(BatchState& batch) {
    batch.state = "issued";
    batch.issued = books_.now;
    batch.shares = shares_of(batch);
    std::erase_if(batch.shares, [&](const auto& share) {  // all of its records excluded
        return std::ranges::none_of(batch.records, [&](const RecordState& record) {
            return record.live && record.event.account == share.first;
        });
    });
    if (!batch.programme.empty()) {
        batch.version = books_.newest(batch.programme).version;
        ledger::Int128 awarded = books_.totals[batch.programme].awarded;
        bool overflow = false;
        for (auto& [account, share] : batch.shares) {
            share.points =
                points_for(books_.newest(batch.programme), account, share.grams, overflow);
            awarded += share.points;
        }
        if (overflow || awarded > ledger::amount_max) {
            return "amount_overflow";
        }
    }
    const bool credits = city_scheme(city_method(batch.method).scheme).credits;
    for (const auto& [account, share] : batch.shares) {
        batch.grams += share.grams;
        award(batch, account, share.points);
        if (credits && share.grams > 0) {
            books_.held[{account, batch.credit_class}] += share.held;
            books_.classes[batch.credit_class].issued += share.grams;
            books_.classes[batch.credit_class].reserved += share.reserved;
        }
    }
    return "ok";
}

std::string Model::revoke(const Signers& signers, const Revoke& act) {
    if (!books_.batches.contains(act.batch)) {
        return "batch_unknown";
    }
    BatchState& batch = books_.batches[act.batch];
    const auto entitled = [&](const std::string& signer) {
        return signer == batch.provider || signer == batch.verifier || signer == "registry";
    };
    if (std::ranges::none_of(signers, entitled)) {
        return "signatures_insufficient";
    }
    if (batch.state != "issued") {
        return "batch_state";
    }
    const CityScheme& scheme = city_scheme(city_method(batch.method).scheme);
    if (books_.now > batch.issued + scheme.correction_days * day_ms) {
        return "revocation_too_late";
    }
    if (act.records && !all_live(batch, *act.records)) {
        return "index_invalid";
    }
    books_.touched_batches.insert(act.batch);
    for (std::size_t i = 0; i < batch.records.size(); ++i) {
        RecordState& record = batch.records[i];
        if (record.live && (!act.records || listed(*act.records, i))) {
            record.live = false;
            if (act.free) {
                books_.taken.erase(record.event.event);
            }
        }
    }
    const std::map<std::string, Share> after = shares_of(batch);
    if (scheme.credits && batch.grams > 0) {
        correct_grams(batch, after);
    }
    if (batch.version != 0) {
        correct_points(batch, after);
    }
    for (auto& [account, share] : batch.shares) {
        const Amount points = share.points;
        share = after.at(account);
        share.points = points;
    }
    batch.state = batch.any_live() ? "issued" : "revoked";
    return "ok";
}

// The four steps of a correction.
void Model::correct_grams(BatchState& batch, const std::map<std::string, Share>& after) {
    const std::string scheme = city_method(batch.method).scheme;
    ClassState& supply = books_.classes[batch.credit_class];
    Amount own = 0;
    Amount missing = 0;
    for (const auto& [account, share] : batch.shares) {
        own += share.reserved - after.at(account).reserved;
        const Amount less = share.held - after.at(account).held;
        const Amount there = std::min(less, books_.held_by(account, batch.credit_class));
        if (there > 0) {
            books_.held[{account, batch.credit_class}] -= there;
            supply.reversed += there;
        }
        missing += less - there;
    }
    // The batch's own reserve and what is short come from one number: the class's reserve.
    const Amount reserve = std::min(supply.reserved, own + missing);
    supply.reserved -= reserve;
    supply.reversed += reserve;
    const Amount owed = own + missing - reserve;
    if (owed > 0) {
        Debt& debt = books_.debts[{batch.provider, scheme}];
        debt.since = debt.owed == 0 ? books_.now : debt.since;
        debt.owed += owed;
    }
}

void Model::correct_points(BatchState& batch, const std::map<std::string, Share>& after) {
    const ProgrammeTerms& terms = books_.programmes.at(batch.programme).at(batch.version - 1);
    if (!terms.take_back) {
        return;
    }
    for (auto& [account, share] : batch.shares) {
        const ledger::Int128 full =
            ledger::Int128{after.at(account).grams} * terms.rate_points / terms.rate_grams;
        if (full >= share.points) {
            continue;
        }
        const Amount less = share.points - static_cast<Amount>(full);
        const Amount there = take_back(account, batch.programme, less);
        const std::string& sponsor = terms.sponsor.empty() ? batch.provider : terms.sponsor;
        if (there < less && mistake_ != Mistake::unbacked_forgotten) {
            books_.unbacked[{batch.programme, sponsor}] += less - there;
        }
        share.points -= less;
    }
}

}  // namespace tanji::model
