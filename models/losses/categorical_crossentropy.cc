#include "models/losses/categorical_crossentropy.h"

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "models/losses/logits_of.h"
#include "models/losses/probabilities.h"
#include "models/losses/ranks.h"
#include "models/losses/reduction.h"
#include "models/losses/targets.h"
#include "ops/elementwise/elementwise.h"
#include "ops/reduce/reduce.h"
#include "ops/shape/shape.h"
#include "ops/softmax/softmax.h"

namespace weft::losses {

void CategoricalCrossentropy::VisitConfig(ConfigVisitor& visitor) {
  visitor.Ignore("name");
  VisitReduction(visitor, options_.reduction);
  visitor.Field("from_logits", options_.from_logits);
  visitor.Field("label_smoothing", options_.label_smoothing);
  visitor.MustBe("axis", "-1");
  visitor.Error(CheckLabelSmoothing(options_.label_smoothing));
}

absl::StatusOr<TensorType> CategoricalCrossentropy::TargetType(const TensorType& y_pred) const {
  const absl::Status status = CheckClasses(y_pred);
  if (!status.ok()) return Annotate(status, class_name());
  return y_pred;
}

absl::Status CategoricalCrossentropy::CheckTarget(const TensorType& y_pred, const TensorType& y_true) const {
  WEFT_RETURN_IF_ERROR(TargetType(y_pred).status());
  if (y_true.shape == y_pred.shape) return absl::OkStatus();
  const std::string units = LastDim(y_pred).ToString();
  const std::string expected = absl::StrCat(class_name(), ": expected one-hot labels ", y_pred.shape.ToString(),
                                            ", as the model's output, received ", y_true.ToString());
  const bool one_per_sample = y_true.rank() == y_pred.rank() - 1;
  if (one_per_sample || (y_true.rank() == y_pred.rank() && LastDim(y_true) == Dim(1))) {
    return InvalidArgument(expected,
                           "; the labels look like class indices: use loss = "
                           "\"sparse_categorical_crossentropy\", or make them one-hot with ToCategorical(y, ",
                           units, ")");
  }
  if (y_true.rank() == y_pred.rank() && LastDim(y_true) != LastDim(y_pred)) {
    const std::string classes = LastDim(y_true).ToString();
    return InvalidArgument(expected, "; the labels have ", classes, " classes, but the model's output has ", units,
                           " units: give the last layer units = ", classes);
  }
  return InvalidArgument(expected);
}

Value CategoricalCrossentropy::PerSample(GraphBuilder& builder, Value y_true, Value y_pred) const {
  if (!y_true.ok() || !y_pred.ok()) return builder.Error(InvalidArgument(class_name(), ": y_true or y_pred is absent"));
  absl::Status status = CheckTarget(y_pred.type(), y_true.type());
  if (status.ok()) status = CheckLabelSmoothing(options_.label_smoothing);
  if (!status.ok()) return builder.Error(status);

  Value target = WithDType(y_true, y_pred.dtype());
  if (options_.label_smoothing != 0) {
    const Value classes = Cast(DimSize(y_pred, -1), y_pred.dtype());
    target = target * (1 - options_.label_smoothing) + options_.label_smoothing / classes;
  }
  const Value logits = LogitsOfSoftmax(y_pred);
  if (logits.ok()) return SoftmaxCrossEntropy(logits, target);
  if (options_.from_logits) return SoftmaxCrossEntropy(y_pred, target);
  const Value p = y_pred / ReduceSum(y_pred, {.axes = {-1}, .keepdims = true});
  return -ReduceSum(target * Log(ClipProbability(p)), {.axes = {-1}});
}

}  // namespace weft::losses
