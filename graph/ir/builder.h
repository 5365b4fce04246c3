// GraphBuilder: records operations into a Graph. Not thread-safe; one builder per function.
//
// Op families record through Record(); users call the families' free functions (ops/...), Input, Variable, Output,
// Update. Passes build their results through the same calls, so what they make is checked by the same type rules.
#ifndef WEFT_GRAPH_IR_BUILDER_H_
#define WEFT_GRAPH_IR_BUILDER_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "graph/ir/graph.h"
#include "graph/ir/registry.h"

namespace weft {

class Module;

class GraphBuilder {
 public:
  // `registry` outlives the builder and every graph it builds. `module` (may be null) gives the variables that the
  // function may read and update; it outlives the builder.
  explicit GraphBuilder(const OpRegistry& registry, const Module* module = nullptr);
  // A builder for the body of a function-valued attribute (Scan): a Value of `outer`, or of any builder around it, that
  // is used in the body becomes a captured input of the body (see captures()).
  GraphBuilder(const OpRegistry& registry, GraphBuilder* outer);
  ~GraphBuilder();
  GraphBuilder(const GraphBuilder&) = delete;
  GraphBuilder& operator=(const GraphBuilder&) = delete;

  // ---- what a function is made of
  Value Input(absl::string_view name, TensorType type, SourceLocation where = SourceLocation::current());
  // The variable's value as it was when the function began. One node per variable, however often it is asked for.
  Value Variable(absl::string_view name, SourceLocation where = SourceLocation::current());
  // For builders without a module (tests, passes): the type is given.
  Value Variable(absl::string_view name, const TensorType& type, SourceLocation where = SourceLocation::current());
  void Output(absl::string_view name, Value value);
  // The variable takes this value when the function ends. A second update of one variable is an error, so is another
  // type.
  void Update(absl::string_view variable, Value value, SourceLocation where = SourceLocation::current());

  // ---- recording
  // Checks arity, attributes (defaults are filled in) and types; results of node = op(inputs). On an error: one error
  // Value per expected output (`num_outputs` of them, for the case that the types cannot be inferred).
  std::vector<Value> Record(absl::string_view op, absl::Span<const Value> inputs, AttrMap attrs, SourceLocation where,
                            int num_outputs = 1);
  // The same for ops with one output.
  Value Record1(absl::string_view op, absl::Span<const Value> inputs, AttrMap attrs, SourceLocation where);
  Value Constant(Tensor value, SourceLocation where = SourceLocation::current());
  // A literal operand as a scalar constant of dtype `like`; a ValueAt that holds a Value is handed through.
  Value Operand(const ValueAt& operand, DType like);

  // Notes the first error and returns an error Value; for recording functions that find a mistake themselves.
  Value Error(absl::Status status);
  const absl::Status& status() const { return status_; }

  // ---- provenance: nodes recorded while a Scope lives have this layer path ("encoder/dense_1": nested scopes are
  // joined).
  class Scope {
   public:
    Scope(GraphBuilder& builder, absl::string_view name);
    ~Scope();
    Scope(const Scope&) = delete;

   private:
    GraphBuilder& builder_;
    size_t size_;
  };
  const std::string& layer_path() const { return layer_path_; }
  // While set, new nodes get this origin in place of (layer, file:line): for passes and gradients. Null switches it
  // off.
  void set_origin(OriginPtr origin) { forced_origin_ = std::move(origin); }

  // ---- for passes and autodiff
  const OpRegistry& registry() const { return registry_; }
  // Records a copy of `node` (of another graph) on these inputs; the op's type rule runs again.
  std::vector<Value> CopyNode(const Node& node, absl::Span<const Value> inputs);
  // Records all of `graph` with `inputs` in place of its inputs and returns its outputs. Variables are read by name;
  // updates are not made.
  std::vector<Value> Inline(const Graph& graph, absl::Span<const Value> inputs);
  // The nodes recorded so far, e.g. to look at a Value's producer.
  const Graph& graph() const { return *graph_; }
  const Node& producer(Value v) const { return graph_->producer(v.id()); }
  Value value(ValueId id) { return Value(this, id); }
  // The values of enclosing builders that the body uses, in the order of the body's captured inputs.
  absl::Span<const Value> captures() const { return captures_; }
  // Value `v` as seen here: itself, or the captured input that stands for it. An error for a value of an unrelated
  // builder.
  Value Resolve(Value v);

  // The graph, verified; or the first error. The builder is spent afterwards.
  absl::StatusOr<GraphPtr> Build();

  // A number for random ops' attribute `stream`: 0, 1, 2 ... in the order of recording, per function.
  // Bodies draw from the function around them.
  int64_t NextStream() { return outer_ != nullptr ? outer_->NextStream() : next_stream_++; }

 private:
  friend class Value;
  OriginPtr MakeOrigin(const SourceLocation& where);
  absl::Status Fail(const OpDef* op, absl::string_view name, absl::Span<const Value> inputs,
                    const SourceLocation& where, const absl::Status& cause);

  const OpRegistry& registry_;
  const Module* module_ = nullptr;
  GraphBuilder* outer_ = nullptr;
  std::shared_ptr<Graph> graph_;
  absl::Status status_;
  std::string layer_path_;
  OriginPtr forced_origin_;
  OriginPtr last_origin_;  // reused while (layer, file, line) stay the same
  absl::flat_hash_map<std::string, Value> variables_;
  absl::flat_hash_set<std::string> output_names_;
  absl::flat_hash_set<std::string> updated_;
  std::vector<Value> captures_;
  absl::flat_hash_map<std::pair<const GraphBuilder*, ValueId>, Value> captured_;
  int64_t next_stream_ = 0;
};

}  // namespace weft

#endif  // WEFT_GRAPH_IR_BUILDER_H_
