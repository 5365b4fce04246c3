#include "models/losses/binary_crossentropy.h"

#include <tuple>

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "models/losses/logits_of.h"
#include "models/losses/probabilities.h"
#include "models/losses/ranks.h"
#include "models/losses/reduction.h"
#include "models/losses/targets.h"
#include "ops/elementwise/elementwise.h"
#include "ops/reduce/reduce.h"
#include "ops/softmax/softmax.h"

namespace weft::losses {

void BinaryCrossentropy::VisitConfig(ConfigVisitor& visitor) {
  visitor.Ignore("name");
  VisitReduction(visitor, options_.reduction);
  visitor.Field("from_logits", options_.from_logits);
  visitor.Field("label_smoothing", options_.label_smoothing);
  visitor.MustBe("axis", "-1");
  visitor.Error(CheckLabelSmoothing(options_.label_smoothing));
}

absl::StatusOr<TensorType> BinaryCrossentropy::TargetType(const TensorType& y_pred) const {
  const absl::Status status = CheckPrediction(y_pred, 1);
  if (!status.ok()) return Annotate(status, class_name());
  return y_pred;
}

absl::Status BinaryCrossentropy::CheckTarget(const TensorType& y_pred, const TensorType& y_true) const {
  WEFT_RETURN_IF_ERROR(TargetType(y_pred).status());
  if (SameUpToLastOne(y_pred, y_true)) return absl::OkStatus();
  const std::string expected = absl::StrCat(class_name(), ": expected labels of the shape of the model's output, ",
                                            y_pred.ToString(), ", received ", y_true.ToString());
  const std::string units = LastDim(y_pred).ToString();
  if (y_true.rank() == y_pred.rank() && LastDim(y_pred) == Dim(1)) {
    const std::string classes = LastDim(y_true).ToString();
    return InvalidArgument(expected, "; for ", classes, " labels per sample give the last layer units = ", classes,
                           ", and if just one of them is 1 a softmax and loss = \"categorical_crossentropy\"");
  }
  if (y_true.rank() == y_pred.rank() - 1 || (y_true.rank() == y_pred.rank() && LastDim(y_true) == Dim(1))) {
    return InvalidArgument(expected, "; for one yes or no per sample give the last layer units = 1; for indices of ",
                           units, " classes use loss = \"sparse_categorical_crossentropy\" and a softmax");
  }
  return InvalidArgument(expected);
}

absl::Status BinaryCrossentropy::CheckValues(const TensorType& y_pred, const TensorView& y_true) const {
  static_cast<void>(y_pred);
  double value;
  const int64_t at = FindValue(
      y_true, [](double label) { return label >= 0 && label <= 1; }, &value);
  if (at < 0) return absl::OkStatus();
  return InvalidArgument(class_name(), ": ", DescribeValue(y_true, at, value), ", expected 0, 1 or a number between",
                         value == -1 ? "; labels -1 and 1 become 0 and 1 by (y + 1) / 2" : "");
}

Value BinaryCrossentropy::PerSample(GraphBuilder& builder, Value y_true, Value y_pred) const {
  if (!y_true.ok() || !y_pred.ok()) return builder.Error(InvalidArgument(class_name(), ": y_true or y_pred is absent"));
  absl::Status status = CheckTarget(y_pred.type(), y_true.type());
  if (status.ok()) status = CheckLabelSmoothing(options_.label_smoothing);
  if (!status.ok()) return builder.Error(status);

  const double e = options_.label_smoothing;
  Value target = WithDType(y_true, y_pred.dtype());
  if (e != 0) target = target * (1 - e) + 0.5 * e;
  Value logits = LogitsOfSigmoid(y_pred);
  if (logits.absent() && options_.from_logits) logits = y_pred;
  Value loss;
  if (logits.ok()) {
    std::tie(target, logits) = ToSameRank(target, logits);
    loss = SigmoidCrossEntropy(logits, target);
  } else {
    std::tie(target, y_pred) = ToSameRank(target, y_pred);
    const Value p = ClipProbability(y_pred);
    loss = -(target * Log(p) + (1 - target) * Log(1 - p));
  }
  return ReduceMean(loss, {.axes = {-1}});
}

}  // namespace weft::losses
