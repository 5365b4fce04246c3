#include "models/metrics/accuracy.h"

#include <cmath>
#include <tuple>

#include "core/status.h"
#include "models/losses/ranks.h"
#include "ops/elementwise/elementwise.h"
#include "ops/reduce/reduce.h"
#include "ops/shape/shape.h"

namespace weft::metrics {
namespace {

// OK if both are there, and y_pred has a last axis where `argmax` is taken of it.
absl::Status CheckOperands(const Metric& metric, Value y_true, Value y_pred, bool argmax) {
  if (!y_true.ok() || !y_pred.ok()) return InvalidArgument(metric.class_name(), ": y_true or y_pred is absent");
  if (argmax && y_pred.rank() == 0) {
    return InvalidArgument(metric.class_name(), ": expected an output with one unit per class, received ",
                           y_pred.type().ToString());
  }
  return absl::OkStatus();
}

// 1 where a == b. Both have one shape; anything else would count something, but not what was meant.
Value Matches(GraphBuilder& builder, const Metric& metric, Value a, Value b) {
  if (a.shape() != b.shape()) {
    return builder.Error(InvalidArgument(metric.class_name(), ": targets ", a.shape().ToString(),
                                         " do not fit predictions ", b.shape().ToString()));
  }
  return Cast(Equal(a, b), DType::kFloat32);
}

}  // namespace

Value Accuracy::Values(GraphBuilder& builder, Value y_true, Value y_pred) const {
  const absl::Status status = CheckOperands(*this, y_true, y_pred, false);
  if (!status.ok()) return builder.Error(status);
  y_true = WithDType(y_true, y_pred.dtype());
  std::tie(y_true, y_pred) = ToSameRank(y_true, y_pred);
  return Matches(builder, *this, y_true, y_pred);
}

void BinaryAccuracy::VisitOwnConfig(ConfigVisitor& visitor) {
  visitor.Field("threshold", options_.threshold);
  if (std::isnan(options_.threshold)) visitor.Error(InvalidArgument("threshold must be a number"));
}

Value BinaryAccuracy::Values(GraphBuilder& builder, Value y_true, Value y_pred) const {
  const absl::Status status = CheckOperands(*this, y_true, y_pred, false);
  if (!status.ok()) return builder.Error(status);
  std::tie(y_true, y_pred) = ToSameRank(y_true, y_pred);
  return Matches(builder, *this, y_true, WithDType(Greater(y_pred, options_.threshold), y_true.dtype()));
}

Value CategoricalAccuracy::Values(GraphBuilder& builder, Value y_true, Value y_pred) const {
  const absl::Status status = CheckOperands(*this, y_true, y_pred, true);
  if (!status.ok()) return builder.Error(status);
  if (y_true.shape() != y_pred.shape()) {
    return builder.Error(InvalidArgument("CategoricalAccuracy: expected one-hot labels ", y_pred.shape().ToString(),
                                         ", received ", y_true.type().ToString(),
                                         "; of class indices sparse_categorical_accuracy is the metric"));
  }
  return Matches(builder, *this, ArgMax(y_true, -1), ArgMax(y_pred, -1));
}

Value SparseCategoricalAccuracy::Values(GraphBuilder& builder, Value y_true, Value y_pred) const {
  const absl::Status status = CheckOperands(*this, y_true, y_pred, true);
  if (!status.ok()) return builder.Error(status);
  if (y_true.rank() == y_pred.rank() && y_true.shape()[y_true.rank() - 1] == Dim(1)) y_true = Squeeze(y_true, {-1});
  const Value chosen = ArgMax(y_pred, -1);
  if (y_true.shape() != chosen.shape()) {
    return builder.Error(InvalidArgument("SparseCategoricalAccuracy: expected class indices ",
                                         chosen.shape().ToString(), ", received ", y_true.type().ToString(),
                                         "; of one-hot labels categorical_accuracy is the metric"));
  }
  return Matches(builder, *this, WithDType(y_true, chosen.dtype()), chosen);
}

}  // namespace weft::metrics
