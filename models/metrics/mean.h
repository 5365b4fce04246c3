// Metrics that are a weighted mean over samples.
#ifndef WEFT_MODELS_METRICS_MEAN_H_
#define WEFT_MODELS_METRICS_MEAN_H_

#include <string>
#include <vector>

#include "models/metrics/metric.h"

namespace weft::metrics {

// Two accumulators: total, the sum of the samples' values times their weights, and count, the sum of the weights
// (without weights: the number of samples). Both are f32, as in Keras: counts are exact up to 2^24 samples an epoch,
// and so are totals of 0s and 1s; other totals round as a chain of f32 additions over the batches does.
class MeanOfSamples : public Metric {
 public:
  std::vector<Accumulator> accumulators(const TensorType& y_pred) const override;
  std::vector<Value> Update(GraphBuilder& builder, Value y_true, Value y_pred, Value sample_weight,
                            absl::Span<const Value> accumulators) const override;
  // total / count; 0 where count is 0.
  double Result(absl::Span<const Tensor> accumulators) const override;
  void VisitConfig(ConfigVisitor& visitor) override;

 protected:
  // One value per sample, or more: then their mean counts. Errors are left in the builder.
  virtual Value Values(GraphBuilder& builder, Value y_true, Value y_pred) const = 0;
  // Options beside name and dtype.
  virtual void VisitOwnConfig(ConfigVisitor& visitor) { static_cast<void>(visitor); }
};

// The mean of y_pred itself; y_true is not looked at and may be absent. A scalar counts as one sample.
class Mean final : public MeanOfSamples {
 public:
  absl::string_view class_name() const override { return "Mean"; }
  std::string default_name() const override { return "mean"; }

 protected:
  Value Values(GraphBuilder& builder, Value y_true, Value y_pred) const override;
};

// Adds values [samples, ...] to (total, count), as Keras' reduce_to_samplewise_values does: with weights of rank r,
// values are averaged over their axes from r on, multiplied, and averaged over all axes but the first. Absent weights
// are ones.
std::vector<Value> AddToMean(Value values, Value sample_weight, absl::Span<const Value> accumulators);

}  // namespace weft::metrics

#endif  // WEFT_MODELS_METRICS_MEAN_H_
