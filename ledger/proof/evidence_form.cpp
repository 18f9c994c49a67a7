// The JSON form of evidence (docs/formats.md, "Evidence").
#include "ledger/proof/evidence.h"
#include "ledger/proof/merkle.h"
#include "ledger/value/crypto.h"
#include "ledger/value/json.h"

#include <array>

#include <fmt/format.h>

namespace tanji::ledger {
namespace {

constexpr std::string_view format = "tanji/evidence@v1";
// In the order of the variant.
constexpr std::array<std::string_view, 5> kinds{
    "block-fork", "checkpoint-fork", "wrong-root", "leader-fault", "certificate-conflict"
};
constexpr std::size_t proof_text_max = 131'072;
constexpr std::size_t signers_max = 16;

// --- writing ---

void write_bytes(JsonWriter& out, std::string_view name, ByteView bytes) {
    out.member(name, to_base64(bytes));
}

void write_hashes(JsonWriter& out, std::string_view name, std::span<const Hash> hashes) {
    out.name(name).open_array();
    for (const Hash& hash : hashes) {
        out.string(to_base64(hash.view()));
    }
    out.close_array();
}

void write(JsonWriter& out, const BlockFork& fork) {
    write_bytes(out, "a", encode_header(fork.a));
    write_bytes(out, "b", encode_header(fork.b));
}

void write(JsonWriter& out, const CheckpointFork& fork) {
    out.member("a", fork.a).member("b", fork.b);
    if (fork.prefix_root) {
        write_bytes(out, "prefix_root", fork.prefix_root->view());
        write_hashes(out, "prefix_proof", fork.prefix_proof);
    }
}

void write(JsonWriter& out, const WrongRoot& wrong) {
    if (wrong.header) {
        write_bytes(out, "header", encode_header(*wrong.header));
    } else {
        out.member("note", wrong.note);
    }
    write_bytes(out, "root", wrong.root.view());
}

void write(JsonWriter& out, const LeaderFault& fault) {
    write_bytes(out, "header", encode_header(fault.header));
    out.member("index", std::uint64_t{fault.index});
    write_bytes(out, "command", fault.command);
    write_hashes(out, "path", fault.path);
    out.member("code", fault.code).name("keys").open_array();
    for (const PublicKey& key : fault.keys) {
        out.string(to_base64(key.view()));
    }
    out.close_array();
}

void write(JsonWriter& out, const CertificateConflict& conflict) {
    out.member("a", conflict.a);
    write_bytes(out, "leaf_a", conflict.leaf_a.view());
    out.member("b", conflict.b);
    write_bytes(out, "leaf_b", conflict.leaf_b.view());
}

// --- reading ---

template <typename Fixed>
Fixed read_fixed(const JsonValue& value, const std::string& pointer, JsonFaults& faults) {
    const auto read =
        value.string() == nullptr ? std::nullopt : Fixed::from_base64(*value.string());
    if (!read) {
        faults.add(pointer, fmt::format("is not base64 of {} bytes", Fixed::length));
    }
    return read.value_or(Fixed{});
}

Hash read_hash(JsonReader& in, std::string_view name) {
    const JsonValue* value = in.member(name);
    return value == nullptr ? Hash{} : read_fixed<Hash>(*value, in.pointer(name), in.faults());
}

template <typename Fixed>
std::vector<Fixed> read_list(JsonReader& in, std::string_view name, std::size_t most) {
    std::vector<Fixed> list;
    for (const JsonValue& value : in.elements(name, 0, most)) {
        list.push_back(read_fixed<Fixed>(value, in.pointer(name), in.faults()));
    }
    return list;
}

Bytes read_bytes(JsonReader& in, std::string_view name) {
    const auto bytes = from_base64(in.text(name, evidence_bytes_max));
    if (!bytes) {
        in.fault(name, "is not base64");
    }
    return bytes.value_or(Bytes{});
}

BlockHeader read_header(JsonReader& in, std::string_view name) {
    auto header = decode_header(read_bytes(in, name));
    if (!header) {
        in.fault(name, header.error().detail);
    }
    return header.value_or(BlockHeader{});
}

Evidence read_block_fork(JsonReader& in, const JsonValue&) {
    BlockFork fork;
    fork.a = read_header(in, "a");
    fork.b = read_header(in, "b");
    return fork;
}

Evidence read_checkpoint_fork(JsonReader& in, const JsonValue& value) {
    CheckpointFork fork;
    fork.a = in.document("a", note_bytes_max);
    fork.b = in.document("b", note_bytes_max);
    if (value.find("prefix_root") != nullptr) {
        fork.prefix_root = read_hash(in, "prefix_root");
        fork.prefix_proof = read_list<Hash>(in, "prefix_proof", proof_hashes_max);
    }
    return fork;
}

Evidence read_wrong_root(JsonReader& in, const JsonValue& value) {
    WrongRoot wrong;
    if (value.find("header") != nullptr) {
        wrong.header = read_header(in, "header");
    } else {
        wrong.note = in.document("note", note_bytes_max);
    }
    wrong.root = read_hash(in, "root");
    return wrong;
}

Evidence read_leader_fault(JsonReader& in, const JsonValue&) {
    LeaderFault fault;
    fault.header = read_header(in, "header");
    fault.index = static_cast<std::uint32_t>(in.integer("index", 0, UINT32_MAX));
    fault.command = read_bytes(in, "command");
    fault.path = read_list<Hash>(in, "path", proof_hashes_max);
    fault.code = in.text("code", 64);
    fault.keys = read_list<PublicKey>(in, "keys", signers_max);
    return fault;
}

Evidence read_conflict(JsonReader& in, const JsonValue&) {
    CertificateConflict conflict;
    conflict.a = in.document("a", proof_text_max);
    conflict.leaf_a = read_hash(in, "leaf_a");
    conflict.b = in.document("b", proof_text_max);
    conflict.leaf_b = read_hash(in, "leaf_b");
    return conflict;
}

using ReadKind = Evidence (*)(JsonReader& in, const JsonValue& value);
constexpr std::array<ReadKind, kinds.size()> readers{
    read_block_fork, read_checkpoint_fork, read_wrong_root, read_leader_fault, read_conflict
};

}  // namespace

std::string_view kind_of(const Evidence& evidence) {
    return kinds.at(evidence.index());
}

std::string to_text(const Evidence& evidence) {
    JsonWriter out;
    out.open_object().member("evidence", format).member("kind", kind_of(evidence));
    std::visit([&](const auto& one) { write(out, one); }, evidence);
    out.close_object();
    return out.take();
}

Result<Evidence> read_evidence(ByteView json) {
    if (json.size() > evidence_bytes_max) {
        return refuse(ErrorCode::bad_request, "evidence over 1 MiB");
    }
    auto value = parse_json(json, ErrorCode::bad_request);
    if (!value) {
        return refusal(value);
    }
    JsonFaults faults(ErrorCode::bad_request);
    JsonReader in(*value, "", faults);
    if (in.document("evidence", 64) != format) {
        in.fault("evidence", "is not tanji/evidence@v1");
    }
    const std::size_t kind = in.word("kind", kinds);
    if (faults.any()) {
        return faults.refusal();
    }
    Evidence evidence = readers.at(kind)(in, *value);
    in.finish();
    if (faults.any()) {
        return faults.refusal();
    }
    return evidence;
}

std::string file_name(const Evidence& evidence) {
    return fmt::format(
        "{}-{}.json", kind_of(evidence), sha256(to_text(evidence)).hex().substr(0, 16)
    );
}

}  // namespace tanji::ledger
