#include "ledger/command_outcome.h"

#include "ledger/store/schema.h"

namespace tanji::ledger {

CommandOutcome recorded_outcome(const Reader& reader, const CommandId& id, const CommandRow& row) {
    CommandOutcome outcome = {
        .command = id,
        .type = row.type,
        .block = row.block,
        .leaf = row.leaf,
        .time = row.time,
        .error = {},
        .replayed = true,
        .leaf_text = reader.get(schema::leaf(row.leaf)).value_or(""),
    };
    if (!row.applied) {
        outcome.error = Error{
            .code = error_code_of(row.code).value_or(ErrorCode::internal),
            .detail = row.detail,
            .pointer = row.pointer,
            .reason = row.reason,
            .index =
                row.index < 0 ? std::nullopt : std::optional(static_cast<std::uint64_t>(row.index)),
        };
    }
    return outcome;
}

}  // namespace tanji::ledger
