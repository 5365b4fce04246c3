// The cross-entropy of independent yes-or-no questions.
#ifndef WEFT_MODELS_LOSSES_BINARY_CROSSENTROPY_H_
#define WEFT_MODELS_LOSSES_BINARY_CROSSENTROPY_H_

#include <string>
#include <utility>

#include "models/losses/loss.h"

namespace weft {
namespace losses {

struct BinaryCrossentropyOptions {
  bool from_logits = false;
  double label_smoothing = 0;  // e: labels become t * (1 - e) + e / 2
  std::string reduction = "sum_over_batch_size";
};

// The mean over the last axis of -t log(p) - (1 - t) log(1 - p). From logits z, p = sigmoid(z). From probabilities, p
// is clipped to [1e-7, 1 - 1e-7] (gradient 0 where clipped); but the output of a Sigmoid node counts as its logits.
class BinaryCrossentropy final : public Loss {
 public:
  explicit BinaryCrossentropy(BinaryCrossentropyOptions options = {}) : options_(std::move(options)) {}
  absl::string_view class_name() const override { return "BinaryCrossentropy"; }
  void VisitConfig(ConfigVisitor& visitor) override;
  Value PerSample(GraphBuilder& builder, Value y_true, Value y_pred) const override;
  const std::string& reduction() const override { return options_.reduction; }
  absl::StatusOr<TensorType> TargetType(const TensorType& y_pred) const override;
  absl::Status CheckTarget(const TensorType& y_pred, const TensorType& y_true) const override;

 protected:
  absl::Status CheckValues(const TensorType& y_pred, const TensorView& y_true) const override;

 private:
  BinaryCrossentropyOptions options_;
};

}  // namespace losses

using losses::BinaryCrossentropy;

}  // namespace weft

#endif  // WEFT_MODELS_LOSSES_BINARY_CROSSENTROPY_H_
