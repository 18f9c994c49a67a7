#include "api/log_json.h"

#include "api/json.h"
#include "ledger/proof/header.h"
#include "ledger/proof/note.h"
#include "ledger/value/crypto.h"
#include "ledger/value/json.h"

namespace tanji::api {

using ledger::JsonWriter;

std::string leaf_json(const ledger::View& view, ledger::LeafIndex leaf, const std::string& text) {
    JsonWriter out;
    const auto value = ledger::parse_json(text);
    const auto block = value ? value->find("block") : nullptr;
    out.open_object()
        .member("leaf_index", leaf)
        .member("hash", ledger::sha256(ledger::ByteView("\0", 1), text).hex())
        .member("text", text)
        .name("value")
        .raw(value ? ledger::to_canonical_text(*value) : "null");
    const auto row = block != nullptr && block->integer() != nullptr ? view.block(*block->integer())
                                                                     : std::nullopt;
    out.name("block");
    if (row) {
        out.open_object()
            .member("index", *block->integer())
            .member("hash", row->hash.hex())
            .member("time", static_cast<std::uint64_t>(row->time))
            .close_object();
    } else {
        out.null();
    }
    return out.close_object().take();
}

std::string block_json(
    const ledger::View& view, ledger::BlockIndex block, const ledger::BlockRow& row
) {
    JsonWriter out;
    out.open_object()
        .member("index", block)
        .member("hash", row.hash.hex())
        .member("time", static_cast<std::uint64_t>(row.time))
        .member("first_leaf", row.first)
        .member("count", static_cast<std::uint64_t>(row.count))
        .member("size", row.size)
        .member("root", row.root.hex())
        .name("header");
    const auto bytes = view.block_bytes(block);
    const auto raw =
        bytes ? ledger::ByteView(*bytes).substr(0, ledger::header_bytes) : ledger::ByteView();
    const auto header = bytes ? ledger::decode_header(raw) : ledger::Result<ledger::BlockHeader>();
    if (!bytes || !header) {
        out.null();
    } else {
        out.open_object()
            .member("term", header->term)
            .member("leader", header->leader.hex())
            .member("membership", header->membership)
            .member("commands", static_cast<std::uint64_t>(header->command_count))
            .member("body_bytes", static_cast<std::uint64_t>(header->body_bytes))
            .member("previous", header->prev_hash.hex())
            .member("body_root", header->body_root.hex())
            .member("raw", ledger::to_base64(raw))
            .close_object();
    }
    return out.close_object().take();
}

std::string certificate_json(const ledger::CheckpointCertificate& certificate) {
    JsonWriter out;
    out.open_object().member("size", certificate.size).member("note", certificate.note);
    out.name("cosigners").open_array();
    const auto note = ledger::parse_note(certificate.note);
    if (note) {
        for (std::size_t i = 1; i < note->lines.size(); ++i) {  // the first one is the log's
            out.string(note->lines[i].name);
        }
    }
    return out.close_array().name("anchors").open_array().close_array().close_object().take();
}

}  // namespace tanji::api
