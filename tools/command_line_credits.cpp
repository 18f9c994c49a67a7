#include "tools/command_line.h"
#include "tools/subcommands.h"

namespace tanji::tools {

namespace {

using Run = Attempt<void> (*)(Tool&, const CreditOptions&);
using More = void (*)(Words&, CreditOptions&);

void take_recipient(Words& words, CreditOptions& options) {
    words.option("--to", &options.to).required();
}

void take_memo(Words& words, CreditOptions& options) {
    take_recipient(words, options);
    words.option("--memo", &options.memo);
}

void take_consent(Words& words, CreditOptions& options) {
    take_recipient(words, options);
    words.option("--consent", &options.consent, "file or digest");
    words.option("--consideration", &options.memo, "what the holder gets for it");
}

void take_purpose(Words& words, CreditOptions& options) {
    words
        .option(
            "--purpose", &options.purpose, "voluntary, neutrality, event, ets-offset, compensation"
        )
        .required();
    words.option("--beneficiary", &options.beneficiary, "an organisation, in clear");
    words.option("--commitment", &options.commitment, "a person, as a commitment");
    words.option("--statement", &options.statement);
}

void take_nothing_more(Words&, CreditOptions&) {}

void add_credit(Group& top, const Intro& intro, Run run, More more) {
    top.add(intro, run, [more](Words& words, CreditOptions& options) {
        words.option("--account", &options.account, "whose grams").required();
        words.option("--class", &options.credit_class, "scheme:methodology:region:year").required();
        words.option("--amount", &options.amount, "500g, 1.2kg, 3t").required();
        more(words, options);
        words.option(
            "--instruction",
            &options.instruction,
            "the holder's order, where a custodian signs: file or digest"
        );
        take_sending(words, options.send);
    });
}

}  // namespace

void describe_credits(Group& top) {
    const std::string of = " --account shop --class sz-ph:metro-shenzhen@1:440300:2026";
    const std::string of_user =
        " --account a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1 \\\n"
        "      --class sz-ph:metro-shenzhen@1:440300:2026";
    add_credit(
        top,
        {.name = "transfer",
         .about = "grams from member to member",
         .examples = "  tanji transfer" + of + " --to mall --amount 1.2kg"},
        transfer,
        take_memo
    );
    add_credit(
        top,
        {.name = "assign",
         .about = "a user's grams to a member",
         .examples = "  tanji assign" + of_user +
                     " --to shop --amount 500g \\\n"
                     "      --also-key shop.pem"},
        assign,
        take_consent
    );
    add_credit(
        top,
        {.name = "donate",
         .about = "a user's grams to a venue",
         .examples = "  tanji donate" + of_user +
                     " --amount 500g \\\n"
                     "      --to b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2"},
        donate,
        take_consent
    );
    add_credit(
        top,
        {.name = "retire",
         .about = "take grams out for good",
         .examples = "  tanji retire" + of +
                     " \\\n"
                     "      --amount 980g --purpose neutrality --beneficiary 'Mall Ltd'"},
        retire,
        take_purpose
    );
    add_credit(
        top,
        {.name = "cancel",
         .about = "pay an obligation with grams",
         .examples = "  tanji cancel" + of + " --amount 1180g"},
        cancel,
        take_nothing_more
    );
}

}  // namespace tanji::tools
