// Metrics: sums kept in variables of the module, updated in train_step and evaluate, so that an epoch's value is right
// with partial batches.
#ifndef WEFT_MODELS_METRICS_METRIC_H_
#define WEFT_MODELS_METRICS_METRIC_H_

#include <string>
#include <vector>

#include "absl/types/span.h"
#include "core/tensor.h"
#include "graph/ir/builder.h"
#include "models/config.h"

namespace weft {

class Metric : public Configurable {
 public:
  // Accumulators: variables "<metric>/<name>", zero at the start of an epoch.
  struct Accumulator {
    std::string name;
    TensorType type;
  };
  virtual std::string default_name() const = 0;  // "accuracy"
  virtual std::vector<Accumulator> accumulators(const TensorType& y_pred) const = 0;
  // New values of the accumulators after a batch. sample_weight may be absent.
  virtual std::vector<Value> Update(GraphBuilder& builder, Value y_true, Value y_pred, Value sample_weight,
                                    absl::Span<const Value> accumulators) const = 0;
  // The metric from the accumulators' contents.
  virtual double Result(absl::Span<const Tensor> accumulators) const = 0;
};
using MetricRef = Ref<Metric>;

}  // namespace weft

#endif  // WEFT_MODELS_METRICS_METRIC_H_
