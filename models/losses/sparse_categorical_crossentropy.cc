#include "models/losses/sparse_categorical_crossentropy.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "models/losses/logits_of.h"
#include "models/losses/probabilities.h"
#include "models/losses/ranks.h"
#include "models/losses/reduction.h"
#include "models/losses/targets.h"
#include "ops/elementwise/elementwise.h"
#include "ops/shape/shape.h"
#include "ops/softmax/softmax.h"

namespace weft::losses {

void SparseCategoricalCrossentropy::VisitConfig(ConfigVisitor& visitor) {
  visitor.Ignore("name");
  VisitReduction(visitor, options_.reduction);
  visitor.Field("from_logits", options_.from_logits);
  visitor.MustBeNull("ignore_class");
}

absl::StatusOr<TensorType> SparseCategoricalCrossentropy::TargetType(const TensorType& y_pred) const {
  const absl::Status status = CheckClasses(y_pred);
  if (!status.ok()) return Annotate(status, class_name());
  return TensorType{DType::kInt32, Shape(y_pred.shape.dims().subspan(0, y_pred.rank() - 1))};
}

absl::Status SparseCategoricalCrossentropy::CheckTarget(const TensorType& y_pred, const TensorType& y_true) const {
  WEFT_ASSIGN_OR_RETURN(const TensorType labels, TargetType(y_pred));
  TensorType with_one = labels;
  with_one.shape.push_back(1);
  if (y_true.shape == labels.shape || y_true.shape == with_one.shape) return absl::OkStatus();
  const std::string expected =
      absl::StrCat(class_name(), ": expected class indices ", labels.shape.ToString(), " for the model's output ",
                   y_pred.ToString(), ", received ", y_true.ToString());
  if (y_true.rank() == y_pred.rank()) {
    const std::string units = LastDim(y_pred).ToString(), classes = LastDim(y_true).ToString();
    return InvalidArgument(expected, "; the labels look one-hot: use loss = \"categorical_crossentropy\"",
                           units == classes ? "" : absl::StrCat(", and give the last layer units = ", classes));
  }
  return InvalidArgument(expected);
}

absl::Status SparseCategoricalCrossentropy::CheckValues(const TensorType& y_pred, const TensorView& y_true) const {
  if (!LastDim(y_pred).is_constant()) return absl::OkStatus();
  const int64_t classes = LastDim(y_pred).value();
  const double past = static_cast<double>(classes);
  double value;
  const int64_t at = FindValue(
      y_true, [&](double label) { return label >= 0 && label < past && label == std::floor(label); }, &value);
  if (at < 0) return absl::OkStatus();
  return InvalidArgument(class_name(), ": ", DescribeValue(y_true, at, value), ", which is none of the classes 0 to ",
                         classes - 1, " of the model's output ", y_pred.ToString(),
                         value == past ? absl::StrCat("; for ", classes, " classes the labels begin with 0, for ",
                                                      classes + 1, " give the last layer units = ", classes + 1)
                                       : "");
}

Value SparseCategoricalCrossentropy::PerSample(GraphBuilder& builder, Value y_true, Value y_pred) const {
  if (!y_true.ok() || !y_pred.ok()) return builder.Error(InvalidArgument(class_name(), ": y_true or y_pred is absent"));
  const absl::Status status = CheckTarget(y_pred.type(), y_true.type());
  if (!status.ok()) return builder.Error(status);

  Value labels = y_true.rank() == y_pred.rank() ? Squeeze(y_true, {-1}) : y_true;
  if (!IsInteger(labels.dtype())) labels = Cast(labels, DType::kInt32);
  const Value logits = LogitsOfSoftmax(y_pred);
  if (logits.ok()) return SparseSoftmaxCrossEntropy(logits, labels);
  if (options_.from_logits) return SparseSoftmaxCrossEntropy(y_pred, labels);
  return SparseSoftmaxCrossEntropy(Log(ClipProbability(y_pred)), labels);
}

}  // namespace weft::losses
