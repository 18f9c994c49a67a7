#include "ledger/store/rocks_store.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/listener.h>
#include <rocksdb/options.h>
#include <rocksdb/slice.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

namespace tanji::ledger {
namespace {

constexpr int exit_storage_failed = 74;

// Where tags live: the keys in ["e", "f").
constexpr std::string_view tags_from = "e";
constexpr std::string_view tags_until = "f";

constexpr std::size_t rest = 0;
constexpr std::size_t tags = 1;

// After an error nobody knows what is stored, and whatever is computed next may differ from what
// the other nodes compute: no return, no destructor, no second try.
[[noreturn]] void stop(std::string_view doing, const rocksdb::Status& status) {
    std::fprintf(
        stderr,
        "storage.failed: ledger store, %.*s: %s\n",
        static_cast<int>(doing.size()),
        doing.data(),
        status.ToString().c_str()
    );
    std::_Exit(exit_storage_failed);
}

class StopOnBackgroundError : public rocksdb::EventListener {
public:
    void OnBackgroundError(rocksdb::BackgroundErrorReason, rocksdb::Status* status) override {
        if (!status->IsShutdownInProgress()) {
            stop("in the background", *status);
        }
    }
};

// RocksDB's diary is a file of its own in the same folder, and on a full disk RocksDB asserts when
// that cannot be written: it gets none.
class NoDiary : public rocksdb::Logger {
public:
    using rocksdb::Logger::Logv;
    void Logv(const char*, va_list) override {}
};

// An empty view may point nowhere, which RocksDB does not take.
rocksdb::Slice slice(ByteView bytes) {
    return bytes.empty() ? rocksdb::Slice() : rocksdb::Slice(bytes.data(), bytes.size());
}
ByteView view(const rocksdb::Slice& bytes) {
    return {bytes.data(), bytes.size()};
}

std::size_t family_of(ByteView key) {
    return key.starts_with(tags_from) ? tags : rest;
}

// A part of a range that lies in one family. An empty `until` is the end.
struct Segment {
    std::size_t family = rest;
    ByteView from;
    ByteView until;
};

bool is_empty(const Segment& segment) {
    return !segment.until.empty() && segment.from >= segment.until;
}

ByteView earlier_end(ByteView a, ByteView b) {
    if (a.empty() || b.empty()) {
        return a.empty() ? b : a;
    }
    return std::min(a, b);
}

std::array<Segment, 3> segments_of(ByteView from, ByteView until) {
    return {
        Segment{rest, from, earlier_end(until, tags_from)},
        Segment{tags, std::max(from, tags_from), earlier_end(until, tags_until)},
        Segment{rest, std::max(from, tags_until), until},
    };
}

using Families = std::array<rocksdb::ColumnFamilyHandle*, 2>;

// Reading, now or as of a snapshot.
class View {
public:
    View(rocksdb::DB& db, const Families& families, const rocksdb::Snapshot* at)
        : db_(db),
          families_(families) {
        options_.snapshot = at;
        options_.verify_checksums = true;
    }

    std::optional<Bytes> get(ByteView key) const {
        rocksdb::PinnableSlice value;
        const auto status = db_.Get(options_, families_[family_of(key)], slice(key), &value);
        if (status.IsNotFound()) {
            return std::nullopt;
        }
        if (!status.ok()) {
            stop("reading", status);
        }
        return Bytes(view(value));
    }

    void scan(ByteView from, ByteView until, const Reader::Visit& visit) const {
        for (const Segment& segment : segments_of(from, until)) {
            if (!is_empty(segment) && !scan(segment, visit)) {
                return;
            }
        }
    }

    void scan_back(ByteView from, ByteView until, const Reader::Visit& visit) const {
        auto segments = segments_of(from, until);
        std::ranges::reverse(segments);
        for (const Segment& segment : segments) {
            if (!is_empty(segment) && !scan_back(segment, visit)) {
                return;
            }
        }
    }

private:
    // False when the visitor has had enough.
    bool scan(const Segment& segment, const Reader::Visit& visit) const {
        const Cursor cursor(*this, segment);
        rocksdb::Iterator& at = cursor.at();
        for (at.Seek(slice(segment.from)); at.Valid(); at.Next()) {
            if (!visit(view(at.key()), view(at.value()))) {
                return false;
            }
        }
        must_be_ok(at);
        return true;
    }

    bool scan_back(const Segment& segment, const Reader::Visit& visit) const {
        const Cursor cursor(*this, segment);
        rocksdb::Iterator& at = cursor.at();
        for (at.SeekToLast(); at.Valid(); at.Prev()) {
            if (!visit(view(at.key()), view(at.value()))) {
                return false;
            }
        }
        must_be_ok(at);
        return true;
    }

    // An iterator that ends where the segment ends. RocksDB keeps references to the bounds.
    class Cursor {
    public:
        Cursor(const View& view, const Segment& segment)
            : lower_(slice(segment.from)),
              upper_(slice(segment.until)) {
            rocksdb::ReadOptions options = view.options_;
            options.iterate_lower_bound = &lower_;
            options.iterate_upper_bound = segment.until.empty() ? nullptr : &upper_;
            iterator_.reset(view.db_.NewIterator(options, view.families_[segment.family]));
        }
        Cursor(const Cursor&) = delete;
        Cursor& operator=(const Cursor&) = delete;

        rocksdb::Iterator& at() const { return *iterator_; }

    private:
        rocksdb::Slice lower_;
        rocksdb::Slice upper_;
        std::unique_ptr<rocksdb::Iterator> iterator_;
    };

    static void must_be_ok(const rocksdb::Iterator& at) {
        if (!at.status().ok()) {
            stop("scanning", at.status());
        }
    }

    rocksdb::DB& db_;
    const Families& families_;
    rocksdb::ReadOptions options_;
};

class RocksSnapshot : public Reader {
public:
    RocksSnapshot(rocksdb::DB& db, const Families& families)
        : db_(db),
          at_(db.GetSnapshot()),
          view_(db, families, at_) {}
    ~RocksSnapshot() override { db_.ReleaseSnapshot(at_); }
    RocksSnapshot(const RocksSnapshot&) = delete;
    RocksSnapshot& operator=(const RocksSnapshot&) = delete;

    std::optional<Bytes> get(ByteView key) const override { return view_.get(key); }
    void scan(ByteView from, ByteView until, const Visit& visit) const override {
        view_.scan(from, until, visit);
    }
    void scan_back(ByteView from, ByteView until, const Visit& visit) const override {
        view_.scan_back(from, until, visit);
    }

private:
    rocksdb::DB& db_;
    const rocksdb::Snapshot* at_;
    View view_;
};

class RocksStore : public Store {
public:
    RocksStore(std::unique_ptr<rocksdb::DB> db, const Families& families)
        : db_(std::move(db)),
          families_(families),
          view_(*db_, families_, nullptr) {
        write_options_.disableWAL = true;
    }
    ~RocksStore() override {
        for (rocksdb::ColumnFamilyHandle* family : families_) {
            db_->DestroyColumnFamilyHandle(family);
        }
    }
    RocksStore(const RocksStore&) = delete;
    RocksStore& operator=(const RocksStore&) = delete;

    std::optional<Bytes> get(ByteView key) const override { return view_.get(key); }
    void scan(ByteView from, ByteView until, const Visit& visit) const override {
        view_.scan(from, until, visit);
    }
    void scan_back(ByteView from, ByteView until, const Visit& visit) const override {
        view_.scan_back(from, until, visit);
    }

    void write(const Changes& changes) override {
        rocksdb::WriteBatch batch;
        for (const auto& [key, value] : changes) {
            rocksdb::ColumnFamilyHandle* family = families_[family_of(key)];
            const auto status = value ? batch.Put(family, slice(key), slice(*value))
                                      : batch.Delete(family, slice(key));
            assert(status.ok());  // a batch in memory takes everything
        }
        if (const auto status = db_->Write(write_options_, &batch); !status.ok()) {
            stop("writing", status);
        }
    }

    std::unique_ptr<const Reader> snapshot() const override {
        return std::make_unique<RocksSnapshot>(*db_, families_);
    }

    void flush() override {
        rocksdb::FlushOptions options;
        options.wait = true;
        options.allow_write_stall = true;
        const auto status = db_->Flush(options, {families_[rest], families_[tags]});
        if (!status.ok()) {
            stop("flushing", status);
        }
    }

private:
    std::unique_ptr<rocksdb::DB> db_;
    Families families_;
    rocksdb::WriteOptions write_options_;
    View view_;
};

// Indexes and filters stay with their open tables: 1.25 bytes a key. In the cache a filter of
// several MiB is larger than a shard of it and would be read anew for every question.
rocksdb::BlockBasedTableOptions table_options(const std::shared_ptr<rocksdb::Cache>& cache) {
    rocksdb::BlockBasedTableOptions options;
    options.block_cache = cache;
    options.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
    options.format_version = 5;
    return options;
}

rocksdb::ColumnFamilyOptions family_options(const std::shared_ptr<rocksdb::Cache>& cache) {
    rocksdb::ColumnFamilyOptions options;
    options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table_options(cache)));
    options.compression = rocksdb::kLZ4Compression;
    options.write_buffer_size = 16ULL << 20;
    options.max_write_buffer_number = 4;
    options.level_compaction_dynamic_level_bytes = true;
    return options;
}

// Random keys with next to no value: nothing to compress, and nearly every question is for a tag
// that is not there, which the filters answer, in memory as in the tables.
rocksdb::ColumnFamilyOptions tag_options(const std::shared_ptr<rocksdb::Cache>& cache) {
    rocksdb::ColumnFamilyOptions options = family_options(cache);
    options.compression = rocksdb::kNoCompression;
    // A block writes its tags in order: each is looked for from where the one before went.
    options.memtable_insert_with_hint_prefix_extractor.reset(
        rocksdb::NewFixedPrefixTransform(tags_from.size())
    );
    options.memtable_whole_key_filtering = true;
    options.memtable_prefix_bloom_size_ratio = 0.1;
    options.level0_file_num_compaction_trigger = 8;  // fewer rewrites of keys that never change
    options.max_bytes_for_level_base = 256ULL << 20;
    return options;
}

rocksdb::DBOptions database_options(const RocksOptions& options) {
    rocksdb::DBOptions made;
    made.create_if_missing = true;
    made.create_missing_column_families = true;
    made.paranoid_checks = true;
    made.atomic_flush = true;
    // Only flush() says what is on disk, also at the end: a crash and a stop look alike.
    made.avoid_flush_during_shutdown = true;
    made.max_bgerror_resume_count = 0;
    made.db_write_buffer_size = options.flush_bytes;
    made.allow_concurrent_memtable_write = false;  // one thread applies
    made.max_background_jobs = 2;
    made.max_open_files = 512;
    made.info_log = std::make_shared<NoDiary>();
    made.listeners.push_back(std::make_shared<StopOnBackgroundError>());
    return made;
}

}  // namespace

Result<std::unique_ptr<Store>> open_rocks_store(
    const std::string& directory, const RocksOptions& options
) {
    const auto cache = rocksdb::NewLRUCache(options.cache_bytes);
    const std::vector<rocksdb::ColumnFamilyDescriptor> wanted{
        {rocksdb::kDefaultColumnFamilyName, family_options(cache)},
        {"tags", tag_options(cache)},
    };
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    rocksdb::DB* opened = nullptr;
    const auto status =
        rocksdb::DB::Open(database_options(options), directory, wanted, &handles, &opened);
    if (!status.ok()) {
        return refuse(
            status.IsNoSpace() ? ErrorCode::storage_full : ErrorCode::internal,
            "cannot open the ledger store {}: {}",
            directory,
            status.ToString()
        );
    }
    return std::make_unique<RocksStore>(
        std::unique_ptr<rocksdb::DB>(opened), Families{handles[rest], handles[tags]}
    );
}

}  // namespace tanji::ledger
