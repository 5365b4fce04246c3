// Several nodes become one: the rebuild that every fusion shares.
//
//   p = matmul(x, w)
//   q = other(p)              {p, y} at y          q2 = other(v)    where v does not need the group
//   y = relu(p)                    ->              y = joined(x, w)
//
// A fusion says which nodes belong together and what takes their place; the order of the new graph, the recording and
// the rest of the nodes are seen to here.
#ifndef WEFT_GRAPH_PASSES_JOIN_NODES_H_
#define WEFT_GRAPH_PASSES_JOIN_NODES_H_

#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "graph/ir/graph.h"
#include "graph/ir/registry.h"

namespace weft {

// Nodes that become one.
struct NodeGroup {
  std::vector<NodeId> nodes;
  // What takes their place stands where this node stood, or as soon behind it as its operands allow.
  NodeId at = -1;
};

// What takes a group's place. Values are those of the graph as it was.
struct JoinedNode {
  std::string op;
  std::vector<ValueId> inputs;
  AttrMap attrs = {};
  // The values that the new node's results are from now on, in order: all results of the group that are read outside.
  std::vector<ValueId> results;
  OriginPtr origin = nullptr;
};

// Rebuilds `graph` with one node in place of each group. `join` is asked once a group, in the order of the new graph.
// REQUIRES: no node is in two groups.
// Internal where groups need each other's results in a circle, or the new node has another number of results; else what
// `join` and the type rules say, as they do of a reader of a value that is gone and not among the results.
using JoinFn = absl::FunctionRef<absl::StatusOr<JoinedNode>(int group)>;
absl::StatusOr<GraphPtr> JoinNodes(const Graph& graph, const OpRegistry& registry, absl::Span<const NodeGroup> groups,
                                   JoinFn join);

// ---- what fusions have in common besides

// The origin of a node made from these: each of their origins once; that of them all where they have but one.
OriginPtr JoinedOrigin(const Graph& graph, absl::Span<const NodeId> nodes);

// The attribute "body" of an op that is followed by one; of a plain op, the identity over its first result's dtype.
absl::StatusOr<GraphPtr> BodyOrIdentity(const Graph& graph, const Node& node, const OpRegistry& registry);

// For receipts: "matmul (dense_1 (model.cc:12))".
std::string NameAndPlace(const Node& node);

}  // namespace weft

#endif  // WEFT_GRAPH_PASSES_JOIN_NODES_H_
