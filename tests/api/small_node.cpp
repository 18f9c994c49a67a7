#include "tests/api/small_node.h"

#include "ledger/proof/checkpoint.h"
#include "ledger/proof/witness.h"
#include "ledger/store/schema.h"
#include "ledger/value/json.h"

#include <utility>

#include <gtest/gtest.h>

namespace tanji::api {

SmallNode::SmallNode()
    : metro_(ledger::SigningKey::from_seed(std::string(32, 'm'))),
      verifier_(ledger::SigningKey::from_seed(std::string(32, 'v'))),
      mall_(ledger::SigningKey::from_seed(std::string(32, 'n'))),
      log_(ledger::SigningKey::from_seed(std::string(32, 'l'))),
      cosign_(ledger::SigningKey::from_seed(std::string(32, 'c'))),
      store_(ledger::make_memory_store()),
      ledger_(*store_, [this](ledger::BlockIndex index) { return block_bytes(index); }) {
    const std::string file = genesis_file();
    id_ = ledger::sha256(file);
    keep(ledger::genesis_block(file, begun), 1);
}

SmallNode::~SmallNode() = default;

ledger::Envelope SmallNode::command(
    std::string_view type,
    std::string_view id,
    std::string_view body,
    std::vector<const ledger::SigningKey*> others
) const {
    others.insert(others.begin(), &metro_);
    return ledger::sign_command(payload(type, id, body), others);
}

ledger::Envelope SmallNode::command_by(
    const ledger::SigningKey& signer,
    std::string_view type,
    std::string_view id,
    std::string_view body
) const {
    return ledger::sign_command(payload(type, id, body), std::vector{&signer});
}

std::string SmallNode::payload(std::string_view type, std::string_view id, std::string_view body)
    const {
    ledger::JsonWriter out;
    out.open_object()
        .member("type", type)
        .member("v", std::uint64_t{1})
        .member("ledger", id_.hex())
        .member("id", id)
        .member("not_after", static_cast<std::uint64_t>(not_after))
        .member("salt", std::string(32, '5'))
        .name("body")
        .raw(body);
    return out.close_object().take();
}

void SmallNode::pass(ledger::TimeMs ms) {
    const std::scoped_lock lock(mutex_);
    now += ms;
    not_after += ms;
}

void SmallNode::forget_blocks() {
    const std::scoped_lock lock(mutex_);
    blocks_.clear();
}

void SmallNode::certify() {
    const std::scoped_lock lock(mutex_);
    const auto view = ledger_.view();
    const ledger::Checkpoint checkpoint{
        .origin = view->genesis().origin, .size = view->head().size, .root = view->head().root
    };
    const auto time = static_cast<std::uint64_t>(now / 1000);
    const std::string note = ledger::to_text(ledger::Note{
        .text = ledger::to_text(checkpoint),
        .lines =
            {ledger::sign_checkpoint(checkpoint, log_),
             ledger::cosign_checkpoint(checkpoint, cosigner(), cosign_, time)},
    });
    store_->write({{ledger::schema::certificate(checkpoint.size), note}});
}

ledger::Pinned SmallNode::pinned() {
    const auto view = ledger_.view();
    auto policy = ledger::Policy::parse(view->genesis().policy());
    EXPECT_TRUE(policy);
    return {
        .origin = view->genesis().origin,
        .ledger = id_,
        .policies = {{.from = 0, .policy = std::move(*policy)}},
    };
}

void SmallNode::submit(Submission submission, Done done) {
    const std::scoped_lock lock(mutex_);
    auto prepared = ledger::prepare({submission.envelope, submission.attachment}, id_);
    if (!prepared) {
        return done(refusal(prepared));
    }
    const auto known = ledger_.view()->command((*prepared)->head.id);
    if (known && !submission.dry_run) {
        if (known->digest != (*prepared)->digest) {
            return done(ledger::refuse(ledger::ErrorCode::id_reused, "another command"));
        }
        return done(Submitted{
            .outcome = ledger::recorded_outcome(*store_->snapshot(), (*prepared)->head.id, *known),
            .certified = is_certified(known->leaf),
        });
    }
    const bool is_unsigned = submission.envelope.signatures.empty();
    if (!submission.dry_run || !is_unsigned) {
        if (ledger::Status good = ledger::verify_signatures(*store_, **prepared); !good) {
            return done(refusal(good));
        }
    }
    if (submission.verified) {
        if (ledger::Status may = submission.verified(); !may) {
            return done(refusal(may));
        }
    }
    if (submission.dry_run) {
        auto outcome = ledger_.dry_run(**prepared, now + 10);
        if (!outcome) {
            return done(refusal(outcome));
        }
        return done(
            Submitted{.outcome = *outcome, .simulated = true, .signatures_unchecked = is_unsigned}
        );
    }
    const std::vector<ledger::Bytes> stored = {
        ledger::to_stored({submission.envelope, submission.attachment})
    };
    const auto applied = keep(next_block(stored), ledger_.head().block + 1);
    if (!applied.outcomes.front()) {
        return done(std::unexpected(applied.outcomes.front().error()));
    }
    done(Submitted{.outcome = *applied.outcomes.front()});
}

ledger::Status SmallNode::check_signatures(const ledger::Envelope& envelope) {
    const std::scoped_lock lock(mutex_);
    auto head = ledger::read_command(envelope.payload);
    if (!head) {
        return refusal(head);
    }
    if (head->ledger != id_) {
        return ledger::refuse(ledger::ErrorCode::wrong_ledger, "this is {}", id_.hex());
    }
    ledger::Prepared signed_only;
    signed_only.envelope = envelope;
    return ledger::check_signatures(*store_, signed_only);
}

void SmallNode::latest(Recent wanted, Opened done) {
    barriers += wanted.barrier ? 1 : 0;
    const auto view = local();
    if (!answers_barriers && wanted.barrier) {
        return done(ledger::refuse(ledger::ErrorCode::no_leader, "nobody leads"));
    }
    if (view->head().block < wanted.least) {
        return done(ledger::refuse(ledger::ErrorCode::behind, "applied {}", view->head().block));
    }
    done(view);
}

std::shared_ptr<const ledger::View> SmallNode::local() {
    const std::scoped_lock lock(mutex_);
    return ledger_.view();
}

std::string SmallNode::sign_checkpoint(const ledger::View& view, ledger::TreeSize size) {
    const ledger::Checkpoint checkpoint{
        .origin = view.genesis().origin, .size = size, .root = view.root_at(size)
    };
    return ledger::to_text(ledger::Note{
        .text = ledger::to_text(checkpoint),
        .lines = {ledger::sign_checkpoint(checkpoint, log_)},
    });
}

ledger::WitnessAnswer SmallNode::add_checkpoint(ledger::ByteView body) {
    const auto view = ledger_.view();
    const ledger::WitnessedLog own{
        .keys = {ledger::log_key(view->genesis().origin, log_.public_key())},
        .size = cosigned_size,
        .root = view->root_at(cosigned_size),
        .own_root = [&](ledger::TreeSize size) -> std::optional<ledger::Hash> {
            return size <= view->head().size ? std::optional(view->root_at(size)) : std::nullopt;
        },
    };
    auto answer = ledger::decide_add_checkpoint(body, [&](std::string_view origin) {
        return origin == view->genesis().origin ? &own : nullptr;
    });
    if (answer.to_cosign) {
        cosigned_size = answer.to_cosign->size;
        answer.body = ledger::to_text(ledger::cosign_checkpoint(
            *answer.to_cosign, cosigner(), cosign_, static_cast<std::uint64_t>(now / 1000)
        ));
    }
    return answer;
}

ClusterState SmallNode::cluster() {
    ClusterState state = {.node = 1, .leader = 1, .role = "leader", .term = 3, .last = 9};
    state.nodes.push_back({.node = 1, .member = "metro", .connected = true});
    state.nodes.push_back({.node = 2, .member = "mall", .match = 7, .clock_offset_ms = -12});
    return state;
}

std::vector<MemberToken> SmallNode::tokens() const {
    return {
        token("00000001", 's', "metro", {"read", "stream"}),
        token("00000002", 't', "verico", {"read"}),
        token("00000003", 'u', "mall", {"read", "stream"}),
    };
}

void SmallNode::log_access(
    std::string_view credential, std::string_view route, std::string_view object, std::string_view
) {
    accesses.push_back(
        std::string(credential) + " " + std::string(route) + " " + std::string(object)
    );
}

MemberToken SmallNode::token(
    std::string_view id, char secret, std::string_view member, std::vector<std::string> scopes
) {
    return {
        .id = std::string(id),
        .secret = ledger::sha256(std::string(32, secret)),
        .member = std::string(member),
        .scopes = std::move(scopes),
        .expires_ms = begun + 300 * ledger::ms_per_day,
    };
}

std::string SmallNode::genesis_file() const {
    const std::string origin = "tanji.example/test";
    ledger::JsonWriter out;
    out.open_object().member("tanji", "genesis/1");
    out.name("name").raw(R"({"en":"Test","zh":"测试"})");
    out.member("origin", origin)
        .member("time", static_cast<std::uint64_t>(begun))
        .member("suite", "ed25519-sha256")
        .member("rules", std::uint64_t{1})
        .member("utc_offset_minutes", std::uint64_t{480});
    out.name("members").raw(
        R"([{"member":"mall","name":{"en":"Mall","zh":"商场"},"region":"440300","keys":[)"
        R"({"purposes":["command"],"public":")" +
        ledger::to_base64(mall_.public_key().view()) +
        R"(","from":1795219200000,"until":null}],"roles":[)"
        R"({"role":"merchant","scope":[],"rank":null,"from":1795219200000,"until":null}]},)"
        R"({"member":"metro","name":{"en":"Metro","zh":"地铁"},"region":"440300","keys":[)"
        R"({"purposes":["command","governor"],"public":")" +
        ledger::to_base64(metro_.public_key().view()) +
        R"(","from":1795219200000,"until":null}],"roles":[)"
        R"({"role":"operator","scope":[],"rank":null,"from":1795219200000,"until":null},)"
        R"({"role":"programme","scope":["sz-green"],"rank":null,)"
        R"("from":1795219200000,"until":null},)"
        R"({"role":"provider","scope":["bike-demo"],"rank":"operator",)"
        R"("from":1795219200000,"until":null}]},)"
        R"({"member":"verico","name":{"en":"Verifier","zh":"核查"},"region":"440300","keys":[)"
        R"({"purposes":["command"],"public":")" +
        ledger::to_base64(verifier_.public_key().view()) +
        R"(","from":1795219200000,"until":null}],"roles":[)"
        R"({"role":"verifier","scope":["bike-demo"],"rank":null,)"
        R"("from":1795219200000,"until":null}]}])"
    );
    out.name("nodes").raw(
        R"([{"node":1,"member":"metro","address":"127.0.0.1:8461","log":")" +
        ledger::to_vkey(ledger::log_key(origin, log_.public_key())) + R"(","cosign":")" +
        ledger::to_vkey(ledger::cosign_key(origin + "/metro", cosign_.public_key())) +
        R"(","peer":")" +
        ledger::to_base64(ledger::SigningKey::from_seed(std::string(32, 'p')).public_key().view()) +
        R"(","voter":true}])"
    );
    out.name("schemes").raw(
        R"([{"scheme":"sz-ph","title":{"en":"Scheme","zh":"机制"},"authority":"example",)"
        R"("issues":"credits","accepts":["verified","secondary","platform-rule"],)"
        R"("reserve_ppm":20000,"correction_days":30,)"
        R"("obligation_days":1,"registrar":"metro"}])"
    );
    out.name("thresholds")
        .raw(R"({"factors":"all","key":"all","member":"all","membership":"all",)"
             R"("methodology":"all","programme":"all","role":"all","rules":"all","scheme":"all"})");
    out.name("event_keys").raw("[]");
    out.name("consensus").raw(R"({"snapshot_every_blocks":65536,"min_cosigners":null})");
    out.name("privacy").raw(R"({"k_anonymity":20})");
    return out.close_object().take() + "\n";
}

std::optional<ledger::Bytes> SmallNode::block_bytes(ledger::BlockIndex index) const {
    const auto found = blocks_.find(index);
    return found != blocks_.end() ? std::optional(found->second) : std::nullopt;
}

ledger::Bytes SmallNode::next_block(const std::vector<ledger::Bytes>& commands) {
    now += 10;
    const ledger::Head& head = ledger_.head();
    ledger::BlockHeader header;
    header.kind = ledger::BlockKind::commands;
    header.ledger = id_;
    header.term = 1;
    header.index = head.block + 1;
    header.time_ms = now;
    header.leader = log_.id();
    header.membership = 1;
    header.command_count = static_cast<std::uint32_t>(commands.size());
    header.body_bytes = static_cast<std::uint32_t>(ledger::to_body(commands).size());
    header.prev_hash = head.block_hash;
    header.body_root = ledger::body_root(commands);
    ledger::sign_header(header, log_);
    return ledger::encode_block(header, commands);
}

ledger::Applied SmallNode::keep(ledger::Bytes block, ledger::BlockIndex index) {
    blocks_[index] = block;
    const auto decoded = ledger::decode_block(block, id_);
    EXPECT_TRUE(decoded) << decoded.error().detail;
    return ledger_.apply(*decoded);
}

bool SmallNode::is_certified(ledger::LeafIndex leaf) const {
    const auto certificate = ledger_.view()->certificate();
    return certificate && leaf < certificate->size;
}

}  // namespace tanji::api
