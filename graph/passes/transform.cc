#include "graph/passes/transform.h"

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "graph/ir/verifier.h"

namespace weft {
namespace {

// Bodies cannot nest deeper than kMaxBodyDepth, so recursion is bounded.
// `done`: what became of the bodies looked at so far. Functions may share them, and share them still afterwards.
using Bodies = absl::flat_hash_map<const Graph*, GraphPtr>;
absl::StatusOr<GraphPtr> TransformWithBodies(const GraphPtr& graph, const OpRegistry& registry,
                                             const GraphTransform& transform, std::vector<Receipt>* receipts,
                                             Bodies& done, int depth) {
  if (depth > kMaxBodyDepth) return InvalidArgument("loops are nested deeper than ", kMaxBodyDepth);
  std::vector<std::pair<NodeId, GraphPtr>> changed;
  for (NodeId id = 0; id < graph->num_nodes(); ++id) {
    const Node& node = graph->node(id);
    if (!IsScan(node)) continue;
    const GraphPtr& body = node.attrs->Function("body");
    auto known = done.find(body.get());
    if (known == done.end()) {
      WEFT_ASSIGN_OR_RETURN(GraphPtr next, TransformWithBodies(body, registry, transform, receipts, done, depth + 1));
      known = done.emplace(body.get(), std::move(next)).first;
    }
    if (known->second != body) changed.emplace_back(id, known->second);
  }
  GraphPtr with_bodies = graph;
  if (!changed.empty()) {
    size_t next = 0;
    WEFT_ASSIGN_OR_RETURN(
        with_bodies, RebuildGraph(*graph, registry, [&](GraphBuilder& b, NodeId id, absl::Span<const Value> inputs) {
          const Node& node = graph->node(id);
          if (next == changed.size() || changed[next].first != id) return b.CopyNode(node, inputs);
          return CopyWithBody(b, node, inputs, changed[next++].second);
        }));
  }
  return transform(with_bodies, receipts);
}

// A pass leaves alone what callers see of a function.
absl::Status CheckSameInterface(const Graph& before, const Graph& after) {
  auto same_number = [](absl::string_view what, size_t was, size_t is) -> absl::Status {
    if (was == is) return absl::OkStatus();
    return Internal("it had ", was, " ", what, ", now it has ", is);
  };
  auto same = [&](absl::string_view what, size_t i, const std::string& name, ValueId value, const std::string& new_name,
                  ValueId new_value) -> absl::Status {
    const TensorType &was = before.type(value), &is = after.type(new_value);
    if (name == new_name && was == is) return absl::OkStatus();
    return Internal(what, " ", i, " was '", name, "' ", was.ToString(), ", is '", new_name, "' ", is.ToString());
  };
  WEFT_RETURN_IF_ERROR(same_number("inputs", before.inputs().size(), after.inputs().size()));
  for (size_t i = 0; i < before.inputs().size(); ++i) {
    const int k = static_cast<int>(i);
    WEFT_RETURN_IF_ERROR(
        same("input", i, before.input_name(k), before.inputs()[i], after.input_name(k), after.inputs()[i]));
  }
  WEFT_RETURN_IF_ERROR(same_number("outputs", before.outputs().size(), after.outputs().size()));
  for (size_t i = 0; i < before.outputs().size(); ++i) {
    const Graph::Output &x = before.outputs()[i], &y = after.outputs()[i];
    WEFT_RETURN_IF_ERROR(same("output", i, x.name, x.value, y.name, y.value));
  }
  WEFT_RETURN_IF_ERROR(same_number("updates", before.updates().size(), after.updates().size()));
  for (size_t i = 0; i < before.updates().size(); ++i) {
    const Graph::Update &x = before.updates()[i], &y = after.updates()[i];
    WEFT_RETURN_IF_ERROR(same("update", i, x.variable, x.value, y.variable, y.value));
  }
  return absl::OkStatus();
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
  return BuildWithEndsOf(graph, values, builder);
}

std::vector<Value> CopyWithBody(GraphBuilder& builder, const Node& node, absl::Span<const Value> inputs,
                                GraphPtr body) {
  builder.set_origin(node.origin);
  std::vector<Value> results = builder.Record(node.op->name, inputs, node.attrs->With("body", std::move(body)),
                                              SourceLocation::current(), node.num_outputs);
  builder.set_origin(nullptr);
  return results;
}

absl::StatusOr<GraphPtr> BuildWithEndsOf(const Graph& graph, absl::Span<const Value> values, GraphBuilder& builder) {
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
    Bodies done;
    absl::StatusOr<GraphPtr> next = TransformWithBodies(graph, module->registry(), transform, &receipts, done, 0);
    if (next.ok() && *next != graph) {
      if (absl::Status same = CheckSameInterface(*graph, **next); !same.ok()) next = same;
    }
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

Pass PassOverGraphs(std::string name, std::string doc,
                    std::function<absl::StatusOr<GraphPtr>(const GraphPtr& graph, const OpRegistry& registry,
                                                           const Target& target, std::vector<Receipt>* receipts)>
                        transform) {
  Pass pass;
  pass.name = std::move(name);
  pass.doc = std::move(doc);
  pass.run = [name = pass.name, transform = std::move(transform)](std::shared_ptr<const Module> module,
                                                                  const Target& target) {
    const OpRegistry& registry = module->registry();
    return TransformModule(name, std::move(module), [&](const GraphPtr& graph, std::vector<Receipt>* receipts) {
      return transform(graph, registry, target, receipts);
    });
  };
  return pass;
}

const Tensor* ConstantOf(const Graph& graph, ValueId value, const OpRegistry& registry) {
  const Node& node = graph.producer(value);
  if (node.op != registry.roles().constant_op) return nullptr;
  const AttrValue* attr = node.attrs->Find("value");
  return attr == nullptr ? nullptr : std::get_if<Tensor>(attr);
}

std::string PlaceOf(const Node& node) { return node.origin == nullptr ? "" : node.origin->ToString(); }

std::string NameOfNode(const Node& node) {
  const std::string place = PlaceOf(node);
  return absl::StrCat(node.op->name, place.empty() ? "" : " of ", place);
}

}  // namespace weft
