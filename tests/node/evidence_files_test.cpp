// Files that convict: enough of them, and never so many that a liar fills a disk.
#include "node/replica_observer.h"
#include "storage_fixture.h"

#include <filesystem>

namespace tanji::node {
namespace {

using testing::Contains;
using testing::HasSubstr;

class EvidenceFiles : public testing::Test {
protected:
    EvidenceFiles() {
        LoggerOptions options;
        options.sink = [this](std::string_view line) { lines_.emplace_back(line); };
        logger_ = std::move(*Logger::open(options));
        start();
    }

    void start() {
        observer_ = std::make_unique<ReplicaObserver>(metrics_, *logger_);
        observer_->keep_evidence_in(place_ / "evidence");
    }
    // Two blocks of one leader in that term; each time others.
    void see_fork(std::uint64_t term) {
        observer_->evidence(ledger::fork_between(block(term, key_), block(term, key_)));
    }
    void see_two_leaders(std::uint64_t term) {
        observer_->evidence(ledger::fork_between(block(term, key_), block(term, other_key_)));
    }
    ledger::BlockHeader block(std::uint64_t term, const ledger::SigningKey& key) {
        ledger::BlockHeader header;
        header.ledger = test::History::ledger();
        header.index = 9;
        header.term = term;
        header.time_ms = ++time_;
        header.leader = key.id();
        ledger::sign_header(header, key);
        return header;
    }
    std::size_t files() const {
        std::size_t count = 0;
        std::error_code none;
        for (const auto& entry : std::filesystem::directory_iterator(place_ / "evidence", none)) {
            count += entry.is_regular_file() ? 1 : 0;
        }
        return count;
    }

    test::TemporaryDirectory place_;
    std::vector<std::string> lines_;
    std::unique_ptr<Logger> logger_;
    Metrics metrics_{"0", "0"};
    std::unique_ptr<ReplicaObserver> observer_;
    ledger::SigningKey key_ = ledger::SigningKey::from_seed(ledger::Bytes(32, '\3'));
    ledger::SigningKey other_key_ = ledger::SigningKey::from_seed(ledger::Bytes(32, '\4'));
    ledger::TimeMs time_ = 0;
};

TEST_F(EvidenceFiles, OneForkOfALeaderAndTermConvicts) {
    for (int i = 0; i < 3; ++i) {
        see_fork(5);
    }
    EXPECT_EQ(files(), 1U);
    see_fork(6);
    EXPECT_EQ(files(), 2U);
    start();
    see_fork(5);
    EXPECT_EQ(files(), 2U) << "what is there counts after a restart, too";
}

TEST_F(EvidenceFiles, AreBoundedAndThenALineOfTheLogIsAll) {
    for (std::uint64_t term = 1; term <= ReplicaObserver::evidence_files_max; ++term) {
        see_fork(term);
    }
    EXPECT_EQ(files(), ReplicaObserver::evidence_files_max);
    see_fork(1'000);
    start();
    see_fork(1'001);
    EXPECT_EQ(files(), ReplicaObserver::evidence_files_max);
    EXPECT_THAT(lines_, Contains(HasSubstr("evidence.not_kept")));
    observer_->divergence("{}");
    EXPECT_EQ(files(), ReplicaObserver::evidence_files_max + 1) << "its report has its own place";
}

TEST_F(EvidenceFiles, TwoLeadersOfATermLeaveRoomForWhatConvicts) {
    for (std::uint64_t term = 1; term <= ReplicaObserver::evidence_files_max; ++term) {
        see_two_leaders(term);
    }
    EXPECT_EQ(files(), ReplicaObserver::evidence_files_max / 2);
    see_fork(1);
    EXPECT_EQ(files(), ReplicaObserver::evidence_files_max / 2 + 1);
}

}  // namespace
}  // namespace tanji::node
