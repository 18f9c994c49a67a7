#include "node/log_writer.h"

#include "node/replica/admission.h"
#include "tests/node/storage_fixture.h"

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>

namespace tanji::node {
namespace {

// What is said when the disk answers is what the disk holds at that moment: the mark is read again
// inside the answer.
class LogWriterTest : public test::StorageTest {
protected:
    LogWriterTest() : storage_(start()) {
        EXPECT_TRUE(storage_.has_value());
        writer_ = std::make_unique<LogWriter>(
            *storage_->log,
            std::move(storage_->mark),
            storage_->term,
            storage_->vote,
            metrics_,
            LogWriter::Heard{
                .wrote = [this](consensus::Token) { look(); },
                .head_marked = [this](const CosignedHead&) { look(); },
                .in_loop = [](const std::function<void()>& task) { task(); },
            }
        );
    }
    ~LogWriterTest() override { writer_->stop(); }

    SealedBlockPtr block(ledger::BlockIndex index) {
        auto made = std::make_shared<SealedBlock>();
        made->bytes = std::make_shared<const ledger::Bytes>(history_.bytes(index));
        made->decoded.header = history_.header(index);
        made->ref = ref_of(made->decoded.header, made->bytes->size());
        return made;
    }
    void write(ledger::BlockIndex index) {
        const SealedBlockPtr last = block(index);
        writer_->write(
            {.token = consensus::Token{++token_},
             .blocks = {last},
             .promise = {},
             .mark = consensus::BlockId{.at = last->ref.at, .hash = last->ref.hash}}
        );
    }

    void mark(const CosignedHead& head) { writer_->mark_head(head); }

    // The newest mark on disk when the writer answered.
    Mark answered() {
        std::unique_lock lock(mutex_);
        EXPECT_TRUE(changed_.wait_for(lock, std::chrono::seconds(60), [&] {
            return !seen_.empty();
        }));
        const Mark first = seen_.empty() ? Mark{} : seen_.front();
        seen_.clear();
        return first;
    }

private:
    void look() {
        const std::string bytes = test::content_of(directory_.mark());
        Mark newest;
        for (const std::size_t at : {std::size_t{0}, mark_slot_bytes}) {
            const auto slot = decode_mark(ledger::ByteView(bytes).substr(at, mark_slot_bytes));
            if (slot && slot->seq > newest.seq) {
                newest = *slot;
            }
        }
        const std::lock_guard lock(mutex_);
        seen_.push_back(newest);
        changed_.notify_one();
    }

    std::expected<Storage, StartRefused> storage_;
    Metrics metrics_{"test", "test"};
    std::unique_ptr<LogWriter> writer_;
    std::uint64_t token_ = 0;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<Mark> seen_;
};

TEST_F(LogWriterTest, AnswersAWriteWhenTheMarkNamesItsLastBlock) {
    write(2);
    EXPECT_EQ(answered().block_index, 2U);
    write(3);
    const Mark written = answered();
    EXPECT_EQ(written.block_index, 3U);
    EXPECT_EQ(written.block_hash, history_.hash(3));
}

TEST_F(LogWriterTest, AnswersACosignedHeadWhenTheMarkNamesIt) {
    const ledger::Hash root = ledger::sha256("a tree");
    mark({.block = 1, .size = 4, .root = root, .time_s = 7});
    const Mark written = answered();
    EXPECT_EQ(written.cosigned_size, 4U);
    EXPECT_EQ(written.cosigned_root, root);
    EXPECT_EQ(written.cosigned_time, 7U);
}

}  // namespace
}  // namespace tanji::node
