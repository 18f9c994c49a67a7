// The table of all codes.
#include "api/problem.h"

#include <array>

namespace tanji::api {
namespace {

using ledger::ErrorCode;

constexpr bool again = true;
constexpr bool final = false;
constexpr bool leaf = true;
constexpr bool no_leaf = false;

// In the order of ledger/value/error_code.h, which the assertion below holds it to.
constexpr auto kinds = std::to_array<ProblemKind>({
    {ErrorCode::bad_request, 400, final, no_leaf, "请求格式错误", "Malformed request"},
    {ErrorCode::uri_too_long, 414, final, no_leaf, "网址过长", "URI too long"},
    {ErrorCode::headers_too_large, 431, final, no_leaf, "请求头过大", "Headers too large"},
    {ErrorCode::request_timeout, 408, again, no_leaf, "请求超时", "The request came too slowly"},
    {ErrorCode::unknown_endpoint, 404, final, no_leaf, "接口不存在", "No such endpoint"},
    {ErrorCode::method_not_allowed, 405, final, no_leaf, "不支持该方法", "Method not allowed"},
    {ErrorCode::not_acceptable, 406, final, no_leaf, "无法提供该格式", "Cannot answer in that form"
    },
    {ErrorCode::unsupported_media_type,
     415,
     final,
     no_leaf,
     "不支持的内容类型",
     "Unsupported content type"},
    {ErrorCode::too_large, 413, final, no_leaf, "内容过大", "Too large"},
    {ErrorCode::query_invalid, 400, final, no_leaf, "查询参数无效", "Invalid query"},
    {ErrorCode::cursor_invalid, 400, final, no_leaf, "游标无效", "Invalid cursor"},
    {ErrorCode::draining, 503, again, no_leaf, "节点正在停机", "The node is shutting down"},
    {ErrorCode::overloaded, 503, again, no_leaf, "系统繁忙", "Too much work in progress"},
    {ErrorCode::rate_limited, 429, again, no_leaf, "请求过于频繁", "Too many requests"},
    {ErrorCode::authentication_required, 401, final, no_leaf, "需要身份凭证", "Credentials needed"},
    {ErrorCode::token_invalid, 401, final, no_leaf, "令牌无效", "Token invalid"},
    {ErrorCode::grant_invalid, 401, final, no_leaf, "授权无效", "Grant invalid"},
    {ErrorCode::grant_expired, 401, final, no_leaf, "授权已过期", "Grant expired"},
    {ErrorCode::forbidden, 403, final, no_leaf, "无权访问", "Not allowed"},

    {ErrorCode::no_leader, 503, again, no_leaf, "暂无主节点", "No leader now"},
    {ErrorCode::behind, 503, again, no_leaf, "尚未同步到该位置", "Not applied here yet"},
    {ErrorCode::storage_full, 503, again, no_leaf, "存储空间不足", "Disk space is low"},
    {ErrorCode::uncertifiable,
     503,
     again,
     no_leaf,
     "暂不能共同签名",
     "Members disagree, writes are refused"},
    {ErrorCode::quarantined, 503, again, no_leaf, "节点已隔离", "This node is quarantined"},
    {ErrorCode::not_found, 404, final, no_leaf, "未找到", "Not found"},
    {ErrorCode::erased, 410, final, no_leaf, "已依法删除", "Erased at the subject's request"},
    {ErrorCode::pruned, 410, final, no_leaf, "已归档", "Older than this node keeps"},
    {ErrorCode::not_certified, 409, again, no_leaf, "尚未完成联署", "Not certified yet"},
    {ErrorCode::outcome_unknown,
     503,
     again,
     no_leaf,
     "结果未知，请用相同内容重试",
     "Outcome unknown, send the same bytes again"},
    {ErrorCode::internal, 500, final, no_leaf, "内部错误", "Internal error"},
    {ErrorCode::payload_type_unknown, 400, final, no_leaf, "载荷类型未知", "Unknown payload type"},
    {ErrorCode::idempotency_key_mismatch,
     400,
     final,
     no_leaf,
     "幂等键不一致",
     "Key differs from command id"},
    {ErrorCode::path_mismatch, 422, final, no_leaf, "路径与内容不符", "Path and payload differ"},

    {ErrorCode::command_malformed,
     400,
     final,
     no_leaf,
     "命令格式错误",
     "Malformed command or envelope"},
    {ErrorCode::command_too_large, 413, final, no_leaf, "命令过大", "Command too large"},
    {ErrorCode::command_type_unknown, 400, final, no_leaf, "命令类型未知", "Unknown command type"},
    {ErrorCode::wrong_ledger, 422, final, no_leaf, "账本不符", "Another ledger"},
    {ErrorCode::id_reused,
     409,
     final,
     no_leaf,
     "命令编号已被使用",
     "This id belongs to another command"},
    {ErrorCode::signature_missing, 403, final, no_leaf, "缺少签名", "No signature"},
    {ErrorCode::key_unknown, 403, final, no_leaf, "密钥未登记", "Unknown key"},
    {ErrorCode::signature_invalid, 403, final, no_leaf, "签名无效", "Bad signature"},
    {ErrorCode::command_expired, 422, final, leaf, "命令已过期", "Past its not-after time"},
    {ErrorCode::not_after_too_far, 422, final, leaf, "有效期过长", "Valid for too long"},
    {ErrorCode::key_revoked, 403, final, leaf, "密钥未生效或已撤销", "Key not valid now"},
    {ErrorCode::member_suspended, 403, final, leaf, "成员已暂停", "Member is suspended"},
    {ErrorCode::signatures_insufficient,
     403,
     final,
     leaf,
     "缺少所需签名",
     "A required signer did not sign"},
    {ErrorCode::role_missing,
     403,
     final,
     leaf,
     "签名者无此权限",
     "The signer lacks the role or scope"},
    {ErrorCode::amount_overflow, 422, final, leaf, "数额溢出", "Amount out of range"},

    {ErrorCode::scheme_unknown, 404, final, leaf, "机制不存在", "No such scheme"},
    {ErrorCode::methodology_unknown, 404, final, leaf, "方法学不存在", "No such methodology"},
    {ErrorCode::factor_set_unknown, 404, final, leaf, "因子集不存在", "No such factor set"},
    {ErrorCode::programme_unknown, 404, final, leaf, "积分计划不存在", "No such programme"},
    {ErrorCode::member_unknown, 404, final, leaf, "成员不存在", "No such member"},
    {ErrorCode::account_unknown, 404, final, leaf, "账户不存在", "No such account"},
    {ErrorCode::batch_unknown, 404, final, leaf, "批次不存在", "No such batch"},
    {ErrorCode::class_unknown, 404, final, leaf, "类别不存在", "No such class"},
    {ErrorCode::offer_unknown, 404, final, leaf, "权益不存在", "No such offer"},
    {ErrorCode::redemption_unknown, 404, final, leaf, "兑换不存在", "No such redemption"},

    {ErrorCode::methodology_invalid, 422, final, leaf, "方法学无效", "Methodology invalid"},
    {ErrorCode::factor_set_invalid, 422, final, leaf, "因子集无效", "Factor set invalid"},
    {ErrorCode::status_not_accepted,
     422,
     final,
     leaf,
     "该来源等级不被接受",
     "The scheme does not accept this status"},
    {ErrorCode::version_not_next, 409, final, leaf, "版本不连续", "Not the next version"},
    {ErrorCode::owner_changed, 409, final, leaf, "所有者不符", "Another owner"},

    {ErrorCode::account_exists, 409, final, leaf, "账户已存在", "Account exists"},
    {ErrorCode::key_exists, 409, final, leaf, "密钥已被使用", "Key in use"},
    {ErrorCode::key_not_proven, 422, final, leaf, "密钥未证明持有", "Key did not sign"},
    {ErrorCode::key_limit, 422, final, leaf, "密钥过多", "Too many keys"},

    {ErrorCode::membership_open,
     409,
     final,
     leaf,
     "上一成员配置决定尚未完成",
     "The decision before is not carried out yet"},
    {ErrorCode::membership_not_next, 409, final, leaf, "成员配置已变", "Not the newest membership"},
    {ErrorCode::node_not_next, 409, final, leaf, "节点编号不连续", "Not the next node number"},
    {ErrorCode::node_unknown, 404, final, leaf, "节点不在成员配置中", "No such node takes part"},
    {ErrorCode::membership_invalid, 422, final, leaf, "成员配置无效", "Membership invalid"},

    {ErrorCode::methodology_not_valid,
     409,
     final,
     leaf,
     "方法学不在有效期",
     "Methodology not valid then"},
    {ErrorCode::factor_set_superseded, 409, final, leaf, "因子集已更新", "Factor set superseded"},
    {ErrorCode::obligation_overdue, 409, final, leaf, "补偿义务逾期", "Obligation overdue"},
    {ErrorCode::period_too_old, 409, final, leaf, "超过报送期限", "Reported too late"},
    {ErrorCode::digest_mismatch, 422, final, leaf, "摘要不符", "Digest differs"},
    {ErrorCode::programme_not_applicable,
     422,
     final,
     leaf,
     "积分计划不适用",
     "Programme not applicable"},
    {ErrorCode::region_not_covered, 422, final, leaf, "地区不适用", "Region not covered"},
    {ErrorCode::period_invalid, 422, final, leaf, "时段无效", "Invalid period"},
    {ErrorCode::records_root_mismatch, 422, final, leaf, "记录根不符", "Records root differs"},
    {ErrorCode::batch_totals_mismatch, 422, final, leaf, "合计不符", "Totals differ"},
    {ErrorCode::record_invalid, 422, final, leaf, "记录无效", "Record invalid"},
    {ErrorCode::factor_missing, 422, final, leaf, "缺少因子", "No factor for it"},
    {ErrorCode::activity_conflict,
     409,
     final,
     leaf,
     "没有可计入的行为",
     "Every record was counted before"},
    {ErrorCode::batch_state, 409, final, leaf, "批次状态不符", "Not in that state"},
    {ErrorCode::attestation_too_early, 409, final, leaf, "尚在公示期", "Too early"},
    {ErrorCode::revocation_too_late, 409, final, leaf, "超过更正期限", "Too late to revoke"},
    {ErrorCode::verifier_not_independent,
     403,
     final,
     leaf,
     "核查机构不独立",
     "Verifier is not independent"},
    {ErrorCode::index_invalid, 422, final, leaf, "序号无效", "Index out of range or not counted"},
    {ErrorCode::sample_incomplete, 422, final, leaf, "抽样不足", "Too few records sampled"},

    {ErrorCode::transfer_not_allowed, 422, final, leaf, "不允许转让", "Transfer not allowed"},
    {ErrorCode::recipient_not_allowed, 422, final, leaf, "接收方不符", "Recipient not allowed"},
    {ErrorCode::insufficient_credits, 409, final, leaf, "减排量不足", "Not enough credits"},
    {ErrorCode::obligation_outstanding, 409, final, leaf, "尚有补偿义务", "Obligation outstanding"},
    {ErrorCode::obligation_exceeded, 409, final, leaf, "超过补偿义务", "More than owed"},

    {ErrorCode::offer_exists, 409, final, leaf, "权益已存在", "Offer exists"},
    {ErrorCode::offer_limit, 409, final, leaf, "权益过多", "Too many offers"},
    {ErrorCode::offer_closed, 409, final, leaf, "权益已关闭", "Offer is closed"},
    {ErrorCode::merchant_not_accepted, 403, final, leaf, "权益方未被接受", "Merchant not accepted"},
    {ErrorCode::offer_invalid, 422, final, leaf, "权益条款无效", "Invalid terms"},
    {ErrorCode::offer_not_open, 409, final, leaf, "不在兑换时间", "Not open now"},
    {ErrorCode::offer_limit_reached, 409, final, leaf, "超出限兑次数", "Limit reached"},
    {ErrorCode::offer_cooldown, 409, final, leaf, "冷却中", "Too soon after the last"},
    {ErrorCode::out_of_stock, 409, final, leaf, "库存不足", "Out of stock"},
    {ErrorCode::insufficient_points, 409, final, leaf, "可用积分不足", "Not enough points"},
    {ErrorCode::amount_invalid,
     422,
     final,
     leaf,
     "数量或时长超出范围",
     "Quantity or hold out of range"},
    {ErrorCode::price_changed, 409, final, leaf, "价格已变", "The price is another"},
    {ErrorCode::reservation_expired, 409, final, leaf, "预留已过期", "Reservation expired"},
    {ErrorCode::redemption_state, 409, final, leaf, "兑换状态不符", "Not in that state"},
    {ErrorCode::exceeds_reserved, 409, final, leaf, "超过预留积分", "More than reserved"},
    {ErrorCode::voucher_reused, 409, final, leaf, "兑换券已被使用", "Voucher commitment used before"
    },
    {ErrorCode::refund_closed, 409, final, leaf, "已过退款期", "Refund closed"},
    {ErrorCode::refund_exceeds, 409, final, leaf, "退款超额", "More than was confirmed"},
});

constexpr std::size_t code_count = 0
#define TANJI_COUNT(name) +1
    TANJI_ERROR_CODES(TANJI_COUNT)
#undef TANJI_COUNT
    ;

constexpr bool rows_follow_the_list() {
    for (std::size_t i = 0; i < kinds.size(); ++i) {
        if (static_cast<std::size_t>(kinds[i].code) != i) {
            return false;
        }
    }
    return kinds.size() == code_count;
}
static_assert(rows_follow_the_list(), "one row per code, in the order of error_code.h");

}  // namespace

const ProblemKind& problem_kind(ErrorCode code) {
    return kinds.at(static_cast<std::size_t>(code));
}

std::span<const ProblemKind> problem_kinds() {
    return kinds;
}

}  // namespace tanji::api
