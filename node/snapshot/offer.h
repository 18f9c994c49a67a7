#pragma once

#include "ledger/snapshot.h"
#include "ledger/value/result.h"
#include "ledger/view.h"
#include "node/replica/electorate.h"
#include "node/replica/peer_message.h"
#include "node/snapshot/folder.h"

#include <optional>

// Why a snapshot is to be believed: its block's header is signed by a voter, and a certificate that
// this node checks itself covers the tree of its manifest. What else is in the state, a quorum of
// voters vouches for by naming the same manifest (fetch.h).
namespace tanji::node {

// What this node says of that kept snapshot; nothing while no certificate covers its tree.
// REQUIRES: the view has applied its block.
std::optional<ManifestReply> offer_of(
    const SnapshotFolder& folder, const ledger::SnapshotManifest& manifest, const ledger::View& view
);

// The manifest of an offer that holds. Refused with a sentence when anything of it does not.
ledger::Result<ledger::SnapshotManifest> check_offer(
    const ManifestReply& offer, const Electorate& electorate
);

}  // namespace tanji::node
