// Losses, as in Keras: an elementwise part per sample, then weighting and reduction.
#ifndef WEFT_MODELS_LOSSES_LOSS_H_
#define WEFT_MODELS_LOSSES_LOSS_H_

#include <string>

#include "graph/ir/builder.h"
#include "models/config.h"

namespace weft {

class Loss : public Configurable {
 public:
  // The loss of each sample: y_pred's shape without its last axis. Where y_pred is itself the output of a Softmax or
  // Sigmoid node, the logits form is recorded (as Keras does in compiled training): no clipping, exact gradients.
  virtual Value PerSample(GraphBuilder& builder, Value y_true, Value y_pred) const = 0;
  // "sum_over_batch_size", "sum", "none" / null, "mean"
  virtual const std::string& reduction() const = 0;
  // What y_true must be for a y_pred of this type; an error explains the usual mistakes (labels that are not one-hot
  // ...).
  virtual absl::StatusOr<TensorType> TargetType(const TensorType& y_pred) const = 0;

  // The reduced loss: PerSample, times sample_weight (absent: 1), reduced. Scalar unless the reduction is none.
  Value Record(GraphBuilder& builder, Value y_true, Value y_pred, Value sample_weight) const;
};
using LossRef = Ref<Loss>;

}  // namespace weft

#endif  // WEFT_MODELS_LOSSES_LOSS_H_
