#pragma once

#include "ledger/methodology/methodology.h"
#include "ledger/value/result.h"

// What is proved of a methodology before it may be published, each with its own reason. Each test
// relies on those before it. read_methodology runs them all.
namespace tanji::ledger {

// 1..32 sources, and every parameter names one of them: source_missing.
Status check_sources(const Methodology& methodology);

// Sums, comparisons and the like want equal units; baseline, project and leakage are in ug:
// unit_mismatch. Fills in Node::unit.
Status check_units(Methodology& methodology);

// 64 nodes, depth 8, and the numbers of inputs, keys, factors, parameters and caps: too_complex.
Status check_size(const Methodology& methodology);

// From the bounds of inputs and factors: every intermediate fits 128 bits, every divisor is at
// least 1, |baseline| + |project| + |leakage| < 2^63: may_overflow.
Status check_bounds(const Methodology& methodology);

// No factor may be declared, or stated by a vector, above what it can be: factor_out_of_bounds.
Status check_factors(const Methodology& methodology);

// 3..32 vectors, each giving what it says with the factors it states: vector_failed.
Status check_vectors(const Methodology& methodology);

}  // namespace tanji::ledger
