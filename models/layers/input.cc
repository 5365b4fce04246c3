#include "models/layers/input.h"

#include "core/status.h"

namespace weft {

InputLayer::InputLayer(InputOptions options) : options_(std::move(options)) { name_ = options_.name; }

void InputLayer::VisitConfig(ConfigVisitor& visitor) {
  std::vector<int64_t> batch_shape = {options_.batch_size.value_or(-1)};
  batch_shape.insert(batch_shape.end(), options_.shape.begin(), options_.shape.end());
  visitor.Field("batch_shape", batch_shape);
  if (batch_shape.empty()) {
    visitor.Error(InvalidArgument("option 'batch_shape': expected the batch, null or a number, and a sample's dims"));
  } else {
    options_.batch_size.reset();
    if (batch_shape[0] != -1) options_.batch_size = batch_shape[0];
    options_.shape.assign(batch_shape.begin() + 1, batch_shape.end());
  }
  visitor.Field("dtype", options_.dtype);
  visitor.MustBe("sparse", "false");
  visitor.MustBe("ragged", "false");
  visitor.Field("name", name_);
  visitor.MustBe("optional", "false");
}

std::vector<Value> InputLayer::Call(CallContext& context, absl::Span<const Value> inputs) const {
  static_cast<void>(context);
  return {inputs.begin(), inputs.end()};
}

absl::StatusOr<TensorType> InputLayer::type() const {
  TensorType type{options_.dtype, {Dim::Symbol("batch")}};
  if (options_.batch_size.has_value()) {
    if (*options_.batch_size < 1) {
      return InvalidArgument("Input: batch_size must be at least 1, received ", *options_.batch_size);
    }
    type.shape[0] = *options_.batch_size;
  }
  for (int64_t dim : options_.shape) {
    if (dim < 1) return InvalidArgument("Input: every dim of the shape must be at least 1, received ", dim);
    type.shape.push_back(dim);
  }
  if (type.rank() > kMaxRank) return InvalidArgument("Input: at most ", kMaxRank - 1, " dims, received ", type.rank());
  return type;
}

}  // namespace weft
