#include "ops/pool/pool.h"

#include <utility>

#include "ops/shape/recording.h"

namespace weft {
namespace {

AttrMap Attrs(Pool2DOptions& options) {
  if (options.strides.empty()) options.strides = options.window;
  return {{"window", std::move(options.window)},
          {"strides", std::move(options.strides)},
          {"padding_low", std::move(options.padding_low)},
          {"padding_high", std::move(options.padding_high)}};
}

}  // namespace

Value MaxPool2D(Value x, Pool2DOptions options) { return RecordOn("max_pool2d", {x}, Attrs(options), options.where); }

Value AveragePool2D(Value x, Pool2DOptions options) {
  return RecordOn("average_pool2d", {x}, Attrs(options), options.where);
}

Value MaxPool2DGradient(Value x, Value dy, Pool2DOptions options) {
  return RecordOn("max_pool2d_gradient", {x, dy}, Attrs(options), options.where);
}

Value MaxPool2DPick(Value x, Value g, Pool2DOptions options) {
  return RecordOn("max_pool2d_pick", {x, g}, Attrs(options), options.where);
}

Value AveragePool2DGradient(Value dy, const Shape& shape, Pool2DOptions options) {
  return RecordOn("average_pool2d_gradient", {dy}, Attrs(options).With("shape", shape), options.where);
}

}  // namespace weft
