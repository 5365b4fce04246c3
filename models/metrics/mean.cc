#include "models/metrics/mean.h"

#include <optional>
#include <tuple>

#include "core/status.h"
#include "models/losses/ranks.h"
#include "ops/elementwise/elementwise.h"
#include "ops/reduce/reduce.h"
#include "ops/shape/shape.h"

namespace weft::metrics {
namespace {

// The mean over the axes from `first` on.
Value MeanFrom(Value x, int first) {
  if (x.rank() <= first) return x;
  std::vector<int> axes;
  for (int axis = first; axis < x.rank(); ++axis) axes.push_back(axis);
  return ReduceMean(x, {.axes = axes});
}

Value Total(Value x) { return x.rank() == 0 ? x : ReduceSum(x); }

}  // namespace

std::vector<Value> AddToMean(Value values, Value sample_weight, absl::Span<const Value> accumulators) {
  values = WithDType(values, DType::kFloat32);
  Value count;
  if (!sample_weight.absent()) {
    sample_weight = WithDType(sample_weight, DType::kFloat32);
    std::tie(values, sample_weight) = ToSameRank(values, sample_weight);
    const int rank = sample_weight.rank();
    values = MeanFrom(values, rank);
    if (sample_weight.shape() != values.shape()) sample_weight = BroadcastTo(sample_weight, values.shape());
    values = values * sample_weight;
    count = Total(MeanFrom(sample_weight, 1));
  } else if (values.rank() > 0) {
    count = Cast(DimSize(values, 0), DType::kFloat32);
  } else {
    count = OnesLike(values);
  }
  return {accumulators[0] + Total(MeanFrom(values, 1)), accumulators[1] + count};
}

std::vector<Metric::Accumulator> MeanOfSamples::accumulators(const TensorType& y_pred) const {
  static_cast<void>(y_pred);
  const TensorType scalar{DType::kFloat32, {}};
  return {{"total", scalar}, {"count", scalar}};
}

std::vector<Value> MeanOfSamples::Update(GraphBuilder& builder, Value y_true, Value y_pred, Value sample_weight,
                                         absl::Span<const Value> accumulators) const {
  if (accumulators.size() != 2) {
    builder.Error(InvalidArgument(class_name(), ": expected 2 accumulators, received ", accumulators.size()));
    return std::vector<Value>(accumulators.begin(), accumulators.end());
  }
  const Value values = Values(builder, y_true, y_pred);
  if (!values.ok()) return {values, values};
  return AddToMean(values, sample_weight, accumulators);
}

double MeanOfSamples::Result(absl::Span<const Tensor> accumulators) const {
  if (accumulators.size() != 2) return 0;
  const double total = accumulators[0].AtDouble(0), count = accumulators[1].AtDouble(0);
  return count == 0 ? 0 : total / count;
}

void MeanOfSamples::VisitConfig(ConfigVisitor& visitor) {
  visitor.Ignore("name");
  std::optional<std::string> dtype = "float32";
  visitor.Field("dtype", dtype);
  if (dtype.value_or("float32") != "float32") {
    visitor.Error(InvalidArgument("dtype must be float32, received ", *dtype));
  }
  VisitOwnConfig(visitor);
}

Value Mean::Values(GraphBuilder& builder, Value, Value y_pred) const {
  if (y_pred.absent()) return builder.Error(InvalidArgument("Mean: no values are given"));
  return y_pred;
}

}  // namespace weft::metrics
