// RewriteContext: what a peephole rule (OpDef::simplify) sees. The pass walks a function in dependency order and
// records the new graph; before a node is recorded its op's rules are tried, and so are those of whatever a rule
// records.
#ifndef WEFT_GRAPH_PASSES_REWRITE_H_
#define WEFT_GRAPH_PASSES_REWRITE_H_

#include <vector>

#include "absl/types/span.h"
#include "graph/ir/builder.h"

namespace weft {

class RewriteContext {
 public:
  RewriteContext(GraphBuilder& builder, const OpDef& op, AttrsPtr attrs, absl::Span<const Value> inputs,
                 const TensorType& type)
      : builder_(builder), op_(op), attrs_(std::move(attrs)), inputs_(inputs), type_(type) {}

  GraphBuilder& builder() const { return builder_; }  // of the new graph
  const OpDef& op() const { return op_; }
  const AttrMap& attrs() const { return *attrs_; }
  int num_inputs() const { return static_cast<int>(inputs_.size()); }
  const Value& input(int i) const { return inputs_[i]; }  // in the new graph
  const TensorType& type() const { return type_; }        // of output 0: the replacement must have this very type

  // The node that produces v.
  const Node& producer(const Value& v) const { return builder_.producer(v); }
  bool IsOp(const Value& v, absl::string_view op) const { return producer(v).op->name == op; }
  // Operand i of v's producer.
  Value operand(const Value& v, int i) const { return builder_.value(producer(v).inputs[i]); }
  // Whether v is a constant all of whose elements have the very bits of `number` (so 0 is not -0).
  bool IsConstant(const Value& v, double number) const;
  // The constant tensor that v is, or null.
  const Tensor* Constant(const Value& v) const;

 private:
  GraphBuilder& builder_;
  const OpDef& op_;
  AttrsPtr attrs_;
  absl::Span<const Value> inputs_;
  const TensorType& type_;
};

}  // namespace weft

#endif  // WEFT_GRAPH_PASSES_REWRITE_H_
