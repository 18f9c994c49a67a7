#include "tools/command_line.h"
#include "tools/subcommands.h"

namespace tanji::tools {

namespace {

void describe_offers(Group& top) {
    Group offers = top.group({
        .name = "offer",
        .about = "what points can be had for",
        .examples = "  tanji offer publish offer.json --key shop.pem\n"
                    "  tanji offer restock shop.metro-card-5 100 --key shop.pem",
    });
    const auto with_file = [](Words& words, OfferOptions& options) {
        words.option("FILE", &options.file, "body of the command, JSON").required();
        take_sending(words, options.send);
    };
    offers.add(
        {.name = "publish",
         .about = "a new offer",
         .examples = "  tanji offer publish offer.json --key shop.pem --dry-run"},
        publish_offer,
        with_file
    );
    offers.add(
        {.name = "revise",
         .about = "new terms; reservations keep those they were made under",
         .examples = "  tanji offer revise offer.json --key shop.pem"},
        revise_offer,
        with_file
    );
    offers.add(
        {.name = "restock",
         .about = "more units",
         .examples = "  tanji offer restock shop.metro-card-5 100 --key shop.pem"},
        restock_offer,
        [](Words& words, OfferOptions& options) {
            words.option("OFFER", &options.offer).required();
            words.option("UNITS", &options.units).required();
            take_sending(words, options.send);
        }
    );
    offers.add(
        {.name = "close",
         .about = "no more reservations, for good",
         .examples = "  tanji offer close shop.metro-card-5 --key shop.pem -y"},
        close_offer,
        [](Words& words, OfferOptions& options) {
            words.option("OFFER", &options.offer).required();
            take_sending(words, options.send);
        }
    );
}

void describe_redeem(Words& words, RedeemOptions& options) {
    words.option("OFFER", &options.offer).required();
    words.option("--quantity", &options.quantity).between(1, 100);
    words.option("--points", &options.points, "agreed price in all; default: as the offer says");
    words.option("--hold", &options.hold, "how long: 15m");
    words.option("--account", &options.account, "default: opened here with --key");
    words.option(
        "--instruction",
        &options.instruction,
        "the holder's order, where a custodian signs: file or digest"
    );
    take_sending(words, options.send);
}

void describe_confirm(Words& words, RedemptionOptions& options) {
    words.option("ID", &options.id).required();
    words.option("--points", &options.points, "at most what is held; the rest goes back")
        .required();
    words
        .option(
            "--voucher-file",
            &options.voucher_file,
            "keeps the code, which is never sent; made if missing"
        )
        .required();
    take_sending(words, options.send);
}

void describe_release(Words& words, RedemptionOptions& options) {
    words.option("ID", &options.id).required();
    words.option("--reason", &options.reason);
    words.option(
        "--instruction",
        &options.instruction,
        "the holder's order, where a custodian signs: file or digest"
    );
    take_sending(words, options.send);
}

void describe_refund(Words& words, RedemptionOptions& options) {
    words.option("ID", &options.id).required();
    words.option("--points", &options.points, "at most what was confirmed").required();
    words.option("--stock", &options.stock, "whether the goods can be sold again")
        .one_of({"return", "write_off"});
    words.option("--reason", &options.reason);
    take_sending(words, options.send);
}

}  // namespace

void describe_points(Group& top) {
    describe_offers(top);
    top.add(
        {.name = "redeem",
         .about = "hold points for an offer",
         .examples = "  tanji redeem shop.metro-card-5 --key holder.pem    for the key's account\n"
                     "  tanji redeem shop.ev-10kwh --quantity 2 --hold 30m hold for half an hour\n"
                     "  tanji redeem shop.metro-card-5 --dry-run --json    what would happen"},
        redeem,
        describe_redeem
    );
    const std::string id = "01a1fb67180070008000000000000005";
    top.add(
        {.name = "confirm",
         .about = "a merchant takes the points that are held",
         .examples = "  tanji confirm " + id +
                     " --points 50 --voucher-file v5.json \\\n"
                     "      --key shop.pem --until certified"},
        confirm_redemption,
        describe_confirm
    );
    top.add(
        {.name = "release",
         .about = "give held points back, by the holder or the merchant",
         .examples = "  tanji release " + id + " --reason 'changed my mind' --key holder.pem"},
        release_redemption,
        describe_release
    );
    top.add(
        {.name = "refund",
         .about = "a merchant gives points back that it has taken",
         .examples = "  tanji refund " + id +
                     " --points 50 --stock return \\\n"
                     "      --reason 'out of order' --key shop.pem"},
        refund_redemption,
        describe_refund
    );
}

}  // namespace tanji::tools
