#include "node/demo_keys.h"

#include "node/demo_banner.h"
#include "node/demo_data.h"
#include "node/demo_failed.h"

#include <chrono>
#include <future>
#include <memory>

#include <fmt/format.h>

namespace tanji::node {
namespace {

constexpr std::int64_t election_patience_ms = 5'000;
constexpr std::chrono::seconds read_patience(7);  // a node gives up after 5

bool answers_reads(api::Service& service) {
    const auto answered = std::make_shared<std::promise<bool>>();
    auto answer = answered->get_future();
    service.latest({}, [answered](const auto& view) { answered->set_value(view.has_value()); });
    const bool is_there = answer.wait_for(read_patience) == std::future_status::ready;
    return is_there && answer.get();
}

// What the nodes that are up can do together; that they commit is tried, not reckoned.
std::string abilities(const DemoNodes& nodes) {
    const bool enough = nodes.up() >= nodes.majority();
    if (!enough) {
        return fmt::format(
            "{} of {} up, nothing commits, nothing certifies", nodes.up(), nodes.size()
        );
    }
    const auto leader = nodes.leader(election_patience_ms);
    const bool commits = leader && answers_reads(nodes.any().service());
    return fmt::format(
        "{} of {} up, {}, {}{}",
        nodes.up(),
        nodes.size(),
        commits ? "still committing" : "not committing yet",
        nodes.up() >= nodes.quorum() ? "still certifying" : "nothing certifies",
        leader ? fmt::format("; {} leads", nodes.member(*leader)) : ""
    );
}

}  // namespace

std::string DemoKeys::press(char key) {
    const auto digit = static_cast<std::size_t>(key - '1');
    if (key >= '1' && digit < nodes_.size() && nodes_.size() > 1) {
        return turn(digit);
    }
    if (key == 'l' && nodes_.size() > 1) {
        return hand_over();
    }
    return key == 'd' && seeded_ ? report_twice() : std::string();
}

std::string DemoKeys::turn(std::size_t node) {
    const std::string& member = nodes_.member(node);
    if (nodes_.is_up(node)) {
        if (nodes_.up() == 1) {
            return fmt::format("{} stays: it is the last one", member);
        }
        nodes_.stop(node);
        return fmt::format("{} down: {}", member, abilities(nodes_));
    }
    try {
        nodes_.start(node);
    } catch (const DemoFailed& failed) {
        return fmt::format("{} does not start: {}", member, failed.sentence);
    }
    return fmt::format("{} up: {}", member, abilities(nodes_));
}

std::string DemoKeys::hand_over() {
    const auto leader = nodes_.leader();
    if (!leader) {
        return "nobody leads";
    }
    const auto next = nodes_.node(*leader).operating().transfer("");
    if (!next) {
        return fmt::format("{} leads on: {}", nodes_.member(*leader), next.error().detail);
    }
    return fmt::format(
        "{} leads, term {}; {} follows", next->member, next->term, nodes_.member(*leader)
    );
}

std::string DemoKeys::report_twice() {
    if (nodes_.up() < nodes_.majority()) {
        return "nothing commits: start a node first";
    }
    const auto again =
        report_again(nodes_.any().service(), nodes_.alliance(), seed_, *seeded_, repeated_);
    const std::string trip = fmt::format("metro's trip {}", ++repeated_);
    if (again) {
        return fmt::format("{} was counted twice: that must not happen", trip);
    }
    return fmt::format(
        "wallet reports {} again: {}, {}",
        trip,
        ledger::name_of(again.error().code),
        again.error().detail
    );
}

}  // namespace tanji::node
