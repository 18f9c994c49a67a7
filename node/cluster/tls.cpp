#include "node/cluster/tls.h"

#include <cassert>
#include <cstring>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

namespace tanji::node {
namespace {

namespace asio = boost::asio;
using ledger::ErrorCode;
using ledger::PublicKey;
using ledger::refuse;
using ledger::Result;

constexpr std::string_view protocol = "tanji/1";
constexpr std::string_view protocol_list = "\x07tanji/1";
constexpr long certificate_bytes_max = 4096;

struct Free {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(X509* certificate) const { X509_free(certificate); }
    void operator()(BIO* bio) const { BIO_free(bio); }
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
template <typename Object>
using Owned = std::unique_ptr<Object, Free>;

Owned<EVP_PKEY> private_key(const ledger::SigningKey& key) {
    std::string pem = key.to_pem();
    const Owned<BIO> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    Owned<EVP_PKEY> made(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
    OPENSSL_cleanse(pem.data(), pem.size());
    return made;
}

// TLS wants a certificate, so there is one: it says nothing but the key, for all time.
Owned<X509> certificate_of(EVP_PKEY* key) {
    Owned<X509> made(X509_new());
    const auto* name = reinterpret_cast<const unsigned char*>("tanji");
    X509_NAME* subject = made ? X509_get_subject_name(made.get()) : nullptr;
    const bool done =
        subject != nullptr && X509_set_version(made.get(), X509_VERSION_3) == 1 &&
        ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 1) == 1 &&
        ASN1_TIME_set_string(X509_getm_notBefore(made.get()), "19700101000000Z") == 1 &&
        ASN1_TIME_set_string(X509_getm_notAfter(made.get()), "99991231235959Z") == 1 &&
        X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, name, -1, -1, 0) == 1 &&
        X509_set_issuer_name(made.get(), subject) == 1 && X509_set_pubkey(made.get(), key) == 1 &&
        X509_sign(made.get(), key, nullptr) != 0;
    if (!done) {
        made.reset();
    }
    return made;
}

std::optional<PublicKey> key_in(X509* certificate) {
    EVP_PKEY* key = certificate != nullptr ? X509_get0_pubkey(certificate) : nullptr;
    if (key == nullptr || EVP_PKEY_get_base_id(key) != EVP_PKEY_ED25519) {
        return std::nullopt;
    }
    PublicKey raw;
    std::size_t size = raw.bytes.size();
    const bool got = EVP_PKEY_get_raw_public_key(key, raw.bytes.data(), &size) == 1;
    return got && size == raw.bytes.size() ? std::optional(raw) : std::nullopt;
}

// Takes the place of the whole check of a chain. That the other side holds the private key is
// proven by its signature over the handshake, not here.
int is_known(X509_STORE_CTX* presented, void* directory) {
    const auto key = key_in(X509_STORE_CTX_get0_cert(presented));
    const bool known = key && static_cast<const KeyDirectory*>(directory)->find(*key).has_value();
    X509_STORE_CTX_set_error(presented, known ? X509_V_OK : X509_V_ERR_CERT_UNTRUSTED);
    return known ? 1 : 0;
}

int choose_protocol(
    SSL* /*connection*/,
    const unsigned char** chosen,
    unsigned char* chosen_size,
    const unsigned char* offered,
    unsigned offered_size,
    void* /*nothing*/
) {
    unsigned at = 0;
    while (at < offered_size) {
        const unsigned size = offered[at];
        if (size == protocol.size() && at + 1 + size <= offered_size &&
            std::memcmp(offered + at + 1, protocol.data(), size) == 0) {
            *chosen = offered + at + 1;
            *chosen_size = static_cast<unsigned char>(size);
            return SSL_TLSEXT_ERR_OK;
        }
        at += 1 + size;
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

bool set_up(SSL_CTX* context, X509* certificate, EVP_PKEY* key, const KeyDirectory& directory) {
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_max_cert_list(context, certificate_bytes_max);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    // OpenSSL's interface takes it without `const`; the callback gives it back.
    SSL_CTX_set_cert_verify_callback(context, is_known, const_cast<KeyDirectory*>(&directory));
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
    std::string groups = "X25519";  // both without `const` in OpenSSL's interface, too
    std::string signatures = "ed25519";
    const auto* offered = reinterpret_cast<const unsigned char*>(protocol_list.data());
    return SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1 &&
           SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) == 1 &&
           SSL_CTX_set_num_tickets(context, 0) == 1 &&
           SSL_CTX_set_max_early_data(context, 0) == 1 &&
           SSL_CTX_set_ciphersuites(
               context, "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"
           ) == 1 &&
           SSL_CTX_set1_groups_list(context, groups.data()) == 1 &&
           SSL_CTX_set1_sigalgs_list(context, signatures.data()) == 1 &&
           SSL_CTX_set_alpn_protos(context, offered, static_cast<unsigned>(protocol_list.size())) ==
               0 &&
           SSL_CTX_use_certificate(context, certificate) == 1 &&
           SSL_CTX_use_PrivateKey(context, key) == 1;
}

}  // namespace

void KeyDirectory::replace(std::vector<std::pair<PublicKey, consensus::NodeId>> keys) {
    const std::scoped_lock lock(mutex_);
    for (auto& [key, holder] : holders_) {
        holder.removed = true;
    }
    for (const auto& [key, node] : keys) {
        holders_[key] = {.node = node, .removed = false};
    }
}

std::optional<KeyDirectory::Holder> KeyDirectory::find(const PublicKey& key) const {
    const std::scoped_lock lock(mutex_);
    const auto found = holders_.find(key);
    return found != holders_.end() ? std::optional(found->second) : std::nullopt;
}

Tls::Tls(
    asio::ssl::context dialling,
    asio::ssl::context accepting,
    std::shared_ptr<const KeyDirectory> directory
)
    : dialling_(std::move(dialling)),
      accepting_(std::move(accepting)),
      directory_(std::move(directory)) {}

Result<std::shared_ptr<Tls>> Tls::make(
    const ledger::SigningKey& key, std::shared_ptr<const KeyDirectory> directory
) {
    const Owned<EVP_PKEY> secret = private_key(key);
    const Owned<X509> certificate = secret ? certificate_of(secret.get()) : nullptr;
    Owned<SSL_CTX> dialling(SSL_CTX_new(TLS_client_method()));
    Owned<SSL_CTX> accepting(SSL_CTX_new(TLS_server_method()));
    if (!certificate || !dialling || !accepting ||
        !set_up(dialling.get(), certificate.get(), secret.get(), *directory) ||
        !set_up(accepting.get(), certificate.get(), secret.get(), *directory)) {
        const char* why = ERR_reason_error_string(ERR_get_error());
        return refuse(
            ErrorCode::internal, "TLS with the peer key: {}", why != nullptr ? why : "no reason"
        );
    }
    return std::shared_ptr<Tls>(new Tls(
        asio::ssl::context(dialling.release()),
        asio::ssl::context(accepting.release()),
        std::move(directory)
    ));
}

std::optional<PublicKey> proven_key(TlsStream& stream) {
    SSL* connection = stream.native_handle();
    const unsigned char* spoken = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(connection, &spoken, &size);
    if (size != protocol.size() || std::memcmp(spoken, protocol.data(), size) != 0) {
        return std::nullopt;
    }
    return key_in(SSL_get0_peer_certificate(connection));
}

std::optional<TlsFault> tls_fault(const boost::system::error_code& failed) {
    if (failed.category() != asio::error::get_ssl_category()) {
        return std::nullopt;
    }
    const int reason = ERR_GET_REASON(static_cast<unsigned long>(failed.value()));
    if (reason == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
        return std::nullopt;
    }
    if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED) {
        return TlsFault{
            .code = "unknown_key", .sentence = "no node has that key", .by_peer = false
        };
    }
    return TlsFault{
        .code = "tls",
        .sentence = failed.message(),
        .by_peer = reason >= SSL_AD_REASON_OFFSET,
    };
}

}  // namespace tanji::node
