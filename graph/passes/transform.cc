#include "graph/passes/transform.h"

#include "core/status.h"
#include "graph/ir/verifier.h"

namespace weft {
namespace {

// Bodies cannot nest deeper than kMaxBodyDepth, so recursion is bounded.
absl::StatusOr<GraphPtr> TransformWithBodies(const GraphPtr& graph, const OpRegistry& registry,
                                             const GraphTransform& transform, std::vector<Receipt>* receipts,
                                             int depth) {
  if (depth > kMaxBodyDepth) return InvalidArgument("loops are nested deeper than ", kMaxBodyDepth);
  std::vector<std::pair<NodeId, GraphPtr>> changed;
  for (NodeId id = 0; id < graph->num_nodes(); ++id) {
    const Node& node = graph->node(id);
    if (!IsScan(node)) continue;
    const GraphPtr& body = node.attrs->Function("body");
    WEFT_ASSIGN_OR_RETURN(GraphPtr next, TransformWithBodies(body, registry, transform, receipts, depth + 1));
    if (next != body) changed.emplace_back(id, std::move(next));
  }
  GraphPtr with_bodies = graph;
  if (!changed.empty()) {
    size_t next = 0;
    WEFT_ASSIGN_OR_RETURN(
        with_bodies, RebuildGraph(*graph, registry, [&](GraphBuilder& b, NodeId id, absl::Span<const Value> inputs) {
          const Node& node = graph->node(id);
          if (next == changed.size() || changed[next].first != id) return b.CopyNode(node, inputs);
          b.set_origin(node.origin);
          std::vector<Value> results = b.Record(node.op->name, inputs, node.attrs->With("body", changed[next].second),
                                                SourceLocation::current(), node.num_outputs);
          b.set_origin(nullptr);
          ++next;
          return results;
        }));
  }
  return transform(with_bodies, receipts);
}

}  // namespace

absl::StatusOr<GraphPtr> RebuildGraph(const Graph& graph, const OpRegistry& registry, NodeVisitor visit) {
  GraphBuilder builder(registry);
  std::vector<Value> values(graph.num_values());
  std::vector<Value> inputs;
  for (NodeId id = 0; id < graph.num_nodes(); ++id) {
    const Node& node = graph.node(id);
    inputs.clear();
    for (ValueId input : node.inputs) inputs.push_back(values[input]);
    std::vector<Value> results = visit(builder, id, inputs);
    for (int i = 0; i < node.num_outputs && i < static_cast<int>(results.size()); ++i) {
      values[node.first_output + i] = results[i];
    }
    WEFT_RETURN_IF_ERROR(builder.status());
  }
  for (const Graph::Output& output : graph.outputs()) builder.Output(output.name, values[output.value]);
  for (const Graph::Update& update : graph.updates()) builder.Update(update.variable, values[update.value]);
  return builder.Build();
}

absl::StatusOr<PassResult> TransformModule(absl::string_view pass, std::shared_ptr<const Module> module,
                                           const GraphTransform& transform) {
  PassResult result;
  std::shared_ptr<Module> changed;
  for (const auto& [name, graph] : module->functions()) {
    std::vector<Receipt> receipts;
    absl::StatusOr<GraphPtr> next = TransformWithBodies(graph, module->registry(), transform, &receipts, 0);
    if (!next.ok()) return Annotate(next.status(), absl::StrCat("pass ", pass, ", function '", name, "'"));
    for (Receipt& receipt : receipts) {
      receipt.pass = std::string(pass);
      receipt.function = name;
    }
    if (*next != graph) {
      if (changed == nullptr) changed = std::make_shared<Module>(*module);
      WEFT_RETURN_IF_ERROR(changed->SetFunction(name, *next));
      Receipt summary;
      summary.pass = std::string(pass);
      summary.function = name;
      summary.nodes_before = graph->num_nodes();
      summary.nodes_after = (*next)->num_nodes();
      for (const Receipt& receipt : receipts) summary.exact = summary.exact && (receipt.exact || !receipt.applied);
      receipts.push_back(std::move(summary));
    }
    for (Receipt& receipt : receipts) result.receipts.push_back(std::move(receipt));
  }
  result.module = changed == nullptr ? std::move(module) : std::move(changed);
  return result;
}

const Tensor* ConstantOf(const Graph& graph, ValueId value, const OpRegistry& registry) {
  const Node& node = graph.producer(value);
  if (node.op != registry.roles().constant_op) return nullptr;
  const AttrValue* attr = node.attrs->Find("value");
  return attr == nullptr ? nullptr : std::get_if<Tensor>(attr);
}

}  // namespace weft
