#pragma once

#include "ledger/view.h"

#include <string>

// The public log as JSON: leaves, blocks, checkpoints.
namespace tanji::api {

std::string leaf_json(const ledger::View& view, ledger::LeafIndex leaf, const std::string& text);
std::string block_json(
    const ledger::View& view, ledger::BlockIndex block, const ledger::BlockRow& row
);
std::string certificate_json(const ledger::CheckpointCertificate& certificate);

}  // namespace tanji::api
