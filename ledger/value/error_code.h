#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tanji::ledger {

// Every code that a caller can meet, in the order in which they are tested. This is the one list:
// docs/errors.md, the API's problem catalogue and the ProblemCode enum of the contract are compared
// with it by tests. A code is never renamed and never used again for something else.
#define TANJI_ERROR_CODES(code)                                                                    \
    /* HTTP */                                                                                     \
    code(bad_request) code(uri_too_long) code(headers_too_large) code(request_timeout)             \
        code(unknown_endpoint) code(method_not_allowed) code(not_acceptable)                       \
            code(unsupported_media_type) code(too_large) code(query_invalid) code(cursor_invalid)  \
                code(draining) code(overloaded) code(rate_limited) code(authentication_required)   \
                    code(token_invalid) code(grant_invalid) code(grant_expired)                    \
                        code(forbidden) /* the node */                                             \
        code(no_leader) code(behind) code(storage_full) code(uncertifiable) code(quarantined)      \
            code(not_found) code(erased) code(pruned) code(not_certified) code(outcome_unknown)    \
                code(internal) code(payload_type_unknown) code(idempotency_key_mismatch)           \
                    code(path_mismatch) /* every command */                                        \
        code(command_malformed) code(command_too_large) code(command_type_unknown)                 \
            code(wrong_ledger) code(id_reused) code(signature_missing) code(key_unknown)           \
                code(signature_invalid) code(command_expired) code(not_after_too_far)              \
                    code(key_revoked) code(member_suspended) code(signatures_insufficient)         \
                        code(role_missing) code(amount_overflow) /* objects */                     \
        code(scheme_unknown) code(methodology_unknown) code(factor_set_unknown)                    \
            code(programme_unknown) code(member_unknown) code(account_unknown) code(batch_unknown) \
                code(class_unknown) code(offer_unknown) code(redemption_unknown) /* documents */   \
        code(methodology_invalid) code(factor_set_invalid) code(status_not_accepted)               \
            code(version_not_next) code(owner_changed) /* accounts */                              \
        code(account_exists) code(key_exists) code(key_not_proven)                                 \
            code(key_limit) /* memberships */                                                      \
        code(membership_open) code(membership_not_next) code(node_not_next) code(node_unknown)     \
            code(membership_invalid) /* activities */                                              \
        code(methodology_not_valid) code(factor_set_superseded) code(obligation_overdue)           \
            code(period_too_old) code(digest_mismatch) code(programme_not_applicable)              \
                code(region_not_covered) code(period_invalid) code(records_root_mismatch)          \
                    code(batch_totals_mismatch) code(record_invalid) code(factor_missing)          \
                        code(activity_conflict) code(batch_state) code(attestation_too_early)      \
                            code(revocation_too_late) code(verifier_not_independent)               \
                                code(index_invalid) code(sample_incomplete) /* credits */          \
        code(transfer_not_allowed) code(recipient_not_allowed) code(insufficient_credits)          \
            code(obligation_outstanding) code(obligation_exceeded) /* offers, redemption */        \
        code(offer_exists) code(offer_limit) code(offer_closed) code(merchant_not_accepted)        \
            code(offer_invalid) code(offer_not_open) code(offer_limit_reached)                     \
                code(offer_cooldown) code(out_of_stock) code(insufficient_points)                  \
                    code(amount_invalid) code(price_changed) code(reservation_expired)             \
                        code(redemption_state) code(exceeds_reserved) code(voucher_reused)         \
                            code(refund_closed) code(refund_exceeds)

enum class ErrorCode : std::uint8_t {
#define TANJI_ENUMERATOR(name) name,
    TANJI_ERROR_CODES(TANJI_ENUMERATOR)
#undef TANJI_ENUMERATOR
};

// The code as it is written in leaves, problems and docs: equal to its enumerator.
std::string_view name_of(ErrorCode code);

// The code of that name, or nothing.
std::optional<ErrorCode> error_code_of(std::string_view name);

}  // namespace tanji::ledger
