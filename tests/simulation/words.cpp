#include "tests/simulation/words.h"

#include <fmt/format.h>

namespace tanji::simulation {
namespace {

template <typename... Handlers>
struct Overloaded : Handlers... {
    using Handlers::operator()...;
};

std::string text_of(const consensus::Message& message) {
    return std::visit(
        Overloaded{
            [](const consensus::PreVote& m) {
                return fmt::format("PreVote term {} last {}/{}", m.term, m.last.term, m.last.index);
            },
            [](const consensus::PreVoteReply& m) {
                return fmt::format("PreVoteReply term {} {}", m.term, m.granted);
            },
            [](const consensus::Vote& m) {
                return fmt::format("Vote term {} last {}/{}", m.term, m.last.term, m.last.index);
            },
            [](const consensus::VoteReply& m) {
                return fmt::format("VoteReply term {} {}", m.term, m.granted);
            },
            [](const consensus::Append& m) {
                return fmt::format(
                    "Append term {} prev {}/{} count {} commit {}",
                    m.term,
                    m.prev.term,
                    m.prev.index,
                    m.count,
                    m.commit
                );
            },
            [](const consensus::AppendReply& m) {
                return fmt::format(
                    "AppendReply term {} {} index {} hint {}/{}{}",
                    m.term,
                    m.accepted ? "accepted" : "refused",
                    m.index,
                    m.hint.term,
                    m.hint.index,
                    m.conflict ? " conflict" : ""
                );
            },
            [](const consensus::Heartbeat& m) {
                return fmt::format("Heartbeat term {} commit {} read {}", m.term, m.commit, m.read);
            },
            [](const consensus::HeartbeatReply& m) {
                return fmt::format(
                    "HeartbeatReply term {} commit {} read {}", m.term, m.commit, m.read
                );
            },
            [](const consensus::TransferNow& m) {
                return fmt::format("TransferNow term {} to {}", m.term, m.to);
            },
        },
        message
    );
}

}  // namespace

std::string text_of(const node::PeerMessage& message) {
    return std::visit(
        Overloaded{
            [](const node::Agreement& m) { return text_of(m.message); },
            [](const node::Forward& m) {
                return fmt::format("Forward {} of {}", m.request, m.commands.size());
            },
            [](const node::ForwardReply& m) {
                return fmt::format("ForwardReply {} {}", m.request, m.code);
            },
            [](const node::ReadIndex& m) { return fmt::format("ReadIndex {}", m.request); },
            [](const node::ReadIndexReply& m) {
                return fmt::format("ReadIndexReply {} index {}", m.request, m.index);
            },
            [](const node::CosignRequest& m) {
                return fmt::format("CosignRequest {} block {}", m.round, m.block);
            },
            [](const node::CosignReply& m) {
                return fmt::format("CosignReply {} size {} {}", m.round, m.size, m.code);
            },
            [](const node::CertificateFound&) { return std::string("CertificateFound"); },
            [](const node::RootQuery& m) { return fmt::format("RootQuery block {}", m.block); },
            [](const node::RootReply& m) {
                return fmt::format("RootReply block {} size {}", m.block, m.size);
            },
            [](const node::LeafQuery& m) { return fmt::format("LeafQuery size {}", m.size); },
            [](const node::LeafReply& m) { return fmt::format("LeafReply size {}", m.size); },
            [](const node::ManifestQuery& m) {
                return fmt::format("ManifestQuery block {}", m.block);
            },
            [](const node::ManifestReply& m) {
                return fmt::format("ManifestReply block {}", m.block);
            },
            [](const node::FetchChunk& m) { return fmt::format("FetchChunk {}", m.number); },
            [](const node::Chunk& m) { return fmt::format("Chunk {}", m.number); },
        },
        message
    );
}

}  // namespace tanji::simulation
