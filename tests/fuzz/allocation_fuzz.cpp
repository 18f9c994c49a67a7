// What reading an input may cost: memory in proportion to the bytes that came, whatever lengths
// they claim. Nine bytes that announce four billion records must stay cheap.

#include "ledger/command/batch.h"
#include "ledger/command/block.h"
#include "ledger/decoded_block.h"
#include "ledger/proof/header.h"
#include "ledger/proof/tile.h"
#include "tests/fuzz/fuzz.h"

#include <new>

#include <malloc.h>

namespace {

// Only this thread's allocations inside the target: libFuzzer has its own.
thread_local bool counting = false;
thread_local std::size_t live = 0;
thread_local std::size_t peak = 0;

void* allocate(std::size_t bytes) {
    void* made = std::malloc(bytes == 0 ? 1 : bytes);
    if (made == nullptr) {
        throw std::bad_alloc();
    }
    if (counting) {
        live += malloc_usable_size(made);
        peak = live > peak ? live : peak;
    }
    return made;
}

void release(void* made) {
    if (counting && made != nullptr) {
        const std::size_t bytes = malloc_usable_size(made);
        live = bytes > live ? 0 : live - bytes;
    }
    std::free(made);
}

// A record in memory beside its at least 145 bytes on the wire, its parts, and a vector that
// doubles.
constexpr std::size_t per_byte = 16;
constexpr std::size_t always = 4'096;

template <typename Reader>
void measure(std::size_t size, const Reader& reader) {
    live = 0;
    peak = 0;
    counting = true;
    reader();
    counting = false;
    tanji::fuzz::require(peak <= always + per_byte * size);
}

}  // namespace

void* operator new(std::size_t bytes) {
    return allocate(bytes);
}
void* operator new[](std::size_t bytes) {
    return allocate(bytes);
}
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
    return std::malloc(bytes);  // the standard library asks so for space that it can do without
}
void* operator new[](std::size_t bytes, const std::nothrow_t&) noexcept {
    return std::malloc(bytes);
}
void operator delete(void* made) noexcept {
    release(made);
}
void operator delete[](void* made) noexcept {
    release(made);
}
void operator delete(void* made, std::size_t) noexcept {
    release(made);
}
void operator delete[](void* made, std::size_t) noexcept {
    release(made);
}

using namespace tanji::ledger;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView input = tanji::fuzz::bytes_of(data, size);
    measure(size, [&] { (void)read_container(input); });
    measure(size, [&] { (void)read_attachment(input); });
    measure(size, [&] { (void)read_stored(input); });
    measure(size, [&] { (void)read_bundle(input); });
    measure(size, [&] { (void)read_wire_record(input); });
    for (const std::uint32_t count : {1U, 1'000U, 0xffffffffU}) {
        measure(size, [&] { (void)split_body(input, count); });
    }
    if (size > 4) {
        measure(size, [&] { (void)split_body(input.substr(4), read_u32(input)); });
    }
    return 0;
}
