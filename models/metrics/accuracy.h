// How often predictions are right. Each is the mean over samples of 1 (right) and 0.
#ifndef WEFT_MODELS_METRICS_ACCURACY_H_
#define WEFT_MODELS_METRICS_ACCURACY_H_

#include <string>

#include "models/metrics/mean.h"

namespace weft::metrics {

// y_true == y_pred. ("accuracy" in Compile means one of the others: see ResolveAccuracy.)
class Accuracy final : public MeanOfSamples {
 public:
  absl::string_view class_name() const override { return "Accuracy"; }
  std::string default_name() const override { return "accuracy"; }

 protected:
  Value Values(GraphBuilder& builder, Value y_true, Value y_pred) const override;
};

struct BinaryAccuracyOptions {
  double threshold = 0.5;
};

// y_true == (y_pred > threshold ? 1 : 0)
class BinaryAccuracy final : public MeanOfSamples {
 public:
  explicit BinaryAccuracy(BinaryAccuracyOptions options = {}) : options_(options) {}
  absl::string_view class_name() const override { return "BinaryAccuracy"; }
  std::string default_name() const override { return "binary_accuracy"; }

 protected:
  Value Values(GraphBuilder& builder, Value y_true, Value y_pred) const override;
  void VisitOwnConfig(ConfigVisitor& visitor) override;

 private:
  BinaryAccuracyOptions options_;
};

// argmax(y_true) == argmax(y_pred) along the last axis: one-hot labels; probabilities or logits. Of equal largest
// values the first counts.
class CategoricalAccuracy final : public MeanOfSamples {
 public:
  absl::string_view class_name() const override { return "CategoricalAccuracy"; }
  std::string default_name() const override { return "categorical_accuracy"; }

 protected:
  Value Values(GraphBuilder& builder, Value y_true, Value y_pred) const override;
};

// y_true == argmax(y_pred) along the last axis: class indices, [n] or [n,1].
class SparseCategoricalAccuracy final : public MeanOfSamples {
 public:
  absl::string_view class_name() const override { return "SparseCategoricalAccuracy"; }
  std::string default_name() const override { return "sparse_categorical_accuracy"; }

 protected:
  Value Values(GraphBuilder& builder, Value y_true, Value y_pred) const override;
};

}  // namespace weft::metrics

#endif  // WEFT_MODELS_METRICS_ACCURACY_H_
