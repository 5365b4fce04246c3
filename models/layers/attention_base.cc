#include "models/layers/attention_base.h"

#include "models/layers/dropout.h"
#include "models/layers/layers_util.h"
#include "ops/dense/dense.h"
#include "ops/elementwise/elementwise.h"
#include "ops/shape/shape.h"
#include "ops/softmax/softmax.h"

namespace weft {

absl::Status AttentionBase::Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) {
  if (inputs.size() != 2 && inputs.size() != 3) {
    return WrongNumberOfInputs("the inputs query and value, or query, value and key", inputs.size());
  }
  if (!(dropout_ >= 0 && dropout_ <= 1)) return InvalidArgument("dropout must lie in [0, 1], received ", dropout_);
  const TensorType &query = inputs[0], &value = inputs[1], &key = inputs.back();
  for (const TensorType& input : inputs) {
    if (IsFloat(input.dtype) && input.rank() == 3) continue;
    return InvalidArgument("expected inputs of floats [batch, time, features], received ", input.ToString());
  }
  if (query.shape[0] != value.shape[0] || query.shape[2] != key.shape[2] || value.shape[1] != key.shape[1] ||
      value.shape[0] != key.shape[0]) {
    return InvalidArgument("expected a query [batch, tq, dim], a value [batch, tv, ...] and a key [batch, tv, dim] (",
                           inputs.size() == 2 ? "which is the value here" : "the third input", "), received ",
                           query.ToString(), ", ", value.ToString(), " and ", key.ToString());
  }
  return AddWeights(weights, query.shape[2]);
}

Value AttentionBase::Pairs(Value query, Value key) { return ExpandDims(query, 2) + ExpandDims(key, 1); }

std::vector<Value> AttentionBase::Call(CallContext& context, absl::Span<const Value> inputs) const {
  const Value query = inputs[0], value = inputs[1], key = inputs.back();
  Value scores = Scores(context, query, key);
  const Value query_mask = context.mask(0), value_mask = context.mask(1);
  if (value_mask.ok()) scores = Select(ExpandDims(value_mask, 1), scores, scores - 1e9);
  Value shares = Softmax(scores);
  if (dropout_ > 0) shares = DropoutLayer({.rate = dropout_, .seed = seed_}).Call(context, {&shares, 1})[0];
  Value y = MatMul(shares, value);
  if (query_mask.ok()) y = Select(ExpandDims(query_mask, 2), y, 0.0);
  return {y};
}

}  // namespace weft
