// The cross-entropy between one-hot labels (or any probabilities) and an output of one unit per class.
#ifndef WEFT_MODELS_LOSSES_CATEGORICAL_CROSSENTROPY_H_
#define WEFT_MODELS_LOSSES_CATEGORICAL_CROSSENTROPY_H_

#include <string>
#include <utility>

#include "models/losses/loss.h"

namespace weft {
namespace losses {

struct CategoricalCrossentropyOptions {
  bool from_logits = false;
  double label_smoothing = 0;  // e: labels become t * (1 - e) + e / classes
  std::string reduction = "sum_over_batch_size";
};

// -sum(t * log(p)) over the last axis. From logits z, p = softmax(z). From probabilities, p is first divided by its sum
// and then clipped to [1e-7, 1 - 1e-7] (gradient 0 where clipped); but the output of a Softmax node counts as its
// logits.
class CategoricalCrossentropy final : public Loss {
 public:
  explicit CategoricalCrossentropy(CategoricalCrossentropyOptions options = {}) : options_(std::move(options)) {}
  absl::string_view class_name() const override { return "CategoricalCrossentropy"; }
  void VisitConfig(ConfigVisitor& visitor) override;
  Value PerSample(GraphBuilder& builder, Value y_true, Value y_pred) const override;
  const std::string& reduction() const override { return options_.reduction; }
  absl::StatusOr<TensorType> TargetType(const TensorType& y_pred) const override;
  absl::Status CheckTarget(const TensorType& y_pred, const TensorType& y_true) const override;

 private:
  CategoricalCrossentropyOptions options_;
};

}  // namespace losses

using losses::CategoricalCrossentropy;

}  // namespace weft

#endif  // WEFT_MODELS_LOSSES_CATEGORICAL_CROSSENTROPY_H_
