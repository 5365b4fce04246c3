// conv2d_weight_gradients: types and reference.
#include <utility>

#include "core/status.h"
#include "graph/exec/reference.h"
#include "ops/conv/conv.h"
#include "ops/conv/conv_kernel.h"
#include "ops/conv/conv_type.h"
#include "ops/conv/op_defs.h"
#include "ops/dense/product_type.h"
#include "ops/elementwise/body.h"
#include "ops/elementwise/broadcast.h"

namespace weft::conv {
namespace {

using Types = std::vector<TensorType>;

absl::StatusOr<Types> Infer(absl::Span<const TensorType> in, const AttrMap& attrs) {
  WEFT_ASSIGN_OR_RETURN(TensorType kernel, InferKernelGradient(in[0], in[1], attrs));
  const TensorType sums{kernel.dtype, Shape{kernel.shape[3]}};
  WEFT_ASSIGN_OR_RETURN(Types sum_types,
                        dense::InferBody(sums, in.subspan(2), attrs.Function("sum_body").get(), "sum_body"));
  Types types = {std::move(kernel)};
  for (TensorType& type : sum_types) types.push_back(std::move(type));
  return types;
}

absl::Status Reference(ReferenceArgs& args) {
  const RefTensor &x = args.inputs[0], &dy = args.inputs[1];
  ReferenceKernelGradient(MakeConvDims(x.dims, args.outputs[0].dims, dy.dims, args.attrs), x, dy, &args.outputs[0]);
  const int64_t columns = dy.dims[3];
  std::vector<RefTensor> inputs = {ZeroRef(dy.dtype, {columns})};
  for (int64_t i = 0; i < dy.size(); ++i) inputs[0].f[i % columns] += dy.f[i];
  if (dy.dtype == DType::kFloat32) {
    for (double& v : inputs[0].f) v = static_cast<float>(v);  // as if it were a node of its own
  }
  for (const RefTensor& extra : args.inputs.subspan(2)) inputs.push_back(extra);
  return RunBodyReference(*args.attrs.Function("sum_body"), inputs, {columns}, args.outputs.subspan(1));
}

}  // namespace

OpDef Conv2DWeightGradientsOp() {
  OpDef def;
  def.name = kConv2DWeightGradientsOp;
  def.family = "conv";
  def.doc =
      "The gradients of a convolution's kernel and bias: conv2d_kernel_gradient(x, dy), then sum_body(sum of dy over "
      "all positions, extras...), [o]. The same bits as conv2d_kernel_gradient, reduce_sum and the separate ops.";
  def.inputs = {"x", "dy", "extras..."};
  def.attrs = ConvAttrs();
  def.attrs.push_back({"kernel_shape", AttrKind::kShape, std::nullopt, "The kernel's: [kh, kw, c / groups, o]."});
  def.attrs.push_back({"sum_body", AttrKind::kFunction, std::nullopt,
                       "A function over scalars: input 0 is an element of the sums, the others one of each extra."});
  def.is_fused = true;
  def.infer = Infer;
  def.reference = Reference;
  def.kernel = MakeKernelGradientKernel;
  def.flops = [](absl::Span<const ConcreteType> in, absl::Span<const ConcreteType> out, const AttrMap& attrs) {
    return MakeConvDims(in[0].dims, out[0].dims, in[1].dims, attrs).flops() +
           static_cast<double>(NumElements(in[1].dims));
  };
  return def;
}

}  // namespace weft::conv
