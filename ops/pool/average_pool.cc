// average_pool2d and its transpose.
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

absl::StatusOr<Types> Infer(absl::Span<const TensorType> in, const AttrMap& attrs) {
  WEFT_ASSIGN_OR_RETURN(Shape shape, PooledShape(in[0], attrs));
  return Types{{in[0].dtype, std::move(shape)}};
}

absl::StatusOr<Types> InferGradient(absl::Span<const TensorType> in, const AttrMap& attrs) {
  TensorType x{in[0].dtype, attrs.Get<Shape>("shape")};
  WEFT_RETURN_IF_ERROR(CheckShapeAttr("shape", x.shape));
  WEFT_RETURN_IF_ERROR(CheckPooled(x, in[0], attrs));
  return Types{std::move(x)};
}

absl::Status Reference(ReferenceArgs& args) {
  const RefTensor& x = args.inputs[0];
  RefTensor& y = args.outputs[0];
  ForEachPool(GeometryOf(x.dims, y.dims, args.attrs), [&](int64_t to, absl::Span<const int64_t> window) {
    double sum = 0;
    for (int64_t at : window) sum += x.f[at];
    y.f[to] = sum / static_cast<double>(window.size());
  });
  return absl::OkStatus();
}

absl::Status GradientReference(ReferenceArgs& args) {
  const RefTensor& dy = args.inputs[0];
  RefTensor& dx = args.outputs[0];
  ForEachPool(GeometryOf(dx.dims, dy.dims, args.attrs), [&](int64_t from, absl::Span<const int64_t> window) {
    for (int64_t at : window) dx.f[at] += dy.f[from] / static_cast<double>(window.size());
  });
  return absl::OkStatus();
}

AttrMap Without(const AttrMap& attrs, absl::string_view name) {
  std::vector<AttrMap::Entry> kept;
  for (const AttrMap::Entry& entry : attrs.entries()) {
    if (entry.first != name) kept.push_back(entry);
  }
  return AttrMap(std::move(kept));
}

}  // namespace

OpDef AveragePool2DOp() {
  OpDef def;
  def.name = "average_pool2d";
  def.family = "pool";
  def.doc =
      "The mean of each window: [n, h, w, c] -> [n, oh, ow, c], oh = floor((h + low + high - window) / stride) + 1. "
      "Padding, less than a window, counts neither in the sum (one chain from +0 in row-major order) nor in the number "
      "by which it is divided. Floats. Gradient: average_pool2d_gradient.";
  def.inputs = {"x"};
  def.attrs = PoolAttrs();
  def.infer = Infer;
  def.differentiability = Differentiability::kGradient;
  def.gradient = [](const GradientArgs& args) {
    return args.Only(0, RecordOn("average_pool2d_gradient", {args.dy()},
                                 args.attrs().With("shape", args.input(0).shape()), SourceLocation::current()));
  };
  def.reference = Reference;
  def.kernel = [](const KernelRequest& request) { return MakePoolKernel(Pooling::kAverage, request); };
  def.flops = [](absl::Span<const ConcreteType> in, absl::Span<const ConcreteType>, const AttrMap&) {
    return static_cast<double>(NumElements(in[0].dims));
  };
  return def;
}

OpDef AveragePool2DGradientOp() {
  OpDef def;
  def.name = "average_pool2d_gradient";
  def.family = "pool";
  def.doc =
      "The transpose of average_pool2d: dx, of `shape`, with each element of dy, divided by the number of elements of "
      "its window, at each of them; where windows overlap one chain from +0 over them in row-major order. Floats. "
      "Gradient: average_pool2d.";
  def.inputs = {"dy"};
  def.attrs = PoolAttrs();
  def.attrs.push_back({"shape", AttrKind::kShape, std::nullopt, "The result's: [n, h, w, c]; may be symbolic."});
  def.infer = InferGradient;
  def.differentiability = Differentiability::kGradient;
  def.gradient = [](const GradientArgs& args) {
    return args.Only(
        0, RecordOn("average_pool2d", {args.dy()}, Without(args.attrs(), "shape"), SourceLocation::current()));
  };
  def.reference = GradientReference;
  def.kernel = [](const KernelRequest& request) { return MakePoolKernel(Pooling::kAverageGradient, request); };
  def.epilogue_host = "average_pool2d_gradient_epilogue";
  def.flops = [](absl::Span<const ConcreteType>, absl::Span<const ConcreteType> out, const AttrMap&) {
    return static_cast<double>(NumElements(out[0].dims));
  };
  return def;
}

}  // namespace weft
