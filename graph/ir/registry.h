// OpRegistry: the explicit list of ops that a program may use. There is no global registry and no self-registration: a
// registry is made (ops/all_ops.h: `const OpRegistry& AllOps()`), passed in, and never changes afterwards.
#ifndef WEFT_GRAPH_IR_REGISTRY_H_
#define WEFT_GRAPH_IR_REGISTRY_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "graph/ir/op_def.h"

namespace weft {

// What graph/ needs of ops, without naming one: a closed set that families fill (Roles of a registry that lacks one are
// empty functions; verification of the registry reports it).
struct Roles {
  // A constant of the tensor's type.
  std::function<Value(GraphBuilder& builder, Tensor value)> constant;
  // `type` filled with one number; dims may be symbolic.
  std::function<Value(GraphBuilder& builder, const TensorType& type, double value)> full;
  std::function<Value(Value a, Value b)> add;
  // Sums broadcast axes away so that the result has `shape`.
  std::function<Value(Value x, const Shape& shape)> sum_to_shape;
  // The value of a dim as an int64 scalar.
  std::function<Value(GraphBuilder& builder, const Dim& dim)> dim_size;
  const OpDef* constant_op = nullptr;  // attribute "value"
  const OpDef* elementwise_program =
      nullptr;  // attribute "body": a function over scalars; inputs broadcast to one shape
};

// Arguments of a composition given by name and number, e.g. {"alpha": 0.5}.
using FunctionArgs = absl::flat_hash_map<std::string, AttrValue>;

// A named function that records other ops: what can be composed is composed. Activations are found here by name.
struct Composition {
  std::string name;  // "gelu"
  std::string family;
  bool is_activation = false;  // usable as Dense({.activation = name})
  std::vector<AttrSpec> args;  // all with defaults
  std::function<Value(Value x, const AttrMap& args)> record;
  std::string doc;
};

// A whole-graph fusion contributed by a family, run by the fuse pass after generic fusion, in registration order.
struct FusionRule;

// The candidate nearest to `name` by edit distance, "" if none is near: for "did you mean" in error messages.
std::string Nearest(absl::string_view name, absl::Span<const std::string> candidates);
int EditDistance(absl::string_view a, absl::string_view b);

class OpRegistry {
 public:
  OpRegistry();  // holds graph/'s own ops: input, variable, scan, relayout
  OpRegistry(const OpRegistry&) = delete;
  OpRegistry& operator=(const OpRegistry&) = delete;

  // InvalidArgument for a name that is taken, a bad name, or an OpDef without infer or reference.
  absl::Status Add(OpDef def);
  absl::Status Add(Composition composition);
  void Add(std::shared_ptr<const FusionRule> rule) { fusion_rules_.push_back(std::move(rule)); }
  Roles& roles() { return roles_; }
  const Roles& roles() const { return roles_; }

  // nullptr if there is none.
  const OpDef* Find(absl::string_view name) const;
  const Composition* FindComposition(absl::string_view name) const;
  // The registered name nearest to `name` by edit distance (ops, or activations only), for error messages; "" if none
  // is near.
  std::string NearestOp(absl::string_view name) const;
  std::string NearestActivation(absl::string_view name) const;

  // Sorted by (family, name).
  std::vector<const OpDef*> ops() const;
  std::vector<const Composition*> compositions() const;
  absl::Span<const std::shared_ptr<const FusionRule>> fusion_rules() const { return fusion_rules_; }

 private:
  absl::flat_hash_map<std::string, std::unique_ptr<const OpDef>> ops_;
  absl::flat_hash_map<std::string, std::unique_ptr<const Composition>> compositions_;
  std::vector<std::shared_ptr<const FusionRule>> fusion_rules_;
  Roles roles_;
};

}  // namespace weft

#endif  // WEFT_GRAPH_IR_REGISTRY_H_
