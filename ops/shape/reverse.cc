#include <algorithm>

#include "absl/strings/str_join.h"
#include "core/status.h"
#include "graph/autodiff/gradient_args.h"
#include "graph/exec/reference.h"
#include "graph/passes/rewrite.h"
#include "ops/shape/copy_kernels.h"
#include "ops/shape/indexing.h"
#include "ops/shape/op_defs.h"
#include "ops/shape/shape.h"
#include "ops/shape/uniform.h"

namespace weft {
namespace {

using Types = std::vector<TensorType>;

absl::StatusOr<Types> Infer(absl::Span<const TensorType> in, const AttrMap& attrs) {
  const std::vector<int64_t>& axes = attrs.Ints("axes");
  bool ok = true;
  for (size_t i = 0; ok && i < axes.size(); ++i) {
    ok = axes[i] >= 0 && axes[i] < in[0].rank() && (i == 0 || axes[i] > axes[i - 1]);
  }
  if (!ok) {
    return InvalidArgument("attribute axes: expected ascending axes in [0, ", in[0].rank(), "), got [",
                           absl::StrJoin(axes, ","), "]");
  }
  return Types{in[0]};
}

absl::Status Reference(ReferenceArgs& args) {
  const RefTensor& x = args.inputs[0];
  RefTensor& y = args.outputs[0];
  ForEachIndex(y.dims, [&](int64_t flat, const Dims& index) {
    Dims from = index;
    for (int64_t axis : args.attrs.Ints("axes")) from[axis] = x.dims[axis] - 1 - index[axis];
    CopyElement(x, FlatIndex(x.dims, from), y, flat);
  });
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Kernel>> PlanKernel(const KernelRequest& request) {
  CopyPlan plan;
  plan.dims = request.outputs[0].dims;
  plan.from_strides = plan.to_strides = RowMajorStrides(plan.dims);
  for (int64_t axis : request.attrs.Ints("axes")) {
    plan.from_offset += plan.from_strides[axis] * (plan.dims[axis] - 1);
    plan.from_strides[axis] = -plan.from_strides[axis];
  }
  return MakeCopyKernel(request, {plan});
}

std::vector<int> AxesOf(const AttrMap& attrs) {
  return std::vector<int>(attrs.Ints("axes").begin(), attrs.Ints("axes").end());
}

Value ReverseNothing(RewriteContext& context) {
  for (int axis : AxesOf(context.attrs())) {
    if (context.type().shape[axis] != Dim(1)) return Value();
  }
  return context.input(0);
}

// Axes that stand in both lists are back in order.
Value ReverseOfReverse(RewriteContext& context) {
  if (!context.IsOp(context.input(0), "reverse")) return Value();
  const std::vector<int> a = AxesOf(context.attrs()), b = AxesOf(*context.producer(context.input(0)).attrs);
  std::vector<int> once;
  std::set_symmetric_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(once));
  return Reverse(context.operand(context.input(0), 0), once);
}

}  // namespace

OpDef ReverseOp() {
  OpDef def;
  def.name = "reverse";
  def.family = "shape";
  def.doc =
      "y[..., i, ...] = x[..., d-1-i, ...] for each axis given, d being its size. Any dtype. Gradient: dy reversed.";
  def.inputs = {"x"};
  def.attrs = {{"axes", AttrKind::kInts, std::nullopt, "The axes, ascending; empty: none."}};
  def.infer = Infer;
  def.differentiability = Differentiability::kGradient;
  def.gradient = [](const GradientArgs& args) { return args.Only(0, Reverse(args.dy(), AxesOf(args.attrs()))); };
  def.reference = Reference;
  def.kernel = PlanKernel;
  def.simplify = {
      {"reverse_nothing", true, ReverseNothing, "reverse of no axis, or of axes of size 1 -> x"},
      {"reverse_of_reverse", true, ReverseOfReverse, "reverse(reverse(x)) -> x, axis by axis"},
      {"reverse_of_uniform", true, RearrangedUniform, "reverse(broadcast_to(scalar)) -> broadcast_to(scalar)"}};
  return def;
}

}  // namespace weft
