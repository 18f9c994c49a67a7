#include "ledger/command/command.h"
#include "ledger/value/json.h"
#include "tools/accounts_book.h"
#include "tools/compose.h"
#include "tools/files.h"
#include "tools/import/csv.h"
#include "tools/import/import.h"
#include "tools/import_report.h"
#include "tools/import_setup.h"
#include "tools/subcommands.h"

#include <algorithm>
#include <fstream>
#include <set>

namespace tanji::tools {

namespace fs = std::filesystem;
using ledger::JsonValue;

namespace {

// One run of `tanji import`: everything that its steps share.
class Import {
public:
    Import(Tool& tool, const ImportOptions& options)
        : tool_(tool),
          options_(options),
          remote_(tool),
          report_(tool) {}

    Attempt<void> run();

private:
    Attempt<void> choose_shift();
    Attempt<void> read_file_of(const std::string& file, RecordMaker& maker, Batcher& batcher);
    Attempt<std::unique_ptr<RowReader>> open_reader(std::ifstream& in, const std::string& file);
    Attempt<void> take(const BatchDraft& draft);
    Attempt<Parcel> make_parcel(const BatchDraft& draft, const fs::path& stem);
    void reject(const std::string& file, const RejectedRow& row);

    fs::path batch_stem() const { return out_ / fmt::format("batch-{:04}", report_.batches() + 1); }

    Tool& tool_;
    const ImportOptions& options_;
    Remote remote_;
    ImportReport report_;
    ImportSetup setup_;
    std::optional<AccountsBook> accounts_;
    fs::path out_;
    std::string rejects_ = "file,line,reason,detail\n";
};

Attempt<void> Import::run() {
    auto setup = set_up(tool_, options_, remote_);
    if (!setup) {
        return failure(setup);
    }
    setup_ = std::move(*setup);
    if (setup_.operator_key) {
        accounts_.emplace(tool_, *setup_.facts);
    }
    out_ = options_.out.empty() ? options_.files.front() + ".tanji" : options_.out;
    if (auto made = make_folder(out_); !made) {
        return made;
    }
    if (auto shifted = choose_shift(); !shifted) {
        return shifted;
    }
    RecordMaker maker(setup_.rules);
    Batcher batcher(options_.batch);
    for (const std::string& file : options_.files) {
        if (auto read = read_file_of(file, maker, batcher); !read) {
            return read;
        }
    }
    for (const BatchDraft& draft : batcher.finish()) {
        if (auto taken = take(draft); !taken) {
            return taken;
        }
    }
    const fs::path rejects =
        options_.rejects.empty() ? out_ / "rejects.csv" : fs::path(options_.rejects);
    if (auto written = write_file(rejects, rejects_); !written) {
        return written;
    }
    return report_.finish(options_.strict, options_.demo, rejects.string());
}

// Old rides are moved by whole days, once: the number is kept beside the batches and used again.
Attempt<void> Import::choose_shift() {
    if (!options_.demo) {
        return {};
    }
    const fs::path kept = out_ / "import.json";
    if (options_.shift_days) {
        setup_.rules.shift_days = *options_.shift_days;
    } else if (const auto before = read_file(kept, 4'096)) {
        const auto value = ledger::parse_json(*before);
        setup_.rules.shift_days =
            value ? static_cast<std::int64_t>(number_of(*value, "shift_days")) : 0;
    } else {
        ledger::TimeS last = 0;
        for (const std::string& file : options_.files) {
            std::ifstream in(file, std::ios::binary);
            auto reader = open_reader(in, file);
            if (!reader) {
                return failure(reader);
            }
            ReadRow row;
            while ((*reader)->next(row)) {
                if (const auto* source = std::get_if<SourceRow>(&row)) {
                    last = std::max(last, source->end);
                }
            }
        }
        setup_.rules.shift_days =
            shift_to_yesterday(last, now_ms() / 1'000, setup_.methodology->utc_offset_minutes);
    }
    tool_.say(fmt::format("DEMO: all times move by {} days", setup_.rules.shift_days));
    if (setup_.rules.shift_days < 0) {
        return {};  // only ever asked for by hand; a number to keep is never negative
    }
    ledger::JsonWriter out;
    out.open_object().member("shift_days", static_cast<std::uint64_t>(setup_.rules.shift_days));
    return write_file(kept, out.close_object().text() + "\n");
}

Attempt<std::unique_ptr<RowReader>> Import::open_reader(
    std::ifstream& in, const std::string& file
) {
    if (!in) {
        return fail(Exit::usage, "cannot read {}", file);
    }
    std::vector<std::string> inputs;
    for (const ledger::Input& input : setup_.methodology->inputs) {
        inputs.push_back(input.name);
    }
    auto reader = options_.format == "citibike" ? read_citibike(in, options_.zone)
                                                : read_generic(in, setup_.map_text, inputs);
    if (!reader) {
        return fail(Exit::usage, "{}: {}", file, reader.error().detail);
    }
    return std::move(*reader);
}

Attempt<void> Import::read_file_of(const std::string& file, RecordMaker& maker, Batcher& batcher) {
    std::ifstream in(file, std::ios::binary);
    auto reader = open_reader(in, file);
    if (!reader) {
        return failure(reader);
    }
    ReadRow row;
    while ((*reader)->next(row)) {
        report_.count_row();
        if (const auto* rejected = std::get_if<RejectedRow>(&row)) {
            reject(file, *rejected);
            continue;
        }
        const auto made = maker.make(std::get<SourceRow>(row));
        if (const auto* rejected = std::get_if<RejectedRow>(&made)) {
            reject(file, *rejected);
            continue;
        }
        if (const auto full = batcher.add(std::get<ImportedRecord>(made))) {
            if (auto taken = take(*full); !taken) {
                return taken;
            }
        }
    }
    return {};
}

void Import::reject(const std::string& file, const RejectedRow& row) {
    report_.count_reject(row.reason);
    rejects_ += fmt::format(
        "{},{},{},{}\n",
        csv_field(fs::path(file).filename().string()),
        row.line,
        csv_field(row.reason),
        csv_field(row.detail)
    );
}

// A batch is full: say what it should give, and send it unless this is a dry run.
Attempt<void> Import::take(const BatchDraft& draft) {
    const fs::path stem = batch_stem();
    if (options_.dry_run) {
        std::string lines;
        for (const ledger::Record& record : draft.records) {
            ledger::append_text(lines, record);
            lines += '\n';
        }
        report_.expect(draft);
        return write_file(stem.string() + ".records.ndjson", lines);
    }
    if (accounts_) {
        std::set<ledger::UserId> accounts;
        for (const ledger::Record& record : draft.records) {
            accounts.insert(record.account);
        }
        auto opened =
            accounts_->open(remote_, accounts, *setup_.operator_key, setup_.rules.account_salt);
        if (!opened) {
            return failure(opened);
        }
        report_.count_accounts(*opened);
    }
    auto parcel = make_parcel(draft, stem);
    if (!parcel) {
        return failure(parcel);
    }
    report_.expect(draft);
    const Delivery delivery{.dry_run = false, .until_certified = options_.until == "certified"};
    auto delivered = deliver(tool_, remote_, *parcel, delivery);
    if (!delivered) {
        return failure(delivered);
    }
    const std::string outcome = ledger::to_canonical_text(delivered->reply);
    if (auto saved = write_file(stem.string() + ".outcome.json", outcome); !saved) {
        return saved;
    }
    return report_.settle(*delivered);
}

// What an interrupted run was about to send or has sent, if it is this very batch.
std::optional<Parcel> interrupted_parcel(const fs::path& stem, const ledger::Hash& records_root) {
    std::error_code error;
    if (fs::exists(stem.string() + ".outcome.json", error)) {
        return std::nullopt;
    }
    const auto bytes = read_file(stem.string() + ".container");
    const auto signature = read_file(stem.string() + ".signature", 8'192);
    if (!bytes || !signature) {
        return std::nullopt;
    }
    const auto container = ledger::read_container(*bytes);
    if (!container) {
        return std::nullopt;
    }
    const auto command = ledger::read_command(container->payload);
    if (!command || text_of(command->body, "records_root") != records_root.hex()) {
        return std::nullopt;
    }
    return Parcel{
        command->id, "/v1/activities", std::string(ledger::batch_media_type), *signature, *bytes
    };
}

// The bytes to send: those of an interrupted run if it made the same batch, else fresh ones.
Attempt<Parcel> Import::make_parcel(const BatchDraft& draft, const fs::path& stem) {
    const ledger::BatchHeader header = header_of(draft, setup_.rules, setup_.words);
    if (auto before = interrupted_parcel(stem, header.records_root)) {
        return std::move(*before);
    }
    Parcel parcel;
    parcel.path = "/v1/activities";
    parcel.content_type = ledger::batch_media_type;
    ledger::JsonWriter body;
    ledger::write(body, header);
    auto envelope =
        sign(compose("activity.submit", *setup_.facts, body.text()), std::span(&*setup_.key, 1));
    if (!envelope) {
        return failure(envelope);
    }
    parcel.id = ledger::read_command(envelope->payload)->id;
    parcel.body = ledger::to_container(envelope->payload, draft.records);
    parcel.signature = ledger::to_signature_header(envelope->signatures);
    std::error_code error;
    fs::remove(stem.string() + ".outcome.json", error);
    if (auto saved = write_file(stem.string() + ".container", parcel.body); !saved) {
        return failure(saved);
    }
    if (auto saved = write_file(stem.string() + ".signature", parcel.signature); !saved) {
        return failure(saved);
    }
    return parcel;
}

}  // namespace

Attempt<void> import_rides(Tool& tool, const ImportOptions& options) {
    if (options.format != "citibike" && options.format != "csv") {
        const auto like = nearest(options.format, {"citibike", "csv"});
        return fail(
            Exit::usage,
            "there is no format {}{}",
            options.format,
            like ? "; did you mean " + *like + "?" : ": citibike or csv"
        );
    }
    if (options.format == "csv" && options.map.empty()) {
        return fail(Exit::usage, "the format csv needs a map: --map FILE.toml");
    }
    return Import(tool, options).run();
}

}  // namespace tanji::tools
