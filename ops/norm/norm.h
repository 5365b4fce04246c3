// Normalization: compositions of reductions and elementwise ops, which fuse; there is no op of this family.
//
// Statistics are those of a population: mean = sum(x) / n, variance = sum((x - mean)^2) / n, in two passes. (The
// difference E[x^2] - E[x]^2 loses all digits where the mean is large.) Sums are ReduceSum's, in its fixed order; over
// a batch that is chunks of 256 positions, over the last axis 64 lanes. What is normalized within a sample has the same
// bits in any batch.
//
// All take floats, have gradients of any order, and hand on operands that failed.
#ifndef WEFT_OPS_NORM_NORM_H_
#define WEFT_OPS_NORM_NORM_H_

#include <vector>

#include "graph/ir/builder.h"

namespace weft {

struct MomentsOptions {
  std::vector<int> axes = {};  // empty: all
  bool keepdims = false;
  // bool, broadcasts to x without widening it: only elements where it is true count. Then the divisor is n + 1e-7, n
  // being their number (Keras), so that nothing is divided by 0; NaN in other elements has no influence.
  Value mask = {};
  SourceLocation where = SourceLocation::current();
};
struct Moments {
  Value mean, variance;
};
Moments MomentsOf(Value x, MomentsOptions options = {});

struct BatchNormOptions {
  int axis = -1;  // of the features, each of which has statistics of its own
  double epsilon = 1e-3;
  Value scale = {}, offset = {};  // [features]; absent: 1 and 0
  Value mask = {};                // bool, of the shape of x without the last axis; for BatchNormalize only
  SourceLocation where = SourceLocation::current();
};
// (x - mean) / sqrt(variance + epsilon) * scale + offset with given statistics, [features].
//
// Ioffe, Szegedy, "Batch normalization: accelerating deep network training by reducing internal covariate shift", ICML
// 2015.
Value NormalizeWith(Value x, Value mean, Value variance, BatchNormOptions options = {});
struct BatchNormResult {
  Value y, mean, variance;  // the latter two [features]
};
// The same with the statistics of x over all other axes.
BatchNormResult BatchNormalize(Value x, BatchNormOptions options = {});

struct LayerNormOptions {
  std::vector<int> axes = {-1};  // which have common statistics
  double epsilon = 1e-3;
  Value scale = {}, offset = {};  // of the dims of `axes`, in ascending order of the axes; absent: 1 and 0
  SourceLocation where = SourceLocation::current();
};
// (x - mean) / sqrt(variance + epsilon) * scale + offset.
//
// Ba, Kiros, Hinton, "Layer normalization", 2016.
Value LayerNormalize(Value x, LayerNormOptions options = {});

struct GroupNormOptions {
  int64_t groups = 1;  // divides the number of channels; that number itself: instance normalization
  int axis = -1;       // of the channels; not the batch axis, 0
  double epsilon = 1e-3;
  Value scale = {}, offset = {};  // [channels]; absent: 1 and 0
  SourceLocation where = SourceLocation::current();
};
// The same; statistics are common to a sample's channels of a group (neighbouring ones) at all positions.
//
// Wu, He, "Group normalization", ECCV 2018.
Value GroupNormalize(Value x, GroupNormOptions options = {});

struct RmsNormOptions {
  std::vector<int> axes = {-1};
  double epsilon = 1e-6;
  Value scale = {};  // as in LayerNormOptions
  SourceLocation where = SourceLocation::current();
};
// x / sqrt(mean(x^2) + epsilon) * scale.
//
// Zhang, Sennrich, "Root mean square layer normalization", NeurIPS 2019.
Value RmsNormalize(Value x, RmsNormOptions options = {});

struct UnitNormOptions {
  std::vector<int> axes = {-1};
  double epsilon = 1e-12;
  SourceLocation where = SourceLocation::current();
};
// x / max(|x|, epsilon), |x| the Euclidean norm over the axes. The norm of nothing but zeros has the gradient 0, so
// that dx = dy / epsilon there, as in Keras.
Value UnitNormalize(Value x, UnitNormOptions options = {});

}  // namespace weft

#endif  // WEFT_OPS_NORM_NORM_H_
