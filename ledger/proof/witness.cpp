#include "ledger/proof/witness.h"

#include "ledger/proof/merkle.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace tanji::ledger {
namespace {

std::unexpected<Error> malformed(std::string_view why) {
    return refuse(ErrorCode::bad_request, "not an add-checkpoint request: {}", why);
}

WitnessAnswer answer(int status, std::string detail) {
    WitnessAnswer made;
    made.status = status;
    made.detail = std::move(detail);
    return made;
}

// Whether a known log key signed, and none of them badly.
bool is_signed(const Note& note, const std::vector<NoteKey>& keys) {
    bool found = false;
    for (const NoteLine& line : note.lines) {
        for (const NoteKey& key : keys) {
            if (line.is_by(key)) {
                if (!is_good(line, key, note.text)) {
                    return false;
                }
                found = found || key.type == NoteKeyType::log;
            }
        }
    }
    return found;
}

}  // namespace

std::string to_text(const AddCheckpoint& request) {
    std::string text = fmt::format("old {}\n", request.old_size);
    for (const Hash& hash : request.proof) {
        text += to_base64(hash.view()) + '\n';
    }
    return text + '\n' + request.note;
}

Result<AddCheckpoint> parse_add_checkpoint(ByteView body) {
    constexpr std::string_view old_word = "old ";
    const std::size_t blank = body.find("\n\n");
    if (body.size() > add_checkpoint_bytes_max || blank == ByteView::npos ||
        !body.starts_with(old_word)) {
        return malformed("`old N`, a proof, an empty line and a note are expected");
    }
    AddCheckpoint request;
    request.note = body.substr(blank + 2);
    ByteView head = body.substr(0, blank + 1);
    const ByteView first = head.substr(old_word.size(), head.find('\n') - old_word.size());
    const auto read = std::from_chars(first.data(), first.data() + first.size(), request.old_size);
    if (read.ec != std::errc{} || fmt::to_string(request.old_size) != first ||
        request.old_size > tree_size_max) {
        return malformed("the old size is not a number up to 2^53 - 1");
    }
    for (head.remove_prefix(head.find('\n') + 1); !head.empty();) {
        const std::size_t end = head.find('\n');
        const auto hash = Hash::from_base64(head.substr(0, end));
        if (!hash || request.proof.size() == proof_hashes_max) {
            return malformed("a proof is at most 63 lines with base64 of 32 bytes each");
        }
        request.proof.push_back(*hash);
        head.remove_prefix(end + 1);
    }
    return request;
}

WitnessAnswer decide_add_checkpoint(
    ByteView body, const std::function<const WitnessedLog*(std::string_view origin)>& find
) {
    const auto request = parse_add_checkpoint(body);
    if (!request) {
        return answer(400, request.error().detail);
    }
    const auto note = parse_note(request->note);
    if (!note) {
        return answer(400, note.error().detail);
    }
    const auto checkpoint = parse_checkpoint(note->text);
    if (!checkpoint) {
        return answer(400, checkpoint.error().detail);
    }
    const WitnessedLog* log = find(checkpoint->origin);
    if (log == nullptr) {
        return answer(404, "this log is not known here");
    }
    if (!is_signed(*note, log->keys)) {
        return answer(403, "no good signature by a known key of the log");
    }
    if (request->old_size > checkpoint->size) {
        return answer(400, "the old size is above that of the checkpoint");
    }
    if (request->old_size != log->size) {
        WitnessAnswer stale = answer(409, "another size was cosigned last");
        stale.body = fmt::format("{}\n", log->size);
        stale.content_type = "text/x.tlog.size";
        return stale;
    }
    const Hash& last_root = log->size == 0 ? empty_root() : log->root;
    const auto grown = verify_consistency(
        request->old_size, checkpoint->size, last_root, checkpoint->root, request->proof
    );
    if (!grown) {
        return answer(422, grown.error().detail);
    }
    if (log->own_root) {
        const auto own = log->own_root(checkpoint->size);
        if (!own) {
            return answer(503, "this node has not applied the log up to that size yet");
        }
        if (*own != checkpoint->root) {
            WitnessAnswer diverged = answer(422, "this node's own root differs");
            diverged.diverged = true;
            return diverged;
        }
    }
    WitnessAnswer agreed = answer(200, "");
    agreed.to_cosign = *checkpoint;
    agreed.note = request->note;
    return agreed;
}

}  // namespace tanji::ledger
