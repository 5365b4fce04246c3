#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "graph/passes/passes.h"
#include "graph/passes/run_node.h"
#include "graph/passes/transform.h"

namespace weft {
namespace {

// A larger constant would cost more in the file and in memory than computing it again.
constexpr int64_t kMaxFoldedBytes = 64 << 10;

bool Foldable(const Graph& graph, const Node& node, const OpRegistry& registry) {
  if (IsInput(node) || IsVariable(node) || IsScan(node) || node.op == registry.roles().constant_op ||
      node.op->is_random || node.op->is_fused || node.op->is_broadcast) {
    return false;
  }
  for (int i = 0; i < node.num_outputs; ++i) {
    const TensorType& type = graph.type(node.first_output + i);
    if (!type.shape.is_static()) return false;
    // Without operands (full, iota) only scalars are folded: a wide fill is cheaper as an op.
    int64_t limit = node.inputs.empty() ? SizeOf(type.dtype) : kMaxFoldedBytes;
    if (type.shape.NumElements().value() * SizeOf(type.dtype) > limit) return false;
  }
  // An attribute may hold a symbol although the result does not (the size of a symbolic dim).
  for (const AttrMap::Entry& entry : node.attrs->entries()) {
    if (const Shape* shape = std::get_if<Shape>(&entry.second); shape != nullptr && !shape->is_static()) return false;
  }
  return true;
}

absl::StatusOr<GraphPtr> FoldGraph(const GraphPtr& graph, const OpRegistry& registry, const Target& target) {
  int folded = 0;
  WEFT_ASSIGN_OR_RETURN(
      GraphPtr result, RebuildGraph(*graph, registry, [&](GraphBuilder& b, NodeId id, absl::Span<const Value> inputs) {
        const Node& node = graph->node(id);
        if (!Foldable(*graph, node, registry)) return b.CopyNode(node, inputs);
        std::vector<Tensor> constants;
        for (const Value& input : inputs) {
          const Tensor* tensor = ConstantOf(b.graph(), input.id(), registry);
          if (tensor == nullptr) return b.CopyNode(node, inputs);
          constants.push_back(*tensor);
        }
        absl::StatusOr<std::vector<Tensor>> values = RunNode(*graph, node, constants, target);
        if (!values.ok()) {
          return std::vector<Value>(node.num_outputs, b.Error(Annotate(values.status(), NameOfNode(node))));
        }
        ++folded;
        b.set_origin(node.origin);
        std::vector<Value> results;
        for (Tensor& tensor : *values) results.push_back(b.Constant(std::move(tensor)));
        b.set_origin(nullptr);
        return results;
      }));
  return folded == 0 ? graph : result;
}

}  // namespace

Pass FoldPass() {
  return PassOverGraphs("fold", "Computes what depends on constants alone.",
                        [](const GraphPtr& graph, const OpRegistry& registry, const Target& target,
                           std::vector<Receipt>*) { return FoldGraph(graph, registry, target); });
}

}  // namespace weft
