// What a gradient rule sees of the node it differentiates.
#ifndef WEFT_GRAPH_AUTODIFF_GRADIENT_ARGS_H_
#define WEFT_GRAPH_AUTODIFF_GRADIENT_ARGS_H_

#include <utility>
#include <vector>

#include "graph/ir/builder.h"

namespace weft {

class GradientArgs {
 public:
  GradientArgs(GraphBuilder& builder, const Node& node, std::vector<Value> inputs, std::vector<Value> outputs,
               std::vector<Value> dys, std::vector<bool> needs)
      : builder_(builder),
        attrs_(node.attrs),
        op_(node.op),
        inputs_(std::move(inputs)),
        outputs_(std::move(outputs)),
        dys_(std::move(dys)),
        needs_(std::move(needs)) {}

  GraphBuilder& builder() const { return builder_; }
  const AttrMap& attrs() const { return *attrs_; }
  const OpDef& op() const { return *op_; }
  int num_inputs() const { return static_cast<int>(inputs_.size()); }
  const Value& input(int i) const { return inputs_[i]; }
  // Rules prefer the op's output to its input: it is usually needed anyway.
  const Value& output(int i = 0) const { return outputs_[i]; }
  int num_outputs() const { return static_cast<int>(outputs_.size()); }
  // The gradient arriving at output i; absent where none arrives (for ops with one output it is never absent).
  const Value& dy(int i = 0) const { return dys_[i]; }
  // False where the gradient of input i is not asked for: the rule may return Value() there and record nothing.
  bool needs(int i) const { return needs_[i]; }
  // A result with only input i set.
  std::vector<Value> Only(int i, Value gradient) const {
    std::vector<Value> result(inputs_.size());
    result[i] = gradient;
    return result;
  }

 private:
  GraphBuilder& builder_;
  AttrsPtr attrs_;
  const OpDef* op_;
  std::vector<Value> inputs_, outputs_, dys_;
  std::vector<bool> needs_;
};

}  // namespace weft

#endif  // WEFT_GRAPH_AUTODIFF_GRADIENT_ARGS_H_
