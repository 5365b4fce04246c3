#include "models/initializers/seeded.h"

#include "core/status.h"

namespace weft::initializers {

RandomSource Seeded(GraphBuilder& builder, Value key, Value step, std::optional<int64_t> seed) {
  if (!seed.has_value()) return {key, step};
  return {builder.Constant(Tensor::ScalarInt(DType::kInt64, *seed)),
          builder.Constant(Tensor::ScalarInt(DType::kInt64, 0)), 0};
}

absl::Status CheckWeightType(const TensorType& type) {
  if (IsFloat(type.dtype) && type.shape.is_static()) return absl::OkStatus();
  return InvalidArgument("expected a weight of floats with static dims, received ", type.ToString());
}

}  // namespace weft::initializers
