#include "models/layers/dot.h"

#include "models/layers/layers_util.h"
#include "models/layers/merge.h"
#include "ops/dense/dense.h"
#include "ops/elementwise/elementwise.h"
#include "ops/norm/norm.h"
#include "ops/reduce/reduce.h"
#include "ops/shape/shape.h"

namespace weft {
namespace {

constexpr double kNormEpsilon = 1e-7;  // keras.config.epsilon()

void OneForBoth(std::vector<int64_t>& axes) {
  if (axes.size() == 1) axes.push_back(axes[0]);
}

// x with the other axes merged: [batch, others, d], or [batch, d, others] where `summed_first`, whichever needs no
// transposition.
struct Factor {
  Value value;
  bool summed_first = false;
  Shape others;
};
Factor AsFactor(Value x, int axis) {
  Factor factor;
  std::vector<int> perm = {0};
  for (int i = 1; i < x.rank(); ++i) {
    if (i == axis) continue;
    perm.push_back(i);
    factor.others.push_back(x.shape()[i]);
  }
  const Dim summed = x.shape()[axis], rest = factor.others.NumElements();
  factor.summed_first = axis == 1 && x.rank() > 2;
  if (axis != 1 && axis != x.rank() - 1) {
    perm.push_back(axis);
    x = Transpose(x, perm);
  }
  const Shape shape = factor.summed_first ? Shape{x.shape()[0], summed, rest} : Shape{x.shape()[0], rest, summed};
  factor.value = x.shape() == shape ? x : Reshape(x, shape);
  return factor;
}

}  // namespace

DotLayer::DotLayer(DotOptions options) : options_(std::move(options)) {
  name_ = options_.name;
  OneForBoth(options_.axes);
}

void DotLayer::VisitConfig(ConfigVisitor& visitor) {
  VisitLayer(visitor);
  visitor.Field("axes", options_.axes);
  OneForBoth(options_.axes);
  visitor.Field("normalize", options_.normalize);
}

absl::Status DotLayer::Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) {
  static_cast<void>(weights);
  if (inputs.size() != 2) return WrongNumberOfInputs("two inputs", inputs.size());
  if (options_.axes.size() != 2) return InvalidArgument("expected one or two axes, received ", options_.axes.size());
  WEFT_RETURN_IF_ERROR(ExpectSeveralInputs(inputs));
  if (!IsFloat(inputs[0].dtype)) {
    return InvalidArgument("expected inputs of floats, received ", inputs[0].ToString());
  }
  Dim summed[2];
  for (size_t i : {0, 1}) {
    WEFT_ASSIGN_OR_RETURN(const std::vector<int> axis, SampleAxes({options_.axes[i]}, inputs[i]));
    summed[i] = inputs[i].shape[axis[0]];
  }
  if (summed[0] == summed[1]) return absl::OkStatus();
  return InvalidArgument("expected axes of one size, received axis ", options_.axes[0], " of ", inputs[0].ToString(),
                         " and axis ", options_.axes[1], " of ", inputs[1].ToString());
}

std::vector<Value> DotLayer::Call(CallContext& context, absl::Span<const Value> inputs) const {
  static_cast<void>(context);
  Value x[2];
  int axis[2];
  for (size_t i : {0, 1}) {
    x[i] = inputs[i];
    if (!x[i].ok()) return {x[i]};
    axis[i] = static_cast<int>(options_.axes[i] < 0 ? options_.axes[i] + x[i].rank() : options_.axes[i]);
    if (options_.normalize) x[i] = UnitNormalize(x[i], {.axes = {axis[i]}, .epsilon = kNormEpsilon});
  }
  if (x[0].rank() == 2 && x[1].rank() == 2) return {ReduceSum(x[0] * x[1], {.axes = {1}, .keepdims = true})};
  const Factor a = AsFactor(x[0], axis[0]), b = AsFactor(x[1], axis[1]);
  const Value y = MatMul(a.value, b.value, {.transpose_a = a.summed_first, .transpose_b = !b.summed_first});
  Shape shape = {x[0].shape()[0]};
  for (const Dim& dim : a.others) shape.push_back(dim);
  for (const Dim& dim : b.others) shape.push_back(dim);
  return {y.ok() && y.shape() != shape ? Reshape(y, shape) : y};
}

}  // namespace weft
