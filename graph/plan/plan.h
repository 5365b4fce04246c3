// The planner: in which order the nodes of a function (or of a loop's body) run, and where each value lies.
//
// A value lies in the arena, in a place of its owner's (a variable, a constant, an input of a loop's body), or straight
// in a destination: the storage of a variable that it updates, the slice of a stacked result, the next carry. Views
// share the bytes of what they look at. Values that are not needed at the same time share bytes of the arena, and a
// result may take the very bytes of an operand that dies with the node, where the kernel allows it.
//
// Destinations. `old` is what the storage holds before: it may be overwritten only when nobody reads it any more. The
// node that writes there is ordered behind all readers of `old`; where that is impossible (a reader needs the new
// value; two updates that swap), the value is computed elsewhere and copied at the end.
#ifndef WEFT_GRAPH_PLAN_PLAN_H_
#define WEFT_GRAPH_PLAN_PLAN_H_

#include <cstdint>
#include <vector>

#include "absl/functional/function_ref.h"
#include "graph/ir/graph.h"

namespace weft {

enum class Storage : uint8_t {
  kUnused,    // of no influence: nothing runs it
  kComputed,  // by a node, into the arena or a destination
  kInput,     // in the arena from the beginning
  kExternal,  // a place of its owner's
};

struct Destination {
  ValueId value = 0;
  ValueId old = -1;  // a value that is what stands there before; -1: nothing that matters
  // If `old` stands in the way, the owner provides another place to write to (double-buffered carries).
  bool has_spare = false;
  // Better written at the end than at once, where that costs nothing but a copy of a small value. (Once a variable is
  // written a run can't be cancelled any more.)
  bool prefer_late = false;
};

enum class Delivery : uint8_t {
  kNothing,   // the value is what stands there already
  kInPlace,   // computed there, over `old`
  kSpare,     // computed there, into the spare place (also where there is no `old`)
  kCopy,      // copied at the end: it had to be (into the spare place, where there is one)
  kLateCopy,  // copied at the end, because of prefer_late
};

struct PlanRequest {
  const Graph& graph;
  std::vector<ValueId> root;             // per value: the value whose bytes it shares (itself, where it is no view)
  std::vector<Storage> storage;          // of roots
  std::vector<int64_t> bytes;            // of roots: multiples of the alignment
  std::vector<bool> runs;                // per node
  std::vector<int64_t> temporary_bytes;  // per node, needed while it runs; empty: none
  std::vector<Destination> destinations;
  std::vector<ValueId> kept;  // needed after the last node
  // Whether a node's result may lie in the bytes of an operand (of the same size).
  absl::FunctionRef<bool(NodeId node, int output, int input)> may_alias;
  // Whether a node's result may be written straight to a destination.
  absl::FunctionRef<bool(NodeId node, int output, const Destination& destination)> may_write;
  bool reuse = true;  // off: no bytes are used twice, and nothing is computed over an `old`
};

struct Place {
  enum class Kind : uint8_t { kNone, kArena, kExternal, kDestination };
  Kind kind = Kind::kNone;
  int index = 0;       // of the destination
  int64_t offset = 0;  // in the arena
};

struct Plan {
  std::vector<NodeId> order;
  std::vector<Place> places;              // of roots
  std::vector<int64_t> temporary_offset;  // per node
  std::vector<Delivery> deliveries;       // per destination
  int64_t arena_bytes = 0;
  int64_t lower_bound_bytes = 0;  // the largest sum of what is live at one time

  // Blocks of the arena that nobody needs after order[p]: dead[dead_begin[p]] ... dead[dead_begin[p + 1] - 1].
  struct Block {
    int64_t offset = 0, bytes = 0;
  };
  std::vector<Block> dead;
  std::vector<int> dead_begin;
};

// Deterministic; O(n log n) for large graphs.
Plan MakePlan(const PlanRequest& request);

// For PlanRequest::root. `is_view(node)`: whether result 0 shares operand 0's bytes.
std::vector<ValueId> ViewRoots(const Graph& graph, absl::FunctionRef<bool(const Node& node)> is_view);

}  // namespace weft

#endif  // WEFT_GRAPH_PLAN_PLAN_H_
