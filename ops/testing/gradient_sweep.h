// The gradient sweep: every op of a registry, first and second order, in a random direction, with the numeric side in
// double.
#ifndef WEFT_OPS_TESTING_GRADIENT_SWEEP_H_
#define WEFT_OPS_TESTING_GRADIENT_SWEEP_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "graph/ir/registry.h"
#include "ops/testing/op_case.h"

namespace weft {

struct SweepOptions {
  uint64_t seed = 1;
  double tolerance = 2e-6;  // relative to the size of the terms compared
  double second_tolerance = 2e-5;
};

// What is wrong, a line each; empty if all is well. An op of the registry without a case is a failure (ops of graph/
// itself and fused ops apart: the former have tests of their own, the latter are made from ops that are swept), and so
// is a case of an op that the registry does not have.
std::vector<std::string> SweepGradients(const OpRegistry& registry, absl::Span<const OpCase> cases,
                                        const SweepOptions& options = {});

}  // namespace weft

#endif  // WEFT_OPS_TESTING_GRADIENT_SWEEP_H_
