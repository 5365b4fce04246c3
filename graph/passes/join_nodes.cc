#include "graph/passes/join_nodes.h"

#include <algorithm>
#include <functional>
#include <queue>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "graph/ir/builder.h"
#include "graph/passes/transform.h"

namespace weft {
namespace {

// A node that stays, or a group.
struct Unit {
  NodeId at;  // where it stands if it can
  int group;  // -1: a node
  int missing = 0;
  std::vector<int> readers = {};
};

// Units in an order in which operands come first, and otherwise as they stand.
absl::StatusOr<std::vector<Unit>> Ordered(const Graph& graph, absl::Span<const NodeGroup> groups) {
  std::vector<Unit> units;
  std::vector<int> unit_of(graph.num_nodes(), -1);
  for (size_t i = 0; i < groups.size(); ++i) {
    for (NodeId id : groups[i].nodes) unit_of[id] = static_cast<int>(i);
    units.push_back({groups[i].at, static_cast<int>(i)});
  }
  for (NodeId id = 0; id < graph.num_nodes(); ++id) {
    if (unit_of[id] >= 0) continue;
    unit_of[id] = static_cast<int>(units.size());
    units.push_back({id, -1});
  }
  for (NodeId id = 0; id < graph.num_nodes(); ++id) {
    for (ValueId input : graph.node(id).inputs) {
      const int from = unit_of[graph.value(input).node], to = unit_of[id];
      if (from == to) continue;
      units[from].readers.push_back(to);
      ++units[to].missing;
    }
  }
  using Entry = std::pair<NodeId, int>;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> ready;
  const auto add = [&](int unit) { ready.emplace(units[unit].at, unit); };
  for (size_t i = 0; i < units.size(); ++i) {
    if (units[i].missing == 0) add(static_cast<int>(i));
  }
  std::vector<Unit> order;
  while (!ready.empty()) {
    const int next = ready.top().second;
    ready.pop();
    for (int reader : units[next].readers) {
      if (--units[reader].missing == 0) add(reader);
    }
    order.push_back(std::move(units[next]));
  }
  if (order.size() != units.size()) {
    return Internal("nodes that are to become one need each other's results: ", units.size() - order.size(), " of ",
                    units.size(), " nodes and groups have no order");
  }
  return order;
}

}  // namespace

absl::StatusOr<GraphPtr> JoinNodes(const Graph& graph, const OpRegistry& registry, absl::Span<const NodeGroup> groups,
                                   JoinFn join) {
  WEFT_ASSIGN_OR_RETURN(const std::vector<Unit> order, Ordered(graph, groups));
  GraphBuilder builder(registry);
  std::vector<Value> values(graph.num_values());
  std::vector<Value> inputs;
  const auto take = [&](absl::Span<const ValueId> ids) {
    inputs.clear();
    for (ValueId id : ids) inputs.push_back(values[id]);
  };
  for (const Unit& unit : order) {
    if (unit.group < 0) {
      const Node& node = graph.node(unit.at);
      take(node.inputs);
      const std::vector<Value> results = builder.CopyNode(node, inputs);
      WEFT_RETURN_IF_ERROR(builder.status());
      for (int i = 0; i < node.num_outputs; ++i) values[node.first_output + i] = results[i];
      continue;
    }
    WEFT_ASSIGN_OR_RETURN(JoinedNode joined, join(unit.group));
    take(joined.inputs);
    builder.set_origin(std::move(joined.origin));
    const std::vector<Value> results = builder.Record(
        joined.op, inputs, std::move(joined.attrs), SourceLocation::current(), static_cast<int>(joined.results.size()));
    builder.set_origin(nullptr);
    WEFT_RETURN_IF_ERROR(builder.status());
    if (results.size() != joined.results.size()) {
      return Internal(joined.op, " takes the place of ", joined.results.size(), " values and has ", results.size(),
                      " results");
    }
    for (size_t i = 0; i < results.size(); ++i) values[joined.results[i]] = results[i];
  }
  return BuildWithEndsOf(graph, values, builder);
}

OriginPtr JoinedOrigin(const Graph& graph, absl::Span<const NodeId> nodes) {
  auto origin = std::make_shared<Origin>();
  for (NodeId id : nodes) {
    const OriginPtr& from = graph.node(id).origin;
    if (from != nullptr && std::find(origin->from.begin(), origin->from.end(), from) == origin->from.end()) {
      origin->from.push_back(from);
    }
  }
  return origin->from.size() == 1 ? origin->from[0] : origin;
}

absl::StatusOr<GraphPtr> BodyOrIdentity(const Graph& graph, const Node& node, const OpRegistry& registry) {
  if (const GraphPtr& body = node.attrs->Function("body"); body != nullptr) return body;
  GraphBuilder builder(registry);
  builder.Output("y", builder.Input("x", {graph.type(node.first_output).dtype, Shape{}}));
  return builder.Build();
}

std::string NameAndPlace(const Node& node) { return absl::StrCat(node.op->name, " (", PlaceOf(node), ")"); }

}  // namespace weft
