#include "ledger/command/envelope.h"
#include "tools/desk.h"
#include "tools/files.h"
#include "tools/keys.h"

#include <iostream>
#include <iterator>

namespace tanji::tools {

namespace {

Attempt<std::string> read_input(const std::string& file) {
    if (file != "-") {
        return read_file(file);
    }
    return std::string(std::istreambuf_iterator<char>(std::cin), {});
}

// One command or envelope per line, or a single one over many lines.
std::vector<std::string_view> split(std::string_view text) {
    if (ledger::parse_tolerant_json(text)) {
        return {text};
    }
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        if (line.find_first_not_of(" \t\r") != std::string_view::npos) {
            lines.push_back(line);
        }
    }
    return lines;
}

// An envelope goes as it is; a command is completed and signed with --key.
Attempt<ledger::Envelope> to_envelope(
    const Tool& tool, std::string_view json, const LedgerFacts& facts, const SendOptions& send
) {
    const auto value = ledger::parse_tolerant_json(json);
    if (value && value->find("payloadType") != nullptr) {
        auto envelope = ledger::read_envelope(json);
        if (!envelope) {
            return fail(Exit::usage, envelope.error());
        }
        return std::move(*envelope);
    }
    auto payload = complete(json, facts);
    if (!payload) {
        return failure(payload);
    }
    auto keys = load_keys(tool, send.other_keys);
    if (!keys) {
        return failure(keys);
    }
    return sign(std::move(*payload), *keys);
}

}  // namespace

Attempt<void> submit(Tool& tool, const SubmitOptions& options) {
    auto text = read_input(options.file);
    if (!text) {
        return failure(text);
    }
    Remote remote(tool);
    auto facts = ask_ledger(remote);
    if (!facts) {
        return failure(facts);
    }
    std::vector<Delivered> all;
    for (const std::string_view json : split(*text)) {
        auto envelope = to_envelope(tool, json, *facts, options.send);
        auto parcel = envelope ? pack(*envelope) : Attempt<Parcel>(failure(envelope));
        if (!parcel) {
            return failure(parcel);
        }
        auto delivered = deliver(tool, remote, *parcel, dispatch_of(options.send).delivery);
        if (!delivered) {
            print_outcomes(tool, all);
            return failure(delivered);
        }
        if (auto saved = save_receipt(*delivered, options.send.save); !saved) {
            return saved;
        }
        all.push_back(std::move(*delivered));
    }
    print_outcomes(tool, all);
    return conclude(all);
}

Attempt<void> cosign(Tool& tool, const SubmitOptions& options) {
    auto text = read_input(options.file);
    if (!text) {
        return failure(text);
    }
    auto envelope = ledger::read_envelope(*text);
    if (!envelope) {
        return fail(Exit::usage, envelope.error());
    }
    auto keys = load_keys(tool, options.send.other_keys);
    if (!keys) {
        return failure(keys);
    }
    const std::string signed_text = ledger::signed_bytes(*envelope);
    for (const ledger::SigningKey& key : *keys) {
        for (const ledger::EnvelopeSignature& signature : envelope->signatures) {
            if (signature.keyid == key.id()) {
                return fail(Exit::usage, "{} has signed it already", key.id().hex());
            }
        }
        envelope->signatures.push_back({key.id(), key.sign(signed_text)});
    }
    const std::string out = options.send.envelope.empty() ? options.file : options.send.envelope;
    tool.say(fmt::format("{} signatures in {}", envelope->signatures.size(), out));
    if (out == "-") {
        tool.print(ledger::to_text(*envelope));
        return {};
    }
    return write_file(out, ledger::to_text(*envelope) + "\n");
}

Attempt<void> resume(Tool& tool) {
    auto parcels = kept_parcels();
    if (!parcels) {
        return failure(parcels);
    }
    Remote remote(tool);
    std::vector<Delivered> all;
    for (const Parcel& parcel : *parcels) {
        auto delivered = deliver(tool, remote, parcel, {});
        if (!delivered) {
            print_outcomes(tool, all);
            return failure(delivered);
        }
        all.push_back(std::move(*delivered));
    }
    if (all.empty()) {
        tool.say("the outbox is empty");
        return {};
    }
    print_outcomes(tool, all);
    return conclude(all);
}

}  // namespace tanji::tools
