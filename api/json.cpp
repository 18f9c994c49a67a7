#include "api/json.h"

#include "ledger/command/command.h"
#include "ledger/methodology/document.h"
#include "ledger/methodology/factor_set.h"
#include "ledger/methodology/methodology.h"
#include "ledger/proof/header.h"
#include "ledger/proof/note.h"
#include "ledger/value/crypto.h"

#include <array>

namespace tanji::api {
namespace {

using ledger::JsonWriter;

constexpr std::size_t inline_conflicts_max = 100;

std::uint64_t unsigned_time(ledger::TimeMs time) {
    return static_cast<std::uint64_t>(time);
}

void write_time_or_null(JsonWriter& out, std::string_view name, ledger::TimeMs time) {
    out.name(name);
    if (time == 0 || time == ledger::time_never) {
        out.null();
    } else {
        out.integer(unsigned_time(time));
    }
}

void write_text_or_null(JsonWriter& out, std::string_view name, std::string_view text) {
    out.name(name);
    if (text.empty()) {
        out.null();
    } else {
        out.string(text);
    }
}

void write_key(JsonWriter& out, const ledger::KeyRow& key) {
    out.open_object().member("keyid", ledger::key_id(key.key).hex());
    out.name("purposes").open_array();
    if (key.command) {
        out.string("command");
    }
    if (key.governor) {
        out.string("governor");
    }
    out.close_array().member("public", ledger::to_base64(key.key.view()));
    write_time_or_null(out, "from", key.from);
    write_time_or_null(out, "until", key.until);
    out.close_object();
}

void write_role(JsonWriter& out, const ledger::RoleGrant& role) {
    out.open_object().member("role", name_of(role.role)).name("scope").open_array();
    for (const std::string& slug : role.scope) {
        out.string(slug);
    }
    out.close_array();
    write_text_or_null(out, "rank", role.rank == ledger::Rank::none ? "" : name_of(role.rank));
    write_time_or_null(out, "from", role.from);
    write_time_or_null(out, "until", role.until);
    out.close_object();
}

// The signed header of a batch, from its leaf; nothing when that is not an open one.
std::optional<ledger::JsonValue> header_of(const ledger::View& view, ledger::LeafIndex leaf) {
    const auto text = view.leaf_text(leaf);
    const auto read = text ? ledger::read_leaf(*text) : ledger::Result<ledger::Leaf>();
    const auto command =
        text && read ? ledger::read_command(read->payload) : ledger::Result<ledger::Command>();
    if (!text || !read || !command) {
        return std::nullopt;
    }
    return command->body;
}

}  // namespace

void write_bilingual(
    JsonWriter& out, std::string_view name, std::string_view zh, std::string_view en
) {
    out.name(name).open_object().member("zh", zh).member("en", en).close_object();
}

void write_as_of(JsonWriter& out, const ledger::View& view, bool local) {
    const auto certificate = view.certificate();
    out.name("as_of")
        .open_object()
        .member("index", view.head().block)
        .member("size", view.head().size)
        .member("certified_size", certificate ? certificate->size : std::uint64_t{0})
        .member("time", unsigned_time(view.head().time))
        .member("consistency", local ? "local" : "linearizable")
        .close_object();
}

void write_value(JsonWriter& out, std::string_view name, const ledger::JsonValue* value) {
    out.name(name);
    if (value == nullptr) {
        out.null();
    } else {
        out.raw(ledger::to_canonical_text(*value));
    }
}

std::string member_json(const ledger::View& view, const ledger::Member& member) {
    JsonWriter out;
    out.open_object().member("member", member.member);
    write_bilingual(out, "name", member.name_zh, member.name_en);
    out.member("region", member.region).member("status", member.suspended ? "suspended" : "active");
    out.name("roles").open_array();
    for (const ledger::RoleGrant& role : member.roles) {
        write_role(out, role);
    }
    out.close_array().name("keys").open_array();
    for (const ledger::KeyRow& key : view.keys_of(member.member)) {
        write_key(out, key);
    }
    out.close_array().name("nodes").open_array();
    for (const ledger::GenesisNode& node : view.genesis().nodes) {
        if (node.member == member.member) {
            out.open_object()
                .member("node", node.node)
                .member("log", node.log)
                .member("cosign", node.cosign)
                .member("voter", node.voter)
                .close_object();
        }
    }
    out.close_array().name("obligations").open_array();
    for (const ledger::View::Debt& debt : view.obligations()) {
        if (debt.member == member.member) {
            out.open_object()
                .member("scheme", debt.scheme)
                .amount_member("owed", debt.obligation.owed)
                .member("since", unsigned_time(debt.obligation.since))
                .close_object();
        }
    }
    return out.close_array().close_object().take();
}

std::string scheme_json(const ledger::Scheme& scheme) {
    JsonWriter out;
    out.open_object().member("scheme", scheme.scheme);
    write_bilingual(out, "title", scheme.title_zh, scheme.title_en);
    out.member("authority", scheme.authority)
        .member("issues", scheme.credits ? "credits" : "points-only")
        .name("accepts")
        .open_array();
    for (const std::string& status : scheme.accepts) {
        out.string(status);
    }
    out.close_array()
        .member("reserve_ppm", static_cast<std::uint64_t>(scheme.reserve_ppm))
        .member("correction_days", static_cast<std::uint64_t>(scheme.correction_days))
        .member("obligation_days", static_cast<std::uint64_t>(scheme.obligation_days));
    write_text_or_null(out, "registrar", scheme.registrar);
    return out.close_object().take();
}

std::string class_json(std::string_view credit_class, const ledger::ClassSupply& supply) {
    JsonWriter out;
    out.open_object()
        .member("class", credit_class)
        .amount_member("issued", supply.issued)
        .amount_member("held", supply.held)
        .amount_member("locked", supply.locked)
        .amount_member("frozen", supply.frozen)
        .amount_member("reserved", supply.reserved)
        .amount_member("retired", supply.retired)
        .amount_member("cancelled", supply.cancelled)
        .amount_member("exported", supply.exported)
        .amount_member("reversed", supply.reversed)
        .member("conserved", supply.conserved());
    return out.close_object().take();
}

void write_counts(JsonWriter& out, const ledger::BatchRow& batch) {
    out.name("counts").open_object();
    for (std::size_t i = 0; i < batch.counts.size(); ++i) {
        out.member(
            name_of(static_cast<ledger::Outcome>(i)), static_cast<std::uint64_t>(batch.counts[i])
        );
    }
    out.close_object();
}

std::string batch_json(
    const ledger::View& view, const ledger::CommandId& id, const ledger::BatchRow& batch
) {
    JsonWriter out;
    out.open_object()
        .member("id", id.hex())
        .member("state", name_of(batch.state))
        .member("provider", batch.provider)
        .member("scheme", batch.scheme)
        .member("methodology", batch.methodology)
        .member("factors", batch.factors)
        .member("class", batch.credit_class)
        .member("count", static_cast<std::uint64_t>(batch.count));
    write_counts(out, batch);
    out.amount_member("counted_ug", batch.counted_ug);
    write_text_or_null(out, "verifier", batch.verifier);
    out.amount_member("grams", batch.grams)
        .amount_member("reserved", batch.reserved)
        .name("serials");
    if (batch.last == 0) {
        out.null();
    } else {
        out.open_object()
            .amount_member("first", batch.first)
            .amount_member("last", batch.last)
            .close_object();
    }
    write_time_or_null(out, "submitted_at", batch.submitted_at);
    write_time_or_null(out, "issued_at", batch.issued_at);
    out.member("index", batch.block).name("leaves").open_array();
    for (const ledger::LeafIndex leaf : batch.leaves) {
        out.integer(leaf);
    }
    out.close_array();
    const auto header = batch.leaves.empty() ? std::nullopt : header_of(view, batch.leaves.front());
    write_value(out, "header", header ? &*header : nullptr);
    return out.close_object().take();
}

void write_retirement(
    JsonWriter& out,
    const ledger::View& view,
    const ledger::CommandId& id,
    const ledger::Retirement& retirement
) {
    const auto account = ledger::Account::parse(retirement.account);
    const auto row = view.account(retirement.account);
    const bool is_user =
        account && !account->is_member() && (!row || row->kind == ledger::AccountKind::user);
    std::string shown = retirement.account;
    if (is_user) {
        const auto text = view.leaf_text(retirement.leaf);
        const auto leaf = text ? ledger::read_leaf(*text) : ledger::Result<ledger::Leaf>();
        const ledger::JsonValue* blinded =
            text && leaf ? leaf->public_part.find("account") : nullptr;
        shown = blinded != nullptr && blinded->string() != nullptr ? *blinded->string() : "";
    }
    out.member("id", id.hex())
        .member("account", shown)
        .member("account_is", is_user ? "commitment" : "account")
        .member("class", retirement.credit_class)
        .amount_member("grams", retirement.amount)
        .amount_member("first", retirement.first)
        .amount_member("last", retirement.last)
        .member("purpose", retirement.purpose);
    write_text_or_null(out, "beneficiary", retirement.beneficiary);
    write_text_or_null(
        out, "commitment", retirement.commitment.is_zero() ? "" : retirement.commitment.hex()
    );
    out.member("statement", retirement.statement)
        .member("leaf_index", retirement.leaf)
        .member("time", unsigned_time(retirement.time));
}

std::string retirement_json(
    const ledger::View& view, const ledger::CommandId& id, const ledger::Retirement& retirement
) {
    JsonWriter out;
    out.open_object();
    write_retirement(out, view, id, retirement);
    return out.close_object().take();
}

std::string document_json(std::string_view ref, const ledger::DocumentRow& row) {
    JsonWriter out;
    out.open_object().member("ref", ref);
    // The document was checked when it was published: whatever is not there is null.
    const auto document = ledger::parse_json(row.document);
    const auto in_document = [&](std::string_view name) {
        return document ? document->find(name) : nullptr;
    };
    write_value(out, "title", in_document("title"));
    write_value(out, "status", in_document("status"));
    write_value(out, "valid_from", in_document("valid_from"));
    write_value(out, "valid_to", in_document("valid_to"));
    write_text_or_null(out, "scheme", row.scheme);
    out.member("digest", row.digest.hex())
        .member("bytes", row.document.size())
        .member("leaf_index", row.leaf)
        .member("time", unsigned_time(row.time));
    write_time_or_null(out, "superseded", row.superseded);
    return out.close_object().take();
}

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
            .member("time", unsigned_time(row->time))
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
        .member("time", unsigned_time(row.time))
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

std::string result_json(
    const ledger::View& view,
    ledger::LeafIndex leaf_index,
    const ledger::Leaf& leaf,
    const ledger::JsonValue* body
) {
    const ledger::Effects& effects = leaf.effects;
    JsonWriter out;
    out.open_object().member("id", leaf.id.hex());
    if (effects.batch) {
        out.member("state", effects.batch->state);
        if (const auto& issue = effects.batch->issue) {
            out.amount_member("grams", issue->grams)
                .amount_member("reserved", issue->reserved)
                .amount_member("points", issue->points)
                .amount_member("first", issue->first)
                .amount_member("last", issue->last);
        }
    }
    if (effects.retirement) {
        out.amount_member("first", effects.retirement->first)
            .amount_member("last", effects.retirement->last);
    }
    if (effects.document) {
        out.member("ref", effects.document->ref).member("digest", effects.document->digest.hex());
    }
    if (effects.counts) {
        const auto& counts = *effects.counts;
        out.name("counts")
            .open_object()
            .member("counted", counts.counted)
            .member("cut", counts.cut)
            .member("capped", counts.capped)
            .member("zero", counts.zero)
            .member("ineligible", counts.ineligible)
            .member("conflict", counts.conflict)
            .close_object();
    }
    if (effects.counted_ug) {
        out.amount_member("counted_ug", *effects.counted_ug);
    }
    if (effects.conflicts) {
        out.name("conflicts").open_array();
        const auto conflicts = view.conflicts(leaf_index);
        for (std::size_t i = 0; i < conflicts.size() && i < inline_conflicts_max; ++i) {
            out.raw(conflicts[i]);
        }
        out.close_array();
    }
    if (leaf.type == "activity.revoke") {
        ledger::Int128 reversed = 0;
        for (const ledger::Move& move : effects.credits) {
            reversed += move.to == "reversed" ? move.amount : 0;
        }
        out.amount_member("reversed", reversed)
            .amount_member("owed", effects.obligation ? effects.obligation->owed : 0);
    }
    if (body != nullptr && body->find("account") != nullptr) {
        write_value(out, "account", body->find("account"));
    }
    return out.close_object().take();
}

}  // namespace tanji::api
