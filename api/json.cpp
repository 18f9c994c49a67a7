#include "api/json.h"

#include "ledger/command/command.h"
#include "ledger/methodology/document.h"
#include "ledger/methodology/factor_set.h"
#include "ledger/methodology/methodology.h"
#include "ledger/value/crypto.h"

#include <array>

namespace tanji::api {
namespace {

using ledger::JsonWriter;

std::uint64_t unsigned_time(ledger::TimeMs time) {
    return static_cast<std::uint64_t>(time);
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

void write_number_or_null(JsonWriter& out, std::uint64_t number) {
    number == 0 ? out.null() : out.integer(number);
}

}  // namespace

void write_time(JsonWriter& out, std::string_view name, ledger::TimeMs time) {
    out.member(name, unsigned_time(time));
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

std::string membership_json(const ledger::Roster& roster, const ledger::MembershipRow& row) {
    const ledger::Membership& membership = row.membership;
    JsonWriter out;
    out.open_object()
        .member("number", membership.number)
        .member("leaf_index", row.leaf)
        .member("block", row.block)
        .member("time", unsigned_time(row.time))
        .member("phase", membership.is_joint() ? "joint" : "final");
    const auto write_nodes = [&](std::string_view name, const std::vector<std::uint64_t>& list) {
        out.name(name).open_array();
        for (const std::uint64_t number : list) {
            const ledger::NodeRow& node = *roster.node(number);
            out.open_object()
                .member("node", number)
                .member("member", node.member)
                .member("address", node.address)
                .member("log", node.log)
                .member("cosign", node.cosign)
                .member("peer", ledger::to_base64(node.peer.view()))
                .close_object();
        }
        out.close_array();
    };
    write_nodes("voters", membership.voters);
    write_nodes("old_voters", membership.old_voters);
    write_nodes("learners", membership.learners);
    out.name("decision");
    membership.decision.is_zero() ? out.null() : out.string(membership.decision.hex());
    return out.member("policy", roster.policy(row)).close_object().take();
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
    const ledger::Roster roster = view.roster();
    for (const ledger::NodeRow& node : roster.nodes) {
        if (node.member == member.member) {
            out.open_object()
                .member("node", node.node)
                .member("log", node.log)
                .member("cosign", node.cosign)
                .member("voter", roster.newest().membership.has_voter(node.node));
            write_number_or_null(out.name("from"), roster.from(node.node));
            write_number_or_null(out.name("until"), roster.until(node.node));
            out.close_object();
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
        .amount_member("points", batch.points);
    write_text_or_null(out, "programme", batch.programme);
    out.name("serials");
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

}  // namespace tanji::api
