#include "tests/model/match.h"

#include "tests/model/child.h"
#include "tests/model/facts.h"
#include "tests/model/target.h"

#include <algorithm>
#include <functional>

#include <fmt/format.h>

namespace tanji::model {
namespace {

constexpr std::uint64_t blocks_between_full_comparisons = 50;

class Match {
public:
    explicit Match(Report& report) : report_(report) {}

    // False when the two differ.
    bool play(const Model& model, const Generator::Block& block) {
        ++report_.blocks;
        report_.outcomes["sweep full"] += model.books().sweep_room == 0 ? 1U : 0U;
        const std::vector<std::string> outcomes = target_.apply(block.at, block.acts);
        std::size_t next = 0;
        for (const Act& act : block.acts) {
            if (act.is_tick()) {
                continue;
            }
            const std::string& expected = block.expected[next];
            const std::string outcome = next < outcomes.size() ? outcomes[next] : "nothing";
            ++next;
            ++report_.commands;
            ++report_.outcomes[type_of(act) + " " + outcome];
            if (outcome != expected) {
                return differs(
                    act.block,
                    fmt::format("{}: ledger {}", type_of(act), outcome),
                    fmt::format(
                        "at {}\n{}\n    model   {}\n    ledger  {}\n",
                        time_text(act.at),
                        row_of(act),
                        expected,
                        outcome
                    )
                );
            }
        }
        const bool all = report_.blocks % blocks_between_full_comparisons == 0;
        return compare(model, block, all);
    }

    bool compare(const Model& model, const Generator::Block& block, bool all) {
        const Books& books = model.books();
        Facts expected = balances(books);
        Facts found = balances(*target_.view(), books);
        for (const auto& [name, batch] : books.batches) {
            if (all || books.touched_batches.contains(name)) {
                expected.merge(batch_facts(books, name));
                found.merge(batch_facts(target_.store(), books, name));
            }
        }
        for (const auto& [name, redemption] : books.redemptions) {
            if (all || books.touched_redemptions.contains(name)) {
                expected.merge(redemption_facts(books, name));
                found.merge(redemption_facts(target_.store(), name));
            }
        }
        const std::uint64_t number = block.acts.empty() ? 0 : block.acts.front().block;
        const std::string text = difference(expected, found);
        if (!text.empty()) {
            return differs(
                number,
                "balance: " + text.substr(0, text.find(' ')),
                fmt::format("after the block of {}\n{}", time_text(block.at), text)
            );
        }
        for (const std::string& violation :
             all ? target_.violations() : std::vector<std::string>()) {
            return differs(number, "recount", violation);
        }
        return true;
    }

private:
    bool differs(std::uint64_t block, std::string kind, std::string text) {
        report_.difference =
            Difference{.block = block, .kind = std::move(kind), .text = std::move(text)};
        return false;
    }

    Target target_;
    Report& report_;
};

// The acts of one block, from `at` on.
std::size_t end_of_block(const std::vector<Act>& acts, std::size_t at) {
    std::size_t end = at;
    while (end < acts.size() && acts[end].block == acts[at].block) {
        ++end;
    }
    return end;
}

using Remains = std::function<bool(const std::vector<Act>&)>;

// Without the acts [begin, end). Versions of a programme that is published once less move up.
std::vector<Act> without(const std::vector<Act>& acts, std::size_t begin, std::size_t end) {
    std::vector<Act> fewer;
    std::map<std::string, std::uint32_t> less;  // versions of a programme
    for (std::size_t i = 0; i < acts.size(); ++i) {
        const auto* publish = std::get_if<PublishProgramme>(&acts[i].body);
        if (begin <= i && i < end) {
            less[publish != nullptr ? publish->terms.slug : ""] += 1;
            continue;
        }
        fewer.push_back(acts[i]);
        if (auto* kept = std::get_if<PublishProgramme>(&fewer.back().body)) {
            kept->terms.version -= std::min(less[kept->terms.slug], kept->terms.version - 1);
        }
    }
    return fewer;
}

// From the end, because later acts need earlier ones. Whether any could be dropped.
bool drop_chunks(std::vector<Act>& acts, std::size_t chunk, const Remains& remains) {
    bool dropped = false;
    for (std::size_t end = acts.size(); end > 0;) {
        const std::size_t begin = end > chunk ? end - chunk : 0;
        std::vector<Act> plain(acts.begin(), acts.begin() + static_cast<std::ptrdiff_t>(begin));
        plain.insert(plain.end(), acts.begin() + static_cast<std::ptrdiff_t>(end), acts.end());
        std::vector<Act> renumbered = without(acts, begin, end);
        if (!plain.empty() && remains(plain)) {
            acts = std::move(plain);
            dropped = true;
        } else if (chunk == 1 && plain != renumbered && remains(renumbered)) {
            acts = std::move(renumbered);
            dropped = true;
        }
        end = std::min(begin, acts.size());
    }
    return dropped;
}

// Batches of fewer records.
void drop_events(std::vector<Act>& acts, const Remains& remains) {
    for (std::size_t i = 0; i < acts.size(); ++i) {
        const auto* submit = std::get_if<Submit>(&acts[i].body);
        for (std::size_t event = submit != nullptr ? submit->events.size() : 0; event-- > 0;) {
            std::vector<Act> fewer = acts;
            auto& events = std::get<Submit>(fewer[i].body).events;
            events.erase(events.begin() + static_cast<std::ptrdiff_t>(event));
            if (!events.empty() && remains(fewer)) {
                acts = std::move(fewer);
            }
        }
    }
}

}  // namespace

Report play_seed(std::uint64_t seed, std::uint64_t commands, Mistake mistake) {
    return in_child([&](Report& report) {
        Model model(mistake);
        Generator generator(seed, model);
        Match match(report);
        Generator::Block block;
        while (report.commands < commands) {
            block = generator.next();
            if (!match.play(model, block)) {
                return;
            }
        }
        match.compare(model, block, true);
    });
}

Report play(const std::vector<Act>& acts, Mistake mistake) {
    return in_child([&](Report& report) {
        Model model(mistake);
        Match match(report);
        for (std::size_t at = 0; at < acts.size();) {
            const std::size_t end = end_of_block(acts, at);
            Generator::Block block;
            block.at = acts[at].at;
            model.begin(block.at);
            for (; at < end; ++at) {
                block.acts.push_back(acts[at]);
                if (!acts[at].is_tick()) {
                    block.expected.push_back(model.apply(acts[at]));
                }
            }
            if (!match.play(model, block) ||
                (at == acts.size() && !match.compare(model, block, true))) {
                return;
            }
        }
    });
}

std::vector<Act> acts_of_seed(std::uint64_t seed, std::uint64_t commands, Mistake mistake) {
    Model model(mistake);
    Generator generator(seed, model);
    std::vector<Act> acts;
    for (std::uint64_t played = 0; played < commands;) {
        Generator::Block block = generator.next();
        played += block.expected.size();
        std::ranges::move(block.acts, std::back_inserter(acts));
    }
    return acts;
}

std::vector<Act> shrunk(std::vector<Act> acts, const Difference& difference, Mistake mistake) {
    const Remains remains = [&](const std::vector<Act>& fewer) {
        const Report report = play(fewer, mistake);
        return report.difference && report.difference->kind == difference.kind;
    };
    // 0 for a ledger that stopped: it cannot say in which block.
    if (difference.block != 0) {
        std::erase_if(acts, [&](const Act& act) { return act.block > difference.block; });
    }
    for (std::size_t chunk = acts.size() / 2; chunk > 1; chunk /= 2) {
        drop_chunks(acts, chunk, remains);
    }
    while (drop_chunks(acts, 1, remains)) {
    }
    drop_events(acts, remains);
    while (drop_chunks(acts, 1, remains)) {
    }
    return acts;
}

std::string scenario_of(const std::vector<Act>& acts, Mistake mistake) {
    Model model(mistake);
    std::string text;
    for (std::size_t at = 0; at < acts.size();) {
        const std::size_t end = end_of_block(acts, at);
        model.begin(acts[at].at);
        text += fmt::format("at {}\n", time_text(acts[at].at));
        for (; at < end; ++at) {
            text += fmt::format("    {}", row_of(acts[at]));
            text += acts[at].is_tick() ? "\n" : fmt::format("  → {}\n", model.apply(acts[at]));
        }
    }
    return text;
}

}  // namespace tanji::model
