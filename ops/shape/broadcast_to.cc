#include "core/status.h"
#include "graph/autodiff/gradient_args.h"
#include "graph/exec/reference.h"
#include "graph/passes/rewrite.h"
#include "ops/shape/copy_kernels.h"
#include "ops/shape/indexing.h"
#include "ops/shape/op_defs.h"
#include "ops/shape/recording.h"
#include "ops/shape/shape.h"

namespace weft {
namespace {

using Types = std::vector<TensorType>;

absl::StatusOr<Types> Infer(absl::Span<const TensorType> in, const AttrMap& attrs) {
  const Shape& shape = attrs.Get<Shape>("shape");
  WEFT_RETURN_IF_ERROR(CheckShapeAttr("shape", shape));
  const Shape& from = in[0].shape;
  bool fits = from.rank() <= shape.rank();
  for (int i = 0; fits && i < from.rank(); ++i) {
    const Dim& d = from[i];
    fits = d == Dim(1) || (d.is_valid() && d == shape[shape.rank() - from.rank() + i]);
  }
  if (!fits) {
    return InvalidArgument("expected a shape that ", from.ToString(),
                           " broadcasts to (each dim equal or 1, counted from "
                           "the last), got ",
                           shape.ToString());
  }
  return Types{{in[0].dtype, shape}};
}

// Strides of x under the dims of y: 0 where an axis is repeated or new.
Dims BroadcastStrides(absl::Span<const int64_t> from, absl::Span<const int64_t> to) {
  const Dims own = RowMajorStrides(from);
  Dims strides(to.size(), 0);
  const size_t lead = to.size() - from.size();
  for (size_t i = 0; i < from.size(); ++i) strides[lead + i] = from[i] == 1 ? 0 : own[i];
  return strides;
}

absl::Status Reference(ReferenceArgs& args) {
  const RefTensor& x = args.inputs[0];
  RefTensor& y = args.outputs[0];
  const size_t lead = y.dims.size() - x.dims.size();
  ForEachIndex(y.dims, [&](int64_t flat, const Dims& index) {
    Dims from(x.dims.size());
    for (size_t i = 0; i < from.size(); ++i) from[i] = x.dims[i] == 1 ? 0 : index[lead + i];
    CopyElement(x, FlatIndex(x.dims, from), y, flat);
  });
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Kernel>> PlanKernel(const KernelRequest& request) {
  CopyPlan plan;
  plan.dims = request.outputs[0].dims;
  plan.from_strides = BroadcastStrides(request.inputs[0].dims, plan.dims);
  plan.to_strides = RowMajorStrides(plan.dims);
  return MakeCopyKernel(request, {plan});
}

Value IdentityBroadcast(RewriteContext& context) {
  return context.input(0).type() == context.type() ? context.input(0) : Value();
}

Value BroadcastOfBroadcast(RewriteContext& context) {
  if (!context.IsOp(context.input(0), "broadcast_to")) return Value();
  return BroadcastTo(context.operand(context.input(0), 0), context.type().shape);
}

}  // namespace

OpDef BroadcastToOp() {
  OpDef def;
  def.name = "broadcast_to";
  def.family = "shape";
  def.doc =
      "NumPy broadcasting to `shape`: y[..., i, ...] = x[..., i or 0, ...]; axes of size 1 are repeated, missing "
      "leading axes added. Any dtype. Gradient: dy summed over the repeated axes.";
  def.inputs = {"x"};
  def.attrs = {{"shape", AttrKind::kShape, std::nullopt, "The result's shape; may be symbolic."}};
  def.infer = Infer;
  def.differentiability = Differentiability::kGradient;
  def.gradient = [](const GradientArgs& args) {
    const auto& sum_to_shape = args.builder().registry().roles().sum_to_shape;
    return args.Only(0, sum_to_shape(args.dy(), args.input(0).shape()));
  };
  def.reference = Reference;
  def.kernel = PlanKernel;
  def.is_broadcast = true;
  def.is_broadcast = true;
  def.simplify = {
      {"identity_broadcast", true, IdentityBroadcast, "broadcast_to(x, shape of x) -> x"},
      {"broadcast_of_broadcast", true, BroadcastOfBroadcast, "broadcast_to(broadcast_to(x)) -> broadcast_to(x)"}};
  return def;
}

}  // namespace weft
