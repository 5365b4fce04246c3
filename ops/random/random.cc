#include "ops/random/random.h"

#include <cmath>

#include "core/status.h"
#include "ops/elementwise/elementwise.h"
#include "ops/shape/recording.h"

namespace weft {
namespace {

constexpr double kSqrt2 = 1.4142135623730951;
constexpr double kErfSqrt2 = 0.95449973610364159;  // erf(2 / sqrt(2)): what lies within two standard deviations

Value Uniform01(Value key, Value step, const TensorType& type, int64_t stream, SourceLocation where) {
  GraphBuilder* builder = key.absent() ? step.builder() : key.builder();
  if (builder == nullptr) return Value();
  if (stream == kNextStream) stream = builder->NextStream();
  return RecordOn("random_uniform", {key, step}, {{"type", type}, {"stream", stream}}, where);
}

// The odd multiples of 2^-24 in (-1, 1): 2u - 1 + 2^-24, both steps exact.
Value Symmetric(Value u, SourceLocation where) {
  return Sub(Mul(u, ValueAt(2, where), where), ValueAt(1 - 0x1p-24, where), where);
}

Value Affine(Value x, double scale, double offset, SourceLocation where) {
  if (scale != 1) x = Mul(x, ValueAt(scale, where), where);
  if (offset != 0) x = Add(x, ValueAt(offset, where), where);
  return x;
}

}  // namespace

Value RandomUniform(Value key, Value step, const TensorType& type, RandomUniformOptions options) {
  const Value u = Uniform01(key, step, type, options.stream, options.where);
  return Affine(u, options.high - options.low, options.low, options.where);
}

Value RandomNormal(Value key, Value step, const TensorType& type, RandomNormalOptions options) {
  const Value v = Symmetric(Uniform01(key, step, type, options.stream, options.where), options.where);
  return Affine(Erfinv(v, options.where), kSqrt2 * options.stddev, options.mean, options.where);
}

Value TruncatedNormal(Value key, Value step, const TensorType& type, RandomNormalOptions options) {
  const SourceLocation where = options.where;
  const Value v = Symmetric(Uniform01(key, step, type, options.stream, where), where);
  const Value z = Mul(Erfinv(Mul(v, ValueAt(kErfSqrt2, where), where), where), ValueAt(kSqrt2, where), where);
  return Affine(Clip(z, -2, 2, where), options.stddev, options.mean, where);  // erfinv may be an ulp too large
}

Value RandomBernoulli(Value key, Value step, const TensorType& type, RandomBernoulliOptions options) {
  TensorType uniform = type;
  uniform.dtype = DType::kFloat32;
  const Value u = Uniform01(key, step, uniform, options.stream, options.where);
  const Value hit = Less(u, ValueAt(options.probability, options.where), options.where);
  return type.dtype == DType::kBool ? hit : Cast(hit, type.dtype, options.where);
}

}  // namespace weft
