#include <algorithm>

#include "core/status.h"
#include "graph/autodiff/gradient_args.h"
#include "graph/exec/reference.h"
#include "graph/passes/rewrite.h"
#include "ops/shape/copy_kernels.h"
#include "ops/shape/indexing.h"
#include "ops/shape/op_defs.h"
#include "ops/shape/shape.h"

namespace weft {
namespace {

using Types = std::vector<TensorType>;

absl::StatusOr<Types> Infer(absl::Span<const TensorType> in, const AttrMap& attrs) {
  if (in.empty()) return InvalidArgument("expected at least one operand, got none");
  const int rank = in[0].rank();
  const int64_t axis = attrs.Int("axis");
  WEFT_RETURN_IF_ERROR(CheckAxis(axis, rank));
  TensorType result = in[0];
  for (size_t i = 1; i < in.size(); ++i) {
    bool fits = in[i].dtype == in[0].dtype && in[i].rank() == rank;
    for (int k = 0; fits && k < rank; ++k) fits = k == axis || in[i].shape[k] == in[0].shape[k];
    if (!fits) {
      return InvalidArgument("expected operands of one dtype, with equal dims but along axis ", axis, ", got ",
                             in[0].ToString(), " and (operand ", i, ") ", in[i].ToString());
    }
    result.shape[static_cast<int>(axis)] = result.shape[static_cast<int>(axis)] + in[i].shape[static_cast<int>(axis)];
  }
  return Types{result};
}

absl::Status Reference(ReferenceArgs& args) {
  RefTensor& y = args.outputs[0];
  const int64_t axis = args.attrs.Int("axis");
  int64_t offset = 0;
  for (const RefTensor& x : args.inputs) {
    ForEachIndex(x.dims, [&](int64_t flat, const Dims& index) {
      Dims to = index;
      to[axis] += offset;
      CopyElement(x, flat, y, FlatIndex(y.dims, to));
    });
    offset += x.dims[axis];
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Kernel>> PlanKernel(const KernelRequest& request) {
  const Dims strides = RowMajorStrides(request.outputs[0].dims);
  const int64_t axis = request.attrs.Int("axis");
  std::vector<CopyPlan> plans;
  int64_t offset = 0;
  for (const ConcreteType& input : request.inputs) {
    CopyPlan plan;
    plan.dims = input.dims;
    plan.from_strides = RowMajorStrides(input.dims);
    plan.to_strides = strides;
    plan.to_offset = offset * strides[axis];
    plan.input = static_cast<int>(plans.size());
    offset += input.dims[axis];
    plans.push_back(std::move(plan));
  }
  return MakeCopyKernel(request, plans);
}

std::vector<Value> Gradient(const GradientArgs& args) {
  const int axis = static_cast<int>(args.attrs().Int("axis"));
  std::vector<Value> result(args.num_inputs());
  Dim start = 0;
  for (int i = 0; i < args.num_inputs(); ++i) {
    const Dim limit = start + args.input(i).shape()[axis];
    if (args.needs(i)) result[i] = SliceAxis(args.dy(), axis, start, limit);
    start = limit;
  }
  return result;
}

Value ConcatOfOne(RewriteContext& context) { return context.num_inputs() == 1 ? context.input(0) : Value(); }

Value ConcatOfConcat(RewriteContext& context) {
  const int64_t axis = context.attrs().Int("axis");
  std::vector<Value> flat;
  bool nested = false;
  for (int i = 0; i < context.num_inputs(); ++i) {
    const Node& producer = context.producer(context.input(i));
    if (producer.op != &context.op() || producer.attrs->Int("axis") != axis) {
      flat.push_back(context.input(i));
      continue;
    }
    nested = true;
    for (ValueId id : producer.inputs) flat.push_back(context.builder().value(id));
  }
  return nested ? Concat(flat, static_cast<int>(axis)) : Value();
}

}  // namespace

OpDef ConcatOp() {
  OpDef def;
  def.name = "concat";
  def.family = "shape";
  def.doc =
      "The operands joined along `axis`, in order; their other dims are equal. Any dtype. Gradient: slices of dy.";
  def.inputs = {"values..."};
  def.attrs = {{"axis", AttrKind::kInt, std::nullopt, "The axis along which they are joined."}};
  def.infer = Infer;
  def.differentiability = Differentiability::kGradient;
  def.gradient = Gradient;
  def.reference = Reference;
  def.kernel = PlanKernel;
  def.simplify = {{"concat_of_one", true, ConcatOfOne, "concat(x) -> x"},
                  {"concat_of_concat", true, ConcatOfConcat, "concat(a, concat(b, c)) -> concat(a, b, c), same axis"}};
  return def;
}

}  // namespace weft
