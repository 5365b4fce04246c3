// Random graphs over the ops of a registry.
#ifndef WEFT_TESTS_RANDOM_GRAPH_H_
#define WEFT_TESTS_RANDOM_GRAPH_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "core/tensor.h"
#include "graph/ir/module.h"

namespace weft {

struct RandomGraph {
  std::shared_ptr<const Module> module;  // one function "f" with inputs, outputs, updates; sometimes a symbolic batch
  std::vector<Tensor> inputs;
  std::vector<std::pair<std::string, Tensor>> variables;
};

// A function of the seed. Elementwise chains, products, reductions, shape ops, loops, updates of variables; where the
// registry has an op "mul2" (a planted one) it is used like mul.
absl::StatusOr<RandomGraph> MakeRandomGraph(const OpRegistry& registry, uint64_t seed);

}  // namespace weft

#endif  // WEFT_TESTS_RANDOM_GRAPH_H_
