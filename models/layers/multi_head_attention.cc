#include "models/layers/multi_head_attention.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "models/layers/dropout.h"
#include "models/layers/layers_util.h"
#include "ops/dense/dense.h"
#include "ops/elementwise/elementwise.h"
#include "ops/shape/shape.h"
#include "ops/softmax/softmax.h"

namespace weft {
namespace {

// A score that gives a share of 0 beside any other.
constexpr double kMaskedScore = -0.7 * 3.4028234663852886e38;

}  // namespace

MultiHeadAttentionLayer::MultiHeadAttentionLayer(MultiHeadAttentionOptions options) : options_(std::move(options)) {
  name_ = options_.name;
  trainable_ = options_.trainable;
}

void MultiHeadAttentionLayer::VisitConfig(ConfigVisitor& visitor) {
  VisitLayer(visitor);
  visitor.Field("num_heads", options_.num_heads);
  visitor.Field("key_dim", options_.key_dim);
  visitor.Field("value_dim", options_.value_dim);
  visitor.Field("dropout", options_.dropout);
  visitor.Field("use_bias", options_.use_bias);
  visitor.MustBe("use_gate", "false");
  visitor.Field("output_shape", options_.output_shape);
  visitor.Field("attention_axes", options_.attention_axes);
  visitor.MustBeNull("sliding_window");
  visitor.Object("kernel_initializer", "initializer", options_.kernel_initializer);
  visitor.Object("bias_initializer", "initializer", options_.bias_initializer);
  visitor.MustBeNull("kernel_regularizer");
  visitor.MustBeNull("bias_regularizer");
  visitor.MustBeNull("activity_regularizer");
  visitor.MustBeNull("kernel_constraint");
  visitor.MustBeNull("bias_constraint");
  visitor.Field("seed", options_.seed);
}

absl::Status MultiHeadAttentionLayer::CheckOptions() const {
  if (options_.num_heads < 1) return InvalidArgument("num_heads must be at least 1, received ", options_.num_heads);
  if (options_.key_dim < 1) return InvalidArgument("key_dim must be at least 1, received ", options_.key_dim);
  if (value_dim() < 1) return InvalidArgument("value_dim must be at least 1, received ", value_dim());
  if (!(options_.dropout >= 0 && options_.dropout <= 1)) {
    return InvalidArgument("dropout must lie in [0, 1], received ", options_.dropout);
  }
  if (options_.output_shape.has_value()) {
    bool positive = !options_.output_shape->empty();
    for (int64_t dim : *options_.output_shape) positive = positive && dim >= 1;
    if (!positive) {
      return InvalidArgument("output_shape: expected dims of at least 1, received [",
                             absl::StrJoin(*options_.output_shape, ","), "]");
    }
  }
  const std::vector<int64_t> axes = options_.attention_axes.value_or(std::vector<int64_t>{1});
  if (axes.size() == 1 && (axes[0] == 1 || axes[0] == -2)) return absl::OkStatus();
  return InvalidArgument("attention_axes: expected [1], the axis of steps, received [", absl::StrJoin(axes, ","), "]");
}

absl::Status MultiHeadAttentionLayer::CheckInputs(absl::Span<const TensorType> inputs) const {
  if (inputs.size() != 2 && inputs.size() != 3) {
    return WrongNumberOfInputs("the inputs query and value, or query, value and key", inputs.size());
  }
  for (const TensorType& input : inputs) {
    if (IsFloat(input.dtype) && input.rank() == 3 && input.shape[2].is_constant()) continue;
    return InvalidArgument("expected inputs of floats [batch, time, features] with a known number of features, ",
                           "received ", input.ToString());
  }
  const Shape &query = inputs[0].shape, &value = inputs[1].shape, &key = inputs.back().shape;
  if (query[0] == value[0] && value[0] == key[0] && value[1] == key[1]) return absl::OkStatus();
  return InvalidArgument("expected a query [batch, tq, ...], a value [batch, tv, ...] and a key [batch, tv, ...], ",
                         "received ", inputs[0].ToString(), ", ", inputs[1].ToString(), " and ",
                         inputs.back().ToString());
}

absl::Status MultiHeadAttentionLayer::Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) {
  WEFT_RETURN_IF_ERROR(CheckOptions());
  WEFT_RETURN_IF_ERROR(CheckInputs(inputs));
  auto add = [&](absl::string_view name, const Shape& kernel, const Shape& bias) {
    weights.Add(absl::StrCat(name, "/kernel"), kernel, options_.kernel_initializer);
    if (options_.use_bias) weights.Add(absl::StrCat(name, "/bias"), bias, options_.bias_initializer);
  };
  const int64_t heads = options_.num_heads, size = options_.key_dim;
  add("query", {inputs[0].shape[2], heads, size}, {heads, size});
  add("key", {inputs.back().shape[2], heads, size}, {heads, size});
  add("value", {inputs[1].shape[2], heads, value_dim()}, {heads, value_dim()});
  Shape output, kernel = {heads, value_dim()};
  if (options_.output_shape.has_value()) {
    for (int64_t dim : *options_.output_shape) output.push_back(dim);
  } else {
    output.push_back(inputs[0].shape[2]);
  }
  for (const Dim& dim : output) kernel.push_back(dim);
  add("attention_output", kernel, output);
  return absl::OkStatus();
}

Value MultiHeadAttentionLayer::Project(CallContext& context, const char* name, Value x) const {
  const Value kernel = context.Weight(absl::StrCat(name, "/kernel"));
  if (!x.ok() || !kernel.ok()) return x.ok() ? kernel : x;
  const Dim batch = x.shape()[0], time = x.shape()[1], in = x.shape()[2];
  const Dim heads = kernel.shape()[1], size = kernel.shape()[2];
  Value y = MatMul(Reshape(x, {batch * time, in}), Reshape(kernel, {in, heads * size}));
  if (options_.use_bias) y = y + Reshape(context.Weight(absl::StrCat(name, "/bias")), {heads * size});
  return Transpose(Reshape(y, {batch, time, heads, size}), {0, 2, 1, 3});
}

Value MultiHeadAttentionLayer::ProjectOutput(CallContext& context, Value heads) const {
  const Value kernel = context.Weight("attention_output/kernel");
  if (!heads.ok() || !kernel.ok()) return heads.ok() ? kernel : heads;
  const Dim batch = heads.shape()[0], time = heads.shape()[2], in = heads.shape()[1] * heads.shape()[3];
  Shape shape = {batch, time};
  Dim out = 1;
  for (int axis = 2; axis < kernel.rank(); ++axis) {
    shape.push_back(kernel.shape()[axis]);
    out = out * kernel.shape()[axis];
  }
  Value y = MatMul(Reshape(Transpose(heads, {0, 2, 1, 3}), {batch * time, in}), Reshape(kernel, {in, out}));
  if (options_.use_bias) y = y + Reshape(context.Weight("attention_output/bias"), {out});
  return Reshape(y, shape);
}

Value MultiHeadAttentionLayer::PairMask(CallContext& context, size_t inputs) const {
  Value all;
  for (size_t i = 0; i < inputs; ++i) {
    const Value mask = context.mask(static_cast<int>(i));
    if (!mask.ok()) continue;
    const Value pairs = ExpandDims(ExpandDims(mask, i == 0 ? 2 : 1), 1);
    all = all.absent() ? pairs : LogicalAnd(all, pairs);
  }
  return all;
}

std::vector<Value> MultiHeadAttentionLayer::Call(CallContext& context, absl::Span<const Value> inputs) const {
  const Value query = Project(context, "query", inputs[0]);
  const Value key = Project(context, "key", inputs.back());
  const Value value = Project(context, "value", inputs[1]);
  const double scale = 1 / std::sqrt(static_cast<double>(options_.key_dim));
  Value scores = MatMul(query * scale, key, {.transpose_b = true});  // [batch, heads, tq, tv]
  const Value mask = PairMask(context, inputs.size());
  if (!mask.absent()) scores = Select(mask, scores, kMaskedScore);
  Value shares = Softmax(scores);
  if (options_.dropout > 0) {
    // As Keras, where nothing is left to look at the output is zero; without dropout it is the mean of all values.
    if (!mask.absent()) shares = Select(mask, shares, 0.0);
    shares = DropoutLayer({.rate = options_.dropout, .seed = options_.seed}).Call(context, {&shares, 1})[0];
  }
  return {ProjectOutput(context, MatMul(shares, value))};
}

}  // namespace weft
