#include "tools/command_line.h"
#include "tools/subcommands.h"

namespace tanji::tools {

void take_until(Words& words, std::string& until) {
    words.option("--until", &until, "committed (the default), or certified by the quorum")
        .one_of({"committed", "certified"});
}

void take_sending(Words& words, SendOptions& send) {
    words.option("--also-key", &send.other_keys, "another key that signs too")
        .option("--envelope", &send.envelope, "save for co-signing, do not send")
        .option("--save", &send.save, "file for the receipt")
        .option("--dry-run", &send.dry_run, "what would happen");
    take_until(words, send.until);
}

void describe_commands(Group& top) {
    top.add(
        {.name = "submit",
         .about = "send any command or envelope",
         .examples = "  tanji submit command.json --key member.pem\n"
                     "  tanji submit envelope.json --until certified --save receipt.json"},
        submit,
        [](Words& words, SubmitOptions& options) {
            words.option("FILE", &options.file, "command, envelope, one a line, or -").required();
            take_sending(words, options.send);
        }
    );
    top.add(
        {.name = "cosign",
         .about = "add a signature to a saved envelope",
         .examples = "  tanji cosign envelope.json --key governor.pem"},
        cosign,
        [](Words& words, SubmitOptions& options) {
            words.option("FILE", &options.file)
                .required()
                .option("--out", &options.send.envelope, "write here instead")
                .option("--also-key", &options.send.other_keys, "another key that signs too");
        }
    );
    top.add(
        {.name = "resume", .about = "send what the outbox still holds", .examples = "  tanji resume"
        },
        resume
    );
}

}  // namespace tanji::tools
