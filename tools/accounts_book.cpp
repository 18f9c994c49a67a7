#include "tools/accounts_book.h"

#include "ledger/value/json.h"
#include "tools/files.h"

#include <algorithm>

namespace tanji::tools {

using ledger::UserId;

namespace {

constexpr std::size_t commands_per_request = 500;

std::filesystem::path book_file(const LedgerFacts& facts) {
    return state_folder() / "accounts" / facts.ledger.hex();
}

template <typename Each>
void each_line(std::string_view text, const Each& each) {
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        if (!line.empty()) {
            each(line);
        }
    }
}

}  // namespace

std::string user_body(
    const UserId& account,
    const std::vector<ledger::PublicKey>& keys,
    const ledger::Hash& owner,
    std::string_view kind
) {
    ledger::JsonWriter body;
    body.open_object().member("account", account.hex()).member("kind", kind);
    body.name("keys").open_array();
    for (const ledger::PublicKey& key : keys) {
        body.string(ledger::to_base64(key.view()));
    }
    body.close_array().member("owner", owner.hex());
    return body.close_object().take();
}

AccountsBook::AccountsBook(const Tool& tool, LedgerFacts facts)
    : tool_(tool),
      facts_(std::move(facts)) {
    if (const auto book = read_file(book_file(facts_))) {
        each_line(*book, [&](std::string_view line) { known_.emplace(line); });
    }
}

Attempt<std::size_t> AccountsBook::open(
    Remote& remote,
    const std::set<UserId>& accounts,
    const ledger::SigningKey& operator_key,
    std::string_view owner_secret
) {
    std::vector<UserId> missing;
    for (const UserId& account : accounts) {
        if (!known_.contains(account.hex())) {
            missing.push_back(account);
        }
    }
    for (std::size_t first = 0; first < missing.size(); first += commands_per_request) {
        const std::size_t count = std::min(commands_per_request, missing.size() - first);
        const auto begin = missing.begin() + static_cast<std::ptrdiff_t>(first);
        const std::vector<UserId> some(begin, begin + static_cast<std::ptrdiff_t>(count));
        if (auto opened = open_some(remote, some, operator_key, owner_secret); !opened) {
            return failure(opened);
        }
    }
    return missing.size();
}

Attempt<void> AccountsBook::open_some(
    Remote& remote,
    const std::vector<UserId>& accounts,
    const ledger::SigningKey& operator_key,
    std::string_view owner_secret
) {
    std::string lines;
    for (const UserId& account : accounts) {
        const ledger::Hash derived = ledger::hmac_sha256(
            owner_secret, "tanji/import-owner-salt@v1\n" + std::string(account.view())
        );
        const auto salt = *ledger::Salt::from(derived.view().substr(0, ledger::Salt::length));
        const std::string body = user_body(account, {}, ledger::commit("owner", salt, ""));
        auto envelope = sign(compose("account.open", facts_, body), std::span(&operator_key, 1));
        if (!envelope) {
            return failure(envelope);
        }
        lines += ledger::to_text(*envelope) + "\n";
    }
    auto reply = remote.post("/v1/commands", "application/x-ndjson", lines);
    if (!reply) {
        return failure(reply);
    }
    if (!reply->ok()) {
        return std::unexpected(problem_of(*reply));
    }
    std::size_t answered = 0;
    std::optional<Failure> fault;
    each_line(reply->body, [&](std::string_view line) {
        const auto value = ledger::parse_tolerant_json(line);
        const ledger::JsonValue* body = value ? value->find("body") : nullptr;
        const std::uint64_t status = value ? number_of(*value, "status") : 0;
        const std::string code = body != nullptr ? text_of(*body, "code") : std::string();
        const bool open = (status >= 200 && status < 300) || code == "account_exists";
        if (open && answered < accounts.size()) {
            known_.insert(accounts[answered].hex());
        } else if (!fault) {
            fault = Failure{
                Exit::refused,
                body != nullptr ? text_of(*body, "detail") : "an account was not opened",
                code,
            };
        }
        ++answered;
    });
    if (auto saved = save(); !saved) {
        return saved;
    }
    if (fault) {
        return std::unexpected(*fault);
    }
    if (answered != accounts.size()) {
        return fail(Exit::unavailable, "{} of {} were answered", answered, accounts.size());
    }
    return {};
}

Attempt<void> AccountsBook::save() const {
    const auto file = book_file(facts_);
    if (auto made = make_folder(file.parent_path()); !made) {
        return made;
    }
    std::string text;
    for (const std::string& account : known_) {
        text += account + "\n";
    }
    return write_file(file, text, true);
}

}  // namespace tanji::tools
