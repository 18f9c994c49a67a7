#pragma once

#include "api/credentials.h"
#include "api/gate.h"
#include "api/handlers/routes.h"
#include "api/service.h"
#include "ledger/ledger.h"
#include "ledger/proof/checkpoint.h"
#include "ledger/value/crypto.h"
#include "ledger/value/json.h"

#include <algorithm>
#include <map>
#include <memory>
#include <string>

#include <gtest/gtest.h>

namespace tanji::api {

// A node in a few lines: one member, the real ledger in memory, a block per command, no disk and no
// network. What it answers is what a node answers.
class SmallNode : public Service {
public:
    static constexpr ledger::TimeMs begun = 1'795'219'200'000;

    SmallNode()
        : metro_(ledger::SigningKey::from_seed(std::string(32, 'm'))),
          log_(ledger::SigningKey::from_seed(std::string(32, 'l'))),
          cosign_(ledger::SigningKey::from_seed(std::string(32, 'c'))),
          store_(ledger::make_memory_store()),
          ledger_(*store_, [this](ledger::BlockIndex index) { return block_bytes(index); }) {
        const std::string file = genesis_file();
        id_ = ledger::sha256(file);
        keep(ledger::genesis_block(file, begun), 1);
    }

    const ledger::SigningKey& metro() const { return metro_; }
    const ledger::Hash& id() const { return id_; }

    // A command of the member, signed also by others.
    ledger::Envelope command(
        std::string_view type,
        std::string_view id,
        std::string_view body,
        std::vector<const ledger::SigningKey*> others = {}
    ) const {
        ledger::JsonWriter out;
        out.open_object()
            .member("type", type)
            .member("v", std::uint64_t{1})
            .member("ledger", id_.hex())
            .member("id", id)
            .member("not_after", static_cast<std::uint64_t>(begun + 60'000))
            .member("salt", std::string(32, '5'))
            .name("body")
            .raw(body);
        others.insert(others.begin(), &metro_);
        return ledger::sign_command(out.close_object().take(), others);
    }

    void submit(Submission submission, Done done) override {
        auto prepared = ledger::prepare({submission.envelope, submission.attachment}, id_);
        if (!prepared) {
            return done(refusal(prepared));
        }
        if (const auto known = ledger_.view()->command((*prepared)->head.id)) {
            if (known->digest != (*prepared)->digest) {
                return done(ledger::refuse(ledger::ErrorCode::id_reused, "another command"));
            }
            return done(replay(*known, (*prepared)->head.id));
        }
        ledger::Status good = check_signatures(submission.envelope);
        if (!good) {
            return done(refusal(good));
        }
        if (submission.dry_run) {
            auto outcome = ledger_.dry_run(**prepared, now);
            if (!outcome) {
                return done(refusal(outcome));
            }
            return done(Submitted{.outcome = *outcome, .simulated = true});
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

    ledger::Status check_signatures(const ledger::Envelope& envelope) override {
        auto prepared = ledger::prepare({envelope, {}}, id_);
        if (!prepared) {
            return refusal(prepared);
        }
        return ledger::verify_signatures(*store_, **prepared);
    }

    ledger::Result<std::shared_ptr<const ledger::View>> latest(ledger::BlockIndex least) override {
        if (ledger_.head().block < least) {
            return ledger::refuse(ledger::ErrorCode::behind, "applied {}", ledger_.head().block);
        }
        return ledger_.view();
    }
    std::shared_ptr<const ledger::View> local() override { return ledger_.view(); }

    std::string sign_checkpoint(const ledger::View& view, ledger::TreeSize size) override {
        const ledger::Checkpoint checkpoint{
            .origin = view.genesis().origin, .size = size, .root = view.root_at(size)
        };
        return ledger::to_text(ledger::Note{
            .text = ledger::to_text(checkpoint),
            .lines = {ledger::sign_checkpoint(checkpoint, log_)},
        });
    }
    ledger::WitnessAnswer add_checkpoint(ledger::ByteView) override {
        ledger::WitnessAnswer answer;
        answer.status = 409;
        answer.body = "0\n";
        answer.content_type = "text/x.tlog.size";
        return answer;
    }
    std::optional<std::string> cosigned_checkpoint(std::string_view) override { return {}; }

    std::vector<Check> readiness() override { return {{"disk", ready, "12 MiB free"}}; }
    bool is_demo() const override { return true; }
    bool is_draining() const override { return false; }
    std::string member() const override { return "metro"; }
    std::vector<MemberToken> tokens() const override {
        return {
            {.id = "00000001",
             .secret = ledger::sha256(std::string(32, 's')),
             .member = "metro",
             .scopes = {"read"},
             .expires_ms = begun + 86'400'000},
            {.id = "00000002",
             .secret = ledger::sha256(std::string(32, 't')),
             .member = "other",
             .scopes = {"read"},
             .expires_ms = begun + 86'400'000},
        };
    }
    std::vector<std::pair<std::string, ledger::Bytes>> evidence() const override { return {}; }
    std::string metrics() override { return "tanji_ledger_size 1\n"; }
    std::int64_t now_ms() const override { return now; }
    void log_access(
        std::string_view credential,
        std::string_view route,
        std::string_view object,
        std::string_view
    ) override {
        accesses.push_back(
            std::string(credential) + " " + std::string(route) + " " + std::string(object)
        );
    }

    ledger::TimeMs now = begun + 1000;
    bool ready = true;
    std::vector<std::string> accesses;

private:
    std::string genesis_file() const {
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
            R"([{"member":"metro","name":{"en":"Metro","zh":"地铁"},"region":"440300","keys":[)"
            R"({"purposes":["command","governor"],"public":")" +
            ledger::to_base64(metro_.public_key().view()) +
            R"(","from":1795219200000,"until":null}],"roles":[)"
            R"({"role":"operator","scope":[],"rank":null,"from":1795219200000,"until":null}]}])"
        );
        out.name("nodes").raw(
            R"([{"node":1,"member":"metro","address":"127.0.0.1:8461","log":")" +
            ledger::to_vkey(ledger::log_key(origin, log_.public_key())) + R"(","cosign":")" +
            ledger::to_vkey(ledger::cosign_key(origin + "/metro", cosign_.public_key())) +
            R"(","peer":")" +
            ledger::to_base64(
                ledger::SigningKey::from_seed(std::string(32, 'p')).public_key().view()
            ) +
            R"(","voter":true}])"
        );
        out.name("schemes").raw(
            R"([{"scheme":"sz-ph","title":{"en":"Scheme","zh":"机制"},"authority":"example",)"
            R"("issues":"credits","accepts":["verified"],"reserve_ppm":0,"correction_days":1,)"
            R"("obligation_days":1,"registrar":"metro"}])"
        );
        out.name("thresholds")
            .raw(
                R"({"factors":"all","key":"all","member":"all","membership":"all",)"
                R"("methodology":"all","programme":"all","role":"all","rules":"all","scheme":"all"})"
            );
        out.name("event_keys").raw("[]");
        out.name("consensus").raw(R"({"snapshot_every_blocks":65536,"min_cosigners":null})");
        out.name("privacy").raw(R"({"k_anonymity":20})");
        return out.close_object().take() + "\n";
    }

    std::optional<ledger::Bytes> block_bytes(ledger::BlockIndex index) const {
        const auto found = blocks_.find(index);
        return found != blocks_.end() ? std::optional(found->second) : std::nullopt;
    }

    ledger::Bytes next_block(const std::vector<ledger::Bytes>& commands) {
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

    ledger::Applied keep(ledger::Bytes block, ledger::BlockIndex index) {
        blocks_[index] = block;
        const auto decoded = ledger::decode_block(block, id_);
        EXPECT_TRUE(decoded) << decoded.error().detail;
        return ledger_.apply(*decoded);
    }

    Submitted replay(const ledger::CommandRow& row, const ledger::CommandId& id) {
        ledger::CommandOutcome outcome{
            .command = id,
            .type = row.type,
            .block = row.block,
            .leaf = row.leaf,
            .time = row.time,
            .error = {},
            .replayed = true,
            .leaf_text = *ledger_.view()->leaf_text(row.leaf),
        };
        if (!row.applied) {
            outcome.error = ledger::Error{
                .code = *ledger::error_code_of(row.code),
                .detail = row.detail,
                .pointer = row.pointer,
                .reason = row.reason,
                .index = {},
            };
        }
        return Submitted{.outcome = std::move(outcome)};
    }

    ledger::SigningKey metro_;
    ledger::SigningKey log_;
    ledger::SigningKey cosign_;
    ledger::Hash id_;
    std::map<ledger::BlockIndex, ledger::Bytes> blocks_;
    std::unique_ptr<ledger::Store> store_;
    ledger::Ledger ledger_;
};

// Requests against the public routes of a small node, through the gate but without a socket.
class Desk {
public:
    explicit Desk(SmallNode& node)
        : context_{.service = node, .observer = observer_, .settings = {}, .waiting = waiting_},
          router_(make_routes(context_)),
          gate_(settings_for(node), router_, observer_) {}

    struct Asked {
        std::string method = "GET";
        std::string target;
        std::vector<Field> fields = {};
        std::string body = {};
    };

    Response ask(Asked asked) {
        Head head{
            .method = asked.method, .target = asked.target, .fields = std::move(asked.fields)
        };
        head.fields.push_back({"host", "test"});
        if (!asked.body.empty()) {
            head.body = BodyForm::length;
            head.content_length = asked.body.size();
        }
        auto admitted = gate_.admit(std::move(head), "127.0.0.1");
        if (!admitted) {
            return admitted.error();
        }
        admitted->request->body = std::move(asked.body);
        std::optional<Response> answer;
        admitted->route->handler(admitted->request, Respond([&](std::optional<Response> made) {
                                     answer = std::move(made);
                                 }));
        EXPECT_TRUE(answer) << asked.target;
        return answer.value_or(Response{});
    }
    Response get(std::string target, std::string token = {}) {
        Asked asked{.target = std::move(target)};
        if (!token.empty()) {
            asked.fields.push_back({"authorization", "Bearer " + token});
        }
        return ask(std::move(asked));
    }
    Response post(std::string target, const ledger::Envelope& envelope) {
        return ask({
            .method = "POST",
            .target = std::move(target),
            .fields = {{"content-type", "application/json"}},
            .body = ledger::to_text(envelope),
        });
    }

    const Router& router() const { return router_; }
    ApiSettings& settings() { return context_.settings; }

private:
    static GateSettings settings_for(SmallNode& node) {
        GateSettings settings;
        settings.limits.ip.burst = 0;
        settings.now = [&node] { return node.now_ms(); };
        settings.token = [&node](std::string_view bearer, ledger::TimeMs now) {
            return check_member_token(bearer, node.tokens(), now);
        };
        return settings;
    }

    Observer observer_;
    Waiting waiting_;
    Context context_;
    Router router_;
    Gate gate_;
};

}  // namespace tanji::api
