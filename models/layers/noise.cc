#include "models/layers/noise.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/status.h"
#include "ops/elementwise/elementwise.h"
#include "ops/random/random.h"
#include "ops/shape/shape.h"

namespace weft {

absl::Status CheckRate(double rate) {
  if (rate >= 0 && rate <= 1) return absl::OkStatus();
  return InvalidArgument("rate must lie in [0, 1], received ", rate);
}

absl::Status CheckRateBelowOne(double rate) {
  if (rate >= 0 && rate < 1) return absl::OkStatus();
  return InvalidArgument("rate must lie in [0, 1), received ", rate);
}

Value NoiseKey(CallContext& context, const std::optional<int64_t>& seed) {
  return seed.has_value() ? Constant(context.builder(), Tensor::ScalarInt(DType::kInt64, *seed)) : context.random_key();
}

absl::StatusOr<TensorType> NoiseType(const TensorType& x, const std::optional<std::vector<int64_t>>& noise_shape) {
  TensorType type = x;
  if (!noise_shape.has_value()) return type;
  bool fits = static_cast<int>(noise_shape->size()) == x.rank();
  for (int axis = 0; fits && axis < x.rank(); ++axis) {
    const int64_t dim = (*noise_shape)[static_cast<size_t>(axis)];
    if (dim == -1) continue;
    fits = dim == 1 || (dim > 1 && x.shape[axis] == Dim(dim));
    type.shape[axis] = dim;
  }
  if (fits) return type;
  return InvalidArgument("noise_shape must have a dim for each axis of the input ", x.ToString(),
                         ", the batch included: 1, that of the input, or -1 (the input's); received [",
                         absl::StrJoin(*noise_shape, ","), "]");
}

Value DropOut(CallContext& context, Value x, double rate, const TensorType& noise, const std::optional<int64_t>& seed) {
  const Value uniform = RandomUniform(NoiseKey(context, seed), context.random_step(), noise);
  const double keep = 1 - rate;
  return Select(GreaterEqual(uniform, rate), keep == 0 ? x : x * (1 / keep), 0.0);
}

}  // namespace weft
