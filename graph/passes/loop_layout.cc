#include "graph/passes/loop_layout.h"

#include "graph/ir/scan.h"
#include "graph/passes/transform.h"

namespace weft {

bool ReadsLayout(const Graph& graph, const Node& node, int input, Layout layout) {
  if (IsScan(node)) {
    const ScanView scan(node);
    return input >= scan.num_carries + scan.num_stacked && BodyReadsLayout(*scan.body, input, layout);
  }
  if (node.op->accepts_layout == nullptr || !node.op->accepts_layout(input, layout, *node.attrs)) return false;
  std::vector<TensorType> types;
  for (ValueId value : node.inputs) types.push_back(graph.type(value));
  types[static_cast<size_t>(input)].layout = layout;
  const absl::StatusOr<std::vector<TensorType>> results = node.op->infer(types, *node.attrs);
  if (!results.ok()) return false;
  for (int i = 0; i < node.num_outputs; ++i) {
    if ((*results)[static_cast<size_t>(i)] != graph.type(node.first_output + i)) return false;
  }
  return true;
}

bool BodyReadsLayout(const Graph& body, int input, Layout layout) {
  const ValueId value = body.inputs()[input];
  for (const Graph::Output& output : body.outputs()) {
    if (output.value == value) return false;
  }
  bool read = false;
  for (const Node& node : body.nodes()) {
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      if (node.inputs[i] != value) continue;
      if (!ReadsLayout(body, node, static_cast<int>(i), layout)) return false;
      read = true;
    }
  }
  return read;
}

absl::StatusOr<GraphPtr> BodyInLayout(const Graph& body, const OpRegistry& registry, const std::vector<bool>& relaid,
                                      Layout layout) {
  int next_input = 0;
  return RebuildGraph(
      body, registry, [&](GraphBuilder& b, NodeId id, absl::Span<const Value> inputs) -> std::vector<Value> {
        const Node& node = body.node(id);
        if (IsInput(node)) {
          TensorType type = body.type(node.first_output);
          if (relaid[static_cast<size_t>(next_input)]) type.layout = layout;
          return {b.Input(body.input_name(next_input++), type)};
        }
        std::vector<bool> relaid_inputs;
        bool any = false;
        for (size_t i = 0; i < inputs.size(); ++i) {
          relaid_inputs.push_back(inputs[i].ok() && inputs[i].type() != body.type(node.inputs[i]));
          any = any || relaid_inputs.back();
        }
        if (!any || !IsScan(node)) return b.CopyNode(node, inputs);
        absl::StatusOr<GraphPtr> inner = BodyInLayout(*node.attrs->Function("body"), registry, relaid_inputs, layout);
        if (!inner.ok()) return {b.Error(inner.status())};
        return CopyWithBody(b, node, inputs, *std::move(inner));
      });
}

}  // namespace weft
