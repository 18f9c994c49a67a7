#include "node/service.h"

#include "ledger/proof/policy.h"
#include "ledger/store/schema.h"
#include "node/storage/file.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <future>

namespace tanji::node {
namespace {

using ledger::ErrorCode;

constexpr std::int64_t read_wait_ms = 5'000;  // then: no_leader
constexpr std::int64_t key_wait_ms = 500;     // of a thread, for a key that is not here yet
constexpr consensus::Index ready_lag_blocks = 100;
constexpr std::size_t evidence_bytes_max = 1U << 20U;

std::int64_t clock_ms() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::system_clock::now().time_since_epoch()
    )
        .count();
}

api::Submitted submitted(Reply reply) {
    api::Submitted done;
    done.outcome = std::move(reply.outcome);
    done.certified = reply.certified;
    return done;
}

}  // namespace

std::int64_t NodeService::now_ms() const {
    return clock_ms();
}

// A known id is answered before signatures and expiry are tested: a late retry still learns its
// outcome.
std::optional<ledger::Result<api::Submitted>> NodeService::replayed(const ledger::Prepared& command
) {
    // What readers see yet: the store may be a block ahead of it.
    const auto view = local();
    const auto row =
        ledger::load<ledger::CommandRow>(parts_.store, ledger::schema::command(command.head.id));
    if (!row || row->leaf >= view->head().size) {
        return std::nullopt;
    }
    if (row->digest != command.digest) {
        return ledger::refuse_at(
            ErrorCode::id_reused, "/id", "leaf {} has this id for other bytes", row->leaf
        );
    }
    const auto certificate = view->certificate();
    api::Submitted done;
    done.outcome = ledger::recorded_outcome(parts_.store, command.head.id, *row);
    done.certified = certificate && row->leaf < certificate->size;
    return done;
}

void NodeService::answer_known(
    const api::Submission& submission, ledger::Result<api::Submitted> known, Done done
) {
    const bool answers = !known || known->certified || !submission.until_certified || draining_;
    if (answers) {
        done(std::move(known));
        return;
    }
    Waiters::Waiter waiter = waiter_for(submission, std::move(done));
    parts_.loop.post([this, outcome = std::move(known->outcome), waiter = std::move(waiter)](
                     ) mutable {
        parts_.replica.await_certificate(std::move(outcome), std::move(waiter));
    });
}

void NodeService::dry_run(const ledger::Prepared& command, const Done& done) {
    auto outcome = parts_.reading.dry_run(command, clock_ms());
    if (!outcome) {
        done(std::unexpected(outcome.error()));
        return;
    }
    api::Submitted simulated;
    simulated.outcome = std::move(*outcome);
    simulated.simulated = true;
    simulated.signatures_unchecked = command.envelope.signatures.empty();
    done(std::move(simulated));
}

void NodeService::submit(api::Submission submission, Done done) {
    auto prepared = ledger::prepare(
        {.envelope = std::move(submission.envelope), .attachment = std::move(submission.attachment)
        },
        parts_.ledger
    );
    if (!prepared) {
        done(std::unexpected(prepared.error()));
        return;
    }
    ledger::Prepared& command = **prepared;
    if (!submission.dry_run) {
        if (auto known = replayed(command)) {
            answer_known(submission, std::move(*known), std::move(done));
            return;
        }
    }
    const auto taking =
        std::make_shared<Taking>(std::move(*prepared), std::move(submission), std::move(done));
    const bool unsigned_dry_run =
        taking->submission.dry_run && taking->command->envelope.signatures.empty();
    if (unsigned_dry_run) {
        go_on(*taking);
        return;
    }
    auto verified = ledger::verify_signatures(parts_.store, *taking->command);
    if (verified || verified.error().code != ErrorCode::key_unknown) {
        take_verified(*taking, verified);
        return;
    }
    // A key may be younger than what is applied here: "unknown" is final, so it is said only after
    // this node has applied all that was committed when it was asked.
    latest({}, [this, taking](const auto& view) {
        if (!view) {
            taking->done(std::unexpected(view.error()));
            return;
        }
        take_verified(*taking, ledger::verify_signatures(parts_.store, *taking->command));
    });
}

void NodeService::take_verified(Taking& taking, const ledger::Status& verified) {
    parts_.metrics.signature_verified(verified.has_value());
    if (!verified) {
        taking.done(std::unexpected(verified.error()));
        return;
    }
    if (taking.submission.verified) {
        if (auto may = taking.submission.verified(); !may) {
            taking.done(std::unexpected(may.error()));
            return;
        }
    }
    go_on(taking);
}

void NodeService::go_on(Taking& taking) {
    if (taking.submission.dry_run) {
        dry_run(*taking.command, taking.done);
        return;
    }
    if (draining_) {
        taking.done(ledger::refuse(ErrorCode::draining, "the node is shutting down"));
        return;
    }
    if (parts_.free_bytes() < parts_.min_free_bytes) {
        taking.done(ledger::refuse(ErrorCode::storage_full, "disk space is low"));
        return;
    }
    Waiters::Waiter waiter = waiter_for(taking.submission, std::move(taking.done));
    parts_.loop.post([this, command = std::move(taking.command), waiter = std::move(waiter)](
                     ) mutable { parts_.replica.submit(std::move(command), std::move(waiter)); });
}

Waiters::Waiter NodeService::waiter_for(const api::Submission& submission, Done done) {
    WorkThread& replier = next_replier();
    auto answer = [done = std::move(done)](const ledger::Result<Reply>& reply) {
        if (reply) {
            done(submitted(*reply));
        } else {
            done(std::unexpected(reply.error()));
        }
    };
    return {
        .done = [&replier, answer = std::move(answer)](ledger::Result<Reply> reply
                ) { replier.post([answer, reply = std::move(reply)] { answer(reply); }); },
        .until_certified = submission.until_certified,
        .deadline = clock_ms() + submission.wait_ms,
    };
}

void NodeService::stop() {
    for (WorkThread& each : repliers_) {
        each.stop();
    }
}

ledger::Status NodeService::check_signatures(const ledger::Envelope& envelope) {
    auto head = ledger::read_command(envelope.payload);
    if (!head) {
        return ledger::refusal(head);
    }
    if (head->ledger != parts_.ledger) {
        return ledger::refuse_at(
            ErrorCode::wrong_ledger, "/ledger", "this ledger is {}", parts_.ledger.hex()
        );
    }
    ledger::Prepared signed_only;
    signed_only.envelope = envelope;
    auto checked = ledger::check_signatures(parts_.store, signed_only);
    if (checked || checked.error().code != ErrorCode::key_unknown) {
        return checked;
    }
    if (auto caught_up = catch_up_briefly(); !caught_up) {
        return caught_up;
    }
    return ledger::check_signatures(parts_.store, signed_only);
}

// The one place where a thread of the API waits, so one at a time and not for long.
ledger::Status NodeService::catch_up_briefly() {
    if (catching_up_.exchange(true)) {
        return ledger::refuse(ErrorCode::overloaded, "another upload waits for its key already");
    }
    const auto caught_up = std::make_shared<std::promise<ledger::Status>>();
    auto answer = caught_up->get_future();
    latest({}, [caught_up](const auto& view) {
        caught_up->set_value(
            view ? ledger::Status{} : ledger::Status(std::unexpected(view.error()))
        );
    });
    const bool is_there =
        answer.wait_for(std::chrono::milliseconds(key_wait_ms)) == std::future_status::ready;
    catching_up_ = false;
    if (!is_there) {
        return ledger::refuse(ErrorCode::no_leader, "no leader confirmed the read in time");
    }
    return answer.get();
}

void NodeService::latest(Recent wanted, Opened done) {
    WorkThread& replier = next_replier();
    auto granted = [this, &replier, done = std::move(done)](ledger::Result<ledger::BlockIndex> index
                   ) {
        replier.post([this, done, index = std::move(index)] {
            if (index) {
                done(local());
            } else {
                done(std::unexpected(index.error()));
            }
        });
    };
    parts_.loop.post([this,
                      granted = std::move(granted),
                      wanted,
                      deadline = clock_ms() + read_wait_ms]() mutable {
        parts_.replica.read(
            std::move(granted), deadline, {.least = wanted.least, .barrier = wanted.barrier}
        );
    });
}

std::string NodeService::sign_checkpoint(const ledger::View& view, ledger::TreeSize size) {
    const ledger::Checkpoint checkpoint = {
        .origin = parts_.origin,
        .size = size,
        .root = view.root_at(size),
    };
    ledger::Note note = {.text = ledger::to_text(checkpoint), .lines = {}};
    note.lines.push_back(ledger::sign_checkpoint(checkpoint, parts_.log_key));
    return ledger::to_text(note);
}

// The own ledger only. What is newer than the last certificate will be cosigned by the next round;
// for what is certified the line that was made then is given again, so nothing new is promised
// here.
ledger::WitnessAnswer NodeService::add_checkpoint(ledger::ByteView body) {
    const auto view = local();
    const auto certificate = view->certificate();
    ledger::WitnessedLog own;
    const ledger::Roster roster = view->roster();
    for (const ledger::NodeRow& node : roster.nodes) {
        own.keys.push_back(*ledger::parse_vkey(node.log));
    }
    if (certificate) {
        own.size = certificate->size;
        own.root = view->root_at(certificate->size);
    }
    own.own_root = [&](ledger::TreeSize size) -> std::optional<ledger::Hash> {
        return size <= view->head().size ? std::optional(view->root_at(size)) : std::nullopt;
    };
    auto answer = ledger::decide_add_checkpoint(body, [&](std::string_view origin) {
        return origin == parts_.origin ? &own : nullptr;
    });
    if (!answer.to_cosign) {
        return answer;
    }
    if (!certificate || answer.to_cosign->size != certificate->size) {
        answer.status = 503;
        answer.detail = "not cosigned up to that size yet";
        answer.body.clear();
        return answer;
    }
    const auto note = ledger::parse_note(certificate->note);
    assert(note.has_value());
    for (const ledger::NoteLine& line : note->lines) {
        if (line.name != parts_.origin) {
            answer.body += ledger::to_text(line);
        }
    }
    return answer;
}

std::optional<std::string> NodeService::cosigned_checkpoint(std::string_view origin_hash) {
    if (origin_hash != ledger::sha256(parts_.origin).hex()) {
        return std::nullopt;
    }
    const auto certificate = local()->certificate();
    return certificate ? std::optional(certificate->note) : std::nullopt;
}

void NodeService::set_status(const consensus::Status& status) {
    // Alone, what lay in the log at the start is committed again, and applied, before the first
    // read.
    const bool is_alone = status.membership.voters.size() == 1;
    const consensus::Index target = std::max(status.committed, is_alone ? status.durable : 0);
    Standing standing;
    standing.leads = status.role == consensus::Role::leader;
    standing.leader_known = status.leader != 0 && (!standing.leads || status.readable);
    standing.lag = target - std::min(target, status.applied);
    standing.caught_up = standing.lag <= (is_alone ? 0 : ready_lag_blocks);
    standing.fit = status.fit;
    standing.clock_off = parts_.replica.clock_is_off();
    standing.quarantined = parts_.replica.is_quarantined();
    const std::lock_guard lock(mutex_);
    standing_ = standing;
}

std::vector<api::Check> NodeService::readiness() {
    const bool space = parts_.free_bytes() >= parts_.min_free_bytes;
    const bool going = is_draining();
    Standing now;
    {
        const std::lock_guard lock(mutex_);
        now = standing_;
    }
    const auto check = [](std::string name, bool ok, std::string detail = {}) {
        return api::Check{.name = std::move(name), .ok = ok, .detail = ok ? "" : detail};
    };
    return {
        check("log_store", true),
        check("ledger_store", true),
        check(
            "leader_known",
            now.leader_known,
            now.leads ? "no block of this leadership is committed yet" : "nobody leads"
        ),
        check("lag", now.caught_up, fmt::format("{} blocks are not applied yet", now.lag)),
        check("clock", !now.clock_off, "more than 2 s from the others' for 10 s"),
        check("disk", space, "below storage.min_free_mb"),
        check("not_recovering", now.fit, "blocks it acknowledged are missing; waits for them"),
        check("not_quarantined", !now.quarantined, parts_.cluster.withdrawn()),
        check("not_draining", !going, "is being stopped"),
    };
}

void NodeService::set_tokens(std::vector<api::MemberToken> tokens) {
    const std::lock_guard lock(mutex_);
    tokens_ = std::move(tokens);
}

std::vector<api::MemberToken> NodeService::tokens() const {
    const std::lock_guard lock(mutex_);
    return tokens_;
}

std::vector<std::pair<std::string, ledger::Bytes>> NodeService::evidence() const {
    std::vector<std::pair<std::string, ledger::Bytes>> files;
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator(parts_.evidence_directory, none)) {
        auto content = read_file(entry.path().string(), evidence_bytes_max);
        if (content && *content) {
            files.emplace_back(entry.path().filename().string(), std::move(**content));
        }
    }
    std::ranges::sort(files, {}, &std::pair<std::string, ledger::Bytes>::first);
    return files;
}

void NodeService::log_access(
    std::string_view credential,
    std::string_view route,
    std::string_view object,
    std::string_view purpose
) {
    parts_.access_log.write({
        .time = clock_ms(),
        .request_id = {},
        .route = route,
        .method = "GET",
        .address = {},
        .caller = credential,
        .command = object,
        .code = purpose,
    });
}

}  // namespace tanji::node
