// The low-level SHA-256 interface is deprecated in OpenSSL 3, and it is the fastest stock one for
// the short inputs of a tree: no allocation, no look-up of the algorithm (docs/decisions/0003).
#define OPENSSL_SUPPRESS_DEPRECATED

#include "ledger/value/crypto.h"

#include <algorithm>
#include <cassert>

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <sodium.h>

namespace tanji::ledger {
namespace {

const unsigned char* data_of(ByteView bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

void start_sodium() {
    static const int started = sodium_init();
    assert(started >= 0);
}

// RFC 8410: version 0, algorithm 1.3.101.112, an octet string that holds an octet string of 32.
constexpr std::string_view pkcs8_prefix(
    "\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20", 16
);
constexpr std::string_view pem_begin = "-----BEGIN PRIVATE KEY-----\n";
constexpr std::string_view pem_end = "-----END PRIVATE KEY-----\n";

}  // namespace

struct Sha256::Context {
    SHA256_CTX state;
};

Sha256::Sha256() : context_(std::make_unique<Context>()) {
    SHA256_Init(&context_->state);
}
Sha256::~Sha256() = default;

Sha256& Sha256::update(ByteView bytes) {
    SHA256_Update(&context_->state, bytes.data(), bytes.size());
    return *this;
}

Hash Sha256::finish() {
    Hash hash;
    SHA256_Final(hash.bytes.data(), &context_->state);
    SHA256_Init(&context_->state);
    return hash;
}

Hash sha256(ByteView bytes) {
    return sha256(bytes, {});
}

Hash sha256(ByteView first, ByteView second) {
    SHA256_CTX state;
    Hash hash;
    SHA256_Init(&state);
    SHA256_Update(&state, first.data(), first.size());
    SHA256_Update(&state, second.data(), second.size());
    SHA256_Final(hash.bytes.data(), &state);
    return hash;
}

Hash hmac_sha256(ByteView key, ByteView message) {
    Hash mac;
    unsigned int length = 0;
    HMAC(
        EVP_sha256(),
        key.data(),
        static_cast<int>(key.size()),
        data_of(message),
        message.size(),
        mac.bytes.data(),
        &length
    );
    assert(length == Hash::length);
    return mac;
}

bool verify(const PublicKey& key, ByteView message, const Signature& signature) {
    start_sodium();
    return crypto_sign_verify_detached(
               signature.bytes.data(), data_of(message), message.size(), key.bytes.data()
           ) == 0;
}

bool is_acceptable(const PublicKey& key) {
    start_sodium();
    // Converting to Curve25519 fails for points of small order, off the main subgroup, and for
    // encodings that are not on the curve; canonical means y < 2^255 − 19.
    std::array<std::uint8_t, crypto_scalarmult_curve25519_BYTES> converted{};
    if (crypto_sign_ed25519_pk_to_curve25519(converted.data(), key.bytes.data()) != 0) {
        return false;
    }
    const bool high = (key.bytes[31] & 0x7f) == 0x7f &&
                      std::all_of(
                          key.bytes.begin() + 1,
                          key.bytes.begin() + 31,
                          [](std::uint8_t byte) { return byte == 0xff; }
                      ) &&
                      key.bytes[0] >= 0xed;
    return !high;
}

KeyId key_id(const PublicKey& key) {
    Bytes named = "tanji/key@v1\n";
    named.push_back(static_cast<char>(suite_ed25519_sha256));
    const Hash hash = sha256(named, key.view());
    return *KeyId::from(hash.view().substr(0, KeyId::length));
}

SigningKey SigningKey::from_seed(ByteView seed) {
    assert(seed.size() == crypto_sign_SEEDBYTES);
    start_sodium();
    SigningKey key;
    crypto_sign_seed_keypair(key.public_.bytes.data(), key.secret_.data(), data_of(seed));
    return key;
}

SigningKey SigningKey::generate() {
    return from_seed(random_bytes(crypto_sign_SEEDBYTES));
}

Result<SigningKey> SigningKey::from_pem(std::string_view pem) {
    const bool framed = pem.starts_with(pem_begin) && pem.ends_with(pem_end);
    if (!framed || pem.size() < pem_begin.size() + pem_end.size() + 1) {
        return refuse(ErrorCode::bad_request, "not a PKCS#8 private key in PEM form");
    }
    pem.remove_prefix(pem_begin.size());
    pem.remove_suffix(pem_end.size() + 1);  // and the line feed before the last line
    const auto der = from_base64(pem);
    if (!der || der->size() != pkcs8_prefix.size() + 32 || !der->starts_with(pkcs8_prefix)) {
        return refuse(ErrorCode::bad_request, "not an Ed25519 private key of RFC 8410");
    }
    return from_seed(ByteView(*der).substr(pkcs8_prefix.size()));
}

std::string SigningKey::to_pem() const {
    Bytes der(pkcs8_prefix);
    der.append(reinterpret_cast<const char*>(secret_.data()), crypto_sign_SEEDBYTES);
    return fmt::format("{}{}\n{}", pem_begin, to_base64(der), pem_end);
}

Signature SigningKey::sign(ByteView message) const {
    Signature signature;
    crypto_sign_detached(
        signature.bytes.data(), nullptr, data_of(message), message.size(), secret_.data()
    );
    return signature;
}

Bytes pae(std::string_view type, ByteView body) {
    Bytes out = fmt::format("DSSEv1 {} {} {} ", type.size(), type, body.size());
    out.append(body);
    return out;
}

Hash commit(std::string_view kind, const Salt& salt, ByteView value) {
    assert(kind.find('\n') == std::string_view::npos);
    Bytes named = fmt::format("tanji/commit@v1\n{}\n", kind);
    named.append(salt.view());
    return sha256(named, value);
}

Bytes random_bytes(std::size_t count) {
    start_sodium();
    Bytes bytes(count, '\0');
    randombytes_buf(bytes.data(), bytes.size());
    return bytes;
}

bool equal_in_constant_time(ByteView a, ByteView b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace tanji::ledger
