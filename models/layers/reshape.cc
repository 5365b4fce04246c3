#include "models/layers/reshape.h"

#include "absl/strings/str_join.h"
#include "models/layers/layers_util.h"
#include "ops/shape/shape.h"

namespace weft {

ReshapeLayer::ReshapeLayer(ReshapeOptions options) : options_(std::move(options)) { name_ = options_.name; }

void ReshapeLayer::VisitConfig(ConfigVisitor& visitor) {
  VisitLayer(visitor);
  visitor.Field("target_shape", options_.target_shape);
}

absl::Status ReshapeLayer::Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) {
  static_cast<void>(weights);
  WEFT_RETURN_IF_ERROR(ExpectOneInput(inputs));
  return Target(inputs[0]).status();
}

absl::StatusOr<Shape> ReshapeLayer::Target(const TensorType& input) const {
  const std::string target = absl::StrCat("target_shape [", absl::StrJoin(options_.target_shape, ","), "]");
  if (input.rank() < 1) return InvalidArgument("the input has no batch axis: ", input.ToString());
  Dim elements = 1;
  for (int axis = 1; axis < input.rank(); ++axis) elements = elements * input.shape[axis];
  Dim known = 1;
  Shape shape = {input.shape[0]};
  int open = 0;  // the axis whose size is -1; 0: none
  for (int64_t dim : options_.target_shape) {
    if (dim < -1 || (dim == -1 && open != 0)) {
      return InvalidArgument(target, ": dims are 0 or more, and at most one of them is -1");
    }
    if (dim == -1) open = shape.rank();
    if (dim != -1) known = known * Dim(dim);
    shape.push_back(dim);
  }
  if (!known.is_valid()) {
    return InvalidArgument("a sample has ", elements.ToString(), " elements (input ", input.ToString(), "), ", target,
                           " has more than can be counted");
  }
  if (open != 0) {
    absl::StatusOr<Dim> rest = ExactDiv(elements, known);
    if (rest.ok()) shape[open] = *rest;
    if (!rest.ok() || known == Dim(0)) {
      return InvalidArgument("the ", elements.ToString(), " elements of a sample (input ", input.ToString(),
                             ") cannot be divided among ", target);
    }
  } else if (elements != known) {
    return InvalidArgument("a sample has ", elements.ToString(), " elements (input ", input.ToString(), "), ", target,
                           " has ", known.ToString());
  }
  return shape;
}

std::vector<Value> ReshapeLayer::Call(CallContext& context, absl::Span<const Value> inputs) const {
  absl::StatusOr<Shape> shape = Target(inputs[0].type());
  if (!shape.ok()) return {context.builder().Error(shape.status())};
  return {Reshape(inputs[0], *shape)};
}

}  // namespace weft
