#include "node/replica/admission.h"

#include "ledger/proof/header.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace tanji::node {
namespace {

template <typename... Values>
std::unexpected<Inadmissible> inadmissible(
    std::string_view code, fmt::format_string<Values...> sentence, Values&&... values
) {
    return std::unexpected(Inadmissible{
        .code = code,
        .sentence = fmt::format(sentence, std::forward<Values>(values)...),
    });
}

constexpr std::string_view transfer_type = "application/vnd.tanji.transfer-now";
constexpr std::size_t terms_max = 64;

constexpr std::string_view membership_unknown = "membership_unknown";

bool is_signed_by_a_voter(const ledger::BlockHeader& header, const Electorate& electorate) {
    if (header.kind == ledger::BlockKind::genesis) {
        return header.index == 1;  // fixed by the ledger's id
    }
    const ledger::NoteKey* sealer = electorate.sealer(header.leader, header.membership);
    return sealer != nullptr && ledger::verify_header(header, sealer->key);
}

// Who seals in a membership that is not applied here may be somebody never heard of. Of whom only
// the key is known, the log has to tell that it votes: Replica::may_be_sealed.
bool may_be_a_newcomer(const ledger::BlockHeader& header, const Electorate& electorate) {
    return header.membership > electorate.membership &&
           electorate.sealer(header.leader, header.membership) == nullptr;
}

Admitted<SealedBlockPtr> admit_block(
    const BlockBytes& bytes, const ledger::Hash& ledger, const Electorate& electorate
) {
    auto decoded = ledger::decode_block(*bytes, ledger);
    if (!decoded) {
        return inadmissible("block_invalid", "{}", decoded.error().detail);
    }
    const ledger::BlockHeader& header = decoded->header;
    if (header.ledger != ledger) {
        return inadmissible("wrong_ledger", "block {} is of another ledger", header.index);
    }
    if (may_be_a_newcomer(header, electorate)) {
        return inadmissible(
            membership_unknown,
            "block {} is of membership {}, which is not applied here",
            header.index,
            header.membership
        );
    }
    if (!is_signed_by_a_voter(header, electorate)) {
        return inadmissible("header_unsigned", "block {} is not signed by a voter", header.index);
    }
    auto block = std::make_shared<SealedBlock>();
    block->ref = ref_of(*decoded, bytes->size());
    block->bytes = bytes;
    block->decoded = std::move(*decoded);
    return block;
}

Admitted<void> check_last_header(
    const ledger::Bytes& bytes,
    const consensus::Position& claimed,
    const ledger::Hash& ledger,
    const Electorate& electorate
) {
    const auto header = ledger::decode_header(bytes);
    if (!header) {
        return inadmissible("claim_invalid", "{}", header.error().detail);
    }
    if (may_be_a_newcomer(*header, electorate)) {
        return inadmissible(
            membership_unknown, "the candidate is in a membership that is not applied here"
        );
    }
    const bool stands_there =
        header->term == claimed.term && header->index == claimed.index && header->ledger == ledger;
    if (!stands_there || !is_signed_by_a_voter(*header, electorate)) {
        return inadmissible(
            "claim_invalid", "the candidate does not show the block it claims to have"
        );
    }
    return {};
}

ledger::Bytes transfer_bytes(const consensus::TransferNow& order, const ledger::Hash& ledger) {
    ledger::Bytes bytes(ledger.view());
    ledger::append_u64(bytes, order.term);
    ledger::append_u64(bytes, order.from);
    ledger::append_u64(bytes, order.to);
    return ledger::pae(transfer_type, bytes);
}

Admitted<void> check_transfer(
    const consensus::TransferNow& order, const ledger::Hash& ledger, const Electorate& electorate
) {
    const ledger::NoteKey* leader = electorate.log_of(order.from);
    if (leader == nullptr) {
        return inadmissible(membership_unknown, "node {} is not known here yet", order.from);
    }
    ledger::Signature signature;
    signature.bytes = order.signature;
    if (!ledger::verify(leader->key, transfer_bytes(order, ledger), signature)) {
        return inadmissible(
            "order_unsigned", "the order to take over is not signed by that leader"
        );
    }
    return {};
}

Admitted<void> check_claims(
    const Agreement& agreement, const ledger::Hash& ledger, const Electorate& electorate
) {
    if (const auto* ask = std::get_if<consensus::PreVote>(&agreement.message)) {
        return check_last_header(agreement.last_header, ask->last, ledger, electorate);
    }
    if (const auto* order = std::get_if<consensus::TransferNow>(&agreement.message)) {
        return check_transfer(*order, ledger, electorate);
    }
    if (const auto* ask = std::get_if<consensus::Vote>(&agreement.message)) {
        if (ask->transfer) {
            if (auto good = check_transfer(*ask->transfer, ledger, electorate); !good) {
                return good;
            }
        }
        return check_last_header(agreement.last_header, ask->last, ledger, electorate);
    }
    return {};
}

}  // namespace

consensus::BlockRef ref_of(const ledger::BlockHeader& header, std::size_t bytes) {
    return {
        .at = {.term = header.term, .index = header.index},
        .prev = header.prev_hash.bytes,
        .hash = ledger::hash_of(header).bytes,
        .kind = static_cast<consensus::Kind>(header.kind),
        .bytes = static_cast<std::uint32_t>(bytes),
        .membership = {},
    };
}

consensus::BlockRef ref_of(const ledger::DecodedBlock& block, std::size_t bytes) {
    consensus::BlockRef ref = ref_of(block.header, bytes);
    if (block.membership) {
        ref.membership = core_of(*block.membership);
    }
    return ref;
}

Admitted<std::vector<SealedBlockPtr>> admit(
    const Agreement& agreement, const ledger::Hash& ledger, const Electorate& electorate
) {
    if (auto claims = check_claims(agreement, ledger, electorate); !claims) {
        return std::unexpected(claims.error());
    }
    std::vector<SealedBlockPtr> blocks;
    for (const BlockBytes& bytes : agreement.blocks) {
        auto block = admit_block(bytes, ledger, electorate);
        if (!block && block.error().code == membership_unknown) {
            break;  // those before it lead there
        }
        if (!block) {
            return std::unexpected(block.error());
        }
        blocks.push_back(std::move(*block));
    }
    return blocks;
}

void sign_transfer(
    consensus::TransferNow& order, const ledger::Hash& ledger, const ledger::SigningKey& log
) {
    order.signature = log.sign(transfer_bytes(order, ledger)).bytes;
}

Admitted<void> Admission::check(
    const consensus::Append& append,
    const std::vector<SealedBlockPtr>& blocks,
    std::optional<ledger::TimeMs> previous,
    consensus::Term own_term,
    ledger::TimeMs now
) const {
    ledger::TimeMs before = previous.value_or(0);
    for (const SealedBlockPtr& block : blocks) {
        const ledger::BlockHeader& header = block->decoded.header;
        const auto led = led_.find(header.term);
        // Of older terms the hashes decide: a liar might have shown the other block first.
        const bool now_led = header.term >= own_term && led != led_.end();
        if (now_led && led->second.leader != header.leader) {
            return std::unexpected(Inadmissible{
                .code = "two_leaders",
                .sentence = fmt::format("two log keys lead term {}", header.term),
                .headers = ledger::fork_between(led->second, header),
            });
        }
        if (header.time_ms < before) {
            return inadmissible("time_falls", "the time of block {} falls", header.index);
        }
        const bool fresh = previous && header.term >= own_term && header.index > append.commit;
        if (fresh && header.time_ms > std::max(before, now + max_skew_ms_)) {
            return inadmissible(
                "time_ahead", "block {} is ahead of this node's clock", header.index
            );
        }
        before = header.time_ms;
    }
    return {};
}

void Admission::took(const ledger::BlockHeader& header) {
    led_.try_emplace(header.term, header);
    while (led_.size() > terms_max) {
        led_.erase(led_.begin());
    }
}

}  // namespace tanji::node
