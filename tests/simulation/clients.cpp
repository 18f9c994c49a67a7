#include "tests/simulation/clients.h"

#include <utility>

#include <fmt/format.h>

namespace tanji::simulation {
namespace {

using ledger::ErrorCode;

constexpr ledger::TimeMs six_days_ms = 6 * ledger::ms_per_day;

// Refusals that say: not taken here, or nobody knows.
bool is_unknown(ErrorCode code) {
    return code == ErrorCode::outcome_unknown;
}
bool is_answer(ErrorCode code) {
    return code == ErrorCode::id_reused;
}

}  // namespace

Clients::Clients(World& world, Members& members)
    : world_(world),
      members_(members),
      draw_(world.seed, "clients") {}

void Clients::begin() {
    arrive();
}

void Clients::arrive() {
    const Weather& weather = world_.weather;
    const Micros mean = 1'000 * second * (weather.burst + 1) / 2 / weather.questions;
    world_.timeline.after(draw_.about(mean), [this] {
        if (stopped_) {
            return;
        }
        for (std::uint64_t i = draw_.between(1, world_.weather.burst); i > 0; --i) {
            world_.timeline.after(draw_.below(20'000), [this] { ask(); });
        }
        arrive();
    });
}

NodeId Clients::any_node() {
    return draw_.between(1, members_.size());
}

Wish Clients::new_wish() {
    const bool short_lived = draw_.chance(150'000);
    Wish wish;
    wish.number = wishes_.size() + 1;
    wish.account = draw_.below(world_.weather.accounts);
    wish.signer = draw_.chance(80'000) ? 0 : any_node();
    wish.not_after = short_lived
                         ? founded_ms + static_cast<ledger::TimeMs>(world_.timeline.now() / 1'000) +
                               static_cast<ledger::TimeMs>(draw_.below(30'000))
                         : founded_ms + six_days_ms;
    wishes_.push_back(wish);
    return wish;
}

void Clients::ask() {
    if (stopped_) {
        return;
    }
    const std::uint64_t what = draw_.below(100);
    if (what < 55 || wishes_.empty()) {
        write(new_wish(), 0);
    } else if (what < 65) {
        write(wishes_.at(draw_.below(wishes_.size())), 0);
    } else if (what < 70) {
        Wish other = wishes_.at(draw_.below(wishes_.size()));
        other.variant = draw_.between(1, 3);
        other.account = (other.account + other.variant) % world_.weather.accounts;
        write(other, 0);
    } else {
        read_at(
            any_node(),
            what < 90,
            static_cast<ledger::TimeMs>(draw_.between(50, 5'000)),
            [](const Asked&) {}
        );
    }
}

// Unknown, or not taken: the same bytes go to another node, most of the time.
void Clients::write(const Wish& wish, int attempt) {
    const auto wait = static_cast<ledger::TimeMs>(draw_.between(20, 10'000));
    write_at(
        any_node(),
        wish,
        draw_.chance(300'000),
        wait,
        [this, wish, attempt](const Asked& asked) {
            if (asked.end != Asked::End::answered && attempt < 5 && draw_.chance(800'000)) {
                world_.timeline.after(draw_.below(second), [this, wish, attempt] {
                    if (!stopped_) {
                        write(wish, attempt + 1);
                    }
                });
            }
        }
    );
    if (draw_.chance(100'000)) {  // and sometimes to two at once
        write_at(any_node(), wish, false, wait, [](const Asked&) {});
    }
}

void Clients::end(std::size_t place, Asked::End how, const Then& then) {
    Asked& asked = history_.at(place);
    if (asked.end != Asked::End::open) {
        return;
    }
    asked.end = how;
    asked.ended = world_.timeline.now();
    if (asked.certified && world_.judge.is_honest(asked.node) &&
        world_.judge.certified() <= asked.leaf) {
        world_.judge.blame("C10", "an answer says certified, and no certificate does");
    }
    if (world_.trace) {
        world_.trace(fmt::format(
            "{} client {}: node {} kind {} end {} code `{}` block {} leaf {}{}",
            world_.timeline.now(),
            place,
            asked.node,
            static_cast<int>(asked.kind),
            static_cast<int>(how),
            asked.code,
            asked.block,
            asked.leaf,
            asked.certified ? " certified" : ""
        ));
    }
    const Asked copy = asked;
    then(copy);
}

void Clients::write_at(
    NodeId node, const Wish& wish, bool until_certified, ledger::TimeMs wait, Then then
) {
    const std::size_t place = history_.size();
    Asked asked;
    asked.node = node;
    asked.began = world_.timeline.now();
    asked.wish = wish;
    history_.push_back(asked);
    if (!member(node).is_up()) {
        asked.code = "down";
        end(place, Asked::End::turned_away, then);
        return;
    }
    member(node).submit(
        wish,
        until_certified,
        wait,
        [this, place, then](const ledger::Result<node::Reply>& reply) {
            Asked& waiting = history_.at(place);
            if (waiting.end != Asked::End::open) {
                return;  // nobody waits any more
            }
            if (reply) {
                const ledger::CommandOutcome& outcome = reply->outcome;
                waiting.code = outcome.error ? ledger::name_of(outcome.error->code) : "";
                waiting.block = outcome.block;
                waiting.leaf = outcome.leaf;
                waiting.certified = reply->certified;
                end(place, Asked::End::answered, then);
                return;
            }
            const ErrorCode code = reply.error().code;
            waiting.code = ledger::name_of(code);
            end(place,
                is_answer(code)    ? Asked::End::answered
                : is_unknown(code) ? Asked::End::unknown
                                   : Asked::End::turned_away,
                then);
        }
    );
    const Micros patience = static_cast<Micros>(wait) * 1'500 + second;
    world_.timeline.after(patience, [this, place, then] { end(place, Asked::End::unknown, then); });
}

void Clients::read_at(NodeId node, bool linearizable, ledger::TimeMs wait, Then then) {
    const std::size_t place = history_.size();
    Asked asked;
    asked.kind = linearizable ? Asked::Kind::linearizable_read : Asked::Kind::local_read;
    asked.node = node;
    asked.began = world_.timeline.now();
    asked.wish.account = draw_.below(world_.weather.accounts);
    history_.push_back(asked);
    if (!member(node).is_up() || (!linearizable && member(node).is_paused())) {
        end(place, Asked::End::turned_away, then);
        return;
    }
    const auto answer = [this, place, node, then] {
        Asked& waiting = history_.at(place);
        if (waiting.end == Asked::End::open) {
            waiting.block = member(node).head().block;
            waiting.is_open = member(node).has_account(waiting.wish.account);
            end(place, Asked::End::answered, then);
        }
    };
    if (!linearizable) {
        answer();
        return;
    }
    member(node).read(
        wait,
        [this, place, then, answer](const ledger::Result<ledger::BlockIndex>& index) {
            if (index) {
                answer();
            } else {
                history_.at(place).code = ledger::name_of(index.error().code);
                end(place, Asked::End::turned_away, then);
            }
        }
    );
    const Micros patience = static_cast<Micros>(wait) * 1'500 + second;
    world_.timeline.after(patience, [this, place, then] { end(place, Asked::End::unknown, then); });
}

void Clients::insist(NodeId node, std::function<bool()> certifies, std::function<void()> done) {
    insist_on(node, new_wish(), certifies, done);
}

void Clients::insist_on(
    NodeId node,
    const Wish& wish,
    const std::function<bool()>& certifies,
    const std::function<void()>& done
) {
    write_at(node, wish, certifies(), 5'000, [=, this](const Asked& asked) {
        if (asked.end == Asked::End::answered && (asked.certified || !certifies())) {
            done();
        } else {
            world_.timeline.after(second / 2, [=, this] {
                insist_on(node, wish, certifies, done);
            });
        }
    });
}

void Clients::insist_on_reading(NodeId node, std::function<void()> done) {
    read_at(node, true, 5'000, [this, node, done = std::move(done)](const Asked& asked) {
        if (asked.end == Asked::End::answered) {
            done();
        } else {
            world_.timeline.after(second / 2, [this, node, done] {
                insist_on_reading(node, done);
            });
        }
    });
}

}  // namespace tanji::simulation
