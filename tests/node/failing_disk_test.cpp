#include "failing_disk.h"

#include "ledger/store/rocks_store.h"
#include "node/snapshot/installing.h"
#include "node/storage/file.h"
#include "snapshot_fixture.h"
#include "storage_fixture.h"

#include <array>
#include <csignal>
#include <cstdlib>
#include <fstream>

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

// Crashes, lost power and failing syncs at every step of a start, of an append, of a vote, of a cut
// and of a rebuild. Each is one run of this program with a fault ordered; what it said before it
// ended must be there afterwards.
namespace tanji::node {
namespace {

namespace fs = std::filesystem;
using test::append_block;
using test::append_blocks;
using test::content_of;
using test::DiskFault;
using test::flip_bit;
using test::journal_of;
using test::put_content;
using Kind = DiskFault::Kind;

// What the child may say to others, in the order in which it becomes true.
struct Said {
    ledger::BlockIndex block = 0;
    std::uint64_t term = 0;  // of that block
    std::uint64_t vote_term = 0;
};

Said last_said(const std::string& path) {
    Said said;
    std::ifstream in(path);
    for (Said next; in >> next.block >> next.term >> next.vote_term;) {
        said = next;
    }
    return said;
}

std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

class FailingDisk : public test::StorageTest {
protected:
    FailingDisk() : test::StorageTest(40) {}

    // Runs the child on the data directory with that fault; its exit code.
    int run_child(const char* story, Kind kind, std::uint64_t at) {
        fs::remove(said_path());
        ::setenv("TANJI_FAULT_STORY", story, 1);
        ::setenv("TANJI_FAULT_KIND", std::to_string(static_cast<int>(kind)).c_str(), 1);
        ::setenv("TANJI_FAULT_AT", std::to_string(at).c_str(), 1);
        ::setenv("TANJI_FAULT_DATA", directory_.path.c_str(), 1);
        ::setenv("TANJI_FAULT_SAID", said_path().c_str(), 1);
        std::string program = fs::read_symlink("/proc/self/exe").string();
        std::string filter = "--gtest_filter=FailingDisk.DISABLED_Child";
        std::string disabled = "--gtest_also_run_disabled_tests";
        std::array<char*, 4> arguments{program.data(), filter.data(), disabled.data(), nullptr};
        posix_spawn_file_actions_t silent;
        ::posix_spawn_file_actions_init(&silent);
        for (const int stream : {1, 2}) {
            ::posix_spawn_file_actions_addopen(&silent, stream, "/dev/null", O_WRONLY, 0);
        }
        pid_t child = 0;
        const int failed =
            ::posix_spawn(&child, program.c_str(), &silent, nullptr, arguments.data(), ::environ);
        ::posix_spawn_file_actions_destroy(&silent);
        ::unsetenv("TANJI_FAULT_STORY");
        int status = 0;
        if (failed != 0 || ::waitpid(child, &status, 0) != child || !WIFEXITED(status)) {
            return -1;
        }
        return WEXITSTATUS(status);
    }

    // Another directory with the same content, for each run.
    void keep_template() { fs::rename(directory_.path, folder_ / "template"); }
    void fresh_copy() {
        fs::remove_all(directory_.path);
        fs::copy(folder_ / "template", directory_.path, fs::copy_options::recursive);
    }

    std::string said_path() const { return folder_ / "said"; }

    void ordinary_life_with(Kind kind);
    void rebuild_with(Kind kind);
    void install_with(Kind kind);
};

// What a node does at its start with a snapshot that came from others. Its exit code.
int start_with_snapshot(
    const DataDirectory& directory, const NodeIdentity& identity, test::History& history
) {
    std::vector<std::string> notes;
    const auto installed = install_state(directory, {}, notes);
    if (!installed) {
        return 74;
    }
    auto storage = open_storage(
        directory,
        identity,
        {.has_peers = true, .first = history.first_block(), .installed = *installed}
    );
    if (!storage) {
        return storage.error().exit_code;
    }
    return !*installed || finish_install(directory) ? 0 : 74;
}

// The history as the child goes on with it: blocks 6 to 9 of term 1, then term 3 cuts after 7.
void fork_as_the_child_does(test::History& history) {
    history.fork(7, 3);
}

// Starts, takes blocks, votes in term 3, takes a later leader's blocks; says what it may say.
void live(Storage& storage, test::History& history, const std::string& said_path) {
    std::ofstream said(said_path);
    for (ledger::BlockIndex index = 6; index <= 9; ++index) {
        append_block(storage, history, index);
        said << index << " 1 0" << std::endl;
    }
    const Promise promise{.term = 3, .vote = 2, .mark_seq = storage.mark.next_seq()};
    ASSERT_TRUE(storage.log->append({}, promise));
    Mark next = storage.mark.current();
    next.term = 3;
    next.vote = 2;
    ASSERT_TRUE(storage.mark.write(next));
    said << "9 1 3" << std::endl;
    fork_as_the_child_does(history);
    for (ledger::BlockIndex index = 8; index <= 11; ++index) {
        const ledger::Bytes content = history.bytes(index);
        const StoredBlock block{index, content};
        ASSERT_TRUE(storage.log->append({&block, 1}, std::nullopt));
        next.block_term = 3;
        next.block_index = index;
        next.block_hash = history.hash(index);
        ASSERT_TRUE(storage.mark.write(next));
        said << index << " 3 3" << std::endl;
    }
}

TEST_F(FailingDisk, DISABLED_Child) {
    const std::string story = environment("TANJI_FAULT_STORY");
    if (story.empty()) {
        GTEST_SKIP() << "only run by the other tests";
    }
    fs::remove_all(folder_.path());  // its own: no destructor runs
    const DataDirectory directory{environment("TANJI_FAULT_DATA")};
    test::order({
        .kind = static_cast<Kind>(std::stoi(environment("TANJI_FAULT_KIND"))),
        .at = std::stoull(environment("TANJI_FAULT_AT")),
        .folder = directory.path,
    });
    if (story == "full") {
        std::signal(SIGXFSZ, SIG_IGN);
        const rlimit nothing{0, 0};
        ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &nothing), 0);
    }
    if (story == "install") {
        std::_Exit(start_with_snapshot(directory, identity_, history_));
    }
    {
        auto storage = open_storage(
            directory, identity_, {.has_peers = true, .first = history_.first_block()}
        );
        if (!storage) {
            std::_Exit(storage.error().exit_code);
        }
        if (story == "life") {
            live(*storage, history_, environment("TANJI_FAULT_SAID"));
        }
    }
    std::_Exit(HasFailure() ? 1 : 0);
}

// Whatever happened: the start afterwards is fit, and has what was said.
void FailingDisk::ordinary_life_with(Kind kind) {
    run(5);
    keep_template();
    std::uint64_t at = 0;
    int exit_code = 1;
    int struck = 0;
    for (bool reached = true; reached; struck += exit_code == 0 ? 0 : 1) {
        fresh_copy();
        exit_code = run_child("life", kind, ++at);
        // A sync that RocksDB may do without (of its options file) is no reason to stop.
        reached = exit_code != 0 || (kind == Kind::sync_fails && at < 80);
        ASSERT_TRUE(exit_code == 0 || exit_code == test::exit_crashed || exit_code == 74)
            << "step " << at << ": " << exit_code;
        const Said said = last_said(said_path());
        const auto storage = start();
        ASSERT_TRUE(storage) << "step " << at << ": " << storage.error().sentence;
        EXPECT_FALSE(storage->recovering) << "step " << at;
        const auto last = storage->last;
        const std::uint64_t term = storage->mark.current().block_term;
        EXPECT_GE(std::pair(term, last), std::pair(said.term, std::max(said.block, 5UL)))
            << "step " << at;
        EXPECT_GE(storage->term, said.vote_term) << "step " << at;
        EXPECT_EQ(storage->vote, storage->term == 3 ? 2u : 1u) << "step " << at;
        test::History history = history_;
        if (term == 3) {
            fork_as_the_child_does(history);
        }
        std::swap(history, history_);
        expect_blocks(*storage, last);
        std::swap(history, history_);
    }
    EXPECT_GT(struck, 20);
    RecordProperty("steps", struck);
}

TEST_F(FailingDisk, AKillAtAnyStepLosesNothingSaid) {
    ordinary_life_with(Kind::killed);
}

TEST_F(FailingDisk, LostPowerAtAnyStepLosesNothingSaid) {
    ordinary_life_with(Kind::power_lost);
}

TEST_F(FailingDisk, AFailedSyncEndsTheProcessBeforeItSaysAnythingThatDependsOnIt) {
    ordinary_life_with(Kind::sync_fails);
}

TEST_F(FailingDisk, AFullDiskOrAHalfWrittenSlotUnderTheMarkEndsTheProcess) {
    run(5);
    keep_template();
    for (const Kind kind : {Kind::mark_full, Kind::mark_short}) {
        for (std::uint64_t at = 1; at <= 10; ++at) {
            fresh_copy();
            const int exit_code = run_child("life", kind, at);
            EXPECT_EQ(exit_code, at <= 10 ? 74 : 0) << "write " << at;
            const Said said = last_said(said_path());
            const auto storage = start();
            ASSERT_TRUE(storage) << storage.error().sentence;
            EXPECT_FALSE(storage->recovering);
            EXPECT_GE(storage->last, said.term == 3 ? said.block : std::min(said.block, 8UL));
            EXPECT_GE(storage->term, said.vote_term);
        }
    }
}

// No file may grow: the start ends with status 74 and not by a signal, and nothing is lost.
TEST_F(FailingDisk, AStartOnAFullDiskEndsWithItsStatusAndChangesNothing) {
    run(20);
    EXPECT_EQ(run_child("full", Kind::none, 1), 74);
    EXPECT_TRUE(kept_aside().empty());
    expect_fit(20);
}

// A log that does not open is rebuilt while the machine fails again and again.
void FailingDisk::rebuild_with(Kind kind) {
    run(60);
    const std::string journal = journal_of(directory_.log());
    flip_bit(journal, fs::file_size(journal) / 2);
    const std::string damaged = content_of(journal);
    const std::string name = fs::path(journal).filename().string();
    keep_template();
    fresh_copy();
    ledger::BlockIndex readable = 0;
    {
        const auto storage = start();
        ASSERT_TRUE(storage) << storage.error().sentence;
        readable = storage->last;
        ASSERT_GT(readable, 10u);
    }
    int exit_code = 1;
    int struck = 0;
    for (std::uint64_t at = 1; exit_code != 0 || (kind == Kind::sync_fails && at < 40); ++at) {
        fresh_copy();
        exit_code = run_child("start", kind, at);
        struck += exit_code == 0 ? 0 : 1;
        ASSERT_TRUE(exit_code == 0 || exit_code == test::exit_crashed || exit_code == 74)
            << "step " << at << ": " << exit_code;
        expect_recovering(readable, 60);
        ASSERT_EQ(kept_aside().size(), 1u) << "step " << at;
        EXPECT_TRUE(
            content_of(directory_.path + "/" + kept_aside().front() + "/" + name) == damaged
        ) << "step "
          << at;
        ASSERT_FALSE(HasFatalFailure()) << "step " << at;
    }
    EXPECT_GT(struck, 20);
    RecordProperty("steps", struck);
}

TEST_F(FailingDisk, AKillAtAnyStepOfARebuildIsMadeGoodByTheNextStart) {
    rebuild_with(Kind::killed);
}

TEST_F(FailingDisk, LostPowerAtAnyStepOfARebuildIsMadeGoodByTheNextStart) {
    rebuild_with(Kind::power_lost);
}

TEST_F(FailingDisk, AFailedSyncAtAnyStepOfARebuildIsMadeGoodByTheNextStart) {
    rebuild_with(Kind::sync_fails);
}

// A node with blocks 1 to 5 has taken the snapshot of block 9. However often its start fails, in
// the end the state is that of block 9, the log goes on after it, and the mark names it.
void FailingDisk::install_with(Kind kind) {
    run(5);
    {
        ASSERT_TRUE(ledger::open_rocks_store(directory_.ledger(), {}));
    }
    SnapshotFolder theirs(folder_ / "theirs");
    SnapshotFolder own(directory_.snapshots());
    const auto manifest = test::make_snapshot(theirs, history_, 9);
    test::fetch_all(theirs, own, manifest);
    keep_template();
    int exit_code = 1;
    int struck = 0;
    for (std::uint64_t at = 1; exit_code != 0 || (kind == Kind::sync_fails && at < 60); ++at) {
        fresh_copy();
        exit_code = run_child("install", kind, at);
        struck += exit_code == 0 ? 0 : 1;
        ASSERT_TRUE(exit_code == 0 || exit_code == test::exit_crashed || exit_code == 74)
            << "step " << at << ": " << exit_code;
        ASSERT_EQ(start_with_snapshot(directory_, identity_, history_), 0) << "step " << at;
        const auto storage = start();
        ASSERT_TRUE(storage) << "step " << at << ": " << storage.error().sentence;
        EXPECT_FALSE(storage->recovering) << "step " << at;
        EXPECT_EQ(storage->last, 9U) << "step " << at;
        EXPECT_EQ(storage->log->first(), 10U) << "step " << at;
        EXPECT_EQ(storage->mark.current().block_hash, history_.hash(9)) << "step " << at;
        const auto store = ledger::open_rocks_store(directory_.ledger(), {});
        ASSERT_TRUE(store);
        const auto head = ledger::load<ledger::Head>(**store, ledger::schema::head());
        ASSERT_TRUE(head) << "step " << at;
        EXPECT_EQ(head->block, 9U) << "step " << at;
        // A failed sync may have cost a chunk its bytes: then others are not offered it.
        const bool is_kept = own.kept().size() == 1;
        EXPECT_TRUE(is_kept || kind == Kind::sync_fails) << "step " << at;
        EXPECT_TRUE(!is_kept || own.piece(manifest, 0)) << "step " << at;
        EXPECT_FALSE(exists(directory_.ledger() + ".new") || own.fetching()) << "step " << at;
        ASSERT_FALSE(HasFailure()) << "step " << at;
    }
    EXPECT_GT(struck, 20);
    RecordProperty("steps", struck);
}

TEST_F(FailingDisk, AKillAtAnyStepOfAnInstallIsMadeGoodByTheNextStart) {
    install_with(Kind::killed);
}

TEST_F(FailingDisk, LostPowerAtAnyStepOfAnInstallIsMadeGoodByTheNextStart) {
    install_with(Kind::power_lost);
}

TEST_F(FailingDisk, AFailedSyncAtAnyStepOfAnInstallIsMadeGoodByTheNextStart) {
    install_with(Kind::sync_fails);
}

// Pages of the file that are in memory.
std::size_t resident_pages(const std::string& path) {
    const std::size_t bytes = fs::file_size(path);
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    void* mapped = ::mmap(nullptr, bytes, PROT_READ, MAP_SHARED, file, 0);
    ::close(file);
    std::vector<unsigned char> pages((bytes + 4095) / 4096);
    EXPECT_EQ(::mincore(mapped, bytes, pages.data()), 0);
    ::munmap(mapped, bytes);
    return static_cast<std::size_t>(std::ranges::count_if(pages, [](unsigned char page) {
        return (page & 1) != 0;
    }));
}

TEST(SettledFile, IsReadFromTheDiskAndNotFromMemory) {
    const test::TemporaryDirectory folder;
    const std::string path = folder / "journal";
    put_content(path, std::string(1 << 20, 'x'));
    ASSERT_GT(resident_pages(path), 200u);
    struct statfs system{};
    ASSERT_EQ(::statfs(path.c_str(), &system), 0);
    if (system.f_type == TMPFS_MAGIC) {
        GTEST_SKIP() << "this file system keeps its files in memory";
    }
    ASSERT_TRUE(settle_folder(folder.path()));
    EXPECT_EQ(resident_pages(path), 0u);
    EXPECT_EQ(content_of(path), std::string(1 << 20, 'x'));
}

}  // namespace
}  // namespace tanji::node
