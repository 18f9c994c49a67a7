#include "node/demo_banner.h"

#include "ledger/value/json.h"

#include <fmt/format.h>

namespace tanji::node {
namespace {

std::string headline(const DemoNodes& nodes) {
    return nodes.size() == 1
               ? "1 node, its own cosignature certifies."
               : fmt::format("{} nodes, {} cosignatures certify.", nodes.size(), nodes.quorum());
}

std::string places(const DemoNodes& nodes) {
    std::string text = fmt::format(
        "  API        {0}/v1     Contract  {0}/v1/openapi.json\n  Metrics    {1}/metrics\n",
        nodes.url(),
        nodes.admin_url()
    );
    if (nodes.size() > 1) {
        text += "  Nodes      " + nodes_line(nodes) + "\n";
        text += fmt::format("  Status     tanjid status --admin {}\n", nodes.admin_url());
    }
    return text;
}

std::string examples(const DemoNodes& nodes, const DemoData& data) {
    const std::string& folder = nodes.folder();
    const std::string url = nodes.url();
    std::string text;
    text += "  Accounts   ";
    for (const DemoData::Holder& holder : data.holders) {
        text += fmt::format(
            "{}… {} g {} points   ", holder.account.substr(0, 8), holder.grams, holder.points
        );
    }
    const DemoData::Holder& first = data.holders.front();
    text += fmt::format("keys in {}/keys\n", folder);
    text += fmt::format(
        "  Counted    {} records, {} rides were reported twice and counted once\n"
        "  Offers     {}, with {} redemptions in all states: tanji list offer --node {}\n\n"
        "  Redeem     tanji redeem shop.metro-card --node {} --account {} --key {}/keys/{}.key "
        "--until certified --save reservation.json\n"
        "  Retire     tanji retire --node {} --account {} --class {} --amount 10g --purpose "
        "voluntary --beneficiary me --key {}/keys/{}.key --until certified --save receipt.json -y\n"
        "  Verify     tanji verify receipt.json --policy {}/policy.txt\n"
        "  Import     tanji import citibike {}/rides.csv --node {} --demo --methodology "
        "bike-demo@1 "
        "--region 440300 --key {}/keys/ev.key --operator-key {}/keys/wallet.key --open-accounts "
        "--account-salt {}/keys/account-salt.hex --event-key {}/keys/event-{}.hex\n"
        "  Totals     curl -s {}/v1/summary\n"
        "  Audit      tanji audit {} --policy {}/genesis.json\n\n",
        data.records,
        data.conflicts,
        data.offers,
        data.redemptions,
        url,
        url,
        first.account,
        folder,
        first.key,
        url,
        first.account,
        first.credit_class,
        folder,
        first.key,
        folder,
        folder,
        url,
        folder,
        folder,
        folder,
        folder,
        nodes.alliance().event_keys.rbegin()->first,
        url,
        nodes.url(nodes.size() > 1 ? 1 : 0),
        folder
    );
    return text;
}

}  // namespace

std::string nodes_line(const DemoNodes& nodes) {
    const auto leader = nodes.leader();
    std::string text;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        text += fmt::format(
            "{}{} :{}{}",
            i == 0 ? "" : "   ",
            nodes.member(i),
            nodes.port(i),
            !nodes.is_up(i) ? " down"
            : leader == i   ? " leader"
                            : ""
        );
    }
    return text;
}

std::string demo_banner(const DemoNodes& nodes, const DemoData& data, bool keys) {
    std::string text = fmt::format(
        "\n  Tanji demo: {}  Data is SYNTHETIC{}\n\n",
        headline(nodes),
        nodes.is_temporary() ? " and vanishes on exit (--keep DIR to keep it)." : "."
    );
    text += places(nodes);
    if (data.holders.empty()) {
        text += fmt::format("  Keys       {}/keys\n\n", nodes.folder());
    } else {
        text += examples(nodes, data);
    }
    if (keys) {
        text += nodes.size() == 1
                    ? "  [q] quit\n\n"
                    : fmt::format(
                          "  [1-{}] stop or start a node   [l] leader   {}[q] quit\n\n",
                          nodes.size(),
                          data.holders.empty() ? "" : "[d] double-report a metro trip   "
                      );
    }
    return text;
}

std::string demo_facts(const DemoNodes& nodes, const DemoData& data) {
    ledger::JsonWriter out;
    out.open_object().member("folder", nodes.folder()).member("api", nodes.url());
    out.member("admin", nodes.admin_url());
    out.member("ledger", nodes.alliance().genesis.ledger.hex()).member("synthetic", true);
    out.member("genesis", nodes.file("genesis.json")).member("policy", nodes.file("policy.txt"));
    out.member("records", data.records).member("conflicts", data.conflicts);
    out.member("retirements", data.retirements).member("offers", data.offers);
    out.member("redemptions", data.redemptions).name("accounts").open_array();
    for (const DemoData::Holder& holder : data.holders) {
        out.open_object().member("account", holder.account);
        out.member("key", nodes.file(fmt::format("keys/{}.key", holder.key)));
        out.member("class", holder.credit_class).amount_member("grams", holder.grams);
        out.amount_member("points", holder.points);
        out.close_object();
    }
    out.close_array().name("batches").open_array();
    for (const std::string& batch : data.batches) {
        out.string(batch);
    }
    out.close_array().name("nodes").open_array();
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        out.open_object()
            .member("node", std::uint64_t{i + 1})
            .member("member", nodes.member(i))
            .member("api", nodes.url(i))
            .member("peers", nodes.alliance().genesis.nodes.at(i).address)
            .member("admin", nodes.admin_url(i))
            .member("folder", nodes.folder_of(i))
            .member("leader", nodes.leader() == i)
            .close_object();
    }
    out.close_array().close_object();
    return out.take();
}

}  // namespace tanji::node
