#include "ledger/supply.h"
#include "tests/ledger/script.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <random>

#include <gtest/gtest.h>

// Any commands in any order: a model that knows nothing of stores, leaves and keys must agree about
// every answer and every balance. Times are minutes of one day, amounts small, so that things meet.
namespace tanji::ledger::test {
namespace {

constexpr Amount gram_per_metre_walked = 100'000;

struct ModelRecord {
    std::string user;
    int start = 0;  // minutes, taken with 30 s cut off both ends
    int end = 0;
    Amount micrograms = 0;
    bool conflict = false;
    bool capped = false;
    bool live = false;
    bool taken = false;
};

struct ModelBatch {
    std::string state = "submitted";
    std::vector<ModelRecord> records;
    std::map<std::string, Amount> given;  // grams per user, lowered by revocation
};

// Walks of one person: intervals, a cap of 500 g a day, issue, correction, balances.
class Model {
public:
    std::map<std::string, Amount> held;
    std::map<std::string, ModelBatch> batches;
    std::set<std::string> users;
    Amount issued = 0;
    Amount retired = 0;
    Amount reversed = 0;
    Amount owed = 0;

    std::string open(const std::string& user) {
        return users.insert(user).second ? "ok" : "account_exists";
    }

    std::string submit(const std::string& name, std::vector<ModelRecord> records) {
        if (std::ranges::any_of(records, [&](const auto& r) { return !users.contains(r.user); })) {
            return "record_invalid";
        }
        std::vector<ModelRecord> before = taken();
        Amount room = 500'000'000 - used();
        bool all = true;
        for (ModelRecord& record : records) {
            record.conflict = std::ranges::any_of(before, [&](const ModelRecord& other) {
                return record.start * 60 + 30 < other.end * 60 - 30 &&
                       other.start * 60 + 30 < record.end * 60 - 30;
            });
            if (record.conflict) {
                continue;
            }
            all = false;
            record.taken = true;
            record.micrograms = std::min(record.micrograms, room);
            record.capped = record.micrograms <= 0;
            record.micrograms = std::max<Amount>(record.micrograms, 0);
            record.live = !record.capped;
            room -= record.micrograms;
            before.push_back(record);
        }
        if (all) {
            return "activity_conflict";
        }
        batches[name].records = std::move(records);
        return "ok";
    }

    std::string attest(const std::string& name, bool accept) {
        if (!batches.contains(name)) {
            return "batch_unknown";
        }
        ModelBatch& batch = batches[name];
        if (batch.state != "submitted") {
            return "batch_state";
        }
        batch.state = accept ? "issued" : "rejected";
        if (!accept) {
            for (ModelRecord& record : batch.records) {
                record.taken = record.live = false;
            }
            return "ok";
        }
        for (const auto& [user, grams] : sums(batch)) {
            batch.given[user] = grams;
            held[user] += grams;
            issued += grams;
        }
        return "ok";
    }

    std::string revoke(const std::string& name, bool free) {
        if (!batches.contains(name)) {
            return "batch_unknown";
        }
        ModelBatch& batch = batches[name];
        const bool any = std::ranges::any_of(batch.records, &ModelRecord::live);
        if (batch.state != "issued" || !any) {
            return "batch_state";
        }
        for (ModelRecord& record : batch.records) {
            if (free) {
                record.taken = false;
                record.live = false;
            } else if (record.live) {
                record.live = false;
                revoked_use_ += record.micrograms;  // stays used: nothing was freed
            }
        }
        for (auto& [user, grams] : batch.given) {
            const Amount back = std::min(grams, held[user]);
            held[user] -= back;
            reversed += back;
            owed += grams - back;
            grams = 0;
        }
        batch.state = "revoked";
        return "ok";
    }

    std::string move(const std::string& from, const std::string& to, Amount amount) {
        if (issued == 0 && !any_issue()) {
            return "class_unknown";
        }
        if (held[from] < amount) {
            return "insufficient_credits";
        }
        held[from] -= amount;
        (to.empty() ? retired : held[to]) += amount;
        return "ok";
    }

    std::string transfer(const std::string& from, const std::string& to, Amount amount) {
        if (from == to) {
            return "transfer_not_allowed";
        }
        if (any_issue() && from == "mapapp" && owed > 0) {
            return "obligation_outstanding";
        }
        return move(from, to, amount);
    }

    std::string cancel(const std::string& from, Amount amount) {
        if (!any_issue()) {
            return "class_unknown";
        }
        if (amount > (from == "mapapp" ? owed : 0)) {
            return "obligation_exceeded";
        }
        if (held[from] < amount) {
            return "insufficient_credits";
        }
        held[from] -= amount;
        owed -= amount;
        reversed += amount;
        return "ok";
    }

private:
    bool any_issue() const { return issued > 0; }
    std::vector<ModelRecord> taken() const {
        std::vector<ModelRecord> all;
        for (const auto& [name, batch] : batches) {
            for (const ModelRecord& record : batch.records) {
                if (record.taken) {
                    all.push_back(record);
                }
            }
        }
        return all;
    }
    Amount used() const {
        Amount sum = revoked_use_;
        for (const auto& [name, batch] : batches) {
            for (const ModelRecord& record : batch.records) {
                sum += record.live ? record.micrograms : 0;
            }
        }
        return sum;
    }
    static std::map<std::string, Amount> sums(const ModelBatch& batch) {
        std::map<std::string, Amount> grams;
        for (const ModelRecord& record : batch.records) {
            if (record.live) {
                grams[record.user] += record.micrograms;
            }
        }
        for (auto& [user, sum] : grams) {
            sum /= 1'000'000;
        }
        return grams;
    }

    Amount revoked_use_ = 0;
};

class Driver {
public:
    explicit Driver(std::uint64_t seed) : random_(seed) {
        script_.line("use city.world");
        script_.line("at 23:59:00");
        script_.world().thorough = false;
        for (const char* user : {"u1", "u2", "p1", "q1"}) {
            model_.open(user);
            users_.emplace_back(user);
        }
    }

    // Several commands per block, then every answer and every balance.
    void step() {
        script_.line("block");
        const std::uint64_t count = 1 + pick(12);
        for (std::uint64_t i = 0; i < count; ++i) {
            one();
        }
        script_.line("end");
        commands_ += count;
    }

    void compare() {
        const ClassSupply supply = script_.supply("walk");
        EXPECT_EQ(supply.issued, model_.issued);
        EXPECT_EQ(supply.retired, model_.retired);
        EXPECT_EQ(supply.reversed, model_.reversed);
        for (const auto& [account, held] : model_.held) {
            EXPECT_EQ(script_.held(account, "walk"), held) << account;
        }
        EXPECT_EQ(find_obligation(script_.world().store(), "mapapp", "sz-ph").owed, model_.owed);
        EXPECT_TRUE(recount(script_.world().store()).empty());
    }

    std::uint64_t commands() const { return commands_; }
    Script& script() { return script_; }
    const Model& model() const { return model_; }

private:
    std::uint64_t pick(std::uint64_t below) { return random_() % below; }
    const std::string& user() { return users_[pick(users_.size())]; }
    std::string batch() { return fmt::format("W{}", 1 + pick(last_ + 1)); }
    static const std::string& member(std::uint64_t i) {
        static const std::vector<std::string> members = {"acme", "rideco", "mapapp"};
        return members[i];
    }

    void row(const std::string& text, const std::string& expected) {
        script_.line(text + "  " + expected);
    }

    void one() {
        const Amount amount = 1 + static_cast<Amount>(pick(60));
        switch (pick(16)) {
            case 0: {
                const std::string name = pick(4) == 0 ? user() : fmt::format("n{}", users_.size());
                const std::string expected = model_.open(name);
                if (expected == "ok") {
                    users_.push_back(name);
                }
                row(fmt::format("rideco open {}", name), expected);
                break;
            }
            case 1:
            case 2:
            case 3:
            case 4:
                submit();
                break;
            case 5:
            case 6: {
                const std::string name = batch();
                const bool accept = pick(4) != 0;
                row(fmt::format("verico attest {} {}", name, accept ? "accept" : "reject"),
                    model_.attest(name, accept));
                break;
            }
            case 7: {
                const std::string name = batch();
                const bool free = pick(4) != 0;
                // Of an unknown or unissued batch only its provider may speak.
                const std::string expected = model_.revoke(name, free);
                row(fmt::format("mapapp revoke {} other{}", name, free ? " free" : ""), expected);
                break;
            }
            case 8:
            case 9:
            case 10: {
                const std::string& from = user();
                const std::string& to = member(pick(3));
                row(fmt::format("{} assign {} walk to {}", from, amount, to),
                    model_.move(from, to, amount));
                break;
            }
            case 11: {
                const std::string& from = member(pick(3));
                const std::string& to = member(pick(3));
                row(fmt::format("{} transfer {} walk to {}", from, amount, to),
                    model_.transfer(from, to, amount));
                break;
            }
            case 12:
            case 13: {
                const std::string& from = user();
                row(fmt::format("{} retire {} walk", from, amount), model_.move(from, "", amount));
                break;
            }
            default: {
                const std::string& from = member(pick(3));
                row(fmt::format("{} cancel {} walk obligation", from, amount),
                    model_.cancel(from, amount));
                break;
            }
        }
    }

    void submit() {
        const std::string name = fmt::format("W{}", ++last_);
        std::vector<ModelRecord> records;
        std::string text = fmt::format("mapapp submit {} walk ", name);
        const std::uint64_t count = 1 + pick(4);
        for (std::uint64_t i = 0; i < count; ++i) {
            ModelRecord record;
            record.user = pick(40) == 0 ? "stranger" : user();
            record.start = static_cast<int>(pick(1'400));
            record.end = record.start + 2 + static_cast<int>(pick(30));
            const Amount metres = 100 + static_cast<Amount>(pick(1'000));
            record.micrograms = metres * gram_per_metre_walked;
            text += fmt::format(
                "{}P {} {} {:02}:{:02}:00-{:02}:{:02}:00",
                i == 0 ? "" : ", ",
                record.user,
                metres,
                record.start / 60,
                record.start % 60,
                record.end / 60,
                record.end % 60
            );
            records.push_back(std::move(record));
        }
        row(text, model_.submit(name, std::move(records)));
    }

    std::mt19937_64 random_;
    Script script_;
    Model model_;
    std::vector<std::string> users_;
    std::uint64_t last_ = 0;
    std::uint64_t commands_ = 0;
};

// Twenty ledgers of a thousand commands, in parts that each keep to a test's time.
class RandomCommands : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(RandomCommands, AgreeWithAModelThatKnowsOnlyBalances) {
    const char* given = std::getenv("TANJI_SEED");
    const std::uint64_t seed = given != nullptr ? std::stoull(given) : 20'261'121 + 4 * GetParam();
    for (std::uint64_t round = 0; round < 4 && !::testing::Test::HasFailure(); ++round) {
        std::printf("TANJI_SEED=%llu\n", static_cast<unsigned long long>(seed + round));
        Driver driver(seed + round);
        while (driver.commands() < 1'000 && !::testing::Test::HasFailure()) {
            driver.step();
        }
        driver.compare();
        driver.script().world().expect_replay_is_equal();
        EXPECT_GT(driver.model().issued, 0) << "nothing much happened";
    }
}

INSTANTIATE_TEST_SUITE_P(Part, RandomCommands, ::testing::Range<std::uint64_t>(0, 5));

}  // namespace
}  // namespace tanji::ledger::test
