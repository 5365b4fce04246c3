// The ops that passes make of convolutions: types and references.
#include <utility>

#include "core/status.h"
#include "graph/exec/reference.h"
#include "ops/conv/conv.h"
#include "ops/conv/conv_kernel.h"
#include "ops/conv/conv_type.h"
#include "ops/conv/op_defs.h"
#include "ops/dense/product_type.h"
#include "ops/elementwise/body.h"

namespace weft::conv {
namespace {

using Types = std::vector<TensorType>;

template <absl::StatusOr<TensorType> (*kInfer)(const TensorType&, const TensorType&, const AttrMap&)>
absl::StatusOr<Types> InferEpilogue(absl::Span<const TensorType> in, const AttrMap& attrs) {
  WEFT_ASSIGN_OR_RETURN(const TensorType result, kInfer(in[0], in[1], attrs));
  return dense::InferBody(result, in.subspan(2), attrs.Function("body").get(), "body");
}

// The body's reference on the result.
absl::Status RunBody(ReferenceArgs& args, RefTensor result) {
  const Dims dims = result.dims;
  std::vector<RefTensor> inputs = {std::move(result)};
  for (const RefTensor& extra : args.inputs.subspan(2)) inputs.push_back(extra);
  return RunBodyReference(*args.attrs.Function("body"), inputs, dims, args.outputs);
}

absl::Status ConvReference(ReferenceArgs& args) {
  const RefTensor &x = args.inputs[0], &kernel = args.inputs[1];
  RefTensor y;
  ReferenceConv(MakeConvDims(x.dims, kernel.dims, args.outputs[0].dims, args.attrs), x, kernel, /*round=*/true, &y);
  return RunBody(args, std::move(y));
}

absl::Status InputGradientReference(ReferenceArgs& args) {
  const RefTensor &dy = args.inputs[0], &kernel = args.inputs[1];
  RefTensor dx;
  ReferenceInputGradient(MakeConvDims(args.outputs[0].dims, kernel.dims, dy.dims, args.attrs), dy, kernel,
                         /*round=*/true, &dx);
  return RunBody(args, std::move(dx));
}

OpDef FusedOp(const char* name) {
  OpDef def;
  def.name = name;
  def.family = "conv";
  def.attrs = ConvAttrs();
  def.attrs.push_back({"body", AttrKind::kFunction, std::nullopt,
                       "A function over scalars: input 0 is an element of the result, the others one of each extra."});
  def.is_fused = true;
  return def;
}

double WithBody(double flops, const ConcreteType& result, const AttrMap& attrs) {
  const GraphPtr& body = attrs.Function("body");
  return flops + (body == nullptr ? 0 : static_cast<double>(NumElements(result.dims)) * body->num_nodes());
}

}  // namespace

OpDef Conv2DEpilogueOp() {
  OpDef def = FusedOp(kConv2DEpilogueOp);
  def.doc =
      "conv2d and an elementwise program on its result: y = body(conv2d(x, kernel), extras...), one output per output "
      "of the body, each of the result's shape, to which the extras broadcast. The same bits as the separate ops.";
  def.inputs = {"x", "kernel", "extras..."};
  def.infer = InferEpilogue<InferConv>;
  def.reference = ConvReference;
  def.kernel = MakeConvKernel;
  def.flops = [](absl::Span<const ConcreteType> in, absl::Span<const ConcreteType> out, const AttrMap& attrs) {
    return WithBody(MakeConvDims(in[0].dims, in[1].dims, out[0].dims, attrs).flops(), out[0], attrs);
  };
  return def;
}

OpDef Conv2DInputGradientEpilogueOp() {
  OpDef def = FusedOp(kConv2DInputGradientEpilogueOp);
  def.doc =
      "conv2d_input_gradient and an elementwise program on its result: body(conv2d_input_gradient(dy, kernel), "
      "extras...), as conv2d_epilogue.";
  def.inputs = {"dy", "kernel", "extras..."};
  def.attrs.push_back({"input_shape", AttrKind::kShape, std::nullopt, "The result's: [n, h, w, c]."});
  def.infer = InferEpilogue<InferInputGradient>;
  def.reference = InputGradientReference;
  def.kernel = MakeInputGradientKernel;
  def.flops = [](absl::Span<const ConcreteType> in, absl::Span<const ConcreteType> out, const AttrMap& attrs) {
    return WithBody(MakeConvDims(out[0].dims, in[1].dims, in[0].dims, attrs).flops(), out[0], attrs);
  };
  return def;
}

}  // namespace weft::conv
