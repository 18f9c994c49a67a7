#include "ledger/methodology/check.h"
#include "ledger/methodology/expression_reader.h"
#include "ledger/methodology/methodology.h"
#include "ledger/methodology/vector_reader.h"
#include "ledger/value/crypto.h"
#include "ledger/value/ids.h"
#include "ledger/value/json.h"

#include <algorithm>
#include <array>
#include <utility>

namespace tanji::ledger {
namespace {

constexpr ErrorCode invalid = ErrorCode::methodology_invalid;
constexpr std::size_t any_number = document_bytes_max;  // counted by check_size
constexpr std::uint64_t days_max = 36'500;
constexpr Amount input_max = Amount{1} << 53;

// Reads the form of one document; the first fault is kept in `faults`.
class DocumentReading {
public:
    DocumentReading(const JsonValue& value, JsonFaults& faults)
        : in_(value, "", faults),
          faults_(faults) {}

    // Units are written in the document and come out of the form as text: an unknown unit is no
    // fault of form.
    struct UnitText {
        std::string place;
        std::string text;
        Unit* unit;
    };

    void read(Methodology& read, bool west) {
        static constexpr std::array<std::string_view, 1> forms = {"methodology/1"};
        in_.word("tanji", forms);
        read.ref = in_.ref("methodology");
        read.title = read_title(in_, "title");
        read.status = read_status(in_, "status");
        read.note = in_.text("note", document_bytes_max);
        read.regions = regions();
        const auto minutes =
            static_cast<int>(in_.integer("utc_offset_minutes", 0, west ? 720 : 840));
        read.utc_offset_minutes = west ? -minutes : minutes;
        read.valid_from = read_date_or_null(in_, "valid_from");
        read.valid_to = read_date_or_null(in_, "valid_to");
        read.sources = read_sources(in_, "sources");
        event(read);
        handling(read);
        inputs(read);
        keys(read);
        factors(read);
        parameters(read);
        expressions(read);
        static constexpr std::array<std::string_view, 2> signs = {"zero", "net"};
        read.net = in_.word("negative", signs) == 1;
        quality(read);
        caps(read);
        vectors(read);
        in_.finish();
    }

    // Fills in the units of inputs, factors and parameters: unit_mismatch.
    Status spell_units() const {
        for (const UnitText& text : units_) {
            const auto unit = Unit::parse(text.text);
            if (!unit) {
                return refuse_document(
                    invalid,
                    "unit_mismatch",
                    text.place,
                    "{} is no unit in the one spelling that units have.",
                    text.text
                );
            }
            *text.unit = *unit;
        }
        return {};
    }

private:
    std::vector<std::string> regions() {
        std::vector<std::string> read;
        for (const JsonValue& element : in_.elements("regions", 1, 64)) {
            const std::string* region = element.string();
            if (region == nullptr || !is_region(*region)) {
                in_.fault("regions", "has an element that is no region");
                break;
            }
            read.push_back(*region);
        }
        return read;
    }

    void event(Methodology& read) {
        static constexpr std::array<std::string_view, 2> ways = {"event", "interval"};
        const JsonValue* value = in_.member("event");
        if (value == nullptr) {
            return;
        }
        JsonReader in(*value, "/event", faults_);
        read.kind = read_name(in, "kind");
        read.by_interval = in.word("by", ways) == 1;
        read.tolerance_s = static_cast<std::int64_t>(in.integer("tolerance_s", 0, 120));
        read.reporters = names(in, "reporters", 8);
        in.finish();
    }

    void handling(Methodology& read) {
        const JsonValue* value = in_.member("handling");
        if (value == nullptr) {
            return;
        }
        JsonReader in(*value, "/handling", faults_);
        const auto days = [&](std::string_view name) {
            return static_cast<std::int64_t>(in.integer(name, 0, days_max));
        };
        read.report_within_days = days("report_within_days");
        read.settle_days = days("settle_days");
        read.attest_within_days = days("attest_within_days");
        in.finish();
    }

    void inputs(Methodology& read) {
        each("inputs", [&](JsonReader& in) {
            Input& input = add(read.inputs, in, "input");
            unit(in);
            input.min = in.amount_or_zero("min");
            input.max = in.amount_or_zero("max");
            input.meaning = in.text("meaning", document_bytes_max);
            if (input.min > input.max || input.max > input_max) {
                in.fault("max", "is below min, or above 2^53");
            }
        });
        place_units(read.inputs);
    }

    void keys(Methodology& read) {
        each("keys", [&](JsonReader& in) {
            Key& key = add(read.keys, in, "key");
            key.values = names(in, "values", 256);
            key.meaning = in.text("meaning", document_bytes_max);
        });
    }

    void factors(Methodology& read) {
        static constexpr std::array<std::string_view, 2> years = {"none", "latest"};
        each("factors", [&](JsonReader& in) {
            FactorBinding& factor = add(read.factors, in, "factor");
            factor.quantity = read_name(in, "quantity");
            factor.where = where(in, read.keys);
            factor.latest = in.word("year", years) == 1;
            unit(in);
            factor.max = in.amount_or_zero("max");
        });
        place_units(read.factors);
    }

    std::vector<BoundDim> where(JsonReader& in, const std::vector<Key>& known) {
        std::vector<BoundDim> dims;
        const JsonValue* value = in.member("where");
        if (value == nullptr || value->object() == nullptr) {
            in.fault("where", "is no object");
            return dims;
        }
        for (const JsonMember& member : *value->object()) {
            BoundDim dim = {.dim = member.name, .value = {}, .key = std::nullopt};
            const JsonValue* key = member.value.find("key");
            if (const std::string* text = member.value.string()) {
                dim.value = *text;
            } else if (key != nullptr && key->string() != nullptr &&
                       member.value.object()->size() == 1) {
                const auto found = std::ranges::find(known, *key->string(), &Key::name);
                if (found != known.end()) {
                    dim.key = static_cast<std::size_t>(found - known.begin());
                }
            }
            if (!is_name(dim.dim) || (!dim.key && !is_name(dim.value))) {
                in.fault("where", "has a dimension that is neither a name nor a key");
                break;
            }
            dims.push_back(std::move(dim));
        }
        return dims;
    }

    void parameters(Methodology& read) {
        each("parameters", [&](JsonReader& in) {
            Parameter& parameter = add(read.parameters, in, "parameter");
            unit(in);
            parameter.value = in.amount_or_zero("value");
            parameter.source = in.text("source", document_bytes_max);
        });
        place_units(read.parameters);
    }

    void expressions(Methodology& read) {
        ExpressionReader expressions(read, faults_);
        const auto optional = [&](std::string_view name, bool condition) {
            std::optional<NodeIndex> node;
            if (in_.is_null(name)) {
                return node;
            }
            if (const JsonValue* value = in_.member(name)) {
                node = condition ? expressions.condition(*value, in_.pointer(name))
                                 : expressions.expression(*value, in_.pointer(name));
            }
            return node;
        };
        read.require = optional("require", true);
        if (const JsonValue* value = in_.member("baseline")) {
            read.baseline = expressions.expression(*value, "/baseline");
        }
        read.project = optional("project", false);
        read.leakage = optional("leakage", false);
    }

    void quality(Methodology& read) {
        if (in_.elements("quality", 1, 8).empty()) {
            return;
        }
        each("quality", [&](JsonReader& in) {
            const std::string letter = in.text("quality", 1);
            const auto discount = in.integer("discount_ppm", 0, 1'000'000);
            const bool is_letter = letter.size() == 1 && letter[0] >= 'A' && letter[0] <= 'Z';
            if (!is_letter ||
                !read.discounts_ppm.emplace(letter[0], static_cast<std::uint32_t>(discount))
                     .second) {
                in.fault("quality", "is no letter A..Z, or stands twice");
            }
        });
    }

    void caps(Methodology& read) {
        static constexpr std::array<std::string_view, 2> pers = {"account", "subject"};
        static constexpr std::array<std::string_view, 2> windows = {"day", "month"};
        each("caps", [&](JsonReader& in) {
            Cap cap;
            cap.group = in.slug("group");
            cap.per = static_cast<CapPer>(in.word("per", pers));
            cap.window = static_cast<CapWindow>(in.word("window", windows));
            if (!in.is_null("records")) {
                cap.records = in.integer("records", 0, UINT32_MAX);
            }
            if (!in.is_null("micrograms")) {
                cap.micrograms = in.amount_or_zero("micrograms");
            }
            if (cap.records.has_value() == cap.micrograms.has_value()) {
                in.fault("records", "and micrograms: exactly one of them is the limit");
            }
            if (cap.per == CapPer::subject && !read.by_interval) {
                in.fault("per", "is subject, which only intervals have");
            }
            read.caps.push_back(std::move(cap));
        });
    }

    void vectors(Methodology& read) {
        each("vectors", [&](JsonReader& in) { read.vectors.push_back(read_vector(in, read)); });
    }

    // Runs `read` over the objects of a list, each with its own place.
    template <typename Read>
    void each(std::string_view name, Read read) {
        std::size_t index = 0;
        for (const JsonValue& element : in_.elements(name, 0, any_number)) {
            JsonReader in(element, fmt::format("/{}/{}", name, index++), faults_);
            read(in);
            in.finish();
        }
    }

    // A new element with the name that the member says, which none before it may have.
    template <typename Named>
    Named& add(std::vector<Named>& all, JsonReader& in, std::string_view member) {
        std::string name = read_local_name(in, member);
        if (std::ranges::find(all, name, &Named::name) != all.end()) {
            in.fault(member, "is named twice");
        }
        Named& added = all.emplace_back();
        added.name = std::move(name);
        return added;
    }

    void unit(JsonReader& in) {
        units_.push_back(
            {.place = in.pointer("unit"),
             .text = in.text("unit", document_bytes_max),
             .unit = nullptr}
        );
    }

    // The last units read are those of `all`, which does not grow any more.
    template <typename Named>
    void place_units(std::vector<Named>& all) {
        for (std::size_t i = 0; i < all.size(); ++i) {
            units_[units_.size() - all.size() + i].unit = &all[i].unit;
        }
    }

    // 1..most different names.
    std::vector<std::string> names(JsonReader& in, std::string_view member, std::size_t most) {
        std::vector<std::string> read;
        for (const JsonValue& element : in.elements(member, 1, most)) {
            const std::string* name = element.string();
            if (name == nullptr || !is_name(*name) ||
                std::ranges::find(read, *name) != read.end()) {
                in.fault(member, "has an element that is no name, or stands twice");
                break;
            }
            read.push_back(*name);
        }
        return read;
    }

    JsonReader in_;
    JsonFaults& faults_;
    std::vector<UnitText> units_;
};

// Strict JSON has no signs, and one number of a methodology may have one: the offset of a place
// west of Greenwich. Blanks the sign out, and says whether there was one.
bool blank_sign_of_offset(Bytes& document) {
    constexpr std::string_view name = "\"utc_offset_minutes\"";
    const auto skip_space = [&](std::size_t at) {
        return std::min(document.find_first_not_of(" \t\r\n", at), document.size());
    };
    const std::size_t found = document.find(name);
    if (found == Bytes::npos) {
        return false;
    }
    std::size_t at = skip_space(found + name.size());
    if (at >= document.size() || document[at] != ':') {
        return false;
    }
    at = skip_space(at + 1);
    if (at + 1 >= document.size() || document[at] != '-' || document[at + 1] < '1' ||
        document[at + 1] > '9') {
        return false;
    }
    document[at] = ' ';
    return true;
}

}  // namespace

Result<Methodology> read_methodology(ByteView document) {
    Bytes unsigned_document(document);
    const bool west = blank_sign_of_offset(unsigned_document);
    const auto value = parse_document(unsigned_document, invalid);
    if (!value) {
        return std::unexpected(value.error());
    }
    Methodology methodology;
    methodology.digest = sha256(document);
    JsonFaults faults(invalid);
    DocumentReading reading(*value, faults);
    reading.read(methodology, west);
    if (faults.any()) {
        auto refused = faults.refusal();
        refused.error().reason = "document_malformed";
        return refused;
    }
    Status passed = check_sources(methodology);
    passed = passed ? reading.spell_units() : passed;
    passed = passed ? check_units(methodology) : passed;
    passed = passed ? check_size(methodology) : passed;
    passed = passed ? check_bounds(methodology) : passed;
    passed = passed ? check_factors(methodology) : passed;
    passed = passed ? check_vectors(methodology) : passed;
    if (!passed) {
        return refusal(passed);
    }
    return methodology;
}

}  // namespace tanji::ledger
