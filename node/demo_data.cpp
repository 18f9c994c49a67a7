#include "node/demo_data.h"

#include "ledger/command/batch.h"
#include "ledger/command/envelope.h"
#include "ledger/methodology/evaluate.h"
#include "ledger/value/crypto.h"
#include "ledger/value/json.h"
#include "node/assets.h"

#include <algorithm>
#include <array>
#include <future>

namespace tanji::node {
namespace {

using ledger::Amount;
using ledger::ErrorCode;
using ledger::Result;

constexpr std::size_t account_count = 50;
constexpr std::size_t keyed_accounts = 5;
constexpr int offset_minutes = 480;

// Numbers that follow from the seed and a name: a demo can be repeated to the byte.
class Dice {
public:
    Dice(std::uint64_t seed, std::string_view name)
        : key_(fmt::format("tanji/demo-data@v1\n{}\n{}", seed, name)) {}

    ledger::Hash hash() { return ledger::hmac_sha256(key_, std::to_string(count_++)); }
    std::uint64_t below(std::uint64_t limit) { return ledger::read_u64(hash().view()) % limit; }
    template <typename Fixed>
    Fixed fixed() {
        return *Fixed::from(ledger::Bytes(hash().view().substr(0, Fixed::length)));
    }

private:
    std::string key_;
    std::uint64_t count_ = 0;
};

class Seeder {
public:
    Seeder(
        api::Service& service, const DemoAlliance& alliance, std::uint64_t seed, ledger::TimeMs now
    )
        : service_(service),
          alliance_(alliance),
          seed_(seed),
          now_(now),
          dice_(seed, "commands") {}

    Result<DemoData> run();

private:
    using Keys = std::vector<const ledger::SigningKey*>;

    Result<ledger::CommandOutcome> send(
        std::string_view type,
        const std::string& body,
        const Keys& keys,
        ledger::CommandId id = {},
        ledger::Bytes attachment = {}
    );
    ledger::Status publish_documents();
    ledger::Status open_accounts();
    Result<std::string> report(
        const std::string& provider,
        std::string_view rank,
        const std::string& methodology,
        const std::vector<ledger::Record>& records
    );
    ledger::Status attest(const std::string& batch);
    ledger::Status report_everything();
    ledger::Status retire_some();
    std::vector<ledger::Record> trips(
        std::string_view kind, std::string_view label, std::size_t count, std::uint64_t metres_max
    );
    std::vector<ledger::Record> meter_days(std::size_t count);
    ledger::Record blank_record(Dice& dice, ledger::TimeS start, ledger::TimeS seconds);
    const ledger::SigningKey* key_of(const std::string& member) const {
        return &alliance_.keys.at(member);
    }

    api::Service& service_;
    const DemoAlliance& alliance_;
    std::uint64_t seed_;
    ledger::TimeMs now_;
    Dice dice_;
    std::vector<ledger::UserId> accounts_;
    std::vector<ledger::SigningKey> holder_keys_;
    DemoData data_;
};

Result<ledger::CommandOutcome> Seeder::send(
    std::string_view type,
    const std::string& body,
    const Keys& keys,
    ledger::CommandId id,
    ledger::Bytes attachment
) {
    if (id.is_zero()) {
        id = dice_.fixed<ledger::CommandId>();
    }
    ledger::JsonWriter out;
    out.open_object().member("type", type).member("v", std::uint64_t{1});
    out.member("ledger", alliance_.genesis.ledger.hex()).member("id", id.hex());
    const ledger::TimeMs not_after = service_.now_ms() + ledger::ms_per_day;
    out.member("not_after", static_cast<std::uint64_t>(not_after));
    out.member("salt", dice_.fixed<ledger::Salt>().hex()).name("body").raw(body).close_object();
    api::Submission submission;
    submission.envelope = ledger::sign_command(out.take(), keys);
    submission.attachment = std::move(attachment);
    const auto answer = std::make_shared<std::promise<Result<api::Submitted>>>();
    auto replied = answer->get_future();
    service_.submit(std::move(submission), [answer](Result<api::Submitted> submitted) {
        answer->set_value(std::move(submitted));
    });
    auto submitted = replied.get();
    if (!submitted) {
        return ledger::refusal(submitted);
    }
    if (submitted->outcome.error) {
        return std::unexpected(*submitted->outcome.error);
    }
    return std::move(submitted->outcome);
}

ledger::Status Seeder::publish_documents() {
    Keys governors;
    for (const auto& [member, key] : alliance_.keys) {
        governors.push_back(&key);
    }
    const auto body = [](std::string_view document, bool of_scheme) {
        ledger::JsonWriter out;
        out.open_object();
        if (of_scheme) {
            out.member("scheme", "sz-ph");
        }
        return out.member("document", document).close_object().take();
    };
    if (auto sent = send("factors.publish", body(assets::pack_factors, false), governors); !sent) {
        return ledger::refusal(sent);
    }
    for (const std::string_view document :
         {assets::pack_metro, assets::pack_bike, assets::pack_household}) {
        if (auto sent = send("methodology.publish", body(document, true), governors); !sent) {
            return ledger::refusal(sent);
        }
    }
    return {};
}

ledger::Status Seeder::open_accounts() {
    Dice dice(seed_, "accounts");
    for (std::size_t i = 0; i < account_count; ++i) {
        accounts_.push_back(dice.fixed<ledger::UserId>());
        ledger::JsonWriter out;
        out.open_object().member("account", accounts_.back().hex()).member("kind", "user");
        out.name("keys").open_array();
        Keys keys = {key_of("wallet")};
        if (i < keyed_accounts) {
            holder_keys_.push_back(demo_key(seed_, fmt::format("wallet-{}", i + 1)));
            out.string(ledger::to_base64(holder_keys_.back().public_key().view()));
        }
        out.close_array().name("owner").null().close_object();
        if (i < keyed_accounts) {
            keys.push_back(&holder_keys_.back());
        }
        if (auto sent = send("account.open", out.take(), keys); !sent) {
            return ledger::refusal(sent);
        }
    }
    return {};
}

ledger::Record Seeder::blank_record(Dice& dice, ledger::TimeS start, ledger::TimeS seconds) {
    ledger::Record record;
    record.account = accounts_[dice.below(accounts_.size())];
    record.start = start;
    record.end = start + seconds;
    record.region = "440305";
    record.salt = dice.fixed<ledger::Salt>();
    return record;
}

std::vector<ledger::Record> Seeder::trips(
    std::string_view kind, std::string_view label, std::size_t count, std::uint64_t metres_max
) {
    Dice dice(seed_, label);
    const ledger::TimeS day =
        ledger::start_of_day(ledger::local_day(now_ / 1'000, offset_minutes) - 1, offset_minutes);
    const int year = ledger::civil_from_day(ledger::local_day(day + 43'200, offset_minutes)).year;
    const ledger::Bytes& event_key = alliance_.event_keys.at(static_cast<std::uint64_t>(year));
    std::vector<ledger::Record> records;
    for (std::size_t i = 0; i < count; ++i) {
        const auto start = day + 6 * 3'600 + static_cast<ledger::TimeS>(dice.below(15 * 3'600));
        ledger::Record record =
            blank_record(dice, start, 300 + static_cast<ledger::TimeS>(dice.below(1'500)));
        record.source = ledger::Source::event;
        record.tag =
            ledger::event_tag(event_key, kind, fmt::format("SYNTHETIC/{}/{:06}", label, i));
        record.inputs = {static_cast<Amount>(500 + dice.below(metres_max))};
        records.push_back(std::move(record));
    }
    return records;
}

// A day of a household each: yesterday, one meter per account.
std::vector<ledger::Record> Seeder::meter_days(std::size_t count) {
    Dice dice(seed_, "meters");
    const ledger::Day yesterday = ledger::local_day(now_ / 1'000, offset_minutes) - 1;
    const ledger::TimeS day = ledger::start_of_day(yesterday, offset_minutes);
    const int year = ledger::civil_from_day(yesterday).year;
    const ledger::Bytes& event_key = alliance_.event_keys.at(static_cast<std::uint64_t>(year));
    std::vector<ledger::Record> records;
    for (std::size_t i = 0; i < count; ++i) {
        ledger::Record record = blank_record(dice, day, 86'399);
        record.account = accounts_[i % accounts_.size()];
        record.source = ledger::Source::interval;
        record.tag = ledger::subject_tag(event_key, "meter", fmt::format("SYNTHETIC/{:06}", i));
        const auto mean = static_cast<Amount>(8'000 + dice.below(5'000));
        record.inputs = {mean, mean - static_cast<Amount>(dice.below(2'500)) + 500};
        records.push_back(std::move(record));
    }
    return records;
}

Result<std::string> Seeder::report(
    const std::string& provider,
    std::string_view rank,
    const std::string& methodology,
    const std::vector<ledger::Record>& records
) {
    const auto view = service_.local();
    const auto row = view->methodology(methodology);
    const std::string factors_ref = view->factor_sets().back().first;
    const auto factors_row = view->factor_set(factors_ref);
    const auto read = ledger::read_methodology(row->document);
    const auto factors = ledger::read_factor_set(factors_row->document);
    ledger::Evaluator evaluator(*read, *factors);
    ledger::BatchHeader header;
    header.provider = provider;
    header.scheme = "sz-ph";
    header.methodology = methodology;
    header.methodology_digest = row->digest;
    header.factors = factors_ref;
    header.factors_digest = factors_row->digest;
    header.rank = rank;
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
    const auto id = dice_.fixed<ledger::CommandId>();
    auto sent = send(
        "activity.submit", body.take(), {key_of(provider)}, id, ledger::to_attachment(records)
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
    if (auto sent = send("activity.attest", out.take(), {key_of("verico")}); !sent) {
        return ledger::refusal(sent);
    }
    data_.batches.push_back(batch);
    return {};
}

ledger::Status Seeder::report_everything() {
    struct Report {
        std::string provider;
        std::string_view rank;
        std::string methodology;
        std::vector<ledger::Record> records;
    };
    const auto rides = trips("bike.order", "rides", 260, 6'000);
    // The wallet's app saw twenty of the same rides, and twenty more that the operator did not
    // send.
    auto seen_by_app = trips("bike.order", "app-rides", 20, 6'000);
    seen_by_app.insert(seen_by_app.end(), rides.begin(), rides.begin() + 20);
    const std::array<Report, 4> reports = {
        Report{"metro", "operator", "metro-shenzhen@1", trips("metro.exit", "trips", 260, 18'000)},
        Report{"ev", "operator", "bike-demo@1", rides},
        Report{"wallet", "app", "bike-demo@1", std::move(seen_by_app)},
        Report{"ev", "operator", "household-electricity@1", meter_days(60)},
    };
    for (const Report& each : reports) {
        auto batch = report(each.provider, each.rank, each.methodology, each.records);
        if (!batch) {
            return ledger::refusal(batch);
        }
        const auto row = service_.local()->batch(*ledger::CommandId::from_hex(*batch));
        data_.conflicts += row->counts.back();
        if (auto attested = attest(*batch); !attested) {
            return attested;
        }
    }
    // One more that nobody has attested yet: the story goes on with it.
    auto open = report(
        "metro", "operator", "metro-shenzhen@1", trips("metro.exit", "more-trips", 30, 18'000)
    );
    return open ? ledger::Status{} : ledger::refusal(open);
}

ledger::Status Seeder::retire_some() {
    for (std::size_t i = 0; i < keyed_accounts; ++i) {
        const auto holdings = service_.local()->holdings(accounts_[i].hex());
        if (holdings.empty()) {
            continue;
        }
        const auto largest =
            std::ranges::max(holdings, {}, [](const auto& holding) { return holding.second.held; });
        DemoData::Holder holder = {
            .account = accounts_[i].hex(),
            .key = fmt::format("wallet-{}", i + 1),
            .grams = largest.second.held,
            .credit_class = largest.first,
        };
        if (i >= 2 && holder.grams > 10) {
            ledger::JsonWriter out;
            out.open_object().member("account", holder.account);
            out.member("class", holder.credit_class).amount_member("amount", holder.grams / 2);
            out.member("purpose", "voluntary").member("beneficiary", "SYNTHETIC library");
            out.name("commitment").null().member("statement", "SYNTHETIC");
            out.name("inventory").null().name("instruction").null().close_object();
            if (auto sent = send("credit.retire", out.take(), {&holder_keys_[i]}); !sent) {
                return ledger::refusal(sent);
            }
            holder.grams -= holder.grams / 2;
            ++data_.retirements;
        }
        data_.holders.push_back(std::move(holder));
    }
    return {};
}

Result<DemoData> Seeder::run() {
    for (const auto step : {
             &Seeder::publish_documents,
             &Seeder::open_accounts,
             &Seeder::report_everything,
             &Seeder::retire_some,
         }) {
        if (auto done = (this->*step)(); !done) {
            return ledger::refusal(done);
        }
    }
    return std::move(data_);
}

}  // namespace

Result<DemoData> seed_demo(
    api::Service& service, const DemoAlliance& alliance, std::uint64_t seed, ledger::TimeMs now
) {
    return Seeder(service, alliance, seed, now).run();
}

std::string demo_rides_csv(std::uint64_t seed, std::size_t rides, ledger::TimeMs now) {
    Dice dice(seed, "csv");
    const ledger::Day yesterday = ledger::local_day(now / 1'000, 0) - 1;
    const auto date = ledger::to_text(ledger::civil_from_day(yesterday));
    std::string csv =
        "ride_id,rideable_type,started_at,ended_at,start_station_name,start_station_id,"
        "end_station_name,end_station_id,start_lat,start_lng,end_lat,end_lng,member_casual\n";
    for (std::size_t i = 0; i < rides; ++i) {
        const std::uint64_t start = 6 * 3'600 + dice.below(12 * 3'600);
        const std::uint64_t end = start + 240 + dice.below(2'400);
        const auto clock = [&](std::uint64_t second) {
            return fmt::format(
                "{} {:02}:{:02}:{:02}", date, second / 3'600, second / 60 % 60, second % 60
            );
        };
        const std::uint64_t from = dice.below(40);
        const std::uint64_t to = dice.below(40);  // some rides end where they began: rejected
        csv += fmt::format(
            "SYNTHETIC{:07},classic_bike,{},{},Stop {},{},Stop {},{},22.{:04},114.{:04},22.{:04},"
            "114.{:04},member\n",
            i,
            clock(start),
            clock(end),
            from,
            from,
            to,
            to,
            5'300 + 7 * from,
            500 + 11 * from,
            5'300 + 7 * to,
            500 + 11 * to
        );
    }
    return csv;
}

}  // namespace tanji::node
