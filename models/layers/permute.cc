#include "models/layers/permute.h"

#include <algorithm>

#include "absl/strings/str_join.h"
#include "models/layers/layers_util.h"
#include "ops/shape/shape.h"

namespace weft {

PermuteLayer::PermuteLayer(PermuteOptions options) : options_(std::move(options)) { name_ = options_.name; }

void PermuteLayer::VisitConfig(ConfigVisitor& visitor) {
  VisitLayer(visitor);
  visitor.Field("dims", options_.dims);
}

absl::Status PermuteLayer::Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) {
  static_cast<void>(weights);
  WEFT_RETURN_IF_ERROR(ExpectOneInput(inputs));
  std::vector<int64_t> sorted = options_.dims;
  std::sort(sorted.begin(), sorted.end());
  for (size_t i = 0; i < sorted.size(); ++i) {
    if (sorted[i] == static_cast<int64_t>(i) + 1) continue;
    return InvalidArgument("dims must be the numbers 1 to ", sorted.size(), " in some order, received [",
                           absl::StrJoin(options_.dims, ","), "]");
  }
  if (static_cast<int>(sorted.size()) + 1 != inputs[0].rank()) {
    return InvalidArgument("dims [", absl::StrJoin(options_.dims, ","), "] names ", sorted.size(),
                           " axes of a sample, the input ", inputs[0].ToString(), " has ", inputs[0].rank() - 1);
  }
  return absl::OkStatus();
}

std::vector<Value> PermuteLayer::Call(CallContext& context, absl::Span<const Value> inputs) const {
  static_cast<void>(context);
  std::vector<int> perm = {0};
  perm.insert(perm.end(), options_.dims.begin(), options_.dims.end());
  return {Transpose(inputs[0], perm)};
}

}  // namespace weft
