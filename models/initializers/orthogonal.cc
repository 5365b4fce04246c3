#include "models/initializers/orthogonal.h"

#include <algorithm>

#include "core/status.h"
#include "graph/ir/scan.h"
#include "models/initializers/seeded.h"
#include "ops/elementwise/elementwise.h"
#include "ops/random/random.h"
#include "ops/reduce/reduce.h"
#include "ops/shape/shape.h"

namespace weft::initializers {
namespace {

// v [m] without its components along the rows of q [n, m], which are orthonormal or zero.
Value Project(Value q, Value v) {
  const Value along = ReduceSum(q * v, {.axes = {1}, .keepdims = true});
  return v - ReduceSum(q * along, {.axes = {0}});
}

// The rows of a [n, m], n <= m, orthonormalised in order. Carried from step to step: those found so far, the others
// being zero. Once is not enough: what rounding leaves of the components is large beside a short remainder; twice is
// (Giraud, Langou, Rozloznik, van den Eshof, 2005).
Value Orthonormalise(GraphBuilder& builder, Value a) {
  const TensorType square{DType::kInt32, {a.shape()[0], a.shape()[0]}};
  const Value unit_vectors = Cast(Equal(Iota(builder, square, 0), Iota(builder, square, 1)), a.dtype());
  auto step = [](GraphBuilder&, absl::Span<const Value> carries, absl::Span<const Value> slices) -> ScanStep {
    const Value q = carries[0];
    Value v = Project(q, Project(q, slices[0]));
    v = v / Sqrt(ReduceSum(Square(v)));
    return {.carries = {q + ExpandDims(slices[1], 1) * v}, .outputs = {}};
  };
  return Scan(builder, {ZerosLike(a)}, {a, unit_vectors}, step).carries[0];
}

}  // namespace

void Orthogonal::VisitConfig(ConfigVisitor& visitor) {
  visitor.Field("seed", options_.seed);
  visitor.Field("gain", options_.gain);
}

Value Orthogonal::Record(GraphBuilder& builder, Value key, Value step, const TensorType& type) const {
  absl::Status status = CheckWeightType(type);
  if (status.ok() && type.rank() < 2) {
    status = InvalidArgument("expected a weight of at least two dims, received ", type.ToString());
  }
  if (!status.ok()) return builder.Error(Annotate(status, class_name()));
  const int64_t columns = type.shape[type.rank() - 1].value();
  int64_t rows = 1;
  for (int axis = 0; axis < type.rank() - 1; ++axis) rows *= type.shape[axis].value();

  const RandomSource source = Seeded(builder, key, step, options_.seed);
  const TensorType vectors{type.dtype, {std::min(rows, columns), std::max(rows, columns)}};
  Value q = Orthonormalise(builder, weft::RandomNormal(source.key, source.step, vectors, {.stream = source.stream}));
  if (rows >= columns) q = Transpose(q);
  return Reshape(q * options_.gain, type.shape);
}

}  // namespace weft::initializers
