#include "tools/audit_source.h"

#include "tools/files.h"

namespace tanji::tools {

AuditSource AuditSource::of_node(const Tool& tool, const std::string& url) {
    Tool asked = tool;
    asked.node = url;
    asked.token_file.clear();  // everything that is read is public
    AuditSource source;
    source.remote_ = std::make_unique<Remote>(asked);
    return source;
}

AuditSource AuditSource::of_folder(const std::filesystem::path& folder) {
    AuditSource source;
    source.folder_ = folder;
    return source;
}

Attempt<std::string> AuditSource::get(std::string_view name) {
    if (remote_ != nullptr) {
        return remote_->get_text("/log/" + std::string(name));
    }
    return read_file(folder_ / name);
}

Attempt<void> save_copy(
    const std::filesystem::path& folder, std::string_view name, std::string_view bytes
) {
    if (folder.empty()) {
        return {};
    }
    const auto path = folder / name;
    if (auto made = make_folder(path.parent_path()); !made) {
        return made;
    }
    return write_file(path, bytes);
}

Attempt<std::string> fetch(
    AuditSource& source, const std::string& name, const std::filesystem::path& folder
) {
    auto bytes = source.get(name);
    if (!bytes && bytes.error().exit != Exit::unavailable) {
        return fail(Exit::unproven, "{} is missing: {}", name, bytes.error().sentence);
    }
    if (!bytes) {
        return failure(bytes);
    }
    if (auto saved = save_copy(folder, name, *bytes); !saved) {
        return failure(saved);
    }
    return bytes;
}

}  // namespace tanji::tools
