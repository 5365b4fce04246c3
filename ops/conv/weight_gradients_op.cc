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

absl::StatusOr<Types> InferFrom(const TensorType& x, const TensorType& dy, absl::Span<const TensorType> extras,
                                const AttrMap& attrs) {
  WEFT_ASSIGN_OR_RETURN(TensorType kernel, InferKernelGradient(x, dy, attrs));
  const TensorType sums{kernel.dtype, Shape{kernel.shape[3]}};
  WEFT_ASSIGN_OR_RETURN(Types sum_types, dense::InferBody(sums, extras, attrs.Function("sum_body").get(), "sum_body"));
  Types types = {std::move(kernel)};
  for (TensorType& type : sum_types) types.push_back(std::move(type));
  return types;
}

absl::StatusOr<Types> Infer(absl::Span<const TensorType> in, const AttrMap& attrs) {
  return InferFrom(in[0], in[1], in.subspan(2), attrs);
}

absl::StatusOr<Types> InferPooled(absl::Span<const TensorType> in, const AttrMap& attrs) {
  const TensorType &x = in[0], &winners = in[1], &dpooled = in[2];
  WEFT_ASSIGN_OR_RETURN(const TensorType dy, InferConv(x, {x.dtype, attrs.Get<Shape>("kernel_shape")}, attrs));
  const TensorType expected{x.dtype, PooledShape(dy.shape)};
  if (dpooled != expected) {
    return InvalidArgument("dpooled is ", dpooled.ToString(), ", expected ", expected.ToString());
  }
  if (winners != TensorType{DType::kUInt8, expected.shape}) {
    return InvalidArgument("winners is ", winners.ToString(), ", expected ",
                           TensorType{DType::kUInt8, expected.shape}.ToString());
  }
  return InferFrom(x, dy, in.subspan(3), attrs);
}

absl::Status ReferenceOf(ReferenceArgs& args, const RefTensor& dy, absl::Span<const RefTensor> extras) {
  const RefTensor& x = args.inputs[0];
  ReferenceKernelGradient(MakeConvDims(x.dims, args.outputs[0].dims, dy.dims, args.attrs), x, dy, &args.outputs[0]);
  const int64_t columns = dy.dims[3];
  std::vector<RefTensor> inputs = {ZeroRef(dy.dtype, {columns})};
  for (int64_t i = 0; i < dy.size(); ++i) inputs[0].f[i % columns] += dy.f[i];
  if (dy.dtype == DType::kFloat32) {
    for (double& v : inputs[0].f) v = static_cast<float>(v);  // as if it were a node of its own
  }
  for (const RefTensor& extra : extras) inputs.push_back(extra);
  return RunBodyReference(*args.attrs.Function("sum_body"), inputs, {columns}, args.outputs.subspan(1));
}

absl::Status Reference(ReferenceArgs& args) { return ReferenceOf(args, args.inputs[1], args.inputs.subspan(2)); }

absl::Status ReferencePooled(ReferenceArgs& args) {
  const RefTensor &winners = args.inputs[1], &dpooled = args.inputs[2];
  const Dims pooled = dpooled.dims;
  RefTensor dy = ZeroRef(dpooled.dtype, ResultDims(args.inputs[0].dims, args.outputs[0].dims, args.attrs));
  for (int64_t k = 0; k < dpooled.size(); ++k) {
    const int64_t winner = winners.i[k];
    if (winner > 3) continue;
    const int64_t column = k % pooled[3], j = k / pooled[3] % pooled[2];
    const int64_t i = k / pooled[3] / pooled[2] % pooled[1], n = k / pooled[3] / pooled[2] / pooled[1];
    const int64_t row = n * dy.dims[1] + 2 * i + winner / 2;
    dy.f[(row * dy.dims[2] + 2 * j + winner % 2) * pooled[3] + column] = dpooled.f[k];
  }
  return ReferenceOf(args, dy, args.inputs.subspan(3));
}

void SetCommon(OpDef* def) {
  def->family = "conv";
  def->attrs = ConvAttrs();
  def->attrs.push_back({"kernel_shape", AttrKind::kShape, std::nullopt, "The kernel's: [kh, kw, c / groups, o]."});
  def->attrs.push_back({"sum_body", AttrKind::kFunction, std::nullopt,
                        "A function over scalars: input 0 is an element of the sums, the others one of each extra."});
  def->is_fused = true;
  def->kernel = MakeKernelGradientKernel;
}

}  // namespace

OpDef Conv2DWeightGradientsOp() {
  OpDef def;
  def.name = kConv2DWeightGradientsOp;
  def.doc =
      "The gradients of a convolution's kernel and bias: conv2d_kernel_gradient(x, dy), then sum_body(sum of dy over "
      "all positions, extras...), [o]. The same bits as conv2d_kernel_gradient, reduce_sum and the separate ops.";
  def.inputs = {"x", "dy", "extras..."};
  SetCommon(&def);
  def.infer = Infer;
  def.reference = Reference;
  def.flops = [](absl::Span<const ConcreteType> in, absl::Span<const ConcreteType> out, const AttrMap& attrs) {
    return MakeConvDims(in[0].dims, out[0].dims, in[1].dims, attrs).flops() +
           static_cast<double>(NumElements(in[1].dims));
  };
  return def;
}

OpDef Conv2DPooledWeightGradientsOp() {
  OpDef def;
  def.name = kConv2DPooledWeightGradientsOp;
  def.doc =
      "conv2d_weight_gradients(x, dy, extras...) of a convolution behind which stand relu and max_pool2d with windows "
      "and strides of 2: dy is dpooled at the places that winners names (see conv2d_max_pool2d), 0 elsewhere. The same "
      "bits as the separate ops.";
  def.inputs = {"x", "winners", "dpooled", "extras..."};
  SetCommon(&def);
  def.infer = InferPooled;
  def.reference = ReferencePooled;
  def.flops = [](absl::Span<const ConcreteType> in, absl::Span<const ConcreteType> out, const AttrMap& attrs) {
    return MakeConvDims(in[0].dims, out[0].dims, ResultDims(in[0].dims, out[0].dims, attrs), attrs).flops();
  };
  return def;
}

}  // namespace weft::conv
