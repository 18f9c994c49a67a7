#pragma once

#include "api/credentials.h"
#include "api/service.h"
#include "ledger/ledger.h"
#include "ledger/proof/policy.h"
#include "ledger/value/crypto.h"

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tanji::api {

// A node in a few lines: three members, the real ledger in memory, a block per command, no disk and
// no network. What it answers is what a node answers. May be asked by several threads.
class SmallNode : public Service {
public:
    static constexpr ledger::TimeMs begun = 1'795'219'200'000;

    SmallNode();
    ~SmallNode() override;

    // The operator, which also provides, registers and governs.
    const ledger::SigningKey& metro() const { return metro_; }
    const ledger::SigningKey& verifier() const { return verifier_; }
    // A merchant and nothing else.
    const ledger::SigningKey& mall() const { return mall_; }
    const ledger::Hash& id() const { return id_; }

    // A command of the member, signed also by others.
    ledger::Envelope command(
        std::string_view type,
        std::string_view id,
        std::string_view body,
        std::vector<const ledger::SigningKey*> others = {}
    ) const;
    // A command of whoever signs.
    ledger::Envelope command_by(
        const ledger::SigningKey& signer,
        std::string_view type,
        std::string_view id,
        std::string_view body
    ) const;
    std::string payload(std::string_view type, std::string_view id, std::string_view body) const;

    // Time goes by; commands made from now on are valid later, too.
    void pass(ledger::TimeMs ms);

    // As if every block so far were pruned and no rule needed its records.
    void forget_blocks();

    // Cosigns what is there now, with a quorum of one.
    void certify();
    // What a stranger pins before looking at anything.
    ledger::Pinned pinned();

    void submit(Submission submission, Done done) override;
    ledger::Status check_signatures(const ledger::Envelope& envelope) override;
    void latest(Recent wanted, Opened done) override;
    std::shared_ptr<const ledger::View> local() override;

    std::string sign_checkpoint(const ledger::View& view, ledger::TreeSize size) override;
    // As a node that has cosigned nothing yet.
    ledger::WitnessAnswer add_checkpoint(ledger::ByteView body) override;
    std::optional<std::string> cosigned_checkpoint(std::string_view) override { return {}; }

    std::vector<Check> readiness() override { return {{"disk", ready, "12 MiB free"}}; }
    ClusterState cluster() override;
    bool is_demo() const override { return true; }
    bool is_draining() const override { return false; }
    std::string member() const override { return "metro"; }
    std::vector<MemberToken> tokens() const override;
    std::vector<std::pair<std::string, ledger::Bytes>> evidence() const override { return {}; }
    std::string metrics() override { return "tanji_ledger_size 1\n"; }
    std::int64_t now_ms() const override { return now; }
    void log_access(
        std::string_view credential,
        std::string_view route,
        std::string_view object,
        std::string_view
    ) override;

    ledger::TimeMs now = begun + 1000;
    ledger::TimeMs not_after = begun + 60'000;
    ledger::TreeSize cosigned_size = 0;  // by add_checkpoint
    bool ready = true;
    bool answers_barriers = true;  // false: nobody leads
    std::size_t barriers = 0;      // that were asked for
    std::vector<std::string> accesses;

private:
    static MemberToken token(
        std::string_view id, char secret, std::string_view member, std::vector<std::string> scopes
    );
    std::string genesis_file() const;
    std::optional<ledger::Bytes> block_bytes(ledger::BlockIndex index) const;
    ledger::Bytes next_block(const std::vector<ledger::Bytes>& commands);
    ledger::Applied keep(ledger::Bytes block, ledger::BlockIndex index);
    bool is_certified(ledger::LeafIndex leaf) const;
    static std::string cosigner() { return "tanji.example/test/metro"; }

    ledger::SigningKey metro_;
    ledger::SigningKey verifier_;
    ledger::SigningKey mall_;
    ledger::SigningKey log_;
    ledger::SigningKey cosign_;
    ledger::Hash id_;
    std::map<ledger::BlockIndex, ledger::Bytes> blocks_;
    std::recursive_mutex mutex_;  // `done` asks for a view
    std::unique_ptr<ledger::Store> store_;
    ledger::Ledger ledger_;
};

}  // namespace tanji::api
