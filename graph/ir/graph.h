// Graph: one function as a list of nodes. Immutable once built; shared by pointer; safe to read from any thread.
//
// Nodes stand in dependency order and have dense ids; so do values (the results of nodes). A graph has inputs, named
// outputs, and updates (variable <- value): there is no op that assigns. Reading a variable is a node of the op
// "variable" and always yields the value from before the function began; updates take effect together when it ends.
#ifndef WEFT_GRAPH_IR_GRAPH_H_
#define WEFT_GRAPH_IR_GRAPH_H_

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/types/span.h"
#include "graph/ir/attribute.h"
#include "graph/ir/op_def.h"
#include "graph/ir/value.h"

namespace weft {

// Where a node came from. A node made by a pass names the set it was made from, in a shared tree.
struct Origin {
  std::string layer;  // "dense_1", or "" outside layers
  std::string file;   // as given to the compiler
  int line = 0;
  std::vector<std::shared_ptr<const Origin>> from;

  // "dense_1 (model.cc:12)"; derived origins: those of their leaves, a few of them.
  std::string ToString() const;
};
using OriginPtr = std::shared_ptr<const Origin>;

struct Node {
  const OpDef* op = nullptr;
  AttrsPtr attrs;  // never null
  absl::InlinedVector<ValueId, 3> inputs;
  ValueId first_output = 0;  // results are values first_output ... first_output + num_outputs - 1
  int num_outputs = 1;
  OriginPtr origin;  // may be null
};

class Graph {
 public:
  struct ValueInfo {
    TensorType type;
    NodeId node = 0;
    int index = 0;  // which output of the node
  };
  struct Output {
    std::string name;
    ValueId value = 0;
  };
  struct Update {
    std::string variable;
    ValueId value = 0;
  };

  // References to nodes and values stay valid while more are recorded (they live in deques).
  const std::deque<Node>& nodes() const { return nodes_; }
  const Node& node(NodeId id) const { return nodes_[id]; }
  int num_nodes() const { return static_cast<int>(nodes_.size()); }
  int num_values() const { return static_cast<int>(values_.size()); }
  const ValueInfo& value(ValueId id) const { return values_[id]; }
  const TensorType& type(ValueId id) const { return values_[id].type; }
  const Node& producer(ValueId id) const { return nodes_[values_[id].node]; }

  // Values of the "input" nodes, in parameter order; and their names.
  absl::Span<const ValueId> inputs() const { return inputs_; }
  const std::string& input_name(int i) const { return producer(inputs_[i]).attrs->String("name"); }
  absl::Span<const Output> outputs() const { return outputs_; }
  absl::Span<const Update> updates() const { return updates_; }

  // Structural equality: ops, attributes, types, structure and names; not origins.
  friend bool StructurallyEqual(const Graph& a, const Graph& b);
  size_t StructuralHash() const;

 private:
  friend class GraphBuilder;
  std::deque<Node> nodes_;
  std::deque<ValueInfo> values_;
  std::vector<ValueId> inputs_;
  std::vector<Output> outputs_;
  std::vector<Update> updates_;
};

bool StructurallyEqual(const Graph& a, const Graph& b);

// readers[v] = the nodes that read value v, ascending, each once.
std::vector<absl::InlinedVector<NodeId, 2>> Readers(const Graph& graph);

// ---- the ops that belong to graph/ itself (attributes in brackets); their OpDefs are in every OpRegistry.
inline constexpr char kInputOp[] = "input";        // [name: string, type: type] a parameter of the function
inline constexpr char kVariableOp[] = "variable";  // [name: string, type: type] the value of a module's variable
inline constexpr char kScanOp[] = "scan";          // see graph/ir/scan.h
inline constexpr char kRelayoutOp[] =
    "relayout";  // [layout: string] the same contents in another layout (optimized modules only)

inline bool IsInput(const Node& node) { return node.op->name == kInputOp; }
inline bool IsVariable(const Node& node) { return node.op->name == kVariableOp; }
inline bool IsScan(const Node& node) { return node.op->name == kScanOp; }

}  // namespace weft

#endif  // WEFT_GRAPH_IR_GRAPH_H_
