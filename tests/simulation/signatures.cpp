#include <array>
#include <cstdint>
#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

#include <sodium.h>

// Real signatures at the price of hashes: what was signed in this process is known to be good, what
// was once verified is not verified again, and a key is looked at once. The linker puts these in
// the place of libsodium's (tests/CMakeLists.txt, --wrap); a forged signature still meets the real
// verifier.
namespace {

// Of a name that is a digest any eight bytes will do.
struct FirstBytes {
    std::size_t operator()(const std::string& name) const {
        std::uint64_t first = 0;
        std::memcpy(&first, name.data(), sizeof first);
        return first;
    }
};

using Known = std::unordered_set<std::string, FirstBytes>;

Known& known() {
    static Known all;
    return all;
}

std::string name_of(
    const unsigned char* signature,
    const unsigned char* message,
    unsigned long long length,
    const unsigned char* key
) {
    unsigned char digest[16];
    crypto_generichash_state state;
    crypto_generichash_init(&state, nullptr, 0, sizeof digest);
    crypto_generichash_update(&state, signature, crypto_sign_BYTES);
    crypto_generichash_update(&state, key, crypto_sign_PUBLICKEYBYTES);
    crypto_generichash_update(&state, message, length);
    crypto_generichash_final(&state, digest, sizeof digest);
    return {reinterpret_cast<const char*>(digest), sizeof digest};
}

void remember(std::string name) {
    if (known().size() > 400'000) {
        known().clear();  // each is verified once more
    }
    known().insert(std::move(name));
}

// As a point of the other curve; nothing: it is not of the main subgroup.
using Converted = std::map<std::string, std::optional<std::array<unsigned char, 32>>, std::less<>>;

Converted& converted() {
    static Converted all;
    return all;
}

}  // namespace

extern "C" {

int __real_crypto_sign_detached(
    unsigned char* signature,
    unsigned long long* signature_length,
    const unsigned char* message,
    unsigned long long length,
    const unsigned char* secret
);
int __real_crypto_sign_verify_detached(
    const unsigned char* signature,
    const unsigned char* message,
    unsigned long long length,
    const unsigned char* key
);

int __wrap_crypto_sign_detached(
    unsigned char* signature,
    unsigned long long* signature_length,
    const unsigned char* message,
    unsigned long long length,
    const unsigned char* secret
);
int __wrap_crypto_sign_detached(
    unsigned char* signature,
    unsigned long long* signature_length,
    const unsigned char* message,
    unsigned long long length,
    const unsigned char* secret
) {
    const int result =
        __real_crypto_sign_detached(signature, signature_length, message, length, secret);
    remember(name_of(signature, message, length, secret + crypto_sign_SEEDBYTES));
    return result;
}

int __wrap_crypto_sign_verify_detached(
    const unsigned char* signature,
    const unsigned char* message,
    unsigned long long length,
    const unsigned char* key
);
int __wrap_crypto_sign_verify_detached(
    const unsigned char* signature,
    const unsigned char* message,
    unsigned long long length,
    const unsigned char* key
) {
    std::string name = name_of(signature, message, length, key);
    if (known().contains(name)) {
        return 0;
    }
    const int result = __real_crypto_sign_verify_detached(signature, message, length, key);
    if (result == 0) {
        remember(std::move(name));
    }
    return result;
}

int __real_crypto_sign_ed25519_pk_to_curve25519(unsigned char* point, const unsigned char* key);
int __wrap_crypto_sign_ed25519_pk_to_curve25519(unsigned char* point, const unsigned char* key);
int __wrap_crypto_sign_ed25519_pk_to_curve25519(unsigned char* point, const unsigned char* key) {
    const std::string_view name(reinterpret_cast<const char*>(key), crypto_sign_PUBLICKEYBYTES);
    auto found = converted().find(name);
    if (found == converted().end()) {
        std::array<unsigned char, 32> made{};
        const bool good = __real_crypto_sign_ed25519_pk_to_curve25519(made.data(), key) == 0;
        found = converted().emplace(name, good ? std::optional(made) : std::nullopt).first;
    }
    if (!found->second) {
        return -1;
    }
    std::memcpy(point, found->second->data(), found->second->size());
    return 0;
}

}  // extern "C"
