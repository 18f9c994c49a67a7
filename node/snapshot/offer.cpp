#include "node/snapshot/offer.h"

#include "ledger/proof/header.h"
#include "ledger/proof/merkle.h"

#include <algorithm>
#include <utility>

namespace tanji::node {
namespace {

using ledger::ErrorCode;

ledger::Status check_header(
    const ManifestReply& offer,
    const ledger::SnapshotManifest& manifest,
    const Electorate& electorate
) {
    const auto header = ledger::decode_header(offer.header);
    const bool same = header && header->index == manifest.block &&
                      header->ledger == manifest.ledger &&
                      ledger::hash_of(*header) == manifest.block_hash;
    if (!same) {
        return ledger::refuse(ErrorCode::internal, "its header is not that of its block");
    }
    const bool is_signed = std::ranges::any_of(electorate.voters, [&](const CosignVoter& voter) {
        return ledger::key_id(voter.log.key) == header->leader &&
               ledger::verify_header(*header, voter.log.key);
    });
    return is_signed ? ledger::Status{}
                     : ledger::refuse(ErrorCode::internal, "no voter signed its header");
}

ledger::Status check_tree(
    const ManifestReply& offer,
    const ledger::SnapshotManifest& manifest,
    const Electorate& electorate
) {
    const auto verdict = ledger::check_note(offer.note, electorate.pinned);
    if (!verdict || verdict->standing != ledger::Standing::certified ||
        verdict->checkpoint.size < manifest.size) {
        return ledger::refuse(ErrorCode::internal, "no certificate covers its tree");
    }
    return ledger::verify_consistency(
        manifest.size, verdict->checkpoint.size, manifest.root, verdict->checkpoint.root, offer.path
    );
}

}  // namespace

std::optional<ManifestReply> offer_of(
    const SnapshotFolder& folder, const ledger::SnapshotManifest& manifest, const ledger::View& view
) {
    const auto& certificate = view.certificate();
    auto header = folder.header(manifest.block);
    if (!certificate || certificate->size < manifest.size || !header) {
        return std::nullopt;
    }
    const auto exact = view.certificate_of(manifest.size);
    const auto& covering = exact ? *exact : *certificate;
    return ManifestReply{
        .block = manifest.block,
        .manifest = encode_manifest(manifest),
        .header = std::move(*header),
        .note = covering.note,
        .path = view.consistency(manifest.size, covering.size),
    };
}

ledger::Result<ledger::SnapshotManifest> check_offer(
    const ManifestReply& offer, const Electorate& electorate
) {
    const auto manifest = ledger::decode_manifest(offer.manifest);
    if (!manifest || manifest->block != offer.block ||
        manifest->ledger != electorate.pinned.ledger) {
        return ledger::refuse(ErrorCode::internal, "it is no manifest of this ledger");
    }
    if (manifest->membership > electorate.membership) {
        return ledger::refuse(
            ErrorCode::internal, "its membership {} is not known here", manifest->membership
        );
    }
    if (auto checked = check_header(offer, *manifest, electorate); !checked) {
        return ledger::refusal(checked);
    }
    if (auto checked = check_tree(offer, *manifest, electorate); !checked) {
        return ledger::refusal(checked);
    }
    return *manifest;
}

}  // namespace tanji::node
