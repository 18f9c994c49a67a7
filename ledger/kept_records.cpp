#include "ledger/kept_records.h"

#include "ledger/parties/scheme.h"
#include "ledger/reductions/batch_row.h"
#include "ledger/store/schema.h"
#include "ledger/store/state.h"

#include <cassert>
#include <map>

namespace tanji::ledger {
namespace {

// Days of correction, by scheme.
class Correction {
public:
    explicit Correction(const Reader& reader) : reader_(reader) {}

    TimeMs ms_of(const std::string& slug) {
        const auto [known, unread] = ms_.try_emplace(slug, 0);
        if (unread) {
            const auto scheme = find_scheme(reader_, slug);
            assert(scheme.has_value());
            known->second = scheme->correction_days * ms_per_day;
        }
        return known->second;
    }

private:
    const Reader& reader_;
    std::map<std::string, TimeMs> ms_;
};

bool is_in_use(const BatchRow& row, TimeMs now, Correction& correction) {
    switch (row.state) {
        case BatchState::submitted:
            return true;
        case BatchState::issued:
            return row.live > 0 && now <= row.issued_at + correction.ms_of(row.scheme);
        case BatchState::rejected:
        case BatchState::lapsed:
        case BatchState::revoked:
            return false;
    }
    return false;
}

}  // namespace

std::set<CommandPlace> batches_in_use(const Reader& reader, TimeMs now) {
    std::set<CommandPlace> places;
    Correction correction(reader);
    reader.scan(
        schema::all_batches,
        schema::end_of(schema::all_batches),
        [&](ByteView, ByteView value) {
            const auto row = decoded<BatchRow>(value);
            if (is_in_use(row, now, correction)) {
                places.emplace(row.block, row.position);
            }
            return true;
        }
    );
    return places;
}

std::optional<Bytes> find_stored_command(
    const Reader& reader, const BlockReader& blocks, const CommandPlace& place
) {
    if (auto kept = reader.get(schema::kept_command(place.first, place.second))) {
        return kept;
    }
    const auto block = blocks(place.first);
    return block ? command_in_block(*block, place.second) : std::nullopt;
}

std::shared_ptr<const DecodedBatch> find_records(
    const Reader& reader, const BlockReader& blocks, const CommandPlace& place
) {
    const auto command = find_stored_command(reader, blocks, place);
    return command ? batch_in_command(*command) : nullptr;
}

void keep_records(Store& store, const BlockReader& blocks, BlockIndex first, TimeMs now) {
    const auto in_use = batches_in_use(store, now);
    Changes changes;
    store.scan(
        schema::all_kept_commands,
        schema::end_of(schema::all_kept_commands),
        [&](ByteView key, ByteView) {
            if (!in_use.contains(schema::kept_place(key))) {
                changes.insert_or_assign(Bytes(key), std::nullopt);
            }
            return true;
        }
    );
    store.write(changes);
    for (const CommandPlace& place : in_use) {
        const Bytes key = schema::kept_command(place.first, place.second);
        if (place.first < first && !store.get(key)) {
            auto command = find_stored_command(store, blocks, place);
            assert(command.has_value());
            store.write({{key, std::move(command)}});
        }
    }
}

}  // namespace tanji::ledger
