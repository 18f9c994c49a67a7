#include "ledger/proof/log_proof.h"

#include "ledger/proof/checkpoint.h"
#include "ledger/proof/merkle.h"

#include <charconv>
#include <string_view>

#include <fmt/format.h>

namespace tanji::ledger {
namespace {

constexpr std::string_view proof_header = "c2sp.org/tlog-proof@v1";
constexpr std::string_view extra_word = "extra ";
constexpr std::string_view index_word = "index ";
// Above that of any receipt, whose leaf and parts stand in base64 in the extra line.
constexpr std::size_t proof_bytes_max = 262'144;

std::unexpected<Error> malformed_proof(std::string_view why) {
    return refuse_because(ErrorCode::bad_request, "proof", "not a tlog-proof: {}", why);
}

std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> lines;
    while (true) {
        const std::size_t end = text.find('\n');
        lines.push_back(text.substr(0, end));
        if (end == std::string_view::npos) {
            return lines;
        }
        text.remove_prefix(end + 1);
    }
}

}  // namespace

std::string to_text(const LogProof& proof) {
    std::string text = fmt::format("{}\n", proof_header);
    if (proof.extra) {
        text += fmt::format("{}{}\n", extra_word, to_base64(*proof.extra));
    }
    text += fmt::format("{}{}\n", index_word, proof.index);
    for (const Hash& hash : proof.path) {
        text += to_base64(hash.view()) + '\n';
    }
    return text + '\n' + proof.note;
}

Result<LogProof> parse_log_proof(ByteView text) {
    const std::size_t blank = text.find("\n\n");
    if (text.size() > proof_bytes_max || blank == ByteView::npos) {
        return malformed_proof("no empty line before the checkpoint");
    }
    LogProof proof;
    proof.note = text.substr(blank + 2);
    const auto lines = lines_of(text.substr(0, blank));
    std::size_t at = 1;
    if (lines.front() != proof_header) {
        return malformed_proof("the first line is another one");
    }
    if (at < lines.size() && lines[at].starts_with(extra_word)) {
        proof.extra = from_base64(lines[at].substr(extra_word.size()));
        ++at;
    }
    if (at == lines.size() || !lines[at].starts_with(index_word)) {
        return malformed_proof("no index line");
    }
    const std::string_view number = lines[at].substr(index_word.size());
    std::from_chars(number.data(), number.data() + number.size(), proof.index);
    if (fmt::to_string(proof.index) != number || proof.index > tree_size_max) {
        return malformed_proof("the index is not a plain number up to 2^53 - 1");
    }
    for (++at; at < lines.size(); ++at) {
        const auto hash = Hash::from_base64(lines[at]);
        if (!hash || proof.path.size() == proof_hashes_max) {
            return malformed_proof("the path is at most 63 lines with base64 of 32 bytes each");
        }
        proof.path.push_back(*hash);
    }
    return proof;
}

}  // namespace tanji::ledger
