#include "tests/model/target.h"

#include "ledger/supply.h"
#include "tests/ledger/world.h"
#include "tests/model/city.h"
#include "tests/model/orders.h"

#include <cstdio>
#include <cstdlib>

namespace tanji::model {
namespace {

std::string code_of(const ledger::Result<ledger::CommandOutcome>& outcome) {
    if (!outcome) {
        return std::string(name_of(outcome.error().code));
    }
    return outcome->applied() ? "ok" : std::string(name_of(outcome->error->code));
}

// What every city begins with is made once: genesis and documents.
struct Foundation {
    ledger::Changes store;
    std::vector<ledger::Bytes> blocks;
};
const Foundation*& foundation() {
    static const Foundation* made = nullptr;
    return made;
}

}  // namespace

Target::Target() : store_(ledger::make_memory_store()) {
    const auto reader = [this](ledger::BlockIndex index) -> std::optional<ledger::Bytes> {
        return index >= 1 && index <= blocks_.size() ? std::optional(blocks_[index - 1])
                                                     : std::nullopt;
    };
    if (foundation() != nullptr) {
        store_->write(foundation()->store);
        blocks_ = foundation()->blocks;
        ledger_ = std::make_unique<ledger::Ledger>(*store_, reader);
        first_leaves_ = ledger_->head().size;
        return;
    }
    ledger_ = std::make_unique<ledger::Ledger>(*store_, reader);
    const std::string file = ledger::test::genesis_text(city_genesis());
    if (const auto read = ledger::read_genesis(file); !read) {
        std::fprintf(stderr, "genesis: %s\n", read.error().detail.c_str());
        std::abort();
    }
    apply_block(ledger::genesis_block(file, city_founded));
    for (const std::string& code : seal(city_founded, city_documents(ledger_->head().ledger))) {
        if (code != "ok") {
            std::fprintf(stderr, "a document of the city: %s\n", code.c_str());
            std::abort();
        }
    }
    first_leaves_ = ledger_->head().size;
    static Foundation made;
    for (auto& [key, value] : ledger::test::dump(*store_)) {
        made.store.emplace(key, value);
    }
    made.blocks = blocks_;
    foundation() = &made;
}

std::vector<std::string> Target::apply(TimeMs now, const std::vector<Act>& acts) {
    std::vector<ledger::StoredCommand> commands;
    for (const Act& act : acts) {
        if (!act.is_tick()) {
            commands.push_back(command_of(act, ledger_->head().ledger));
        }
    }
    return seal(now, commands);
}

std::vector<std::string> Target::seal(
    TimeMs now, const std::vector<ledger::StoredCommand>& commands
) {
    std::vector<ledger::Bytes> bodies;
    for (const ledger::StoredCommand& command : commands) {
        bodies.push_back(to_stored(command));
    }
    const ledger::SigningKey& log = key_of("node/log");
    ledger::BlockHeader header;
    header.kind = bodies.empty() ? ledger::BlockKind::no_op : ledger::BlockKind::commands;
    header.ledger = ledger_->head().ledger;
    header.term = 1;
    header.index = ledger_->head().block + 1;
    header.time_ms = now;
    header.leader = log.id();
    header.membership = 1;
    header.command_count = static_cast<std::uint32_t>(bodies.size());
    header.body_bytes = static_cast<std::uint32_t>(ledger::to_body(bodies).size());
    header.prev_hash = ledger_->head().block_hash;
    header.body_root = ledger::body_root(bodies);
    header.claim_root = ledger::sha256({});
    sign_header(header, log);
    return apply_block(encode_block(header, bodies));
}

std::vector<std::string> Target::apply_block(const ledger::Bytes& block) {
    blocks_.push_back(block);
    const auto decoded = decode_block(block, ledger_->head().ledger);
    if (!decoded) {
        return {"the block does not decode: " + decoded.error().detail};
    }
    std::vector<std::string> codes;
    for (const auto& outcome : ledger_->apply(*decoded).outcomes) {
        codes.push_back(code_of(outcome));
    }
    return codes;
}

std::vector<std::string> Target::violations() const {
    return recount(*store_);
}

}  // namespace tanji::model
