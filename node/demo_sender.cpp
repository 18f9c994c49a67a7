#include "node/demo_sender.h"

#include "ledger/command/envelope.h"
#include "ledger/value/json.h"

#include <future>
#include <memory>

namespace tanji::node {

DemoSender::DemoSender(api::Service& service, const DemoAlliance& alliance, std::uint64_t seed)
    : service_(service),
      alliance_(alliance),
      dice_(seed, "commands") {}

DemoSender::Keys DemoSender::governors() const {
    Keys governors;
    for (const auto& [member, key] : alliance_.keys) {
        governors.push_back(&key);
    }
    return governors;
}

ledger::Result<ledger::CommandOutcome> DemoSender::send(
    std::string_view type,
    const std::string& body,
    const Keys& keys,
    ledger::CommandId id,
    ledger::Bytes attachment
) {
    if (id.is_zero()) {
        id = draw_id();
    }
    ledger::JsonWriter out;
    out.open_object().member("type", type).member("v", std::uint64_t{1});
    out.member("ledger", alliance_.genesis.ledger.hex()).member("id", id.hex());
    const ledger::TimeMs not_after = service_.now_ms() + ledger::ms_per_day;
    out.member("not_after", static_cast<std::uint64_t>(not_after));
    out.member("salt", dice_.fixed<ledger::Salt>().hex()).name("body").raw(body).close_object();
    api::Submission submission;
    submission.envelope = ledger::sign_command(out.take(), keys);
    submission.attachment = std::move(attachment);
    const auto answer = std::make_shared<std::promise<ledger::Result<api::Submitted>>>();
    auto replied = answer->get_future();
    service_.submit(std::move(submission), [answer](ledger::Result<api::Submitted> submitted) {
        answer->set_value(std::move(submitted));
    });
    auto submitted = replied.get();
    if (!submitted) {
        return ledger::refusal(submitted);
    }
    if (submitted->outcome.error) {
        return std::unexpected(*submitted->outcome.error);
    }
    return std::move(submitted->outcome);
}

}  // namespace tanji::node
