#include "ledger/command/verification.h"
#include "ledger/proof/receipt.h"
#include "ledger/value/json.h"
#include "tools/files.h"
#include "tools/subcommands.h"
#include "tools/trust.h"
#include "tools/verify_evidence.h"

#include <algorithm>
#include <array>

namespace tanji::tools {

using ledger::Hash;
using ledger::Receipt;
using ledger::Verdict;

namespace {

constexpr std::string_view log_proof_head = "c2sp.org/tlog-proof@v1";

// Every failed check of `verify` is the same answer to the caller: not proven.
std::unexpected<Failure> unproven(const std::string& file, const ledger::Error& error) {
    std::string where = error.reason.empty() ? std::string() : error.reason + ": ";
    if (!error.pointer.empty()) {
        where += error.pointer + ": ";
    }
    return fail(Exit::unproven, "{}: {}{}", file, where, error.detail);
}

// The origin in the checkpoint of a proof, or nothing readable.
std::string origin_of(std::string_view proof) {
    const std::size_t note = proof.find("\n\n");
    if (note == std::string_view::npos) {
        return {};
    }
    const std::string_view text = proof.substr(note + 2);
    return std::string(text.substr(0, text.find('\n')));
}

void print_verdict(const Tool& tool, const std::string& file, const Verdict& verdict) {
    if (tool.json) {
        ledger::JsonWriter out;
        out.open_object().member("file", file);
        out.member("standing", name_of(verdict.standing));
        out.member("origin", verdict.checkpoint.origin);
        out.member("size", verdict.checkpoint.size);
        out.member("root", ledger::to_base64(verdict.checkpoint.root.view()));
        out.member("type", verdict.leaf.type);
        out.name("cosigners").open_array();
        for (const std::string& cosigner : verdict.cosigners) {
            out.string(cosigner);
        }
        out.close_array().name("steps").open_array();
        for (const auto& step : verdict.steps) {
            out.open_object().member("step", step.name).member("detail", step.detail);
            out.close_object();
        }
        tool.print(out.close_array().close_object().text());
        return;
    }
    for (const auto& step : verdict.steps) {
        tool.tick(true, step.detail.empty() ? step.name : step.name + ": " + step.detail);
    }
}

// What the receipt says about itself has to agree with what was found.
Attempt<void> check_standing(
    const std::string& file, const Verdict& verdict, std::optional<bool> claimed, bool committed
) {
    const bool certified = verdict.standing == ledger::Standing::certified;
    if (claimed && *claimed && !certified) {
        return fail(Exit::unproven, "{}: it says certified, but the quorum did not sign", file);
    }
    if (!certified && !committed) {
        return fail(
            Exit::unproven,
            "{}: committed only, the quorum of the policy did not sign; --committed accepts that",
            file
        );
    }
    return {};
}

struct Verifying {
    Tool& tool;
    const VerifyOptions& options;
    std::string file;
    std::string bytes;

    Attempt<Trust> trust_for(const Hash& ledger, std::string_view proof) const {
        auto trust = find_trust(tool, ledger, origin_of(proof));
        if (trust && !ledger.is_zero() && trust->pinned.ledger != ledger) {
            return fail(
                Exit::unproven,
                "{}: it is for ledger {}, but {} is {}",
                file,
                ledger.hex(),
                trust->pinned.origin,
                trust->pinned.ledger.hex()
            );
        }
        if (trust) {
            tool.say(fmt::format("{}: {}", file, trust->source));
        }
        return trust;
    }

    Attempt<void> one_receipt(const Receipt& receipt, std::optional<bool> claimed) const {
        auto trust = trust_for(receipt.ledger, receipt.proof);
        if (!trust) {
            return failure(trust);
        }
        const auto verdict = ledger::verify_receipt(receipt, trust->pinned, trust->known_keys());
        if (!verdict) {
            return unproven(file, verdict.error());
        }
        print_verdict(tool, file, *verdict);
        return check_standing(file, *verdict, claimed, options.committed);
    }

    // Readers ignore members that they do not know. Here a member whose name was damaged must not
    // pass for one of those: the hints have to be there, and unknown members only beside all of
    // ours.
    Attempt<void> check_members() const {
        static constexpr std::array<std::string_view, 7> ours{
            "receipt", "ledger", "leaf_index", "leaf", "proof", "certified", "parts"
        };
        const auto value = ledger::parse_tolerant_json(bytes);
        if (!value || value->object() == nullptr) {
            return fail(Exit::unproven, "{}: it is no object", file);
        }
        const bool has_parts = value->find("parts") != nullptr;
        for (const std::string_view member : ours) {
            if (member != "parts" && value->find(member) == nullptr) {
                return fail(Exit::unproven, "{}: it has no member \"{}\"", file, member);
            }
        }
        for (const ledger::JsonMember& member : *value->object()) {
            if (!has_parts && std::ranges::count(ours, member.name) == 0) {
                return fail(Exit::unproven, "{}: \"{}\" is no member", file, member.name);
            }
        }
        return {};
    }

    Attempt<void> receipt() const {
        auto read = ledger::read_receipt(bytes);
        if (!read) {
            return unproven(file, read.error());
        }
        if (auto whole = check_members(); !whole) {
            return whole;
        }
        return one_receipt(*read, read->certified);
    }

    Attempt<void> log_proof() const {
        if (options.leaf.empty()) {
            auto read = ledger::read_saved_receipt(bytes);
            if (!read) {
                return unproven(file, read.error());
            }
            return one_receipt(*read, std::nullopt);
        }
        auto leaf = read_file(options.leaf, 128 * 1024);
        if (!leaf) {
            return failure(leaf);
        }
        if (leaf->ends_with('\n')) {
            leaf->pop_back();
        }
        auto trust = trust_for(Hash{}, bytes);
        if (!trust) {
            return failure(trust);
        }
        const auto verdict =
            ledger::verify_log_proof(bytes, *leaf, trust->pinned, trust->known_keys());
        if (!verdict) {
            return unproven(file, verdict.error());
        }
        print_verdict(tool, file, *verdict);
        return check_standing(file, *verdict, std::nullopt, options.committed);
    }

    Attempt<void> certificate() const {
        auto read = ledger::read_certificate(bytes);
        if (!read) {
            return unproven(file, read.error());
        }
        const Receipt* first = read->receipts.empty() ? nullptr : &read->receipts.front();
        auto trust = trust_for(first ? first->ledger : Hash{}, first ? first->proof : "");
        if (!trust) {
            return failure(trust);
        }
        const auto verdicts = ledger::verify_certificate(*read, trust->pinned, trust->known_keys());
        if (!verdicts) {
            return unproven(file, verdicts.error());
        }
        for (std::size_t i = 0; i < verdicts->size(); ++i) {
            print_verdict(tool, file, (*verdicts)[i]);
            const bool claimed = read->receipts[i].certified;
            auto standing = check_standing(file, (*verdicts)[i], claimed, options.committed);
            if (!standing) {
                return standing;
            }
        }
        return {};
    }

    // A reply of the API that was saved whole has its receipt inside.
    Attempt<void> by_content() const {
        if (bytes.starts_with(log_proof_head)) {
            return log_proof();
        }
        const auto value = ledger::parse_tolerant_json(bytes);
        if (!value) {
            return unproven(file, value.error());
        }
        if (value->find("certificate") != nullptr) {
            return certificate();
        }
        if (value->find("evidence") != nullptr) {
            return verify_evidence(tool, file, bytes);
        }
        const ledger::JsonValue* inside = value->find("receipt");
        if (inside != nullptr && inside->object() != nullptr) {
            Verifying nested{tool, options, file, ledger::to_canonical_text(*inside)};
            return nested.receipt();
        }
        return receipt();
    }
};

}  // namespace

Attempt<void> verify_files(Tool& tool, const VerifyOptions& options) {
    std::vector<std::string> files = options.files;
    // `verify evidence FILE`: what is in it has to be evidence.
    const bool evidence_only = files.size() > 1 && files.front() == "evidence";
    if (evidence_only) {
        files.erase(files.begin());
    }
    Attempt<void> worst;
    for (const std::string& file : files) {
        auto bytes = read_file(file, 4UZ * 1024 * 1024);
        if (!bytes) {
            return failure(bytes);
        }
        Attempt<void> verified =
            evidence_only ? verify_evidence(tool, file, *bytes)
                          : Verifying{tool, options, file, std::move(*bytes)}.by_content();
        if (verified) {
            tool.tick(true, file + ": proven");
        } else if (files.size() > 1) {
            tool.tick(false, verified.error().sentence);
        }
        if (!verified && (worst || verified.error().exit > worst.error().exit)) {
            worst = std::move(verified);
        }
    }
    return worst;
}

}  // namespace tanji::tools
