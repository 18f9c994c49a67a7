#include "ledger/proof/policy.h"

#include "ledger/value/json.h"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <map>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace tanji::ledger {
namespace {

constexpr std::size_t policy_bytes_max = 65'536;

using Voters = std::map<std::string, const PolicyVoter*>;

// A member that changes its node has two keys in the joint phase; no slug has a dot.
constexpr std::string_view replaced = ".leaving";

Voters by_member(std::span<const PolicyVoter> voters) {
    Voters sorted;
    for (const PolicyVoter& voter : voters) {
        sorted[voter.member] = &voter;
    }
    return sorted;
}

// The old list beside the new one: another key is another name.
Voters by_member_before(std::span<const PolicyVoter> old_voters, const Voters& now) {
    Voters sorted;
    for (const PolicyVoter& voter : old_voters) {
        const auto same = now.find(voter.member);
        const bool other_key = same != now.end() && same->second->cosign != voter.cosign;
        sorted[other_key ? voter.member + std::string(replaced) : voter.member] = &voter;
    }
    return sorted;
}

// `group NAME COUNT MEMBERS…`, if anything is asked of it; the name goes to `parts` then.
std::string group_line(
    std::string_view name,
    std::size_t count,
    const std::vector<std::string>& members,
    std::vector<std::string>& parts
) {
    if (count == 0) {
        return {};
    }
    parts.emplace_back(name);
    return fmt::format("group {} {} {}\n", name, count, fmt::join(members, " "));
}

std::string groups_of(const Voters& now, const Voters& old, std::size_t min_cosigners) {
    std::vector<std::string> both;
    std::vector<std::string> leaving;
    std::vector<std::string> coming;
    for (const auto& [member, voter] : old) {
        (now.contains(member) ? both : leaving).push_back(member);
    }
    for (const auto& [member, voter] : now) {
        if (!old.contains(member)) {
            coming.push_back(member);
        }
    }
    const std::size_t q_now = quorum(now.size(), min_cosigners);
    if (old.empty()) {
        return fmt::format("group alliance {} {}\n", q_now, fmt::join(coming, " "));
    }
    const std::size_t q_old = quorum(old.size(), min_cosigners);
    const std::size_t shared = std::min(both.size(), std::max(q_old, q_now));
    const auto beyond = [&](std::size_t count) { return count > shared ? count - shared : 0; };
    std::vector<std::string> parts;
    std::string text = group_line("common", shared, both, parts);
    text += group_line("leaving", beyond(q_old), leaving, parts);
    text += group_line("coming", beyond(q_now), coming, parts);
    return text + fmt::format("group alliance all {}\n", fmt::join(parts, " "));
}

std::vector<std::string_view> words_of(std::string_view line) {
    std::vector<std::string_view> words;
    while (true) {
        const std::size_t begin = line.find_first_not_of(" \t");
        if (begin == std::string_view::npos) {
            return words;
        }
        line.remove_prefix(begin);
        const std::size_t end = std::min(line.find_first_of(" \t"), line.size());
        words.push_back(line.substr(0, end));
        line.remove_prefix(end);
    }
}

}  // namespace

std::size_t quorum(std::size_t n, std::size_t min_cosigners) {
    assert(n >= 1);
    const std::size_t faulty = (n - 1) / 3;
    return std::max((n + faulty + 2) / 2, min_cosigners);
}

std::string policy_text(
    std::uint64_t version,
    TreeSize from,
    std::span<const PolicyVoter> voters,
    std::span<const PolicyVoter> old_voters,
    std::size_t min_cosigners
) {
    const Voters now = by_member(voters);
    const Voters old = by_member_before(old_voters, now);
    Voters all = now;
    all.insert(old.begin(), old.end());
    std::string text = fmt::format("# tanji policy {} from size {}\n", version, from);
    for (const auto& [member, voter] : all) {
        text += fmt::format("log {}\n", to_vkey(voter->log));
    }
    for (const auto& [member, voter] : all) {
        text += fmt::format("witness {} {}\n", member, to_vkey(voter->cosign));
    }
    return text + groups_of(now, old, min_cosigners) + "quorum alliance\n";
}

// Reads a policy line by line; the first fault stays.
class PolicyReader {
public:
    Result<Policy> read(std::string_view text) {
        while (!text.empty()) {
            const std::size_t end = std::min(text.find('\n'), text.size());
            ++line_number_;
            if (!read_line(text.substr(0, end))) {
                return refuse(ErrorCode::bad_request, "policy, line {}: {}", line_number_, why_);
            }
            text.remove_prefix(std::min(end + 1, text.size()));
        }
        if (!has_quorum_) {
            return refuse(ErrorCode::bad_request, "a policy without a quorum line");
        }
        return std::move(policy_);
    }

private:
    bool fail(std::string_view why) {
        why_ = why;
        return false;
    }

    bool read_line(std::string_view line) {
        if (!is_plain_text(line) && line.find('\t') == std::string_view::npos) {
            return fail("not plain text");
        }
        const auto words = words_of(line);
        if (words.empty() || words.front().starts_with('#')) {
            return true;
        }
        if (words.front() == "log") {
            return read_log(words);
        }
        if (words.front() == "witness") {
            return read_witness(words);
        }
        if (words.front() == "group") {
            return read_group(words);
        }
        if (words.front() == "quorum") {
            return read_quorum(words);
        }
        return fail("unknown word");
    }

    bool read_log(const std::vector<std::string_view>& words) {
        if (words.size() < 2 || words.size() > 3) {
            return fail("log VKEY [URL] is expected");
        }
        auto key = parse_vkey(words[1]);
        if (!key || key->type != NoteKeyType::log) {
            return fail("not a log key");
        }
        if (std::ranges::find(policy_.logs_, *key) != policy_.logs_.end()) {
            return fail("a log key stands twice");
        }
        policy_.logs_.push_back(std::move(*key));
        return true;
    }

    bool read_witness(const std::vector<std::string_view>& words) {
        if (words.size() < 3 || words.size() > 4) {
            return fail("witness NAME VKEY [URL] is expected");
        }
        auto key = parse_vkey(words[2]);
        if (!key || key->type != NoteKeyType::cosign) {
            return fail("not a cosign key");
        }
        const auto same = [&](const Policy::Witness& witness) { return witness.key == *key; };
        if (std::ranges::any_of(policy_.witnesses_, same)) {
            return fail("a cosign key stands twice");
        }
        if (!take_name(words[1])) {
            return false;
        }
        policy_.witnesses_.push_back({.name = std::string(words[1]), .key = std::move(*key)});
        return true;
    }

    bool read_group(const std::vector<std::string_view>& words) {
        if (words.size() < 4) {
            return fail("group NAME COUNT MEMBER… is expected");
        }
        Policy::Group group{.name = std::string(words[1]), .threshold = 0, .members = {}};
        for (const std::string_view member : std::span(words).subspan(3)) {
            const auto named = names_.find(member);
            if (named == names_.end()) {
                return fail("a group names something that does not stand above it");
            }
            if (named->second) {
                return fail("a name is in two groups");
            }
            named->second = true;
            group.members.emplace_back(member);
        }
        const auto threshold = read_threshold(words[2], group.members.size());
        if (!threshold) {
            return fail("the count of a group is `any`, `all` or 1 up to its size");
        }
        group.threshold = *threshold;
        if (!take_name(words[1])) {
            return false;
        }
        policy_.groups_.push_back(std::move(group));
        return true;
    }

    bool read_quorum(const std::vector<std::string_view>& words) {
        if (words.size() != 2 || has_quorum_) {
            return fail("one line quorum NAME is expected");
        }
        if (words[1] != "none" && !names_.contains(words[1])) {
            return fail("the quorum names something that does not stand above it");
        }
        has_quorum_ = true;
        policy_.quorum_ = words[1] == "none" ? "" : std::string(words[1]);
        return true;
    }

    static std::optional<std::size_t> read_threshold(std::string_view text, std::size_t members) {
        if (text == "any") {
            return 1;
        }
        if (text == "all") {
            return members;
        }
        std::size_t count = 0;
        const auto read = std::from_chars(text.data(), text.data() + text.size(), count);
        const bool whole = read.ec == std::errc{} && fmt::to_string(count) == text;
        return whole && count >= 1 && count <= members ? std::optional(count) : std::nullopt;
    }

    bool take_name(std::string_view name) {
        if (name == "none" || !names_.emplace(name, false).second) {
            return fail("a name that is taken");
        }
        return true;
    }

    Policy policy_;
    std::map<std::string, bool, std::less<>> names_;  // name → whether it is in a group
    std::size_t line_number_ = 0;
    bool has_quorum_ = false;
    std::string_view why_;
};

Result<Policy> Policy::parse(std::string_view text) {
    if (text.size() > policy_bytes_max) {
        return refuse(ErrorCode::bad_request, "a policy over 64 KiB");
    }
    return PolicyReader().read(text);
}

bool Policy::satisfied(const std::set<std::string, std::less<>>& good) const {
    if (quorum_.empty()) {
        return true;
    }
    std::set<std::string, std::less<>> met = good;
    for (const Group& group : groups_) {
        const auto count = std::ranges::count_if(group.members, [&](const std::string& member) {
            return met.contains(member);
        });
        if (static_cast<std::size_t>(count) >= group.threshold) {
            met.insert(group.name);
        }
    }
    return met.contains(quorum_);
}

std::string_view name_of(Standing standing) {
    return standing == Standing::certified ? "certified" : "committed";
}

namespace {

const Policy* policy_for(const Pinned& pinned, TreeSize size) {
    const PinnedPolicy* chosen = nullptr;
    for (const PinnedPolicy& candidate : pinned.policies) {
        if (candidate.from <= size && (chosen == nullptr || candidate.from > chosen->from)) {
            chosen = &candidate;
        }
    }
    return chosen == nullptr ? nullptr : &chosen->policy;
}

std::unexpected<Error> bad_signature(const NoteLine& line) {
    return refuse_because(
        ErrorCode::bad_request, "signature", "the signature of {} is not good", line.name
    );
}

}  // namespace

Result<NoteVerdict> check_note(ByteView bytes, const Pinned& pinned) {
    auto note = parse_note(bytes);
    if (!note) {
        return refusal(note);
    }
    auto checkpoint = parse_checkpoint(note->text);
    if (!checkpoint) {
        return refusal(checkpoint);
    }
    if (checkpoint->origin != pinned.origin) {
        return refuse_because(
            ErrorCode::bad_request, "origin", "a checkpoint of {}", checkpoint->origin
        );
    }
    const Policy* policy = policy_for(pinned, checkpoint->size);
    if (policy == nullptr) {
        return refuse_because(
            ErrorCode::bad_request, "policy", "no policy is known for size {}", checkpoint->size
        );
    }
    NoteVerdict verdict{
        .standing = {}, .checkpoint = std::move(*checkpoint), .logs = {}, .cosigners = {}
    };
    std::set<std::string, std::less<>> good;
    for (const NoteLine& line : note->lines) {
        for (const NoteKey& log : policy->logs()) {
            if (line.is_by(log)) {
                if (!is_good(line, log, note->text)) {
                    return bad_signature(line);
                }
                verdict.logs.push_back(log);
            }
        }
        for (const Policy::Witness& witness : policy->witnesses()) {
            if (line.is_by(witness.key)) {
                if (!is_good(line, witness.key, note->text)) {
                    return bad_signature(line);
                }
                good.insert(witness.name);
            }
        }
    }
    if (verdict.logs.empty()) {
        return refuse_because(ErrorCode::bad_request, "log", "no signature by a known log key");
    }
    verdict.standing = policy->satisfied(good) ? Standing::certified : Standing::committed;
    verdict.cosigners.assign(good.begin(), good.end());
    return verdict;
}

}  // namespace tanji::ledger
