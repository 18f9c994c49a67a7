#include "tools/verify_evidence.h"

#include "ledger/leader_fault.h"
#include "ledger/proof/evidence.h"
#include "ledger/value/json.h"
#include "tools/trust.h"

#include <algorithm>

namespace tanji::tools {
namespace {

std::vector<ledger::NoteKey> keys_of(const ledger::Pinned& pinned) {
    std::vector<ledger::NoteKey> keys;
    for (const ledger::PinnedPolicy& one : pinned.policies) {
        keys.insert(keys.end(), one.policy.logs().begin(), one.policy.logs().end());
        for (const auto& witness : one.policy.witnesses()) {
            keys.push_back(witness.key);
        }
    }
    return keys;
}

void print_guilty(
    const Tool& tool,
    const std::string& file,
    const ledger::Evidence& evidence,
    const std::vector<ledger::NoteKey>& guilty
) {
    if (tool.json) {
        ledger::JsonWriter out;
        out.open_object().member("file", file).member("kind", kind_of(evidence));
        out.name("guilty").open_array();
        for (const ledger::NoteKey& key : guilty) {
            out.string(to_vkey(key));
        }
        tool.print(out.close_array().close_object().text());
        return;
    }
    for (const ledger::NoteKey& key : guilty) {
        tool.print(to_vkey(key));
    }
    const bool logs_alone = std::ranges::all_of(guilty, [](const ledger::NoteKey& key) {
        return key.type == ledger::NoteKeyType::log;
    });
    if (logs_alone && std::holds_alternative<ledger::CheckpointFork>(evidence)) {
        tool.say(
            "no cosign key is among them: a node that a lying leader fooled before anything was "
            "certified may have signed with its log key too"
        );
    }
}

}  // namespace

Attempt<void> verify_evidence(Tool& tool, const std::string& file, const std::string& bytes) {
    const auto evidence = ledger::read_evidence(bytes);
    if (!evidence) {
        return fail(Exit::unproven, "{}: {}", file, evidence.error().detail);
    }
    const auto subject = subject_of(*evidence);
    auto trust = find_trust(tool, subject.ledger, subject.origin);
    if (!trust) {
        return failure(trust);
    }
    tool.say(fmt::format("{}: {}, {}", file, kind_of(*evidence), trust->source));
    const bool other_ledger = !subject.ledger.is_zero() && trust->pinned.ledger != subject.ledger;
    if (other_ledger) {
        return fail(
            Exit::unproven,
            "{}: it is about ledger {}, but {} is {}",
            file,
            subject.ledger.hex(),
            trust->pinned.origin,
            trust->pinned.ledger.hex()
        );
    }
    const auto known = keys_of(trust->pinned);
    const auto guilty = ledger::convict(*evidence, known, ledger::failed_test);
    if (guilty) {
        print_guilty(tool, file, *evidence, *guilty);
        return {};
    }
    if (const auto* wrong = std::get_if<ledger::WrongRoot>(&*evidence)) {
        if (const auto signers = ledger::accused(*wrong, known)) {
            return fail(
                Exit::unproven,
                "{}: {} keys signed that root; whether it is wrong only the log can tell: "
                "tanji audit re-executes it",
                file,
                signers->size()
            );
        }
    }
    return fail(Exit::unproven, "{}: {}", file, guilty.error().detail);
}

}  // namespace tanji::tools
