#include "cluster_fixture.h"
#include "node/cluster/tls.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

namespace tanji::node {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using test::peer_key;

std::shared_ptr<Tls> tls_of(std::uint64_t node, std::vector<std::uint64_t> others) {
    auto directory = std::make_shared<KeyDirectory>();
    std::vector<std::pair<ledger::PublicKey, consensus::NodeId>> keys;
    for (const std::uint64_t other : others) {
        keys.emplace_back(peer_key(other).public_key(), other);
    }
    directory->replace(std::move(keys));
    return *Tls::make(peer_key(node), directory);
}

// Two ends of one connection in one loop.
class ClusterTls : public testing::Test {
protected:
    void connect(asio::ssl::context& dialling, asio::ssl::context& accepting) {
        tcp::acceptor acceptor(io, {asio::ip::make_address("127.0.0.1"), 0});
        tcp::socket from(io);
        from.connect(acceptor.local_endpoint());
        tcp::socket to(io);
        acceptor.accept(to);
        dialler.emplace(std::move(from), dialling);
        listener.emplace(std::move(to), accepting);
        dialler->async_handshake(asio::ssl::stream_base::client, [this](auto ended) {
            dialled = ended;
        });
        listener->async_handshake(asio::ssl::stream_base::server, [this](auto ended) {
            accepted = ended;
            if (ended) {
                boost::system::error_code ignored;
                listener->next_layer().shutdown(tcp::socket::shutdown_both, ignored);
            }
        });
        io.run();
        io.restart();
    }

    asio::io_context io;
    std::optional<TlsStream> dialler;
    std::optional<TlsStream> listener;
    boost::system::error_code dialled;
    boost::system::error_code accepted;
};

TEST_F(ClusterTls, BothEndsProveTheirKeys) {
    const auto ann = tls_of(1, {2});
    const auto bo = tls_of(2, {1});
    connect(ann->dialling(), bo->accepting());
    ASSERT_FALSE(dialled) << dialled.message();
    ASSERT_FALSE(accepted) << accepted.message();
    EXPECT_EQ(proven_key(*dialler), peer_key(2).public_key());
    EXPECT_EQ(proven_key(*listener), peer_key(1).public_key());
}

TEST_F(ClusterTls, IsOneThreeWithX25519AndNothingToResume) {
    const auto ann = tls_of(1, {2});
    const auto bo = tls_of(2, {1});
    connect(ann->dialling(), bo->accepting());
    SSL* ours = dialler->native_handle();
    EXPECT_STREQ(SSL_get_version(ours), "TLSv1.3");
    EXPECT_EQ(SSL_get_negotiated_group(ours), NID_X25519);
    EXPECT_STREQ(SSL_get_cipher(ours), "TLS_AES_128_GCM_SHA256");
    // Tickets come after the handshake, with the first bytes.
    char byte = 0;
    asio::write(*listener, asio::buffer("x", 1));
    asio::read(*dialler, asio::buffer(&byte, 1));
    EXPECT_EQ(SSL_SESSION_is_resumable(SSL_get_session(ours)), 0);
    EXPECT_EQ(SSL_SESSION_has_ticket(SSL_get_session(ours)), 0);
    EXPECT_EQ(SSL_get_max_early_data(listener->native_handle()), 0u);
}

TEST_F(ClusterTls, AListenerRefusesAKeyThatIsNotPinned) {
    const auto ann = tls_of(1, {2});
    const auto bo = tls_of(2, {3, 4});
    connect(ann->dialling(), bo->accepting());
    ASSERT_TRUE(accepted);
    EXPECT_EQ(tls_fault(accepted)->code, "unknown_key");
    EXPECT_FALSE(tls_fault(accepted)->by_peer);
}

TEST_F(ClusterTls, ADiallerRefusesAKeyThatIsNotPinned) {
    const auto ann = tls_of(1, {3});
    const auto bo = tls_of(2, {1});
    connect(ann->dialling(), bo->accepting());
    ASSERT_TRUE(dialled);
    EXPECT_EQ(tls_fault(dialled)->code, "unknown_key");
    ASSERT_TRUE(accepted);
    EXPECT_EQ(tls_fault(accepted)->code, "tls");
    EXPECT_TRUE(tls_fault(accepted)->by_peer);
}

TEST_F(ClusterTls, ADiallerWithoutACertificateIsRefused) {
    asio::ssl::context nobody(asio::ssl::context::tls_client);
    const auto bo = tls_of(2, {1});
    connect(nobody, bo->accepting());
    EXPECT_TRUE(accepted);
}

// A pinned key in the hand of somebody who speaks otherwise.
class Other {
public:
    Other(const ledger::SigningKey& key, bool alpn) : context(asio::ssl::context::tls_client) {
        EVP_PKEY* ours = key_of(key);
        X509* certificate = X509_new();
        X509_set_version(certificate, X509_VERSION_3);
        X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
        X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
        X509_set_pubkey(certificate, ours);
        X509_sign(certificate, ours, nullptr);
        SSL_CTX* raw = context.native_handle();
        installed = SSL_CTX_use_certificate(raw, certificate) == 1 &&
                    SSL_CTX_use_PrivateKey(raw, ours) == 1;
        if (alpn) {
            const auto* offered = reinterpret_cast<const unsigned char*>("\x07tanji/2");
            SSL_CTX_set_alpn_protos(raw, offered, 8);
        }
        X509_free(certificate);
        EVP_PKEY_free(ours);
    }

    asio::ssl::context context;
    bool installed = false;

private:
    static EVP_PKEY* key_of(const ledger::SigningKey& key) {
        const std::string pem = key.to_pem();
        BIO* bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
        EVP_PKEY* made = PEM_read_bio_PrivateKey(bio, nullptr, nullptr, nullptr);
        BIO_free(bio);
        return made;
    }
};

TEST_F(ClusterTls, NamesAndDatesDoNotMatterButTheProtocolDoes) {
    Other ann(peer_key(1), false);
    ASSERT_TRUE(ann.installed);
    const auto bo = tls_of(2, {1});
    connect(ann.context, bo->accepting());
    ASSERT_FALSE(accepted) << accepted.message();
    EXPECT_FALSE(proven_key(*listener)) << "it never agreed to speak tanji/1";
}

TEST_F(ClusterTls, AnotherProtocolOfTheSameNameIsRefused) {
    Other ann(peer_key(1), true);
    const auto bo = tls_of(2, {1});
    connect(ann.context, bo->accepting());
    EXPECT_TRUE(accepted);
}

TEST_F(ClusterTls, AnOlderTlsIsRefused) {
    Other ann(peer_key(1), false);
    SSL_CTX_set_max_proto_version(ann.context.native_handle(), TLS1_2_VERSION);
    const auto bo = tls_of(2, {1});
    connect(ann.context, bo->accepting());
    EXPECT_TRUE(accepted);
}

TEST(ClusterTlsFault, ALostConnectionIsNoFault) {
    EXPECT_FALSE(tls_fault(asio::error::eof));
    EXPECT_FALSE(tls_fault(asio::error::connection_reset));
    EXPECT_FALSE(tls_fault(asio::ssl::error::stream_truncated));
}

}  // namespace
}  // namespace tanji::node
