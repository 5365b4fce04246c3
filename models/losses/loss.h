// Losses, as in Keras: an elementwise part per sample, then weighting and reduction.
#ifndef WEFT_MODELS_LOSSES_LOSS_H_
#define WEFT_MODELS_LOSSES_LOSS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/tensor.h"
#include "graph/ir/builder.h"
#include "models/config.h"

namespace weft {

class Loss : public Configurable {
 public:
  // The loss of each sample: y_pred's shape without its last axis. Where y_pred is itself the output of a Softmax or
  // Sigmoid node, the logits form is recorded (as Keras does in compiled training): no clipping, exact gradients.
  // y_true is converted to what the loss computes with, and [n] and [n,1] stand for each other, as in Keras.
  virtual Value PerSample(GraphBuilder& builder, Value y_true, Value y_pred) const = 0;
  // "sum_over_batch_size", "sum", "none" / null, "mean" (the same as the first), "mean_with_sample_weight"
  virtual const std::string& reduction() const = 0;
  // What y_true must be for a y_pred of this type; InvalidArgument where no target could be right (a softmax over one
  // unit ...).
  virtual absl::StatusOr<TensorType> TargetType(const TensorType& y_pred) const = 0;

  // InvalidArgument if targets of this type (the batch dim included) cannot be meant for this y_pred, explaining the
  // usual mistakes: labels that are not one-hot, units != classes ... The dtype is free where it can be converted. What
  // it accepts has the elements of TargetType, in order, at most with another arrangement of dims of size 1.
  virtual absl::Status CheckTarget(const TensorType& y_pred, const TensorType& y_true) const;
  // The same for data: its type (of any batch size), and its values as far as they can be wrong (a label past the last
  // class). To be called once per data set, before training: it reads all of it.
  absl::Status CheckTargets(const TensorType& y_pred, const TensorView& y_true) const;

  // The reduced loss: PerSample, times sample_weight (absent: 1), reduced. Scalar unless the reduction is none.
  // sample_weight: [batch], or the shape of PerSample (or leading dims of it).
  Value Record(GraphBuilder& builder, Value y_true, Value y_pred, Value sample_weight) const;

 protected:
  // The part of CheckTargets that looks at values, of a type that CheckTarget accepts.
  virtual absl::Status CheckValues(const TensorType& y_pred, const TensorView& y_true) const;
};
using LossRef = Ref<Loss>;

}  // namespace weft

#endif  // WEFT_MODELS_LOSSES_LOSS_H_
