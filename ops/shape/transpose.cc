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
  const std::vector<int64_t>& perm = attrs.Ints("perm");
  const int rank = in[0].rank();
  std::vector<bool> seen(rank, false);
  bool ok = static_cast<int>(perm.size()) == rank;
  Shape shape;
  for (size_t i = 0; ok && i < perm.size(); ++i) {
    ok = perm[i] >= 0 && perm[i] < rank && !seen[perm[i]];
    if (!ok) break;
    seen[perm[i]] = true;
    shape.push_back(in[0].shape[static_cast<int>(perm[i])]);
  }
  if (!ok) {
    return InvalidArgument("attribute perm: expected a permutation of the ", rank, " axes of the operand, got [",
                           absl::StrJoin(perm, ","), "]");
  }
  return Types{{in[0].dtype, shape}};
}

absl::Status Reference(ReferenceArgs& args) {
  const RefTensor& x = args.inputs[0];
  RefTensor& y = args.outputs[0];
  const std::vector<int64_t>& perm = args.attrs.Ints("perm");
  ForEachIndex(y.dims, [&](int64_t flat, const Dims& index) {
    Dims from(x.dims.size());
    for (size_t i = 0; i < perm.size(); ++i) from[perm[i]] = index[i];
    CopyElement(x, FlatIndex(x.dims, from), y, flat);
  });
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Kernel>> PlanKernel(const KernelRequest& request) {
  const Dims strides = RowMajorStrides(request.inputs[0].dims);
  CopyPlan plan;
  plan.dims = request.outputs[0].dims;
  for (int64_t axis : request.attrs.Ints("perm")) plan.from_strides.push_back(strides[axis]);
  plan.to_strides = RowMajorStrides(plan.dims);
  return MakeCopyKernel(request, {plan});
}

std::vector<Value> Gradient(const GradientArgs& args) {
  const std::vector<int64_t>& perm = args.attrs().Ints("perm");
  std::vector<int> inverse(perm.size());
  for (size_t i = 0; i < perm.size(); ++i) inverse[perm[i]] = static_cast<int>(i);
  return args.Only(0, Transpose(args.dy(), inverse));
}

Value IdentityTranspose(RewriteContext& context) {
  const std::vector<int64_t>& perm = context.attrs().Ints("perm");
  for (size_t i = 0; i < perm.size(); ++i) {
    if (perm[i] != static_cast<int64_t>(i)) return Value();
  }
  return context.input(0);
}

Value TransposeOfTranspose(RewriteContext& context) {
  if (!context.IsOp(context.input(0), "transpose")) return Value();
  const std::vector<int64_t>& first = context.producer(context.input(0)).attrs->Ints("perm");
  std::vector<int> both;
  for (int64_t axis : context.attrs().Ints("perm")) both.push_back(static_cast<int>(first[axis]));
  return Transpose(context.operand(context.input(0), 0), both);
}

// Axes of size 1 may move freely: the others keep their order, so the elements do too.
Value TransposeIsReshape(RewriteContext& context) {
  int64_t last = -1;
  for (int64_t axis : context.attrs().Ints("perm")) {
    if (context.input(0).shape()[static_cast<int>(axis)] == Dim(1)) continue;
    if (axis < last) return Value();
    last = axis;
  }
  return Reshape(context.input(0), context.type().shape);
}

}  // namespace

OpDef TransposeOp() {
  OpDef def;
  def.name = "transpose";
  def.family = "shape";
  def.doc = "Axis i of y is axis perm[i] of x. Any dtype. Gradient: dy transposed by the inverse permutation.";
  def.inputs = {"x"};
  def.attrs = {{"perm", AttrKind::kInts, std::nullopt, "A permutation of the axes of x."}};
  def.infer = Infer;
  def.differentiability = Differentiability::kGradient;
  def.gradient = Gradient;
  def.reference = Reference;
  def.kernel = PlanKernel;
  def.simplify = {
      {"identity_transpose", true, IdentityTranspose, "transpose(x, [0,1,...]) -> x"},
      {"transpose_of_transpose", true, TransposeOfTranspose, "transpose(transpose(x, p), q) -> transpose(x, p of q)"},
      {"transpose_is_reshape", true, TransposeIsReshape, "transpose that moves only axes of size 1 -> reshape"},
      {"transpose_of_uniform", true, RearrangedUniform, "transpose(broadcast_to(scalar)) -> broadcast_to(scalar)"}};
  return def;
}

}  // namespace weft
