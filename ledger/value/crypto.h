#pragma once

#include "ledger/value/bytes.h"
#include "ledger/value/ids.h"
#include "ledger/value/result.h"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

// Suite 1: Ed25519 and SHA-256. crypto.cpp is the only file of the ledger that sees libsodium or
// OpenSSL. Nothing here is secret-dependent in time but signing, which libsodium does.
namespace tanji::ledger {

inline constexpr std::uint8_t suite_ed25519_sha256 = 1;

Hash sha256(ByteView bytes);
// H(first ‖ second), without joining them.
Hash sha256(ByteView first, ByteView second);

// SHA-256 in pieces.
class Sha256 {
public:
    Sha256();
    ~Sha256();
    Sha256(const Sha256&) = delete;
    Sha256& operator=(const Sha256&) = delete;

    Sha256& update(ByteView bytes);
    // Ends the hash; the object may then be used for another one.
    Hash finish();

private:
    struct Context;
    std::unique_ptr<Context> context_;
};

Hash hmac_sha256(ByteView key, ByteView message);

// RFC 8032 without cofactor, S < L, A canonical, neither A nor R of small order: the verdict of
// libsodium's crypto_sign_verify_detached, which alone decides on every node (docs/formats.md §2).
bool verify(const PublicKey& key, ByteView message, const Signature& signature);

// Whether a key may be registered: canonical, on the curve, not of small order.
bool is_acceptable(const PublicKey& key);

// H("tanji/key@v1\n" ‖ suite byte ‖ public key)[0..16)
KeyId key_id(const PublicKey& key);

// A private key. Not copyable by accident into logs: it has no text form but the PEM file.
class SigningKey {
public:
    // REQUIRES: 32 bytes.
    static SigningKey from_seed(ByteView seed);
    static SigningKey generate();

    // PKCS#8 PEM as `openssl genpkey -algorithm ed25519` writes it (RFC 8410).
    static Result<SigningKey> from_pem(std::string_view pem);
    std::string to_pem() const;

    const PublicKey& public_key() const { return public_; }
    KeyId id() const { return key_id(public_); }
    Signature sign(ByteView message) const;

private:
    std::array<std::uint8_t, 64> secret_{};  // seed ‖ public key, as libsodium keeps it
    PublicKey public_;
};

// "DSSEv1" SP len(type) SP type SP len(body) SP body: what DSSE 1.0.2 signs.
Bytes pae(std::string_view type, ByteView body);

// H("tanji/commit@v1\n" ‖ kind ‖ "\n" ‖ salt ‖ value). REQUIRES: no newline in `kind`.
Hash commit(std::string_view kind, const Salt& salt, ByteView value);

// Bytes from the operating system. For keys, ids and salts of clients; never called by a rule.
Bytes random_bytes(std::size_t count);

// Whether two secrets are equal, in a time that does not tell where they differ.
bool equal_in_constant_time(ByteView a, ByteView b);

}  // namespace tanji::ledger
