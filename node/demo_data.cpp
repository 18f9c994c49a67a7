#include "node/demo_data.h"

#include "ledger/command/batch.h"
#include "ledger/methodology/evaluate.h"
#include "ledger/value/crypto.h"
#include "ledger/value/json.h"
#include "node/assets.h"
#include "node/demo_records.h"
#include "node/demo_sender.h"
#include "node/demo_shops.h"

#include <algorithm>
#include <array>
#include <optional>

namespace tanji::node {
namespace {

using ledger::Amount;
using ledger::Result;

constexpr std::size_t account_count = 50;
constexpr std::size_t keyed_accounts = 5;

using NamedHolding = std::pair<std::string, ledger::Holding>;
std::optional<NamedHolding> largest_holding(
    const ledger::View& view, const ledger::UserId& account
) {
    const auto holdings = view.holdings(account.hex());
    if (holdings.empty()) {
        return std::nullopt;
    }
    return std::ranges::max(holdings, {}, [](const auto& holding) { return holding.second.held; });
}

Amount available_points(
    const ledger::View& view, const ledger::UserId& account, std::string_view programme
) {
    for (const auto& [name, purse] : view.purses(account.hex())) {
        if (name == programme) {
            return purse.available;
        }
    }
    return 0;
}

std::vector<ledger::UserId> draw_accounts(std::uint64_t seed) {
    Dice dice(seed, "accounts");
    std::vector<ledger::UserId> accounts;
    for (std::size_t i = 0; i < account_count; ++i) {
        accounts.push_back(dice.fixed<ledger::UserId>());
    }
    return accounts;
}

class Seeder {
public:
    // `draws`: ids of commands follow from it.
    Seeder(
        api::Service& service,
        const DemoAlliance& alliance,
        std::uint64_t seed,
        std::uint64_t draws,
        ledger::TimeMs now
    )
        : sender_(service, alliance, draws),
          seed_(seed),
          accounts_(draw_accounts(seed)),
          records_(seed, now, alliance.event_keys, accounts_) {}

    Result<DemoData> run();
    ledger::Status report_again(std::uint64_t number);

private:
    // A batch that somebody reports.
    struct Report {
        std::string provider;
        std::string_view rank;
        std::string methodology;
        std::string_view programme;
        std::vector<ledger::Record> records;
    };

    ledger::Status publish_documents();
    ledger::Status publish_programmes();
    ledger::Status open_accounts();
    Result<std::string> report(const Report& report);
    ledger::Status attest(const std::string& batch);
    ledger::Status report_everything();
    ledger::Status retire_some();
    ledger::Status open_shops();
    void list_holders();
    std::vector<ledger::Record> metro_trips() const {
        return records_.trips("metro.exit", "trips", 260, 18'000);
    }

    DemoSender sender_;
    std::uint64_t seed_;
    std::vector<ledger::UserId> accounts_;
    DemoRecords records_;
    std::vector<ledger::SigningKey> holder_keys_;
    DemoData data_;
};

ledger::Status Seeder::publish_documents() {
    const auto governors = sender_.governors();
    const auto body = [](std::string_view document, bool of_scheme) {
        ledger::JsonWriter out;
        out.open_object();
        if (of_scheme) {
            out.member("scheme", "sz-ph");
        }
        return out.member("document", document).close_object().take();
    };
    if (auto sent = sender_.send("factors.publish", body(assets::pack_factors, false), governors);
        !sent) {
        return ledger::refusal(sent);
    }
    for (const std::string_view document :
         {assets::pack_metro, assets::pack_bike, assets::pack_household}) {
        if (auto sent = sender_.send("methodology.publish", body(document, true), governors);
            !sent) {
            return ledger::refusal(sent);
        }
    }
    return {};
}

// An owner is a governor too, and has signed as one.
ledger::Status Seeder::publish_programmes() {
    for (const std::string_view body : {assets::pack_green_points, assets::pack_ride_points}) {
        auto sent = sender_.send("programme.publish", std::string(body), sender_.governors());
        if (!sent) {
            return ledger::refusal(sent);
        }
    }
    return {};
}

ledger::Status Seeder::open_accounts() {
    for (std::size_t i = 0; i < account_count; ++i) {
        ledger::JsonWriter out;
        out.open_object().member("account", accounts_[i].hex()).member("kind", "user");
        out.name("keys").open_array();
        DemoSender::Keys keys = {sender_.key_of("wallet")};
        if (i < keyed_accounts) {
            holder_keys_.push_back(demo_key(seed_, fmt::format("wallet-{}", i + 1)));
            out.string(ledger::to_base64(holder_keys_.back().public_key().view()));
        }
        out.close_array().name("owner").null().close_object();
        if (i < keyed_accounts) {
            keys.push_back(&holder_keys_.back());
        }
        if (auto sent = sender_.send("account.open", out.take(), keys); !sent) {
            return ledger::refusal(sent);
        }
    }
    return {};
}

Result<std::string> Seeder::report(const Report& report) {
    const auto view = sender_.view();
    const auto row = view->methodology(report.methodology);
    const std::string factors_ref = view->factor_sets().back().first;
    const auto factors_row = view->factor_set(factors_ref);
    const auto read = ledger::read_methodology(row->document);
    const auto factors = ledger::read_factor_set(factors_row->document);
    ledger::Evaluator evaluator(*read, *factors);
    const auto& records = report.records;
    ledger::BatchHeader header;
    header.provider = report.provider;
    header.scheme = "sz-ph";
    header.methodology = report.methodology;
    header.methodology_digest = row->digest;
    header.factors = factors_ref;
    header.factors_digest = factors_row->digest;
    header.rank = std::string(report.rank);
    header.programme = std::string(report.programme);
    header.region = "440300";
    header.period_start = records.front().start;
    header.count = static_cast<std::uint32_t>(records.size());
    header.evidence_root = ledger::sha256({});
    for (const auto& input : read->inputs) {
        header.inputs.push_back({.name = input.name, .sum = 0});
    }
    for (const ledger::Record& record : records) {
        header.period_start = std::min(header.period_start, record.start);
        header.period_end = std::max(header.period_end, record.end);
        for (std::size_t i = 0; i < record.inputs.size(); ++i) {
            header.inputs[i].sum += record.inputs[i];
        }
        const auto evaluated = evaluator.evaluate({
            .inputs = record.inputs,
            .keys = record.keys,
            .quality = static_cast<char>(record.quality),
            .day = ledger::local_day(record.end, read->utc_offset_minutes),
        });
        if (!evaluated) {
            return std::unexpected(evaluated.error());
        }
        header.reduction_ug += evaluated->required ? evaluated->micrograms : 0;
    }
    header.records_root = ledger::records_root(records);
    ledger::JsonWriter body;
    ledger::write(body, header);
    const auto id = sender_.draw_id();
    auto sent = sender_.send(
        "activity.submit",
        body.take(),
        {sender_.key_of(report.provider)},
        id,
        ledger::to_attachment(records)
    );
    if (!sent) {
        return ledger::refusal(sent);
    }
    data_.records += records.size();
    return id.hex();
}

ledger::Status Seeder::attest(const std::string& batch) {
    ledger::JsonWriter out;
    out.open_object().member("batch", batch).member("verdict", "accept");
    out.name("except").open_array().close_array().member("level", "limited");
    out.member("sampled", std::uint64_t{200}).member("report", ledger::sha256(batch).hex());
    out.name("reason").null().close_object();
    if (auto sent = sender_.send("activity.attest", out.take(), {sender_.key_of("verico")});
        !sent) {
        return ledger::refusal(sent);
    }
    data_.batches.push_back(batch);
    return {};
}

ledger::Status Seeder::report_everything() {
    const auto rides = records_.trips("bike.order", "rides", 260, 6'000);
    // The wallet's app saw twenty of the same rides, and twenty more that the operator did not
    // send.
    auto seen_by_app = records_.trips("bike.order", "app-rides", 20, 6'000);
    seen_by_app.insert(seen_by_app.end(), rides.begin(), rides.begin() + 20);
    const std::array<Report, 4> reports = {
        Report{"metro", "operator", "metro-shenzhen@1", "green-points", metro_trips()},
        Report{"ev", "operator", "bike-demo@1", "ride-points", rides},
        Report{"wallet", "app", "bike-demo@1", "ride-points", std::move(seen_by_app)},
        Report{
            "ev", "operator", "household-electricity@1", "green-points", records_.meter_days(60)
        },
    };
    for (const Report& each : reports) {
        auto batch = report(each);
        if (!batch) {
            return ledger::refusal(batch);
        }
        const auto row = sender_.view()->batch(*ledger::CommandId::from_hex(*batch));
        data_.conflicts += row->counts.back();
        if (auto attested = attest(*batch); !attested) {
            return attested;
        }
    }
    // One more that nobody has attested yet: the story goes on with it.
    auto open = report({
        .provider = "metro",
        .rank = "operator",
        .methodology = "metro-shenzhen@1",
        .programme = "green-points",
        .records = records_.trips("metro.exit", "more-trips", 30, 18'000),
    });
    return open ? ledger::Status{} : ledger::refusal(open);
}

// A payment app knows of the same gates as the operator.
ledger::Status Seeder::report_again(std::uint64_t number) {
    const auto trips = metro_trips();
    auto repeated = report({
        .provider = "wallet",
        .rank = "payer",
        .methodology = "metro-shenzhen@1",
        .programme = "green-points",
        .records = {trips.at(number % trips.size())},
    });
    return repeated ? ledger::Status{} : ledger::refusal(repeated);
}

ledger::Status Seeder::retire_some() {
    for (std::size_t i = 2; i < keyed_accounts; ++i) {
        const auto holding = largest_holding(*sender_.view(), accounts_[i]);
        if (!holding || holding->second.held <= 10) {
            continue;
        }
        ledger::JsonWriter out;
        out.open_object().member("account", accounts_[i].hex()).member("class", holding->first);
        out.amount_member("amount", holding->second.held / 2).member("purpose", "voluntary");
        out.member("beneficiary", "SYNTHETIC library").name("commitment").null();
        out.member("statement", "SYNTHETIC").name("inventory").null();
        out.name("instruction").null().close_object();
        if (auto sent = sender_.send("credit.retire", out.take(), {&holder_keys_[i]}); !sent) {
            return ledger::refusal(sent);
        }
        ++data_.retirements;
    }
    return {};
}

ledger::Status Seeder::open_shops() {
    const std::vector<ledger::UserId> keyless(accounts_.begin() + keyed_accounts, accounts_.end());
    auto shops = seed_shops(sender_, keyless);
    if (!shops) {
        return ledger::refusal(shops);
    }
    data_.offers = shops->offers;
    data_.redemptions = shops->redemptions;
    return {};
}

void Seeder::list_holders() {
    const auto view = sender_.view();
    for (std::size_t i = 0; i < keyed_accounts; ++i) {
        const auto holding = largest_holding(*view, accounts_[i]);
        if (!holding) {
            continue;
        }
        data_.holders.push_back({
            .account = accounts_[i].hex(),
            .key = fmt::format("wallet-{}", i + 1),
            .grams = holding->second.held,
            .credit_class = holding->first,
            .points = available_points(*view, accounts_[i], "green-points"),
        });
    }
}

Result<DemoData> Seeder::run() {
    for (const auto step : {
             &Seeder::publish_documents,
             &Seeder::publish_programmes,
             &Seeder::open_accounts,
             &Seeder::report_everything,
             &Seeder::retire_some,
             &Seeder::open_shops,
         }) {
        if (auto done = (this->*step)(); !done) {
            return ledger::refusal(done);
        }
    }
    list_holders();
    return std::move(data_);
}

}  // namespace

Result<DemoData> seed_demo(
    api::Service& service, const DemoAlliance& alliance, std::uint64_t seed, ledger::TimeMs now
) {
    return Seeder(service, alliance, seed, seed, now).run();
}

ledger::Status report_again(
    api::Service& service,
    const DemoAlliance& alliance,
    std::uint64_t seed,
    ledger::TimeMs now,
    std::uint64_t number
) {
    const std::uint64_t draws = ledger::read_u64(ledger::random_bytes(8));
    return Seeder(service, alliance, seed, draws, now).report_again(number);
}

}  // namespace tanji::node
