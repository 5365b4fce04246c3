// max_pool2d, and the two ops of its derivatives.
#include <cmath>
#include <limits>

#include "core/status.h"
#include "graph/autodiff/gradient_args.h"
#include "graph/exec/reference.h"
#include "ops/pool/op_defs.h"
#include "ops/pool/pool_kernel.h"
#include "ops/pool/pool_type.h"
#include "ops/shape/recording.h"

namespace weft {
namespace {

using Types = std::vector<TensorType>;

// The first maximum of the window; -1 where it has no elements.
int64_t FirstMaximum(const RefTensor& x, absl::Span<const int64_t> window) {
  if (window.empty()) return -1;
  int64_t first = window[0];
  for (int64_t at : window) {
    if (x.f[at] > x.f[first] || std::isnan(x.f[at])) first = at;
  }
  return first;
}

absl::StatusOr<Types> InferMax(absl::Span<const TensorType> in, const AttrMap& attrs) {
  WEFT_ASSIGN_OR_RETURN(Shape shape, PooledShape(in[0], attrs));
  return Types{{in[0].dtype, std::move(shape)}};
}

absl::StatusOr<Types> InferPick(absl::Span<const TensorType> in, const AttrMap& attrs) {
  if (in[1] != in[0]) return InvalidArgument("g is ", in[1].ToString(), ", expected the type of x, ", in[0].ToString());
  return InferMax(in, attrs);
}

absl::StatusOr<Types> InferGradient(absl::Span<const TensorType> in, const AttrMap& attrs) {
  WEFT_RETURN_IF_ERROR(CheckPooled(in[0], in[1], attrs));
  return Types{in[0]};
}

absl::Status PickReference(const RefTensor& x, const RefTensor& values, const AttrMap& attrs, double empty,
                           RefTensor& y) {
  ForEachPool(GeometryOf(x.dims, y.dims, attrs), [&](int64_t to, absl::Span<const int64_t> window) {
    const int64_t first = FirstMaximum(x, window);
    y.f[to] = first < 0 ? empty : values.f[first];
  });
  return absl::OkStatus();
}

absl::Status GradientReference(ReferenceArgs& args) {
  const RefTensor &x = args.inputs[0], &dy = args.inputs[1];
  ForEachPool(GeometryOf(x.dims, dy.dims, args.attrs), [&](int64_t from, absl::Span<const int64_t> window) {
    const int64_t first = FirstMaximum(x, window);
    if (first >= 0) args.outputs[0].f[first] += dy.f[from];
  });
  return absl::OkStatus();
}

OpDef Define(const char* name, const char* doc) {
  OpDef def;
  def.name = name;
  def.family = "pool";
  def.doc = doc;
  def.inputs = {"x"};
  def.attrs = PoolAttrs();
  def.differentiability = Differentiability::kGradient;
  def.flops = [](absl::Span<const ConcreteType> in, absl::Span<const ConcreteType>, const AttrMap&) {
    return static_cast<double>(NumElements(in[0].dims));
  };
  return def;
}

}  // namespace

OpDef MaxPool2DOp() {
  OpDef def =
      Define("max_pool2d",
             "The first maximum of each window: [n, h, w, c] -> [n, oh, ow, c], oh = floor((h + low + high - "
             "window) / stride) + 1. Padding, less than a window, takes no part. An element takes over from the "
             "one before, in row-major order, if it is greater or NaN. Floats. Gradient: max_pool2d_gradient.");
  def.infer = InferMax;
  def.gradient = [](const GradientArgs& args) {
    return args.Only(
        0, RecordOn("max_pool2d_gradient", {args.input(0), args.dy()}, args.attrs(), SourceLocation::current()));
  };
  def.reference = [](ReferenceArgs& args) {
    return PickReference(args.inputs[0], args.inputs[0], args.attrs, -std::numeric_limits<double>::infinity(),
                         args.outputs[0]);
  };
  def.kernel = [](const KernelRequest& request) { return MakePoolKernel(Pooling::kMax, request); };
  return def;
}

OpDef MaxPool2DGradientOp() {
  OpDef def = Define("max_pool2d_gradient",
                     "dx, of x's shape: each element of dy at the first maximum of its window in x (see max_pool2d), "
                     "zero elsewhere; where windows overlap one chain from +0 over them in row-major order. Floats of "
                     "one dtype. Gradient: to dy max_pool2d_pick, to x zero.");
  def.inputs = {"x", "dy"};
  def.infer = InferGradient;
  def.gradient = [](const GradientArgs& args) {
    return args.Only(1,
                     RecordOn("max_pool2d_pick", {args.input(0), args.dy()}, args.attrs(), SourceLocation::current()));
  };
  def.reference = GradientReference;
  def.kernel = [](const KernelRequest& request) { return MakePoolKernel(Pooling::kMaxGradient, request); };
  def.epilogue_host = "max_pool2d_gradient_epilogue";
  return def;
}

OpDef MaxPool2DPickOp() {
  OpDef def = Define("max_pool2d_pick",
                     "g at the first maximum of each window in x (see max_pool2d), g having x's type: the transpose of "
                     "max_pool2d_gradient in dy. Gradient: to g max_pool2d_gradient, to x zero.");
  def.inputs = {"x", "g"};
  def.infer = InferPick;
  def.gradient = [](const GradientArgs& args) {
    return args.Only(
        1, RecordOn("max_pool2d_gradient", {args.input(0), args.dy()}, args.attrs(), SourceLocation::current()));
  };
  def.reference = [](ReferenceArgs& args) {
    return PickReference(args.inputs[0], args.inputs[1], args.attrs, 0, args.outputs[0]);
  };
  def.kernel = [](const KernelRequest& request) { return MakePoolKernel(Pooling::kMaxPick, request); };
  return def;
}

}  // namespace weft
