#include "api/handlers/standing.h"

#include <chrono>

namespace tanji::api {
namespace {

constexpr std::int64_t fresh_ms = 10;

}  // namespace

std::int64_t steady_ms() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::steady_clock::now().time_since_epoch()
    )
        .count();
}

Standing::Place Standing::now(Service& service) {
    const std::scoped_lock lock(mutex_);
    if (const std::int64_t time = steady_ms(); time - looked_at_ >= fresh_ms) {
        const auto view = service.local();
        const auto certificate = view->certificate();
        place_ = {
            .size = view->head().size,
            .certified = certificate ? certificate->size : 0,
            .draining = service.is_draining(),
        };
        looked_at_ = time;
    }
    return place_;
}

}  // namespace tanji::api
