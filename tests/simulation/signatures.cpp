#include <cstdint>
#include <cstring>
#include <set>
#include <string>

#include <sodium.h>

// Real signatures at the price of hashes: what was signed in this process is known to be good, and
// what was once verified is not verified again. The linker puts these in the place of libsodium's
// (tests/CMakeLists.txt, --wrap); a forged signature still meets the real verifier.
namespace {

using Known = std::set<std::string>;

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

}  // extern "C"
