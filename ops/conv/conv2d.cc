// The ops conv2d, conv2d_input_gradient and conv2d_kernel_gradient: types, gradients, references.
#include <utility>

#include "core/status.h"
#include "graph/autodiff/gradient_args.h"
#include "ops/conv/conv.h"
#include "ops/conv/conv_kernel.h"
#include "ops/conv/conv_type.h"
#include "ops/conv/op_defs.h"
#include "ops/shape/recording.h"

namespace weft {
namespace {

AttrMap Attributes(Conv2DOptions& options) {
  return {{"strides", std::move(options.strides)},
          {"dilations", std::move(options.dilations)},
          {"padding_low", std::move(options.padding_low)},
          {"padding_high", std::move(options.padding_high)},
          {"groups", options.groups}};
}

}  // namespace

Value Conv2D(Value x, Value kernel, Conv2DOptions options) {
  return RecordOn(kConv2DOp, {x, kernel}, Attributes(options), options.where);
}

Value Conv2DInputGradient(Value dy, Value kernel, const Shape& input_shape, Conv2DOptions options) {
  return RecordOn(kConv2DInputGradientOp, {dy, kernel}, Attributes(options).With("input_shape", input_shape),
                  options.where);
}

Value Conv2DKernelGradient(Value x, Value dy, const Shape& kernel_shape, Conv2DOptions options) {
  return RecordOn(kConv2DKernelGradientOp, {x, dy}, Attributes(options).With("kernel_shape", kernel_shape),
                  options.where);
}

namespace conv {
namespace {

using Types = std::vector<TensorType>;

Conv2DOptions OptionsOf(const AttrMap& attrs) {
  return {.strides = attrs.Ints("strides"),
          .dilations = attrs.Ints("dilations"),
          .padding_low = attrs.Ints("padding_low"),
          .padding_high = attrs.Ints("padding_high"),
          .groups = attrs.Int("groups")};
}

// One result: as a vector.
template <absl::StatusOr<TensorType> (*kInfer)(const TensorType&, const TensorType&, const AttrMap&)>
absl::StatusOr<Types> Infer(absl::Span<const TensorType> in, const AttrMap& attrs) {
  WEFT_ASSIGN_OR_RETURN(TensorType type, kInfer(in[0], in[1], attrs));
  return Types{std::move(type)};
}

// y = conv(x, k): each gradient is the transpose of a linear map.
std::vector<Value> ConvGradient(const GradientArgs& args) {
  const Value &x = args.input(0), &kernel = args.input(1), &dy = args.dy();
  std::vector<Value> gradients(2);
  if (args.needs(0)) gradients[0] = Conv2DInputGradient(dy, kernel, x.shape(), OptionsOf(args.attrs()));
  if (args.needs(1)) gradients[1] = Conv2DKernelGradient(x, dy, kernel.shape(), OptionsOf(args.attrs()));
  return gradients;
}

// dx(dy, k): what arrives is of x's shape.
std::vector<Value> InputGradientGradient(const GradientArgs& args) {
  const Value &dy = args.input(0), &kernel = args.input(1), &g = args.dy();
  std::vector<Value> gradients(2);
  if (args.needs(0)) gradients[0] = Conv2D(g, kernel, OptionsOf(args.attrs()));
  if (args.needs(1)) gradients[1] = Conv2DKernelGradient(g, dy, kernel.shape(), OptionsOf(args.attrs()));
  return gradients;
}

// dk(x, dy): what arrives is of the kernel's shape.
std::vector<Value> KernelGradientGradient(const GradientArgs& args) {
  const Value &x = args.input(0), &dy = args.input(1), &g = args.dy();
  std::vector<Value> gradients(2);
  if (args.needs(0)) gradients[0] = Conv2DInputGradient(dy, g, x.shape(), OptionsOf(args.attrs()));
  if (args.needs(1)) gradients[1] = Conv2D(x, g, OptionsOf(args.attrs()));
  return gradients;
}

absl::Status ConvReference(ReferenceArgs& args) {
  const RefTensor &x = args.inputs[0], &kernel = args.inputs[1];
  ReferenceConv(MakeConvDims(x.dims, kernel.dims, args.outputs[0].dims, args.attrs), x, kernel, /*round=*/false,
                &args.outputs[0]);
  return absl::OkStatus();
}

absl::Status InputGradientReference(ReferenceArgs& args) {
  const RefTensor &dy = args.inputs[0], &kernel = args.inputs[1];
  ReferenceInputGradient(MakeConvDims(args.outputs[0].dims, kernel.dims, dy.dims, args.attrs), dy, kernel,
                         /*round=*/false, &args.outputs[0]);
  return absl::OkStatus();
}

absl::Status KernelGradientReference(ReferenceArgs& args) {
  const RefTensor &x = args.inputs[0], &dy = args.inputs[1];
  ReferenceKernelGradient(MakeConvDims(x.dims, args.outputs[0].dims, dy.dims, args.attrs), x, dy, &args.outputs[0]);
  return absl::OkStatus();
}

OpDef ConvOp(const char* name) {
  OpDef def;
  def.name = name;
  def.family = "conv";
  def.attrs = ConvAttrs();
  def.differentiability = Differentiability::kGradient;
  return def;
}

}  // namespace

OpDef Conv2DOp() {
  OpDef def = ConvOp(kConv2DOp);
  def.doc =
      "y[n, i, j, o] = sum over a, b, c of x[n, i s + a d - low, j s + b d - low, c] kernel[a, b, c, o], x being 0 "
      "outside; s: strides, d: dilations. x: [n, h, w, c], kernel: [kh, kw, c / groups, o], y: [n, oh, ow, o], oh = "
      "floor((h + low + high - ((kh - 1) d + 1)) / s) + 1. Outputs of group g see its channels only. Floats of one "
      "dtype. One chain of fused multiply-adds from +0, ascending in (a, b, c), taps in the padding left out. "
      "Gradient: conv2d_input_gradient, conv2d_kernel_gradient.";
  def.inputs = {"x", "kernel"};
  def.infer = Infer<InferConv>;
  def.gradient = ConvGradient;
  def.reference = ConvReference;
  def.kernel = MakeConvKernel;
  def.epilogue_host = kConv2DEpilogueOp;
  def.flops = [](absl::Span<const ConcreteType> in, absl::Span<const ConcreteType> out, const AttrMap& attrs) {
    return MakeConvDims(in[0].dims, in[1].dims, out[0].dims, attrs).flops();
  };
  return def;
}

OpDef Conv2DInputGradientOp() {
  OpDef def = ConvOp(kConv2DInputGradientOp);
  def.doc =
      "The transpose of conv2d in x: dx[n, i, j, c] = sum over a, b, o of dy[n, (i + low - a d) / s, (j + low - b d) / "
      "s, o] kernel[a, b, c, o] over the taps for which both divisions come out even, dy being 0 outside. dy: [n, oh, "
      "ow, o], dx: input_shape. Also the transposed convolution of dy. One chain of fused multiply-adds from +0, "
      "descending in (a, b), ascending in o, taps outside dy left out. Gradient: conv2d, conv2d_kernel_gradient.";
  def.inputs = {"dy", "kernel"};
  def.attrs.push_back({"input_shape", AttrKind::kShape, std::nullopt, "The result's: [n, h, w, c]."});
  def.infer = Infer<InferInputGradient>;
  def.gradient = InputGradientGradient;
  def.reference = InputGradientReference;
  def.kernel = MakeInputGradientKernel;
  def.epilogue_host = kConv2DInputGradientEpilogueOp;
  def.flops = [](absl::Span<const ConcreteType> in, absl::Span<const ConcreteType> out, const AttrMap& attrs) {
    return MakeConvDims(out[0].dims, in[1].dims, in[0].dims, attrs).flops();
  };
  return def;
}

OpDef Conv2DKernelGradientOp() {
  OpDef def = ConvOp(kConv2DKernelGradientOp);
  def.doc =
      "The transpose of conv2d in the kernel: dk[a, b, c, o] = sum over n, i, j of x[n, i s + a d - low, j s + b d - "
      "low, c] dy[n, i, j, o], x being 0 outside. x: [n, h, w, c], dy: [n, oh, ow, o], dk: kernel_shape. Chunks of "
      "images (the smallest power of two with 256 positions or more, 256 images at most), each a chain of fused "
      "multiply-adds from +0 ascending in (n, i, j), with the padding's zeros, added in ascending order. Gradient: "
      "conv2d_input_gradient, conv2d.";
  def.inputs = {"x", "dy"};
  def.attrs.push_back({"kernel_shape", AttrKind::kShape, std::nullopt, "The result's: [kh, kw, c / groups, o]."});
  def.infer = Infer<InferKernelGradient>;
  def.gradient = KernelGradientGradient;
  def.reference = KernelGradientReference;
  def.kernel = MakeKernelGradientKernel;
  def.flops = [](absl::Span<const ConcreteType> in, absl::Span<const ConcreteType> out, const AttrMap& attrs) {
    return MakeConvDims(in[0].dims, out[0].dims, in[1].dims, attrs).flops();
  };
  return def;
}

}  // namespace conv
}  // namespace weft
