// The public log: checkpoints, tiles, proofs (C2SP texts under /log), leaves and blocks as JSON.
#include "api/conditions.h"
#include "api/cursor.h"
#include "api/handlers/handlers.h"
#include "api/handlers/receipts.h"
#include "api/log_json.h"
#include "ledger/proof/tile.h"
#include "ledger/proof/witness.h"
#include "ledger/value/crypto.h"
#include "ledger/value/json.h"

#include <algorithm>

namespace tanji::api {
namespace {

using ledger::ErrorCode;
using ledger::refuse;
using ledger::Result;

Response checkpoint_reply(std::string note) {
    Response response;
    response.content_type = "text/plain; charset=utf-8";
    response.body = std::move(note);
    response.with("Cache-Control", "max-age=1");
    return response;
}

Result<Response> checkpoint(const Request&, const ledger::View& view) {
    const auto certificate = view.certificate();
    if (!certificate) {
        return refuse(ErrorCode::not_found, "nothing is certified yet");
    }
    return checkpoint_reply(certificate->note);
}

Result<Response> tile(const Request& request, const ledger::View& view) {
    const auto wanted = ledger::parse_tile_path("tile/" + request.of_path("tile"));
    if (!wanted) {
        return refuse(ErrorCode::not_found, "this is no tile");
    }
    const auto bytes = wanted->level == ledger::entries_level
                           ? view.entry_bundle(wanted->n, wanted->width)
                           : view.tile(wanted->level, wanted->n, wanted->width);
    if (!bytes) {
        return refuse(ErrorCode::not_found, "the tree does not reach so far");
    }
    return fixed_reply(
        request,
        view,
        *bytes,
        ledger::sha256(*bytes).hex().substr(0, 32),
        "application/octet-stream"
    );
}

Result<Response> policy(const Request& request, const ledger::View& view) {
    auto size = integer_parameter(request, "size", 0, ledger::tree_size_max);
    if (!size) {
        return refusal(size);
    }
    const ledger::Roster roster = view.roster();
    // The newest, or that of a size: the last one that begins at or below it.
    const ledger::MembershipRow* chosen = &roster.memberships.front();
    for (const ledger::MembershipRow& row : roster.memberships) {
        if (!*size || row.policy_from() <= **size) {
            chosen = &row;
        }
    }
    return text_reply(roster.policy(*chosen));
}

Result<Response> vkeys(const Request&, const ledger::View& view) {
    std::string lines;
    const ledger::Roster roster = view.roster();  // of every node there was: notes stay readable
    for (const ledger::NodeRow& node : roster.nodes) {
        lines += node.log + "\n";
    }
    for (const ledger::NodeRow& node : roster.nodes) {
        lines += node.cosign + "\n";
    }
    return text_reply(std::move(lines));
}

Result<Response> proof(Context& context, const Request& request, const ledger::View& view) {
    auto size = integer_parameter(request, "size", 1, ledger::tree_size_max);
    Result<std::uint64_t> leaf = number_of_path(request, "leaf");
    if (!size || !leaf) {
        return size ? refusal(leaf) : refusal(size);
    }
    auto text = log_proof(context.service, view, *leaf, *size);
    if (!text) {
        return refusal(text);
    }
    return text_reply(std::move(*text));
}

Result<Response> consistency(Context& context, const Request& request, const ledger::View& view) {
    auto from = integer_parameter(request, "from", 0, ledger::tree_size_max);
    auto to = integer_parameter(request, "to", 0, ledger::tree_size_max);
    if (!from || !to) {
        return from ? refusal(to) : refusal(from);
    }
    if (!*from) {
        return refuse(ErrorCode::query_invalid, "from is missing");
    }
    const auto certificate = view.certificate();
    if (!*to && !certificate) {
        return refuse(ErrorCode::not_found, "nothing is certified yet");
    }
    const ledger::TreeSize end = *to ? **to : certificate->size;
    if (end > view.head().size) {
        return refuse(ErrorCode::not_found, "the tree has {} leaves", view.head().size);
    }
    if (**from > end && !*to) {
        return refuse(ErrorCode::behind, "certified are {} leaves here, not {}", end, **from);
    }
    if (**from > end) {
        return refuse(ErrorCode::query_invalid, "from is {}, and to is {}", **from, end);
    }
    return text_reply(ledger::to_text(ledger::AddCheckpoint{
        .old_size = **from,
        .proof = view.consistency(**from, end),
        .note = checkpoint_note(context.service, view, end),
    }));
}

Result<Response> show_leaf(const Request& request, const ledger::View& view) {
    Result<std::uint64_t> leaf = number_of_path(request, "n");
    if (!leaf) {
        return refusal(leaf);
    }
    const auto text = *leaf < view.head().size ? view.leaf_text(*leaf) : std::nullopt;
    if (!text) {
        return refuse(ErrorCode::not_found, "the tree has {} leaves", view.head().size);
    }
    return fixed_reply(
        request, view, leaf_json(view, *leaf, *text), "leaf-" + std::to_string(*leaf)
    );
}

Result<Response> leaf_receipt(Context& context, const Request& request, const ledger::View& view) {
    Result<std::uint64_t> leaf = number_of_path(request, "n");
    if (!leaf) {
        return refusal(leaf);
    }
    if (*leaf >= view.head().size) {
        return refuse(ErrorCode::not_found, "the tree has {} leaves", view.head().size);
    }
    auto form = negotiate(request, {"application/json", "text/plain"});
    if (!form) {
        return refusal(form);
    }
    const ledger::Receipt receipt = make_receipt(context.service, view, *leaf);
    return *form == "text/plain" ? text_reply(receipt.proof)
                                 : json_reply(view, ledger::to_text(receipt));
}

// Where a list by number begins: its cursor, else a parameter, else `otherwise`.
Result<std::uint64_t> first_of_page(
    const Request& request, std::string_view name, std::uint64_t otherwise
) {
    Result<ledger::Bytes> place = place_of_cursor(request);
    if (!place) {
        return refusal(place);
    }
    if (place->size() == 8) {
        return ledger::read_u64(*place);
    }
    auto from = integer_parameter(request, name, 0, ledger::tree_size_max);
    if (!from) {
        return refusal(from);
    }
    return (*from).value_or(otherwise);
}

std::string cursor_at(const Request& request, std::uint64_t number) {
    ledger::Bytes place;
    ledger::append_u64(place, number);
    return cursor_after(request, place);
}

Result<Response> list_leaves(const Request& request, const ledger::View& view) {
    Result<std::size_t> limit = page_limit(request);
    Result<std::uint64_t> first = first_of_page(request, "from", 0);
    if (!limit || !first) {
        return limit ? refusal(first) : refusal(limit);
    }
    std::vector<std::string> elements;
    std::uint64_t leaf = *first;
    for (; leaf < view.head().size && elements.size() < *limit; ++leaf) {
        const auto text = view.leaf_text(leaf);
        elements.push_back(leaf_json(view, leaf, text.value_or("null")));
    }
    return list_reply(
        request, view, elements, leaf < view.head().size ? cursor_at(request, leaf) : ""
    );
}

Result<Response> show_block(const Request& request, const ledger::View& view) {
    Result<std::uint64_t> index = number_of_path(request, "index");
    if (!index) {
        return refusal(index);
    }
    const auto row = view.block(*index);
    if (!row) {
        return refuse(ErrorCode::not_found, "the last block is {}", view.head().block);
    }
    if (!view.block_bytes(*index)) {
        return refuse(ErrorCode::pruned, "block {} is not kept here", *index);
    }
    return fixed_reply(request, view, block_json(view, *index, *row), row->hash.hex());
}

// The newest first.
Result<Response> list_blocks(const Request& request, const ledger::View& view) {
    Result<std::size_t> limit = page_limit(request);
    Result<std::uint64_t> first = first_of_page(request, "", view.head().block);
    if (!limit || !first) {
        return limit ? refusal(first) : refusal(limit);
    }
    std::vector<std::string> elements;
    std::uint64_t index = std::min(*first, view.head().block);
    for (; index > 0 && elements.size() < *limit; --index) {
        const auto row = view.block(index);
        if (!row) {
            break;
        }
        elements.push_back(block_json(view, index, *row));
    }
    const bool more = index > 0 && elements.size() == *limit;
    return list_reply(request, view, elements, more ? cursor_at(request, index) : "");
}

Result<Response> list_checkpoints(const Request& request, const ledger::View& view) {
    Result<std::size_t> limit = page_limit(request);
    Result<std::uint64_t> before = first_of_page(request, "", 0);
    if (!limit || !before) {
        return limit ? refusal(before) : refusal(limit);
    }
    const auto found = view.certificates(
        *before > 0 ? std::optional<ledger::TreeSize>(*before) : std::nullopt, *limit
    );
    std::vector<std::string> elements;
    for (const auto& certificate : found) {
        elements.push_back(certificate_json(certificate));
    }
    return list_reply(
        request, view, elements, found.size() == *limit ? cursor_at(request, found.back().size) : ""
    );
}

Result<Response> show_checkpoint(const Request& request, const ledger::View& view) {
    Result<std::uint64_t> size = number_of_path(request, "size");
    if (!size) {
        return refusal(size);
    }
    const auto certificate = view.certificate_of(*size);
    if (!certificate) {
        return refuse(ErrorCode::not_found, "no checkpoint of size {} is certified", *size);
    }
    return json_reply(view, certificate_json(*certificate));
}

}  // namespace

void add_log_routes(Router& router, Context& context) {
    const auto bound = [&context](auto function) {
        return [&context, function](const Request& request, const ledger::View& view) {
            return function(context, request, view);
        };
    };
    router.add(get("logCheckpoint", "/log/checkpoint", local(context, checkpoint)));
    router.add(get(
        "logTip",
        "/log/checkpoint/tip",
        local(
            context,
            [&context](const Request&, const ledger::View& view) -> Result<Response> {
                return checkpoint_reply(context.service.sign_checkpoint(view, view.head().size));
            }
        )
    ));
    router.add(get("logTile", "/log/tile/{tile*}", local(context, tile)));
    router.add(get("logPolicy", "/log/policy", {"size"}, local(context, policy)));
    router.add(get("logVkeys", "/log/vkeys", local(context, vkeys)));
    router.add(get("logProof", "/log/proof/{leaf}", {"size"}, local(context, bound(proof))));
    router.add(get(
        "logConsistency", "/log/consistency", {"from", "to"}, local(context, bound(consistency))
    ));

    router.add(get("getLeaf", "/v1/leaves/{n}", {"consistency"}, fixed(context, show_leaf)));
    router.add(
        get("leafReceipt",
            "/v1/leaves/{n}/receipt",
            {"consistency"},
            reading(context, bound(leaf_receipt)))
    );
    router.add(
        get("listLeaves",
            "/v1/leaves",
            {"from", "limit", "cursor", "consistency"},
            reading(context, list_leaves))
    );
    router.add(get("getBlock", "/v1/blocks/{index}", {"consistency"}, fixed(context, show_block)));
    router.add(
        get("listBlocks",
            "/v1/blocks",
            {"limit", "cursor", "consistency"},
            reading(context, list_blocks))
    );
    router.add(
        get("listCheckpoints",
            "/v1/checkpoints",
            {"limit", "cursor", "consistency"},
            reading(context, list_checkpoints))
    );
    router.add(get(
        "getCheckpoint", "/v1/checkpoints/{size}", {"consistency"}, fixed(context, show_checkpoint)
    ));
}

}  // namespace tanji::api
