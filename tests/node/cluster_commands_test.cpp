#include "ledger/value/json.h"
#include "node/setup.h"
#include "tests/node/running_cluster.h"

#include <future>

#include <gtest/gtest.h>

// What a client may send to any node of a cluster, right after another node has answered it.
namespace tanji::node {
namespace {

using ledger::SigningKey;

std::string public_text(const SigningKey& key) {
    return ledger::to_base64(key.public_key().view());
}

// Accounts that the member `ev` opens.
class Opener {
public:
    explicit Opener(const ClusterDone& alliance)
        : ledger_(alliance.genesis.ledger.hex()),
          member_(*read_key(alliance.nodes.at(0).folder + "/ev.key")) {}

    // With that key as its own, signed by those besides the member.
    ledger::Envelope open(const SigningKey* own, std::vector<const SigningKey*> signers) {
        const std::string name = fmt::format("{:032x}", ++opened_);
        ledger::JsonWriter out;
        out.open_object().member("type", "account.open").member("v", std::uint64_t{1});
        out.member("ledger", ledger_).member("id", name);
        out.member("not_after", static_cast<std::uint64_t>(test::clock_ms() + 60'000));
        out.member("salt", std::string(32, '5')).name("body").open_object();
        out.member("account", name).member("kind", "user").name("keys").open_array();
        if (own != nullptr) {
            out.string(public_text(*own));
        }
        out.close_array().name("owner").null().close_object().close_object();
        signers.push_back(&member_);
        return ledger::sign_command(out.take(), signers);
    }

private:
    std::string ledger_;
    SigningKey member_;
    std::uint64_t opened_ = 0;
};

std::string answer_of(Node& node, ledger::Envelope envelope) {
    std::promise<std::string> said;
    node.service().submit(
        {.envelope = std::move(envelope), .attachment = {}},
        [&said](ledger::Result<api::Submitted> done) {
            if (!done) {
                said.set_value(done.error().detail);
            } else {
                said.set_value(done->outcome.error ? done->outcome.error->detail : "applied");
            }
        }
    );
    return said.get_future().get();
}

TEST(ClusterCommands, AKeyThatOneNodeHasJustTakenIsKnownToEveryNode) {
    test::RunningCluster cluster({"ev", "metro", "wallet"});
    Opener opener(cluster.alliance());
    const std::size_t leader = cluster.leader();
    ASSERT_LT(leader, cluster.size());
    for (std::size_t i = 0; i < 12; ++i) {
        const SigningKey own = SigningKey::generate();
        ASSERT_EQ(answer_of(cluster.node(leader), opener.open(&own, {&own})), "applied");
        Node& other = cluster.node((leader + 1 + i % 2) % cluster.size());
        EXPECT_EQ(answer_of(other, opener.open(nullptr, {&own})), "applied");
    }
    const SigningKey stranger = SigningKey::generate();
    EXPECT_NE(
        answer_of(cluster.node(leader), opener.open(nullptr, {&stranger})).find("is not known"),
        std::string::npos
    );
}

}  // namespace
}  // namespace tanji::node
