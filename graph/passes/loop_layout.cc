#include "graph/passes/loop_layout.h"

#include "core/status.h"
#include "graph/ir/builder.h"
#include "graph/ir/scan.h"

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
  GraphBuilder builder(registry);
  std::vector<Value> values(body.num_values());
  int next_input = 0;
  for (const Node& node : body.nodes()) {
    if (IsInput(node)) {
      TensorType type = body.type(node.first_output);
      if (relaid[static_cast<size_t>(next_input)]) type.layout = layout;
      values[node.first_output] = builder.Input(body.input_name(next_input++), type);
      continue;
    }
    std::vector<Value> inputs;
    std::vector<bool> relaid_inputs;
    bool any = false;
    for (ValueId input : node.inputs) {
      inputs.push_back(values[input]);
      relaid_inputs.push_back(values[input].ok() && values[input].type() != body.type(input));
      any = any || relaid_inputs.back();
    }
    std::vector<Value> results;
    if (any && IsScan(node)) {
      WEFT_ASSIGN_OR_RETURN(GraphPtr inner,
                            BodyInLayout(*node.attrs->Function("body"), registry, relaid_inputs, layout));
      builder.set_origin(node.origin);
      results = builder.Record(node.op->name, inputs, node.attrs->With("body", inner), SourceLocation::current(),
                               node.num_outputs);
      builder.set_origin(nullptr);
    } else {
      results = builder.CopyNode(node, inputs);
    }
    for (int i = 0; i < node.num_outputs; ++i) values[node.first_output + i] = results[i];
    WEFT_RETURN_IF_ERROR(builder.status());
  }
  for (const Graph::Output& output : body.outputs()) builder.Output(output.name, values[output.value]);
  return builder.Build();
}

}  // namespace weft
