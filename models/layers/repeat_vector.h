// RepeatVector: the same features at each of n steps.
#ifndef WEFT_MODELS_LAYERS_REPEAT_VECTOR_H_
#define WEFT_MODELS_LAYERS_REPEAT_VECTOR_H_

#include <string>
#include <vector>

#include "models/layers/layer.h"

namespace weft {

struct RepeatVectorOptions {
  int64_t n = 0;  // required: at least 1
  std::string name = "";
};

// [batch, features] -> [batch, n, features]. Any dtype.
class RepeatVectorLayer final : public Layer {
 public:
  explicit RepeatVectorLayer(RepeatVectorOptions options = {});
  absl::string_view class_name() const override { return "RepeatVector"; }
  void VisitConfig(ConfigVisitor& visitor) override;
  absl::Status Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) override;
  std::vector<Value> Call(CallContext& context, absl::Span<const Value> inputs) const override;

 private:
  RepeatVectorOptions options_;
};

inline RepeatVectorLayer RepeatVector(RepeatVectorOptions options) { return RepeatVectorLayer(std::move(options)); }
inline RepeatVectorLayer RepeatVector(int64_t n) { return RepeatVectorLayer({.n = n}); }

}  // namespace weft

#endif  // WEFT_MODELS_LAYERS_REPEAT_VECTOR_H_
