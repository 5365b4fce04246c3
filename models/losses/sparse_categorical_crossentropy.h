// The cross-entropy between class indices and an output of one unit per class.
#ifndef WEFT_MODELS_LOSSES_SPARSE_CATEGORICAL_CROSSENTROPY_H_
#define WEFT_MODELS_LOSSES_SPARSE_CATEGORICAL_CROSSENTROPY_H_

#include <string>
#include <utility>

#include "models/losses/loss.h"

namespace weft {
namespace losses {

struct SparseCategoricalCrossentropyOptions {
  bool from_logits = false;
  std::string reduction = "sum_over_batch_size";
};

// -log(p[label]), labels being integers in [0, units), of the output's shape without its last axis. From logits z, p =
// softmax(z). From probabilities, p is clipped to [1e-7, 1 - 1e-7] (gradient 0 where clipped) and then divided by its
// sum; but the output of a Softmax node counts as its logits.
class SparseCategoricalCrossentropy final : public Loss {
 public:
  explicit SparseCategoricalCrossentropy(SparseCategoricalCrossentropyOptions options = {})
      : options_(std::move(options)) {}
  absl::string_view class_name() const override { return "SparseCategoricalCrossentropy"; }
  void VisitConfig(ConfigVisitor& visitor) override;
  Value PerSample(GraphBuilder& builder, Value y_true, Value y_pred) const override;
  const std::string& reduction() const override { return options_.reduction; }
  absl::StatusOr<TensorType> TargetType(const TensorType& y_pred) const override;
  absl::Status CheckTarget(const TensorType& y_pred, const TensorType& y_true) const override;

 protected:
  absl::Status CheckValues(const TensorType& y_pred, const TensorView& y_true) const override;

 private:
  SparseCategoricalCrossentropyOptions options_;
};

}  // namespace losses

using losses::SparseCategoricalCrossentropy;

}  // namespace weft

#endif  // WEFT_MODELS_LOSSES_SPARSE_CATEGORICAL_CROSSENTROPY_H_
