// The whole thing: a listener over a small node, asked by a client.
#include "tests/api/listener.h"

#include <cstdlib>
#include <filesystem>
#include <thread>

#include <gtest/gtest.h>
#include <unistd.h>

namespace tanji::api {
namespace {

TEST(Listener, ServesTheLedgerOverLoopback) {
    SmallNode node;
    const Listener listener(node);
    ASSERT_TRUE(listener.server()) << listener.server().error().detail;
    Client client = client_of(listener.url());
    const auto about = client.get("/v1/ledger");
    ASSERT_TRUE(about) << about.error().detail;
    EXPECT_EQ(about->status, 200);
    EXPECT_NE(about->body.find(node.id().hex()), std::string::npos);
    const auto opened = client.post(
        "/v1/commands",
        "application/json",
        ledger::to_text(node.command(
            "account.open",
            "01a1fb67180070008000000000000001",
            R"({"account":"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb","kind":"user","keys":[],"owner":null})"
        ))
    );
    ASSERT_TRUE(opened);
    EXPECT_EQ(opened->status, 200) << opened->body;
    EXPECT_EQ(*opened->field("tanji-index"), "2");
}

TEST(Listener, AReceiptThatIsNotCertifiedInTimeComesAllTheSame) {
    SmallNode node;
    Listener listener(node);
    ASSERT_TRUE(listener.server());
    const std::string url = listener.url();
    Client client = client_of(url);
    const std::string id = "01a1fb67180070008000000000000001";
    ASSERT_TRUE(client.post(
        "/v1/commands",
        "application/json",
        ledger::to_text(node.command(
            "account.open",
            id,
            R"({"account":"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb","kind":"user","keys":[],"owner":null})"
        ))
    ));
    const auto late = client.get("/v1/commands/" + id + "/receipt?until=certified&wait=1");
    ASSERT_TRUE(late);
    EXPECT_NE(late->body.find("\"certified\":false"), std::string::npos);

    // Stopping does not wait for the certificate either.
    std::thread asking([&] {
        const auto reply =
            client_of(url).get("/v1/commands/" + id + "/receipt?until=certified&wait=30");
        EXPECT_TRUE(reply && reply->status == 200);
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    listener.stop();
    asking.join();
}

TEST(Listener, TheAdminListenerAnswersToLoopbackNamesOnly) {
    SmallNode node;
    const Listener listener(node, Settings{.admin = true});
    ASSERT_TRUE(listener.server());
    Client client = client_of(listener.url());
    EXPECT_EQ(client.get("/metrics")->body, "tanji_ledger_size 1\n");
    EXPECT_EQ(client.get("/readyz?verbose")->body, "[+]disk ok: 12 MiB free\n");
    EXPECT_EQ(client.get("/v1/ledger")->status, 404);
    const auto rebound = client.send(
        {.method = "GET", .target = "/metrics", .fields = {{"X-Other", "1"}}, .body = {}}
    );
    EXPECT_EQ(rebound->field("Access-Control-Allow-Origin"), nullptr);
}

TEST(Listener, AnAddressThatIsTakenIsNamed) {
    SmallNode node;
    const Listener first(node);
    ASSERT_TRUE(first.server());
    Settings same;
    same.server.port = (*first.server())->port();
    const Listener second(node, same);
    ASSERT_FALSE(second.server());
    EXPECT_NE(
        second.server().error().detail.find(std::to_string(same.server.port)), std::string::npos
    );
}

TEST(Listener, SpeaksTlsWithAChainThatTheClientChecks) {
    const auto folder =
        std::filesystem::temp_directory_path() / ("tanji-tls-" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder);
    const std::string key = folder / "key.pem";
    const std::string certificate = folder / "certificate.pem";
    const std::string make =
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -keyout " +
        key + " -out " + certificate +
        " -subj /CN=localhost -addext subjectAltName=DNS:localhost >/dev/null 2>&1";
    if (std::system(make.c_str()) != 0) {  // before any thread is started
        GTEST_SKIP() << "no openssl program to make a certificate with";
    }
    SmallNode node;
    Settings settings;
    settings.server.tls = TlsFiles{.certificate = certificate, .key = key};
    Listener listener(node, settings);
    ASSERT_TRUE(listener.server()) << listener.server().error().detail;
    const std::string by_name = listener.url("https", "localhost");

    Client trusting = client_of(by_name, certificate);
    const auto reply = trusting.get("/v1/ledger");
    ASSERT_TRUE(reply) << reply.error().detail;
    EXPECT_EQ(reply->status, 200);
    EXPECT_EQ(*reply->field("Strict-Transport-Security"), "max-age=31536000");
    EXPECT_EQ(trusting.get("/v1/problems")->status, 200);
    EXPECT_FALSE(client_of(by_name).get("/v1/ledger"));
    EXPECT_FALSE(client_of(listener.url("https"), certificate).get("/v1/ledger"));
    EXPECT_TRUE((*listener.server())->reload_tls());
    listener.stop();

    settings.server.tls->key = certificate;
    EXPECT_FALSE(Listener(node, settings).server());
    std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace tanji::api
