#include "models/losses/ranks.h"

#include "ops/elementwise/elementwise.h"
#include "ops/shape/shape.h"

namespace weft {
namespace {

bool EndsInOne(Value x) { return x.shape()[x.rank() - 1] == Dim(1); }

}  // namespace

std::pair<Value, Value> ToSameRank(Value a, Value b) {
  if (a.rank() == b.rank() + 1 && EndsInOne(a)) {
    if (b.rank() == 1) return {a, ExpandDims(b, -1)};
    return {Squeeze(a, {-1}), b};
  }
  if (b.rank() == a.rank() + 1 && EndsInOne(b)) {
    if (a.rank() == 1) return {ExpandDims(a, -1), b};
    return {a, Squeeze(b, {-1})};
  }
  return {a, b};
}

Value WithTrailingOnes(Value x, int rank) {
  if (x.rank() >= rank) return x;
  Shape shape = x.shape();
  while (shape.rank() < rank) shape.push_back(1);
  return Reshape(x, shape);
}

Value WithDType(Value x, DType dtype) { return x.dtype() == dtype ? x : Cast(x, dtype); }

}  // namespace weft
