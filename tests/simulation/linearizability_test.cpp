#include "tests/simulation/linearizability.h"

#include <gtest/gtest.h>

namespace tanji::simulation {
namespace {

constexpr std::size_t tries = 10'000;

Step opens(std::uint64_t id, std::uint64_t account, Micros began, Micros ended) {
    return {.id = id, .account = account, .began = began, .ended = ended};
}
Step refused(Step step, const char* code) {
    step.code = code;
    return step;
}
Step unknown(Step step) {
    step.is_certain = false;
    return step;
}
Step reads(std::uint64_t account, bool is_open, Micros began, Micros ended) {
    return {
        .kind = Step::Kind::read,
        .account = account,
        .is_open = is_open,
        .began = began,
        .ended = ended
    };
}
Step reused(std::uint64_t id, std::uint64_t bytes, Micros began, Micros ended) {
    return {.kind = Step::Kind::reuse, .id = id, .bytes = bytes, .began = began, .ended = ended};
}
void expect(Linearizable verdict, const std::vector<Step>& steps) {
    EXPECT_EQ(static_cast<int>(is_linearizable(steps, tries)), static_cast<int>(verdict));
}

TEST(Linearizability, AReadBeginsAfterAnAnsweredWriteAndMustSeeIt) {
    expect(Linearizable::no, {opens(1, 7, 10, 20), reads(7, false, 21, 30)});
    expect(Linearizable::yes, {opens(1, 7, 10, 20), reads(7, true, 21, 30)});
    expect(Linearizable::yes, {opens(1, 7, 10, 20), reads(8, false, 21, 30)});
}

TEST(Linearizability, AReadBesideAWriteMaySeeItOrNotButNotForgetIt) {
    expect(Linearizable::yes, {opens(1, 7, 10, 40), reads(7, false, 15, 20)});
    expect(Linearizable::yes, {opens(1, 7, 10, 40), reads(7, true, 15, 20)});
    expect(
        Linearizable::no, {opens(1, 7, 10, 40), reads(7, true, 15, 20), reads(7, false, 25, 30)}
    );
}

TEST(Linearizability, AnAccountIsOpenedOnce) {
    const auto second = opens(2, 7, 30, 40);
    expect(Linearizable::no, {opens(1, 7, 10, 20), second});
    expect(Linearizable::yes, {opens(1, 7, 10, 20), refused(second, "account_exists")});
    expect(Linearizable::no, {refused(second, "account_exists")});
    expect(Linearizable::yes, {unknown(opens(1, 7, 10, 20)), refused(second, "account_exists")});
    expect(Linearizable::no, {refused(second, "account_exists"), unknown(opens(1, 7, 41, 50))});
}

TEST(Linearizability, WhatIsUnknownHappenedOnceOrNever) {
    const auto lost = unknown(opens(1, 7, 10, 0));
    expect(Linearizable::yes, {lost, reads(7, false, 20, 30), reads(7, true, 40, 50)});
    expect(Linearizable::no, {lost, reads(7, true, 20, 30), reads(7, false, 40, 50)});
}

TEST(Linearizability, AnIdIsUsedOnce) {
    expect(Linearizable::no, {reused(1, 1, 10, 20)});
    expect(Linearizable::yes, {opens(1, 7, 0, 9), reused(1, 1, 10, 20)});
    expect(Linearizable::no, {opens(1, 7, 0, 9), reused(1, 0, 10, 20)});
    Step other = opens(1, 8, 30, 40);
    other.bytes = 1;
    expect(Linearizable::no, {opens(1, 7, 0, 9), other});
}

TEST(Linearizability, WhoIsNoOperatorIsRefusedAndAnybodyMayBeLate) {
    Step outsider = opens(1, 7, 10, 20);
    outsider.by_operator = false;
    expect(Linearizable::no, {outsider});
    expect(Linearizable::yes, {refused(outsider, "role_missing"), reads(7, false, 21, 22)});
    expect(
        Linearizable::yes,
        {refused(opens(1, 7, 10, 20), "command_expired"), reads(7, false, 21, 22)}
    );
    expect(
        Linearizable::no, {refused(opens(1, 7, 10, 20), "command_expired"), reads(7, true, 21, 22)}
    );
}

}  // namespace
}  // namespace tanji::simulation
