// Module: variables and named functions over them. Whatever trains is one module: init, predict, evaluate and
// train_step are functions of it, and weights, moments, step count, learning rate, statistics, metric sums and random
// counter its variables. A Module is a description; the variables' contents live in a State (graph/exec/state.h).
#ifndef WEFT_GRAPH_IR_MODULE_H_
#define WEFT_GRAPH_IR_MODULE_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "graph/ir/graph.h"
#include "graph/ir/registry.h"

namespace weft {

struct VariableDecl {
  std::string name;  // "dense_1/kernel"
  TensorType type;   // static shape; layout other than row-major only after the layout pass
  bool trainable = false;
  std::string kind;  // what it is for, for people and tools: "weight", "optimizer", "metric", "state", "rng"
};

// The usual function names. A module may have others.
inline constexpr char kInitFunction[] = "init";  // (seed: i64[]) -> (); updates every variable
inline constexpr char kPredictFunction[] = "predict";
inline constexpr char kEvaluateFunction[] = "evaluate";
inline constexpr char kTrainStepFunction[] = "train_step";

class Module {
 public:
  explicit Module(const OpRegistry& registry) : registry_(&registry) {}

  const OpRegistry& registry() const { return *registry_; }

  // InvalidArgument: name taken or empty, symbolic or invalid shape.
  absl::Status AddVariable(VariableDecl variable);
  // InvalidArgument: name taken; a variable that is not declared, or with another type.
  absl::Status AddFunction(absl::string_view name, GraphPtr graph);
  // Replaces a function, or a variable's declaration (passes).
  absl::Status SetFunction(absl::string_view name, GraphPtr graph);
  absl::Status SetVariable(VariableDecl variable);

  // In the order they were added.
  absl::Span<const VariableDecl> variables() const { return variables_; }
  const VariableDecl* FindVariable(absl::string_view name) const;
  // Sorted by name.
  const absl::btree_map<std::string, GraphPtr>& functions() const { return functions_; }
  // Null if there is none.
  GraphPtr FindFunction(absl::string_view name) const;

  // Free-form facts that travel with the file (e.g. "weft.model": the builder's configuration as JSON). Sorted by key.
  absl::btree_map<std::string, std::string>& metadata() { return metadata_; }
  const absl::btree_map<std::string, std::string>& metadata() const { return metadata_; }

 private:
  const OpRegistry* registry_;
  std::vector<VariableDecl> variables_;
  absl::flat_hash_map<std::string, size_t> index_;
  absl::btree_map<std::string, GraphPtr> functions_;
  absl::btree_map<std::string, std::string> metadata_;
};

}  // namespace weft

#endif  // WEFT_GRAPH_IR_MODULE_H_
