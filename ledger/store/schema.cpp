#include "ledger/store/schema.h"

namespace tanji::ledger::schema {
namespace {

void add(Bytes& key, std::uint64_t number) {
    append_u64(key, number);
}
void add(Bytes& key, std::uint32_t number) {
    append_u32(key, number);
}
void add(Bytes& key, std::string_view text) {
    key.append(text);
    key.push_back('\0');
}
template <typename Tag, std::size_t size>
void add(Bytes& key, const FixedBytes<Tag, size>& fixed) {
    key.append(fixed.view());
}

template <typename... Fields>
Bytes join(char space, const Fields&... fields) {
    Bytes key(1, space);
    (add(key, fields), ...);
    return key;
}

std::uint64_t unsigned_of(std::int64_t time) {
    return static_cast<std::uint64_t>(time);
}

}  // namespace

Bytes end_of(ByteView prefix) {
    Bytes end(prefix);
    while (!end.empty() && end.back() == '\xff') {
        end.pop_back();
    }
    if (!end.empty()) {
        end.back() = static_cast<char>(static_cast<std::uint8_t>(end.back()) + 1);
    }
    return end;
}

Bytes head() {
    return "m";
}
Bytes genesis() {
    return "g";
}
Bytes leaf(LeafIndex leaf) {
    return join('l', leaf);
}
Bytes tile(int level, std::uint64_t tile) {
    return join('h', static_cast<std::uint32_t>(level), tile);
}
Bytes block(BlockIndex block) {
    return join('b', block);
}
Bytes command(const CommandId& id) {
    return join('c', id);
}
Bytes member(std::string_view member) {
    return join('M', member);
}
Bytes key(const KeyId& key) {
    return join('K', key);
}
Bytes scheme(std::string_view scheme) {
    return join('S', scheme);
}
Bytes scheme_totals(std::string_view scheme) {
    return join('s', scheme);
}
Bytes threshold(std::string_view action) {
    return join('o', action);
}
Bytes node(std::uint64_t number) {
    return join('Y', number);
}
Bytes membership(std::uint64_t number) {
    return join('G', number);
}
Bytes open_decision() {
    return "p";
}
Bytes methodology(std::string_view ref) {
    return join('D', ref);
}
Bytes factors(std::string_view ref) {
    return join('F', ref);
}
Bytes version(char space, std::string_view slug) {
    return join('v', std::string_view(&space, 1), slug);
}
Bytes account(std::string_view account) {
    return join('a', account);
}
Bytes batch(const CommandId& batch) {
    return join('B', batch);
}
Bytes batch_of_leaf(LeafIndex leaf) {
    return join('n', leaf);
}
Bytes results(const CommandId& batch) {
    return join('r', batch);
}
Bytes event(const Tag& tag) {
    return join('e', tag);
}
Bytes interval(std::string_view kind, const Tag& subject, TimeS start) {
    return join('i', kind, subject, unsigned_of(start));
}
Bytes intervals_of(std::string_view kind, const Tag& subject) {
    return join('i', kind, subject);
}
Bytes window(std::string_view scheme, std::string_view key) {
    return join('w', scheme, key);
}
Bytes deficit(std::string_view account, std::string_view methodology) {
    return join('d', account, methodology);
}
Bytes allocation(std::string_view account, const CommandId& batch) {
    return join('A', account, batch);
}
Bytes allocations_of(std::string_view account) {
    return join('A', account);
}
Bytes holding(std::string_view account, std::string_view credit_class) {
    return join('H', account, credit_class);
}
Bytes holdings_of(std::string_view account) {
    return join('H', account);
}
Bytes credit_class(std::string_view credit_class) {
    return join('C', credit_class);
}
Bytes obligation(std::string_view member, std::string_view scheme) {
    return join('O', member, scheme);
}
Bytes retirement(const CommandId& id) {
    return join('t', id);
}
Bytes programme(std::string_view slug, std::uint32_t version) {
    return join('P', slug, version);
}
Bytes points(std::string_view programme) {
    return join('Q', programme);
}
Bytes unbacked(std::string_view programme, std::string_view sponsor) {
    return join('U', programme, sponsor);
}
Bytes unbacked_by(LeafIndex leaf) {
    return join('I', leaf);
}
Bytes unbacked_of(std::string_view programme) {
    return join('U', programme);
}
Bytes purse(std::string_view account, std::string_view programme) {
    return join('u', account, programme);
}
Bytes purses_of(std::string_view account) {
    return join('u', account);
}
Bytes lot(
    std::string_view account,
    std::string_view programme,
    TimeMs expires_at,
    std::string_view sponsor
) {
    return join('q', account, programme, unsigned_of(expires_at), sponsor);
}
Bytes lots_of(std::string_view account) {
    return join('q', account);
}
Bytes lots_of(std::string_view account, std::string_view programme) {
    return join('q', account, programme);
}
Bytes offer(std::string_view offer) {
    return join('f', offer);
}
Bytes open_offers(std::string_view merchant) {
    return join('j', merchant);
}
Bytes offer_use(std::string_view account, std::string_view offer) {
    return join('N', account, offer);
}
Bytes redemption(const CommandId& id) {
    return join('R', id);
}
Bytes redemption_step(const CommandId& id, LeafIndex leaf) {
    return join('E', id, leaf);
}
Bytes redemption_steps(const CommandId& id) {
    return join('E', id);
}
Bytes account_redemption(std::string_view account, const CommandId& id) {
    return join('z', account, id);
}
Bytes account_redemptions(std::string_view account) {
    return join('z', account);
}
Bytes merchant_redemption(std::string_view merchant, const CommandId& id) {
    return join('Z', merchant, id);
}
Bytes merchant_redemptions(std::string_view merchant) {
    return join('Z', merchant);
}
Bytes hold(std::string_view account, TimeMs until, const CommandId& id) {
    return join('J', account, unsigned_of(until), id);
}
Bytes holds_of(std::string_view account) {
    return join('J', account);
}
Bytes voucher(const Hash& commitment) {
    return join('V', commitment);
}
Bytes position(
    std::string_view programme,
    std::int64_t month,
    std::string_view debtor,
    std::string_view creditor
) {
    return join('W', programme, unsigned_of(month), debtor, creditor);
}
Bytes all_due(Due kind) {
    return {'T', static_cast<char>(kind)};
}
Bytes due(Due kind, TimeMs time, ByteView what) {
    Bytes key = all_due(kind);
    append_u64(key, unsigned_of(time));
    key.append(what);
    return key;
}
Bytes due_until(Due kind, TimeMs time) {
    return due(kind, time + 1, {});
}
TimeMs due_time(ByteView key) {
    return static_cast<TimeMs>(read_u64(key.substr(2)));
}
ByteView due_what(ByteView key) {
    return key.substr(2 + sizeof(std::uint64_t));
}
Bytes lines(LeafIndex leaf) {
    return join('L', leaf);
}
Bytes allocations(LeafIndex leaf) {
    return join('x', leaf);
}
Bytes conflicts(LeafIndex leaf) {
    return join('X', leaf);
}
Bytes history(std::string_view account, LeafIndex leaf, std::uint32_t line) {
    return join('y', account, leaf, line);
}
Bytes history_of(std::string_view account) {
    return join('y', account);
}
Bytes certificate(TreeSize size) {
    return join('k', size);
}
Bytes kept_command(BlockIndex block, std::uint32_t position) {
    return join('0', block, position);
}
std::pair<BlockIndex, std::uint32_t> kept_place(ByteView key) {
    return {read_u64(key.substr(1)), read_u32(key.substr(1 + sizeof(BlockIndex)))};
}
bool is_local(ByteView key) {
    return key.starts_with(all_certificates) || key.starts_with(all_kept_commands);
}

}  // namespace tanji::ledger::schema
