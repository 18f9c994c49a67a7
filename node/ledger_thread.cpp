#include "node/ledger_thread.h"

#include "ledger/proof/merkle.h"
#include "ledger/store/schema.h"
#include "ledger/tree.h"
#include "node/storage/fail_stop.h"

#include <cassert>

namespace tanji::node {
namespace {

using Steady = std::chrono::steady_clock;

}  // namespace

ledger::Ledger::BlockReader block_reader(const LogStore& log) {
    return [&log](ledger::BlockIndex index) {
        auto block = log.block(index);
        if (!block) {
            stop_process(block.error().detail);
        }
        return std::move(*block);
    };
}

LedgerThread::LedgerThread(
    ledger::Store& store, LogStore& log, Pace pace, Metrics& metrics, Heard heard
)
    : store_(store),
      log_(log),
      pace_(pace),
      flushed_(Steady::now()),
      metrics_(metrics),
      heard_(std::move(heard)),
      ledger_(store, block_reader(log)) {
    // Block 1 is committed and applied by definition, so that there always is something to read.
    if (ledger_.head().block == 0) {
        ledger_.apply(read_block(1));
    }
}

ledger::DecodedBlock LedgerThread::read_block(ledger::BlockIndex index) const {
    const auto bytes = block_reader(log_)(index);
    auto decoded =
        bytes ? ledger::decode_block(*bytes, ledger_.head().ledger)
              : ledger::refuse(ledger::ErrorCode::not_found, "block {} is not in the log", index);
    if (!decoded) {
        stop_process(decoded.error().detail);
    }
    return std::move(*decoded);
}

void LedgerThread::apply(consensus::Index index, SealedBlockPtr block) {
    thread_.post([this, index, block = std::move(block)] { apply_block(index, block); });
}

std::optional<ledger::BlockRow> LedgerThread::row(ledger::BlockIndex block) const {
    return ledger::load<ledger::BlockRow>(store_, ledger::schema::block(block));
}

ledger::Hash LedgerThread::root_at(ledger::TreeSize size) const {
    return ledger::root_at(size, ledger::stored_nodes(store_));
}

ledger::Hash LedgerThread::leaf_at(ledger::LeafIndex index) const {
    return ledger::stored_nodes(store_)(0, index);
}

std::vector<ledger::Hash> LedgerThread::consistency(ledger::TreeSize from, ledger::TreeSize to)
    const {
    return ledger::consistency_proof(from, to, ledger::stored_nodes(store_));
}

void LedgerThread::keep(const ledger::CheckpointCertificate& certificate) {
    thread_.post([this, certificate] {
        store_.write({{ledger::schema::certificate(certificate.size), certificate.note}});
        heard_.certified(certificate.size);
    });
}

void LedgerThread::apply_block(consensus::Index index, const SealedBlockPtr& block) {
    const ledger::DecodedBlock found = block ? ledger::DecodedBlock{} : read_block(index);
    const ledger::DecodedBlock& decoded = block ? block->decoded : found;
    const auto start = Steady::now();
    const ledger::Applied applied = ledger_.apply(decoded);
    metrics_.observe(
        Distribution::block_apply_seconds,
        std::chrono::duration<double>(Steady::now() - start).count()
    );
    count(applied, decoded);
    if (applied.block % pace_.snapshot_every_blocks == 0) {
        heard_.snapshot_due(store_.snapshot());
    }
    flush_in_time(block == nullptr);
    heard_.applied(applied, decoded, ledger_.next_due());
}

void LedgerThread::count(const ledger::Applied& applied, const ledger::DecodedBlock& block) {
    metrics_.set(Gauge::raft_applied_index, static_cast<double>(applied.block));
    metrics_.set(Gauge::ledger_size, static_cast<double>(applied.size));
    for (std::size_t i = 0; i < applied.outcomes.size(); ++i) {
        if (!block.commands[i] || (applied.outcomes[i] && applied.outcomes[i]->replayed)) {
            continue;
        }
        const auto& outcome = applied.outcomes[i];
        const ledger::Error* error = !outcome             ? &outcome.error()
                                     : outcome->applied() ? nullptr
                                                          : &*outcome->error;
        metrics_.command(block.commands[i]->head.type, error == nullptr ? "applied" : "refused");
        if (error != nullptr) {
            metrics_.refusal(ledger::name_of(error->code));
        }
    }
}

// What was found in the log at the start goes to disk as soon as it is applied again: a node that
// keeps crashing must not replay ever more.
void LedgerThread::flush_in_time(bool replaying) {
    const bool caught_up = replaying_ && !replaying;
    replaying_ = replaying;
    if (caught_up || Steady::now() - flushed_ >= std::chrono::seconds(pace_.flush_s)) {
        store_.flush();
        flushed_ = Steady::now();
    }
}

void LedgerThread::let_go(ledger::BlockIndex first, std::function<void()> done) {
    thread_.post([this, first, done = std::move(done)] {
        assert(first <= ledger_.head().block);
        ledger::keep_records(store_, block_reader(log_), first, ledger_.head().time);
        store_.flush();
        flushed_ = Steady::now();
        done();
    });
}

void LedgerThread::stop() {
    thread_.stop();
    store_.flush();
}

}  // namespace tanji::node
