// What the layers that draw random numbers in training have in common.
#ifndef WEFT_MODELS_LAYERS_NOISE_H_
#define WEFT_MODELS_LAYERS_NOISE_H_

#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "models/layers/layer.h"

namespace weft {

// InvalidArgument unless `rate` lies in [0, 1].
absl::Status CheckRate(double rate);
// The same, without 1.
absl::Status CheckRateBelowOne(double rate);

// What random ops draw with: the layer's own seed, or the model's key where it has none. The step is the model's.
Value NoiseKey(CallContext& context, const std::optional<int64_t>& seed);

// The type of what is drawn for x: of its shape, or of `noise_shape` (which counts the batch) where there is one; -1
// there is x's dim. InvalidArgument where it does not broadcast to x.
absl::StatusOr<TensorType> NoiseType(const TensorType& x, const std::optional<std::vector<int64_t>>& noise_shape);

// 0 with probability `rate`, else x / (1 - rate), one number being drawn for each element of `noise`, which broadcasts
// to x. REQUIRES: rate in [0, 1].
Value DropOut(CallContext& context, Value x, double rate, const TensorType& noise, const std::optional<int64_t>& seed);

}  // namespace weft

#endif  // WEFT_MODELS_LAYERS_NOISE_H_
