#include "node/storage/fail_stop.h"

#include <cstdio>
#include <cstdlib>

namespace tanji::node {

void stop_process(std::string_view what) {
    std::fprintf(stderr, "storage.failed: %.*s\n", static_cast<int>(what.size()), what.data());
    std::_Exit(exit_storage);
}

}  // namespace tanji::node
