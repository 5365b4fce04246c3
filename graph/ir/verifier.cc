#include "graph/ir/verifier.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "graph/ir/node_check.h"

namespace weft {
namespace {

absl::Status VerifyNode(const Graph& graph, NodeId id, ValueId next_value, const VerifyOptions& options) {
  const Node& node = graph.node(id);
  if (node.op == nullptr || node.attrs == nullptr) return Internal("node ", id, " has no op or no attributes");
  auto where = [&] {
    std::string origin = node.origin == nullptr ? "" : node.origin->ToString();
    return absl::StrCat("node ", id, ", ", node.op->name, origin.empty() ? "" : absl::StrCat(", ", origin));
  };
  auto fail = [&](const absl::Status& status) { return Annotate(status, where()); };
  if (node.op->is_fused && !options.allow_fused) {
    return fail(InvalidArgument("the op is made by the optimizer only and has no place in a recorded function"));
  }
  if (node.first_output != next_value || node.num_outputs < 1 || node.num_outputs > graph.num_values() - next_value) {
    return fail(Internal("its results are not the next values"));
  }
  std::vector<TensorType> inputs;
  inputs.reserve(node.inputs.size());
  for (ValueId value : node.inputs) {
    if (value < 0 || value >= next_value) {
      return fail(InvalidArgument("operand %", value, " is not defined before the node"));
    }
    inputs.push_back(graph.type(value));
  }
  AttrMap attrs = *node.attrs;
  absl::Status checked = CompleteAttrs(*node.op, attrs);
  if (checked.ok() && attrs.entries().size() != node.attrs->entries().size()) {
    checked = Internal("attributes with defaults are not filled in");
  }
  if (checked.ok()) checked = CheckArity(*node.op, static_cast<int>(inputs.size()));
  if (!checked.ok()) return fail(checked);
  absl::StatusOr<std::vector<TensorType>> types = InferTypes(*node.op, inputs, *node.attrs);
  if (!types.ok()) return fail(types.status());
  if (static_cast<int>(types->size()) != node.num_outputs) {
    return fail(InvalidArgument("stored ", node.num_outputs, " results, the op gives ", types->size()));
  }
  for (int i = 0; i < node.num_outputs; ++i) {
    const Graph::ValueInfo& info = graph.value(next_value + i);
    if (info.node != id || info.index != i) return fail(Internal("result ", i, " points to another node"));
    if (info.type != (*types)[i]) {
      return fail(InvalidArgument("result ", i, " is stored as ", info.type.ToString(), ", the op gives ",
                                  (*types)[i].ToString()));
    }
    if (info.type.layout != Layout::kRowMajor && !options.allow_layouts) {
      return fail(InvalidArgument("a layout has no place in a recorded function: ", info.type.ToString()));
    }
  }
  return absl::OkStatus();
}

// One function, without the bodies in it, which are listed.
absl::Status VerifyFlat(const Graph& graph, const VerifyOptions& options, std::vector<const Graph*>* bodies) {
  ValueId next_value = 0;
  size_t next_input = 0;
  absl::flat_hash_set<absl::string_view> input_names;
  for (NodeId id = 0; id < graph.num_nodes(); ++id) {
    WEFT_RETURN_IF_ERROR(VerifyNode(graph, id, next_value, options));
    const Node& node = graph.node(id);
    if (IsInput(node)) {
      if (next_input >= graph.inputs().size() || graph.inputs()[next_input] != next_value) {
        return Internal("node ", id, ": the list of inputs does not match the input nodes");
      }
      ++next_input;
      if (!input_names.insert(node.attrs->String("name")).second) {
        return InvalidArgument("input '", node.attrs->String("name"), "' is declared twice");
      }
    }
    for (const AttrMap::Entry& entry : node.attrs->entries()) {
      if (const GraphPtr* body = std::get_if<GraphPtr>(&entry.second)) bodies->push_back(body->get());
    }
    next_value += node.num_outputs;
  }
  if (next_value != graph.num_values()) return Internal("values without a node");
  if (next_input != graph.inputs().size()) return Internal("the list of inputs does not match the input nodes");
  absl::flat_hash_set<absl::string_view> names;
  for (const Graph::Output& output : graph.outputs()) {
    if (output.value < 0 || output.value >= next_value)
      return InvalidArgument("output '", output.name, "' has no value");
    if (!names.insert(output.name).second) return InvalidArgument("output '", output.name, "' is declared twice");
  }
  names.clear();
  for (const Graph::Update& update : graph.updates()) {
    if (update.value < 0 || update.value >= next_value) {
      return InvalidArgument("the update of '", update.variable, "' has no value");
    }
    if (!names.insert(update.variable).second)
      return InvalidArgument("variable '", update.variable, "' is updated twice");
  }
  return absl::OkStatus();
}

}  // namespace

// Functions may share bodies, and these others again: each is looked at once, whatever number of paths leads to it, or
// the work would double with every level. What a shared body adds to the depth of a path is how deep it is itself.
absl::Status Verify(const Graph& graph, const VerifyOptions& options) {
  struct Visit {
    const Graph* graph;
    std::vector<const Graph*> bodies;
    size_t next = 0;
    int levels = 0;  // of bodies below it, as far as seen
  };
  std::vector<Visit> path;
  absl::flat_hash_map<const Graph*, int> levels;  // of the functions that are done
  auto enter = [&](const Graph* next) -> absl::Status {
    Visit visit{next, {}};
    WEFT_RETURN_IF_ERROR(VerifyFlat(*next, options, &visit.bodies));
    path.push_back(std::move(visit));
    return absl::OkStatus();
  };
  WEFT_RETURN_IF_ERROR(enter(&graph));
  while (!path.empty()) {
    Visit& top = path.back();
    if (top.next == top.bodies.size()) {
      levels.emplace(top.graph, top.levels);
      path.pop_back();
      continue;  // the function that it stands in finds it among those that are done
    }
    const Graph* body = top.bodies[top.next];
    const auto done = levels.find(body);
    const int below = done == levels.end() ? 0 : done->second;
    if (static_cast<int>(path.size()) + below > kMaxBodyDepth) {
      return InvalidArgument("bodies are nested deeper than ", kMaxBodyDepth);
    }
    if (done == levels.end()) {
      WEFT_RETURN_IF_ERROR(enter(body));
      continue;
    }
    top.levels = std::max(top.levels, 1 + below);
    ++top.next;
  }
  return absl::OkStatus();
}

absl::Status Verify(const Module& module, const VerifyOptions& options) {
  for (const auto& [name, graph] : module.functions()) {
    WEFT_RETURN_IF_ERROR(Annotate(Verify(*graph, options), absl::StrCat("function '", name, "'")));
  }
  for (const VariableDecl& variable : module.variables()) {
    if (variable.type.layout != Layout::kRowMajor && !options.allow_layouts) {
      return InvalidArgument("variable '", variable.name,
                             "': a layout has no place in a recorded module: ", variable.type.ToString());
    }
  }
  return absl::OkStatus();
}

}  // namespace weft
