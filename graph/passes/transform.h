// The rebuild that every pass shares: a function is walked once, in dependency order, and recorded anew.
#ifndef WEFT_GRAPH_PASSES_TRANSFORM_H_
#define WEFT_GRAPH_PASSES_TRANSFORM_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "graph/ir/builder.h"
#include "graph/ir/module.h"
#include "graph/passes/pass.h"

namespace weft {

// Rebuilds `graph`. For each node, in order, `visit` records what takes its place on `inputs` (values of the new graph)
// and returns one Value per result; builder.CopyNode(node, inputs) keeps it. A node's results may be left absent if
// nothing reads them.
using NodeVisitor =
    absl::FunctionRef<std::vector<Value>(GraphBuilder& builder, NodeId id, absl::Span<const Value> inputs)>;
absl::StatusOr<GraphPtr> RebuildGraph(const Graph& graph, const OpRegistry& registry, NodeVisitor visit);

// A copy of a loop with another body.
std::vector<Value> CopyWithBody(GraphBuilder& builder, const Node& node, absl::Span<const Value> inputs, GraphPtr body);

// The end of a rebuild: outputs and updates as `graph` has them, of values of the new graph by value of the old one.
absl::StatusOr<GraphPtr> BuildWithEndsOf(const Graph& graph, absl::Span<const Value> values, GraphBuilder& builder);

// Runs `transform` on each function of the module, and first on the bodies of its loops, innermost first. It returns
// the new graph, or the same pointer where nothing changed. Adds one summary receipt per function that changed.
using GraphTransform = std::function<absl::StatusOr<GraphPtr>(const GraphPtr& graph, std::vector<Receipt>* receipts)>;
absl::StatusOr<PassResult> TransformModule(absl::string_view pass, std::shared_ptr<const Module> module,
                                           const GraphTransform& transform);

// A pass that looks at one function, or body of a loop, at a time; `transform` is as above. Its rewrites are exact.
Pass PassOverGraphs(std::string name, std::string doc,
                    std::function<absl::StatusOr<GraphPtr>(const GraphPtr& graph, const OpRegistry& registry,
                                                           const Target& target, std::vector<Receipt>* receipts)>
                        transform);

// The constant tensor that a value of `graph` is (by the registry's constant op), or null.
const Tensor* ConstantOf(const Graph& graph, ValueId value, const OpRegistry& registry);

// Where a node comes from, for receipts: "dense_1 (model.cc:12)"; "" where that is not known.
std::string PlaceOf(const Node& node);
// "mul of dense_1 (model.cc:12)", or "mul".
std::string NameOfNode(const Node& node);

}  // namespace weft

#endif  // WEFT_GRAPH_PASSES_TRANSFORM_H_
