#pragma once

#include "ledger/command/command.h"
#include "ledger/command/envelope.h"
#include "ledger/value/crypto.h"
#include "tests/tools/desk_fixture.h"
#include "tests/tools/fake_node.h"
#include "tools/command_line.h"

#include <string>
#include <vector>

namespace tanji::tools {

// The whole program against a node that takes every command, unless a test wants it refused.
class PointsTest : public DeskTest {
protected:
    static constexpr const char* account = "a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1";
    static constexpr const char* redemption = "01a1fb67180070008000000000000005";

    PointsTest() : key_file(write("key.pem", key.to_pem())) {}

    // What the words behind `tanji` end with.
    int run(std::vector<std::string> words) {
        Tool fresh{out, err};
        fresh.no_input = true;
        fresh.timeout_s = 1;
        words.insert(words.end(), {"--node", node.url(), "--key", key_file});
        return CommandLine(fresh).run(words);
    }

    // The commands that were sent, in order.
    std::vector<ledger::Envelope> sent() const {
        std::vector<ledger::Envelope> envelopes;
        for (const FakeRequest& request : node.requests()) {
            if (request.method == "POST") {
                auto envelope = ledger::read_envelope(request.body);
                EXPECT_TRUE(envelope) << request.body;
                envelopes.push_back(envelope.value_or(ledger::Envelope{}));
            }
        }
        return envelopes;
    }
    // `type body` of the only command that was sent.
    std::string only_command() const {
        const auto envelopes = sent();
        EXPECT_EQ(envelopes.size(), 1U);
        return envelopes.empty() ? "" : text_of_command(envelopes.front());
    }
    static std::string text_of_command(const ledger::Envelope& envelope) {
        const auto command = ledger::read_command(envelope.payload);
        return command ? command->type + " " + ledger::to_canonical_text(command->body) : "";
    }
    // Targets that were read with GET, without /v1/ledger, which every command asks for.
    std::vector<std::string> read_targets() const {
        std::vector<std::string> targets;
        for (const FakeRequest& request : node.requests()) {
            if (request.method == "GET" && request.target != "/v1/ledger") {
                targets.push_back(request.target);
            }
        }
        return targets;
    }

    const ledger::SigningKey key = ledger::SigningKey::generate();
    std::string key_file;  // of --key
    // What GET replies, by target.
    std::vector<std::pair<std::string, std::string>> objects;
    // What is said about a command; empty: it is applied.
    FakeReply verdict;
    bool certified = false;
    FakeNode node{[this](const FakeRequest& request) { return answer(request); }};

private:
    FakeReply answer(const FakeRequest& request) const {
        if (request.target == "/v1/ledger") {
            return {
                200,
                R"({"ledger":")" + ledger::sha256("genesis").hex() +
                    R"(","origin":"tanji.example/test","time":1795221010000})"
            };
        }
        for (const auto& [target, body] : objects) {
            if (request.target == target) {
                return {200, body};
            }
        }
        if (request.method == "GET") {
            return {404, R"({"code":"not_found","detail":"there is no such thing"})"};
        }
        return verdict.body.empty() ? applied(request) : verdict;
    }
    FakeReply applied(const FakeRequest& request) const {
        const auto envelope = ledger::read_envelope(request.body);
        const auto command = ledger::read_command(envelope ? envelope->payload : std::string("{}"));
        return {
            201,
            fmt::format(
                R"({{"command":"{0}","type":"{1}","outcome":"applied","leaf_index":7,)"
                R"("certified":{2},"result":{{"id":"{0}","state":"reserved","offer":"shop.card",)"
                R"("programme":"sz-green","quantity":2,"points":"100",)"
                R"("hold_until":1795221910000}},"receipt":{{"receipt":1}}}})",
                command ? command->id.hex() : "",
                command ? command->type : "",
                certified
            )
        };
    }
};

}  // namespace tanji::tools
