#include "tools/outbox.h"

#include "tools/files.h"

namespace tanji::tools {

namespace {

std::filesystem::path folder() {
    return state_folder() / "outbox";
}

// Three lines and the body.
std::string to_file(const Parcel& parcel) {
    return fmt::format(
        "{}\n{}\n{}\n{}", parcel.path, parcel.content_type, parcel.signature, parcel.body
    );
}

Attempt<Parcel> read_parcel(const std::string& name) {
    const auto id = ledger::CommandId::from_hex(name);
    auto bytes = read_file(folder() / name);
    if (!bytes) {
        return failure(bytes);
    }
    Parcel parcel;
    std::string_view left = *bytes;
    for (std::string* line : {&parcel.path, &parcel.content_type, &parcel.signature}) {
        const std::size_t end = left.find('\n');
        if (!id || end == std::string_view::npos) {
            return fail(Exit::usage, "{} is no parcel of the outbox", (folder() / name).string());
        }
        *line = left.substr(0, end);
        left.remove_prefix(end + 1);
    }
    parcel.id = *id;
    parcel.body = left;
    return parcel;
}

}  // namespace

Attempt<void> keep(const Parcel& parcel) {
    if (auto made = make_folder(folder()); !made) {
        return made;
    }
    return write_file(folder() / parcel.id.hex(), to_file(parcel), true);
}

void forget(const ledger::CommandId& id) {
    std::error_code ignored;  // a parcel that stays is sent again, which changes nothing
    std::filesystem::remove(folder() / id.hex(), ignored);
}

Attempt<std::vector<Parcel>> kept_parcels() {
    std::vector<Parcel> parcels;
    for (const std::string& name : file_names(folder())) {
        if (name.ends_with(".part")) {
            continue;
        }
        auto parcel = read_parcel(name);
        if (!parcel) {
            return failure(parcel);
        }
        parcels.push_back(std::move(*parcel));
    }
    return parcels;
}

}  // namespace tanji::tools
