#include "ledger/methodology/catalogue.h"

#include "ledger/parties/permission.h"
#include "ledger/parties/scheme.h"
#include "ledger/store/schema.h"
#include "ledger/value/crypto.h"

#include <cassert>

namespace tanji::ledger {
namespace {

// The next version of a document is one more than the newest; the first is 1.
Status require_next_version(const Execution& execution, char space, std::string_view ref) {
    const auto newest = execution.state.get(schema::version(space, slug_of(ref)));
    const std::uint32_t next = newest ? read_u32(*newest) + 1 : 1;
    if (version_of(ref) != static_cast<int>(next)) {
        return refuse(
            ErrorCode::version_not_next,
            "version {} is next for {}, not {}",
            next,
            slug_of(ref),
            version_of(ref)
        );
    }
    return {};
}

void save_version(Execution& execution, char space, std::string_view ref) {
    Bytes version;
    append_u32(version, static_cast<std::uint32_t>(version_of(ref)));
    execution.state.put(schema::version(space, slug_of(ref)), version);
}

template <typename Document>
Document read_published(Result<Document> read) {
    assert(read.has_value());
    return std::move(*read);
}

}  // namespace

std::optional<DocumentRow> find_methodology(const Reader& reader, std::string_view ref) {
    return load<DocumentRow>(reader, schema::methodology(ref));
}

std::optional<DocumentRow> find_factor_set(const Reader& reader, std::string_view ref) {
    return load<DocumentRow>(reader, schema::factors(ref));
}

MethodologyPublish MethodologyPublish::read(JsonReader& body) {
    MethodologyPublish publish;
    publish.scheme = body.slug("scheme");
    publish.document = body.document("document", document_bytes_max);
    return publish;
}

Status MethodologyPublish::apply(Execution& execution) const {
    if (auto governed = require_governors(execution, "methodology"); !governed) {
        return governed;
    }
    const auto of_scheme = find_scheme(execution.state, scheme);
    if (!of_scheme) {
        return refuse(ErrorCode::scheme_unknown, "no scheme {}", scheme);
    }
    auto methodology = read_methodology(document);
    if (!methodology) {
        return refusal(methodology);
    }
    if (auto next = require_next_version(execution, 'D', methodology->ref); !next) {
        return next;
    }
    if (!of_scheme->accepts_status(name_of(methodology->status))) {
        return refuse(
            ErrorCode::status_not_accepted,
            "{} does not accept {} sources",
            scheme,
            name_of(methodology->status)
        );
    }
    const DocumentRow row = {
        .document = document,
        .digest = methodology->digest,
        .scheme = scheme,
        .leaf = execution.leaf,
        .time = execution.now,
        .superseded = 0,
    };
    save(execution.state, schema::methodology(methodology->ref), row);
    save_version(execution, 'D', methodology->ref);
    execution.effects.document = DocumentEffect{.ref = methodology->ref, .digest = row.digest};
    return {};
}

FactorsPublish FactorsPublish::read(JsonReader& body) {
    return {.document = body.document("document", document_bytes_max)};
}

Status FactorsPublish::apply(Execution& execution) const {
    if (auto governed = require_governors(execution, "factors"); !governed) {
        return governed;
    }
    auto factors = read_factor_set(document);
    if (!factors) {
        return refusal(factors);
    }
    if (auto next = require_next_version(execution, 'F', factors->ref()); !next) {
        return next;
    }
    const int version = version_of(factors->ref());
    if (version > 1) {
        const Bytes previous =
            schema::factors(fmt::format("{}@{}", slug_of(factors->ref()), version - 1));
        auto row = load<DocumentRow>(execution.state, previous);
        assert(row.has_value());
        row->superseded = execution.now;
        save(execution.state, previous, *row);
    }
    const DocumentRow row = {
        .document = document,
        .digest = factors->digest(),
        .scheme = {},
        .leaf = execution.leaf,
        .time = execution.now,
        .superseded = 0,
    };
    save(execution.state, schema::factors(factors->ref()), row);
    save_version(execution, 'F', factors->ref());
    execution.effects.document = DocumentEffect{.ref = factors->ref(), .digest = row.digest};
    return {};
}

const Methodology& MethodCache::methodology(const DocumentRow& row) {
    auto& cached = methodologies_[row.digest];
    if (!cached) {
        cached = std::make_unique<Methodology>(read_published(read_methodology(row.document)));
    }
    return *cached;
}

const FactorSet& MethodCache::factor_set(const DocumentRow& row) {
    auto& cached = factor_sets_[row.digest];
    if (!cached) {
        cached = std::make_unique<FactorSet>(read_published(read_factor_set(row.document)));
    }
    return *cached;
}

Evaluator& MethodCache::evaluator(const DocumentRow& methodology_row, const DocumentRow& factors) {
    auto& cached = evaluators_[{methodology_row.digest, factors.digest}];
    if (!cached) {
        cached = std::make_unique<Evaluator>(methodology(methodology_row), factor_set(factors));
    }
    return *cached;
}

}  // namespace tanji::ledger
