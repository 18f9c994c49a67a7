#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

// A fuzz target is one function over bytes. libFuzzer calls it, or replay.cpp with any compiler.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace tanji::fuzz {

inline std::string_view bytes_of(const std::uint8_t* data, std::size_t size) {
    return {reinterpret_cast<const char*>(data), size};
}

// What must hold for every input. Not `assert`: a finding has to stop the fuzzer in every build.
inline void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

}  // namespace tanji::fuzz
